"""Pre-export notifications at a node: draft, send, answer, follow the goods, and be reminded in time."""
