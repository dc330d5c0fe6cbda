"""Where the files of the log are kept and read: a folder, memory, or the address that a web server gives them."""

from broker.log_store.folder import FolderTileStore
from broker.log_store.http import HttpLogReader
from broker.log_store.memory import MemoryTileStore

__all__ = ["FolderTileStore", "HttpLogReader", "MemoryTileStore"]
