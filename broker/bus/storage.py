"""Topics and messages in the embedded bus's file; each function runs in its caller's transaction."""

from collections.abc import Iterable, Sequence
from typing import Final

from sqlalchemy import Connection

from broker import limits
from broker.bus.checks import unknown_topic
from broker.bus.port import Delivered, Outgoing
from broker.bus.tables import OFFSET_BITS

MAX_READ_BYTES: Final = 16 * 1024 * limits.KIB
"""What one read returns at most, its last message not counted: memory stays flat whatever is in a topic."""


def create_topics(connection: Connection, names: Iterable[str]) -> None:
    """Make the topics that are not there yet."""
    rows = [(name,) for name in dict.fromkeys(names)]
    if rows:
        connection.exec_driver_sql("INSERT INTO topic (name, next) VALUES (?, 0) ON CONFLICT DO NOTHING", rows)


def topic_ids(connection: Connection) -> dict[str, int]:
    """Return every topic's id by its name."""
    return {row[0]: row[1] for row in connection.exec_driver_sql("SELECT name, id FROM topic")}


def ends(connection: Connection) -> dict[int, int]:
    """Return the next offset of every topic by its id."""
    return {row[0]: row[1] for row in connection.exec_driver_sql("SELECT id, next FROM topic")}


def find_topic(connection: Connection, name: str) -> tuple[int, int]:
    """Return a topic's id and its next offset.

    Raises:
        UnknownTopic: There is no such topic.
    """
    row = connection.exec_driver_sql("SELECT id, next FROM topic WHERE name = ?", (name,)).one_or_none()
    if row is None:
        raise unknown_topic([name])
    return row.id, row.next


def append(connection: Connection, topic: str, messages: Sequence[Outgoing]) -> None:
    """Append *messages* to *topic*, in order.

    Raises:
        UnknownTopic: There is no such topic.
    """
    number, end = find_topic(connection, topic)
    if not messages:
        return
    first = (number << OFFSET_BITS) + end
    rows = [(row, message.key, message.value) for row, message in enumerate(messages, first)]
    connection.exec_driver_sql("INSERT INTO message (id, key, value) VALUES (?, ?, ?)", rows)
    connection.exec_driver_sql("UPDATE topic SET next = ? WHERE id = ?", (end + len(rows), number))


def read(connection: Connection, topic: tuple[str, int], *, start: int, most: int) -> list[Delivered]:
    """Return messages of *topic*, given by name and id, from offset *start* on."""
    name, number = topic
    base = number << OFFSET_BITS
    rows = connection.exec_driver_sql(
        "SELECT id, key, value FROM message WHERE id >= ? AND id < ? ORDER BY id LIMIT ?",
        (base + start, base + (1 << OFFSET_BITS), most),
    )
    found: list[Delivered] = []
    size = 0
    for row, key, value in rows:
        found.append(Delivered(name, row - base, key, value))
        size += len(value)
        if size >= MAX_READ_BYTES:
            break
    rows.close()
    return found
