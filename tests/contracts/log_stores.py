"""The adapters of the log's ports, and a web server for the one that reads over HTTP."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler, SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from broker.log.port import TileStore
from broker.log_store.folder import FolderTileStore
from broker.log_store.memory import MemoryTileStore

KINDS = ("folder", "memory")


def make_store(kind: str, root: Path) -> TileStore:
    """Return an empty log of one kind; *root* is where it lies if it lies anywhere."""
    root.mkdir()
    return FolderTileStore(root) if kind == "folder" else MemoryTileStore()


class _Files(SimpleHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *args: Any) -> None:
        """Say nothing."""


@contextmanager
def served(handler: Callable[..., BaseHTTPRequestHandler]) -> Iterator[str]:
    """Give the address of a web server on this machine."""
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=partial(server.serve_forever, poll_interval=0.01))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


@contextmanager
def served_folder(root: Path) -> Iterator[str]:
    """Give the address of a web server that serves the files of a folder."""
    with served(partial(_Files, directory=str(root))) as address:
        yield address
