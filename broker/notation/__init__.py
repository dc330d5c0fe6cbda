"""Amounts, dates and places as reports write them: read with a stated certainty, never guessed silently."""
