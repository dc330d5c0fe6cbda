"""A Kafka cluster as its administrator sees it: what it has, what it should have, and who is let in."""
