"""A section of a report in a few short lines. Persons are counted, never named: opening them is a step of its own."""

from typing import Final

import msgspec

from broker.records.evidence import IncidentEvidence
from broker.records.nominal import IncidentNominal
from tocsin.showing.plain import plain
from tocsin.showing.records import lines

_SHORT: Final = 60
_LEFT_OUT: Final = frozenset({"reference", "related", "notes"})
"""Lines that say little to somebody who compares."""

_NO_MORE: Final = ("says no more",)


def tell(section: msgspec.Struct) -> tuple[str, ...]:
    """Return what a section says, in lines that are short enough for a column."""
    if isinstance(section, IncidentNominal):
        return (_parties(section), "opened for a stated purpose, and that goes on record")
    if isinstance(section, IncidentEvidence):
        return tuple(f"source: {shortened(one.kind)}" for one in section.sources) or _NO_MORE
    said = (shortened(one.text) for one in lines(section) if one.label not in _LEFT_OUT)
    return tuple(dict.fromkeys(said)) or _NO_MORE


def shortened(text: str, most: int = _SHORT) -> str:
    """Return *text* as one line of at most so many characters."""
    text = " ".join(plain(text).split())
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"


def _parties(nominal: IncidentNominal) -> str:
    count = len(nominal.parties)
    what = "1 person or company" if count == 1 else f"{count} persons or companies"
    return f"FICTITIOUS: {what}" if nominal.fictitious else what
