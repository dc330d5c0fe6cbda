"""Sections sealed under keys of their own, and the keys handed to those who may have them."""
