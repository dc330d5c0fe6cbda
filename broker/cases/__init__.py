"""Cases: what incidents have in common, which may be the same event, and which messages belong together. Pure."""
