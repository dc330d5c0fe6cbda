"""Where a node stands in each topic, by its own database."""

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection, func, select, update
from sqlalchemy.dialects.sqlite import insert

from broker.bus.port import Delivered
from consumers import store


def load_positions(connection: Connection) -> Mapping[str, int]:
    """Return, for each topic that was read before, the offset that is to be read next."""
    return {row.topic: row.next for row in connection.execute(select(store.position.c.topic, store.position.c.next))}


def begin_topics(connection: Connection, ends: Mapping[str, int]) -> None:
    """Note topics that this node reads for the first time.

    Args:
        ends: The present end of each. To a node that has read nothing yet, what lies below is history, and raises no
            alerts; a topic that a known node has not seen is a new participant's.
    """
    is_new = connection.scalar(select(func.count()).select_from(store.position)) == 0
    rows = [{"topic": topic, "next": 0, "history": end if is_new else 0} for topic, end in ends.items()]
    if rows:
        connection.execute(insert(store.position).on_conflict_do_nothing(), rows)


def accept_loss(connection: Connection, topic: str, following: int) -> None:
    """Note that what lies below the offset *following* of *topic* is given up."""
    here = store.position.c
    statement = update(store.position).where(here.topic == topic, here.next < following).values(next=following)
    connection.execute(statement)


def load_history(connection: Connection) -> Mapping[str, int]:
    """Return, for each topic, the offset below which everything was there before this node: no alerts for that."""
    rows = connection.execute(select(store.position.c.topic, store.position.c.history))
    return {row.topic: row.history for row in rows}


def save_positions(connection: Connection, batch: Sequence[Delivered]) -> None:
    """Note that *batch* has been taken."""
    ends = {delivered.topic: delivered.offset + 1 for delivered in batch}
    statement = insert(store.position)
    newest = statement.excluded.next
    connection.execute(
        statement.on_conflict_do_update(
            index_elements=["topic"], set_={"next": newest}, where=store.position.c.next < newest
        ),
        [{"topic": topic, "next": end, "history": 0} for topic, end in ends.items()],
    )
