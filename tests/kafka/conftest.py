"""Tests against a real broker; where it comes from, and the fixtures: ``tests/support/kafka/fixtures.py``."""
