"""How well a message is known, by the logbook: received, logged, witnessed."""

from typing import Any

import msgspec
from sqlalchemy import Row

from broker.directory.word import Place
from broker.logbook import Assurance, LogState, place_of_row


class Standing(msgspec.Struct, frozen=True):
    """How well it is known that everybody is shown the same message; it gets better by itself.

    Attributes:
        place: Its leaf; None while it was not found in the log.
        witnesses: How many cosigned the checkpoint that vouches for it; 0 while none with a quorum does.
    """

    assurance: Assurance = Assurance.RECEIVED
    place: Place | None = None
    witnesses: int = 0


def standing_of(row: Row[Any], log: LogState) -> Standing:
    """Return the standing of a message whose *row* has the columns of ``log_entry``, null for one that is not there."""
    if row.place is None:
        return Standing()
    place = place_of_row(row)
    assurance = log.assurance(place)
    by = log.witnessed if assurance is Assurance.WITNESSED else None
    return Standing(assurance, place, 0 if by is None else by.witnesses)
