"""What is wrong with the record, as a node has seen it: found once, healed when it is right again."""

from datetime import datetime

import msgspec
from sqlalchemy import Connection, select, update
from sqlalchemy.dialects.sqlite import insert

from broker.types.time import to_micros
from consumers import store


class Finding(msgspec.Struct, frozen=True, order=True):
    """Something that should not be so.

    Attributes:
        code: Stable and part of the API.
        place: A stream, a message, or a topic and an offset.
        message: What it means, for people.
    """

    code: str
    place: str
    message: str


class Findings:
    """The findings of a node, inside the transaction of *connection*."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def report(self, code: str, place: str, message: str, now: datetime) -> None:
        """Record a finding; one that was there already gets the newest message and is open again."""
        statement = insert(store.finding).values(code=code, place=place, message=message, found_at=to_micros(now))
        self._connection.execute(
            statement.on_conflict_do_update(
                index_elements=["code", "place"], set_={"message": statement.excluded.message, "healed_at": None}
            )
        )

    def heal(self, code: str, place: str, now: datetime) -> None:
        """Record that a finding is no longer so."""
        here = (store.finding.c.code == code) & (store.finding.c.place == place)
        self._connection.execute(update(store.finding).where(here).values(healed_at=to_micros(now)))


def open_findings(connection: Connection) -> list[Finding]:
    """Return the findings that have not healed, oldest first."""
    rows = connection.execute(
        select(store.finding.c.code, store.finding.c.place, store.finding.c.message)
        .where(store.finding.c.healed_at.is_(None))
        .order_by(store.finding.c.id)
    )
    return [Finding(row.code, row.place, row.message) for row in rows]
