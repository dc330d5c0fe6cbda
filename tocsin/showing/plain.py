"""Text from outside, fit for a terminal: what others wrote can neither move the cursor nor turn lines around."""

import unicodedata
from datetime import datetime, time, timedelta
from decimal import Decimal
from typing import Final

_UNSAFE: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_REPLACEMENT: Final = "\N{REPLACEMENT CHARACTER}"
_JOINERS: Final = "\N{ZERO WIDTH JOINER}\N{ZERO WIDTH NON-JOINER}"
"""Needed to write some languages, and harmless."""


def plain(text: str) -> str:
    """Return *text* as one line without control characters, and without those that change the direction of writing."""
    return "".join(_plain(character) for character in text)


def moment(when: datetime) -> str:
    """Return a time as people write it, in UTC, to the minute."""
    return f"{when:%Y-%m-%d %H:%M} UTC"


def ending(when: datetime) -> str:
    """Return when something ends: at midnight it is the end of a day, and most people name that day."""
    if when.time() != time():
        return moment(when)
    return f"to the end of {when - timedelta(days=1):%Y-%m-%d}"


def amount(value: Decimal) -> str:
    """Return a number without needless zeros, its thousands apart."""
    text = f"{value:,f}".replace(",", "\N{NARROW NO-BREAK SPACE}")
    return text.rstrip("0").rstrip(".") if "." in text else text


def counted(number: int, noun: str) -> str:
    """Return ``1 message`` or ``2 messages``."""
    return f"{number} {noun}" if number == 1 else f"{thousands(number)} {noun}s"


def thousands(number: int) -> str:
    """Return a whole number with its thousands apart."""
    return f"{number:,}".replace(",", "\N{NARROW NO-BREAK SPACE}")


def _plain(character: str) -> str:
    if character in "\n\t\r":
        return " "
    if unicodedata.category(character) in _UNSAFE and character not in _JOINERS:
        return _REPLACEMENT
    return character
