"""Forms at a node: yearly figures and reports of single incidents, on screen and as files that leave it."""
