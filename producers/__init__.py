"""The write side: intake of files and records, drafting, publishing."""
