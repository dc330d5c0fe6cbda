"""Yearly figures out of incidents: which ones count, once each, how much of what, and what they were made of."""
