"""Migrations of a node's database, one a file; run by :mod:`tocsin.node_database`."""
