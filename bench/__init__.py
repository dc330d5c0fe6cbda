"""How fast the path is, how much memory it takes, and where the time goes: ``python -m bench.path``."""
