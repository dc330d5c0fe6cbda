"""Names, vocabularies and times that every layer speaks of."""
