"""Groups in the embedded bus's file: members, their leases, what they own and how far they have read.

Each function runs in its caller's transaction. A group's *generation* grows with every change of who is in it, who is
willing to own what, and who owns what: a member that sees the one it knows need not look further.

Times are seconds of the wall clock, the only one that several processes share over a restart. A lease that ends further
ahead than its own length was granted before the clock was turned back: it counts as ended. What a wrong clock can cause
is an early or late handover, never two owners.
"""

from collections.abc import Iterable, Mapping
from typing import Final

import msgspec
from sqlalchemy import Connection

from broker.bus.assignment import assign

_DEAD: Final = "reading_group = ? AND id <> ? AND NOT (until > ? AND until - lease <= ?)"


class Member(msgspec.Struct, frozen=True):
    """One subscription's place in a group."""

    id: int
    group: str
    lease: float
    """Seconds."""


class Share(msgspec.Struct, frozen=True):
    """What a member owns at one generation of its group."""

    generation: int
    positions: Mapping[int, int]
    """The offset to be read next, by topic id, as committed."""
    leaving: frozenset[int]
    """Topics to be handed over as soon as what was fetched from them is committed."""


def join(connection: Connection, group: str, *, lease: float, now: float) -> Member:
    """Add a member to *group*, which is made if need be."""
    connection.exec_driver_sql(
        "INSERT INTO reading_group (name, generation) VALUES (?, 0) ON CONFLICT DO NOTHING", (group,)
    )
    added = connection.exec_driver_sql(
        "INSERT INTO member (reading_group, lease, until) VALUES (?, ?, ?)", (group, lease, now + lease)
    )
    _bump(connection, group)
    return Member(added.lastrowid, group, lease)


def wish(connection: Connection, member: Member, starts: Mapping[int, int]) -> None:
    """Record that *member* is willing to own topics, and where the group begins in those that are new to it."""
    if not starts:
        return
    connection.exec_driver_sql(
        "INSERT INTO place (reading_group, topic, position) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
        [(member.group, topic, start) for topic, start in starts.items()],
    )
    connection.exec_driver_sql(
        "INSERT INTO wish (member, topic) VALUES (?, ?) ON CONFLICT DO NOTHING",
        [(member.id, topic) for topic in starts],
    )
    _bump(connection, member.group)


def renew(connection: Connection, members: Iterable[Member], *, now: float) -> None:
    """Extend the leases of those *members* that are not forgotten yet."""
    connection.exec_driver_sql(
        "UPDATE member SET until = ? WHERE id = ?", [(now + member.lease, member.id) for member in members]
    )


def leave(connection: Connection, member: Member) -> None:
    """Remove *member*; what it owned is free."""
    connection.exec_driver_sql("DELETE FROM member WHERE id = ?", (member.id,))
    _bump(connection, member.group)


def is_settled(connection: Connection, member: Member, generation: int, *, now: float) -> bool:
    """Say whether nothing happened to the group since *generation*: no change, and no other member's lease ended."""
    row = connection.exec_driver_sql(
        f"SELECT generation, EXISTS(SELECT 1 FROM member WHERE {_DEAD}) FROM reading_group WHERE name = ?",  # noqa: S608
        (member.group, member.id, now, now, member.group),
    ).one()
    return bool(row[0] == generation and not row[1])


def settle(connection: Connection, member: Member, *, busy: frozenset[int], now: float) -> Share | None:
    """Forget dead members, take what *member* should own and is free, free what it should not own.

    Args:
        busy: Topics that it keeps for now, because something fetched from them is not committed.

    Returns:
        Its share; None if the member itself was forgotten, because its lease had ended.
    """
    dead = connection.exec_driver_sql(
        f"DELETE FROM member WHERE {_DEAD}",  # noqa: S608
        (member.group, member.id, now, now),
    ).rowcount
    wishes = _wishes(connection, member.group)
    if member.id not in wishes:
        return None
    owners = _owners(connection, member.group)
    plan = assign(wishes, owners)
    mine = {topic for topic, owner in owners.items() if owner == member.id}
    surplus = {topic for topic in mine if plan.get(topic) != member.id}
    free = {topic for topic, owner in plan.items() if owner == member.id and topic not in owners}
    _own(connection, member.group, None, surplus - busy)
    _own(connection, member.group, member.id, free)
    if dead or surplus - busy or free:
        _bump(connection, member.group)
    return _share(connection, member, leaving=frozenset(surplus & busy))


def commit(connection: Connection, member: Member, positions: Mapping[int, int]) -> frozenset[int]:
    """Record the positions of the topics that *member* owns; return the others' ids, which keep theirs."""
    return frozenset(
        topic
        for topic, position in positions.items()
        if not connection.exec_driver_sql(
            "UPDATE place SET position = ? WHERE reading_group = ? AND topic = ? AND owner = ?",
            (position, member.group, topic, member.id),
        ).rowcount
    )


def _wishes(connection: Connection, group: str) -> dict[int, frozenset[int]]:
    found: dict[int, set[int]] = {}
    rows = connection.exec_driver_sql(
        "SELECT id, topic FROM member LEFT JOIN wish ON member = id WHERE reading_group = ?", (group,)
    )
    for member, topic in rows:
        topics = found.setdefault(member, set())
        if topic is not None:
            topics.add(topic)
    return {member: frozenset(topics) for member, topics in found.items()}


def _owners(connection: Connection, group: str) -> dict[int, int]:
    rows = connection.exec_driver_sql(
        "SELECT topic, owner FROM place WHERE reading_group = ? AND owner IS NOT NULL", (group,)
    )
    return {row[0]: row[1] for row in rows}


def _own(connection: Connection, group: str, owner: int | None, topics: set[int]) -> None:
    if topics:
        connection.exec_driver_sql(
            "UPDATE place SET owner = ? WHERE reading_group = ? AND topic = ?",
            [(owner, group, topic) for topic in topics],
        )


def _share(connection: Connection, member: Member, *, leaving: frozenset[int]) -> Share:
    generation = connection.exec_driver_sql(
        "SELECT generation FROM reading_group WHERE name = ?", (member.group,)
    ).scalar_one()
    rows = connection.exec_driver_sql(
        "SELECT topic, position FROM place WHERE reading_group = ? AND owner = ?", (member.group, member.id)
    )
    return Share(generation, {row[0]: row[1] for row in rows}, leaving)


def _bump(connection: Connection, group: str) -> None:
    connection.exec_driver_sql("UPDATE reading_group SET generation = generation + 1 WHERE name = ?", (group,))
