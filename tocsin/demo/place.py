"""Where the demo is made: the folder that was asked for, or a temporary one; never half of a federation."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from broker.errors import AlreadyThere


@contextmanager
def place_for(folder: Path | None, *, keep: bool) -> Iterator[Path]:
    """Give an empty folder; what is in it goes when the demo fails or is interrupted.

    Args:
        keep: Leave a temporary folder behind; one that was asked for always stays.

    Raises:
        AlreadyThere: The folder that was asked for is not empty.
    """
    if folder is not None and folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise AlreadyThere(f"{folder} is not empty", hint="Name a folder that is not there yet.")
    root = Path(tempfile.mkdtemp(prefix="tocsin-demo-")) if folder is None else folder
    try:
        yield root
    except BaseException:
        shutil.rmtree(root, ignore_errors=True)
        raise
    if folder is None and not keep:
        shutil.rmtree(root, ignore_errors=True)
