"""A JSON object in a file that a person hands in, no larger than a message can be."""

from pathlib import Path
from typing import Any, Final

import msgspec

from broker.errors import BadFile, MissingFile
from broker.limits import MAX_ENVELOPE_BYTES

_SAVE: Final = "Save it as JSON, in UTF-8."


def load_object(path: Path, *, example: str = "", private: bool = False) -> dict[str, Any]:
    """Return the object in the file *path*.

    Args:
        example: How one looks, for who wrote something else.
        private: The file may name persons: a refusal says nothing of what stands in it.

    Raises:
        MissingFile: There is no such file.
        BadFile: It cannot be read, is too large, or is no JSON object.
    """
    try:
        if path.stat().st_size > MAX_ENVELOPE_BYTES:
            raise BadFile(f"{path.name} is larger than a message can be")
        document = msgspec.json.decode(path.read_bytes())
    except FileNotFoundError:
        raise MissingFile(f"there is no file {path.name}") from None
    except (OSError, msgspec.DecodeError, UnicodeDecodeError) as error:
        says = f"{path.name} cannot be read" if private else f"{path.name} cannot be read: {error}"
        raise BadFile(says, hint=" ".join(filter(None, (_SAVE, example)))) from None
    if not isinstance(document, dict):
        raise BadFile(f"{path.name} is no JSON object", hint=example)
    return document
