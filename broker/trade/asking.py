"""Which governments ask for notifications, and for what: read from their entries in the directory."""

from collections.abc import Collection, Mapping
from datetime import date
from typing import Final

import msgspec

from broker.directory.entries import Asked, AskedScope, TradeEntry
from broker.types.vocabulary import Word

_PRECEDENCE: Final[Mapping[AskedScope, int]] = {
    AskedScope.UNKNOWN: 0,
    AskedScope.EVERYTHING: 1,
    AskedScope.TABLE_II: 2,
    AskedScope.TABLE_I: 2,
    AskedScope.SUBSTANCE: 3,
}
_TABLES: Final[Mapping[AskedScope, str]] = {AskedScope.TABLE_I: "I", AskedScope.TABLE_II: "II"}


class Asking(Word):
    """Whether a government asks for notifications of a substance."""

    UNKNOWN = "UNKNOWN"
    ASKED = "ASKED"
    NOT_WANTED = "NOT_WANTED"
    NOT_SAID = "NOT_SAID"


class AskedFor(msgspec.Struct, frozen=True):
    """What a government says of one substance on one day, and which of its words says so."""

    asking: Asking
    by: Asked | None = None


def asked_for(entry: TradeEntry | None, substance: str, *, tables: Collection[str], day: date) -> AskedFor:
    """Return whether a government asks for notifications of *substance* on *day*.

    The most specific word counts: the substance itself, then its table, then everything; of equal ones the newest, and
    of those of one day the one that asks, because a notification too many does no harm.

    Args:
        entry: What the importing country says; None where it has said nothing.
        tables: In which of the Convention's tables the substance stands that day: ``I``, ``II``, or none.
    """
    said = [one for one in (entry.asks if entry is not None else ()) if one.from_day <= day]
    mine = [one for one in said if _is_about(one, substance, tables)]
    if not mine:
        return AskedFor(Asking.NOT_SAID)
    word = max(mine, key=lambda one: (_PRECEDENCE[one.scope], one.from_day, one.wanted))
    return AskedFor(Asking.ASKED if word.wanted else Asking.NOT_WANTED, word)


def _is_about(asked: Asked, substance: str, tables: Collection[str]) -> bool:
    if asked.scope is AskedScope.SUBSTANCE:
        return asked.substance == substance
    return asked.scope is AskedScope.EVERYTHING or _TABLES.get(asked.scope) in tables
