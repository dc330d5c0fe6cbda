"""The evidence file: what was said, by whom, since when it stands in the log; to be checked by anybody, offline."""
