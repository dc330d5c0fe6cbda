"""Intake: what people have in files becomes rows, and what is wrong with a row is said by field, all at once."""
