"""Early warning at a node: signals over what an authority may see, and warnings that a person makes of them."""
