"""Files that leave the node: new ones alone, and only their owner may read them."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import msgspec

from broker.errors import AlreadyThere, BadFile

_OWNER_ONLY: Final = 0o600


def write_new_bytes(path: Path, content: bytes) -> None:
    """Write a new file that only its owner may read.

    Raises:
        AlreadyThere: There is such a file; it is not overwritten.
        BadFile: It cannot be written.
    """
    try:
        with os.fdopen(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, _OWNER_ONLY), "wb") as file:
            file.write(content)
    except FileExistsError:
        raise AlreadyThere(f"there is a file {path.name} already") from None
    except OSError as error:
        raise BadFile(f"{path.name} cannot be written: {error.strerror}") from None


def json_bytes(document: Mapping[str, Any] | Sequence[Any]) -> bytes:
    """Return a document as JSON that people can read."""
    return msgspec.json.format(msgspec.json.encode(document), indent=2) + b"\n"


def check_ending(path: Path, known: Sequence[str]) -> str:
    """Return the ending of a file's name, by which its form is chosen.

    Raises:
        BadFile: No form has that ending.
    """
    ending = path.suffix.lower()
    if ending not in known:
        raise BadFile(
            f"{path.name} has no ending that says how it is to be written", hint=f"Known: {', '.join(known)}."
        )
    return ending
