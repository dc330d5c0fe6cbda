"""Evidence files at a node, and without one: make them, check them, and say what a lost key has touched."""
