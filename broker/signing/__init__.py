"""Keys in, verdict out."""
