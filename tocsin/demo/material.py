"""The files that ship for the demo, by name; the only place that knows where they lie."""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib import resources
from pathlib import Path
from typing import Final

INCIDENTS: Final = "incidents.csv"
NOMINAL: Final = "nominal.csv"
PROFILES: Final = "profiles.toml"
CAST: Final = "demo/cast.toml"


def text_of(name: str) -> str:
    """Return the text of the file *name* under ``tocsin/data``."""
    return (resources.files("tocsin") / "data" / name).read_text("utf-8")


@contextmanager
def path_of(name: str) -> Iterator[Path]:
    """Give the path of the file *name* under ``tocsin/data``, for readers that need one."""
    with resources.as_file(resources.files("tocsin") / "data" / name) as path:
        yield path
