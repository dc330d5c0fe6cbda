"""The log held against the topics: every leaf has its message and every message its leaf, and both tell one order."""

from collections.abc import Iterator
from datetime import datetime
from typing import Final

import msgspec

from broker import limits
from broker.types.time import from_micros
from consumers.audit.ledger import Ledger
from consumers.audit.topics import Topics
from consumers.findings import Finding

_STRANGE_LEAVES: Final = """
SELECT l.id, s.name, l.sequence, l.federation, m.place, t.name, m.sequence
FROM leaf AS l JOIN stream AS s ON s.id = l.stream
LEFT JOIN message AS m ON m.place = (SELECT place FROM message WHERE digest = l.digest ORDER BY place LIMIT 1)
LEFT JOIN stream AS t ON t.id = m.stream
WHERE (m.place IS NULL AND NOT EXISTS (SELECT 1 FROM broken AS b WHERE b.digest = l.digest))
OR m.stream <> l.stream OR m.sequence <> l.sequence OR l.federation <> ?
ORDER BY l.id
"""
_REPEATED_LEAVES: Final = """
SELECT l.id, e.id, s.name, l.sequence FROM leaf AS l JOIN stream AS s ON s.id = l.stream
JOIN leaf AS e ON e.id = (SELECT id FROM leaf WHERE digest = l.digest ORDER BY id LIMIT 1)
WHERE l.id > e.id ORDER BY l.id
"""
_BACKWARDS: Final = """
SELECT id, seen_at, before FROM (SELECT id, seen_at, lag(seen_at) OVER (ORDER BY id) AS before FROM leaf)
WHERE seen_at < before
"""
_OUT_OF_ORDER: Final = """
SELECT place, before, leaf, leaf_before FROM (
    SELECT m.place AS place, l.id AS leaf, m.topic AS topic, lag(m.topic) OVER (ORDER BY m.place) AS topic_before,
        lag(m.place) OVER (ORDER BY m.place) AS before, lag(l.id) OVER (ORDER BY m.place) AS leaf_before
    FROM first_copy AS m JOIN leaf AS l ON l.id = (SELECT id FROM leaf WHERE digest = m.digest ORDER BY id LIMIT 1))
WHERE leaf < leaf_before AND topic = topic_before ORDER BY place
"""
_DIRECTORY_BETWEEN: Final = """
SELECT 1 FROM message AS m JOIN leaf AS l ON l.digest = m.digest
WHERE m.topic = 0 AND l.id > ? AND l.id < ? LIMIT 1
"""
_UNLOGGED: Final = """
SELECT m.place, m.topic, m.digest, m.issued_at, s.name, m.sequence
FROM first_copy AS m JOIN stream AS s ON s.id = m.stream
WHERE NOT EXISTS (SELECT 1 FROM leaf AS l WHERE l.digest = m.digest) ORDER BY m.place
"""
_LAST_LOGGED: Final = """
SELECT m.topic, max(m.place) FROM message AS m JOIN leaf AS l ON l.digest = m.digest GROUP BY m.topic
"""


class Unlogged(msgspec.Struct, frozen=True):
    """Messages without a leaf: how many may still get theirs, and those that should have had it."""

    waiting: int
    findings: tuple[Finding, ...]


def leaf_findings(ledger: Ledger, federation: str) -> Iterator[Finding]:
    """Yield the leaves that are not those of the messages that are there, or stand where they should not."""
    for index, says in ledger.rows("SELECT id, says FROM malformed ORDER BY id"):
        yield Finding("changed-entry", f"leaf {index}", f"the notary signed an entry that is none: {says}")
    for index, stream, sequence, network, place, of_stream, of_sequence in ledger.rows(_STRANGE_LEAVES, federation):
        name = f"leaf {index}: {stream}#{sequence}"
        if network != federation:
            yield Finding("changed-entry", name, f"it speaks of a message of {network[:60]}, which is another network")
        elif place is None:
            yield Finding("leaf-without-message", name, "the message was logged, and is not on the bus: it was deleted")
        else:
            yield Finding("changed-entry", name, f"the message of this digest is {of_stream}#{of_sequence}")
    for index, first, stream, sequence in ledger.rows(_REPEATED_LEAVES):
        yield Finding("duplicate-leaf", f"leaf {index}: {stream}#{sequence}", f"its message has leaf {first} already")
    for index, seen_at, before in ledger.rows(_BACKWARDS):
        says = f"it was seen at {_time(seen_at)}, says the notary, and the leaf before it at {_time(before)}"
        yield Finding("time-runs-back", f"leaf {index}", says)


def order_findings(ledger: Ledger, topics: Topics, out_of_order: frozenset[int]) -> Iterator[Finding]:
    """Yield the messages that stand behind another one in their topic and before it in the log.

    A message that waited for a message of the directory is logged after it, whatever stands behind it in its topic:
    there, a leaf of the directory lies between the two.

    Args:
        out_of_order: Places of messages of which that is said already, by their numbers.
    """
    for place, before, leaf, leaf_before in ledger.rows(_OUT_OF_ORDER):
        if place in out_of_order or before in out_of_order or _waited(ledger, leaf, leaf_before):
            continue
        says = (
            f"it has leaf {leaf}, and what stands before it in its topic leaf {leaf_before}: one of them was moved, or"
            " could not be had when the notary came to it"
        )
        yield Finding("reordered", topics.words(place), says)


def _waited(ledger: Ledger, leaf: int, leaf_before: int) -> bool:
    return bool(ledger.number(_DIRECTORY_BETWEEN, leaf, leaf_before))


def unlogged(ledger: Ledger, dismissed: frozenset[bytes]) -> Unlogged:
    """Return what is on the bus and not in the log.

    Args:
        dismissed: Digests of messages of the directory that do not apply: nobody has to log them.
    """
    last = dict(row[:2] for row in ledger.rows(_LAST_LOGGED))
    newest = ledger.number("SELECT seen_at FROM leaf ORDER BY id DESC LIMIT 1")
    due = newest - limits.LOGGED_WITHIN.total_seconds() * 1_000_000
    waiting, findings = 0, []
    for place, topic, digest, issued_at, stream, sequence in ledger.rows(_UNLOGGED):
        if bytes(digest) in dismissed:
            continue
        if place < last.get(topic, 0):
            why = "a later message of its topic is"
        elif issued_at < due:
            why = f"it was issued at {_time(issued_at)}, and the log goes on to {_time(newest)}"
        else:
            waiting += 1
            continue
        findings.append(Finding("message-without-leaf", f"{stream}#{sequence}", f"it is not in the log, and {why}"))
    return Unlogged(waiting, tuple(findings))


def _time(micros: int) -> str:
    at: datetime = from_micros(micros)
    return f"{at:%Y-%m-%d %H:%M:%S} UTC"
