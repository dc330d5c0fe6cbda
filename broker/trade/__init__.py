"""Pre-export notifications: what they have to say, by when an answer is asked for, and how far each one is."""
