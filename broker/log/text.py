"""What the texts of the log have in common: numbers and hashes, each with exactly one way to be written."""

import re
from base64 import b64decode, b64encode
from binascii import Error
from typing import Final

from broker import limits
from broker.errors import BadNote
from broker.merkle import Hash

HASH_BYTES: Final = 32
_NUMBER: Final = re.compile(r"0|[1-9][0-9]{0,18}")


def parse_number(text: str) -> int:
    """Parse a count in ASCII decimals without leading zeros; the exact inverse of ``str``.

    Raises:
        BadNote: It is anything else, or above 2⁶³ - 1.
    """
    # fullmatch: a dollar sign would let a line feed through.
    if not _NUMBER.fullmatch(text) or int(text) > limits.MAX_SEQUENCE:
        raise BadNote(f"{text[:40]!r} is no number from 0 to 2⁶³ - 1 without leading zeros")
    return int(text)


def parse_base64(text: str) -> bytes:
    """Parse standard base64 with padding (RFC 4648, section 4); the exact inverse of :func:`format_base64`.

    Raises:
        BadNote: It is anything else; bits behind the last byte that are not zero, too.
    """
    try:
        data = b64decode(text.encode("ascii"), validate=True)
    except (Error, ValueError):
        raise BadNote(f"{text[:60]!r} is no base64") from None
    if format_base64(data) != text:
        raise BadNote(f"{text[:60]!r} is base64 that nobody writes so")
    return data


def format_base64(data: bytes) -> str:
    """Return *data* as standard base64 with padding."""
    return b64encode(data).decode()


def parse_hash(text: str) -> Hash:
    """Parse a node of a tree in base64; the exact inverse of :func:`format_base64`.

    Raises:
        BadNote: It is anything but the base64 of 32 bytes.
    """
    data = parse_base64(text)
    if len(data) != HASH_BYTES:
        raise BadNote(f"a hash of {len(data)} bytes, expected {HASH_BYTES}")
    return Hash(data)
