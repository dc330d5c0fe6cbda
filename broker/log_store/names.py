"""What a file of the log may be called, so that no name leads out of the log."""

import re
from typing import Final

from broker.errors import BadName, LogForked, TooLarge
from broker.log.port import CHECKPOINT

# No part begins with a dot: neither `..` nor the store's own files can be named.
_NAME: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,63}(/[A-Za-z0-9_][A-Za-z0-9._-]{0,63}){0,15}")


def check_path(path: str) -> str:
    """Return *path* if it names a file of the log.

    Raises:
        BadName: It does not.
    """
    if not _NAME.fullmatch(path):
        raise BadName(f"{path[:60]!r} names no file of a log")
    return path


def check_lasting(path: str) -> str:
    """Return *path* if it names a file of the log that never changes.

    Raises:
        BadName: It names none, or the checkpoint.
    """
    if path == CHECKPOINT:
        raise BadName("the checkpoint of a log is replaced, never written")
    return check_path(path)


def too_large(path: str, most: int) -> TooLarge:
    """Return the error of a file that is larger than a reader takes."""
    return TooLarge(f"{path} of the log has more than {most} bytes")


def other_bytes(path: str) -> LogForked:
    """Return the error of a file that is there already, with other bytes."""
    return LogForked(
        f"{path} of the log is there with other bytes than those that follow from the journal",
        hint="Let no second notary write this log; tocsin audit check says which of the two is right.",
    )


def other_checkpoint() -> LogForked:
    """Return the error of a checkpoint that somebody else put in place."""
    return LogForked(
        "the checkpoint of the log is not the one that was there before",
        hint="Let no second notary write this log.",
    )
