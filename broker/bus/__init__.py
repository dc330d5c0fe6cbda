"""The bus: a port (``port.py``), and the adapter in one SQLite file (``embedded.py``)."""
