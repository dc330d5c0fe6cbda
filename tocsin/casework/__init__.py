"""Cases at a node: what it finds in its own messages, which may be the same event, and what belongs together."""
