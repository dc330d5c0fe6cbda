"""Topics and messages in the embedded bus's file; each function runs in its caller's transaction."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from sqlalchemy import Connection

from broker import limits
from broker.bus.port import Delivered, Outgoing
from broker.bus.tables import OFFSET_BITS
from broker.errors import BadName, PositionOutOfRange, TooLarge, UnknownTopic

MAX_READ_BYTES: Final = 16 * 1024 * limits.KIB
"""What one read returns at most, its last message not counted: memory stays flat whatever is in a topic."""

_TOPIC: Final = re.compile(r"[A-Za-z0-9._-]{1,249}")


def check_topics(names: Iterable[str]) -> None:
    """Check that each name can be a topic's.

    Raises:
        BadName: One is not 1 to 249 of the permitted characters.
    """
    for name in names:
        if not _TOPIC.fullmatch(name):
            raise BadName(f"{name[:60]!r} is no topic: expected 1 to 249 of A-Z a-z 0-9 . _ -")


def check_sizes(messages: Iterable[Outgoing]) -> None:
    """Check that each message fits into a topic.

    Raises:
        TooLarge: One does not.
    """
    for place, message in enumerate(messages):
        size = len(message.key.encode()) + len(message.value)
        if size > limits.MAX_RECORD_BYTES:
            raise TooLarge(f"message {place} of the batch has {size} bytes; a topic takes {limits.MAX_RECORD_BYTES}")


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


def check_position(topic: str, position: int, *, end: int) -> None:
    """Check that *position* lies between 0 and the end of *topic*.

    Raises:
        PositionOutOfRange: It does not.
    """
    if not 0 <= position <= end:
        raise PositionOutOfRange(
            f"position {position} of {topic} does not exist: the topic ends at {end}",
            hint="The bus may have been restored or replaced; compare it with what this node has recorded.",
        )


def unknown_topic(names: Iterable[str]) -> UnknownTopic:
    """Return the error that says which topics are missing."""
    return UnknownTopic(f"the bus has no topic {', '.join(sorted(names))}", hint="Create it first.")


def check_known(known: Mapping[str, int], names: Iterable[str]) -> None:
    """Check that the bus has every topic of *names*.

    Raises:
        UnknownTopic: It lacks one.
    """
    missing = set(names) - known.keys()
    if missing:
        raise unknown_topic(missing)
