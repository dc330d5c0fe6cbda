"""Requests for information and their answers: what is asked of whom, until when, and what came of it."""
