"""The Avro schemas as data: this package only hands out their exact bytes, by path (``incident/core``)."""

from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Final

_SUFFIX: Final = ".avsc"


@cache
def paths() -> tuple[str, ...]:
    """Return the paths of all schemas that ship, sorted."""
    return tuple(sorted(_below(files(__name__) / "avro", "")))


@cache
def read(path: str) -> bytes:
    """Return the exact bytes of the schema at *path*.

    Raises:
        KeyError: No such schema ships.
    """
    if path not in paths():
        raise KeyError(path)
    return (files(__name__) / "avro").joinpath(path + _SUFFIX).read_bytes()


def _below(folder: Traversable, prefix: str) -> list[str]:
    found: list[str] = []
    for entry in folder.iterdir():
        if entry.is_dir():
            found += _below(entry, f"{prefix}{entry.name}/")
        elif entry.name.endswith(_SUFFIX):
            found.append(prefix + entry.name.removesuffix(_SUFFIX))
    return found
