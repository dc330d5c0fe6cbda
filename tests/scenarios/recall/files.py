"""A node's files as somebody finds them who takes the disk away."""

from pathlib import Path

from broker.database import path_of
from tests.support.exercise import Node


def bytes_of(node: Node) -> dict[str, bytes]:
    """Return what is in the files of a node's database and key store, write-ahead logs included, by name."""
    database = path_of(node.engine)
    return {path.name: path.read_bytes() for path in _files(database.parent, database.stem)}


def files_with(node: Node, planted: bytes) -> list[str]:
    """Return the names of the files in which *planted* stands."""
    return [name for name, content in bytes_of(node).items() if planted in content]


def _files(folder: Path, stem: str) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.name.startswith(f"{stem}."))
