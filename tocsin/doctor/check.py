"""One thing that was looked at."""

from enum import StrEnum

import msgspec

from broker.errors import BrokerError


class Level(StrEnum):
    """How it is."""

    GOOD = "ok"
    CARE = "care"
    BAD = "bad"


class Check(msgspec.Struct, frozen=True):
    """One thing that was looked at.

    Attributes:
        says: How it is.
        remedy: What to do; empty where it is good.
    """

    level: Level
    subject: str
    says: str
    remedy: str = ""


def good(subject: str, says: str) -> Check:
    """Return that all is well."""
    return Check(Level.GOOD, subject, says)


def care(subject: str, says: str, remedy: str) -> Check:
    """Return that something should be looked after."""
    return Check(Level.CARE, subject, says, remedy)


def bad(subject: str, says: str, remedy: str) -> Check:
    """Return that something does not work."""
    return Check(Level.BAD, subject, says, remedy)


def of_error(subject: str, error: BrokerError) -> Check:
    """Return that *error* stands in the way."""
    return bad(subject, str(error), error.hint or f"docs/errors.md says what to do about {error.code}.")
