"""Messages of keys that were revoked, and of keys that had ended: whether their word counts, the log says."""

from collections.abc import Iterator
from typing import Final

import msgspec
from sqlalchemy import Connection

from broker.directory.directory import Directory
from broker.directory.index import EnrolledKey
from broker.directory.word import Place, check_seen_in_time, check_word
from broker.errors import Disputed, KeyRevoked
from broker.limits import DISPUTED_AFTER
from broker.types.names import Digest, KeyId, MessageName, parse_stream
from broker.types.time import from_micros, to_micros
from consumers.audit.ledger import Ledger
from consumers.findings import Finding

_KEY_ID: Final = 16
_OF_SIGNERS: Final = """
SELECT m.place, m.digest, s.name, m.sequence FROM message AS m JOIN stream AS s ON s.id = m.stream
WHERE m.signers = ? AND m.topic > 0 ORDER BY m.place
"""
_SEEN_LATE: Final = """
SELECT m.place, m.digest, s.name, m.sequence FROM leaf AS l JOIN message AS m ON m.digest = l.digest
JOIN stream AS s ON s.id = m.stream
WHERE m.signers = ? AND l.seen_at > ? AND m.topic > 0 ORDER BY m.place
"""
_PLACE: Final = "SELECT id, seen_at FROM leaf WHERE digest = ? ORDER BY id LIMIT 1"


class _Signed(msgspec.Struct, frozen=True):
    place: int
    digest: Digest
    name: MessageName


def judge_words(ledger: Ledger, directory: Directory) -> list[tuple[int, Finding]]:
    """Return the messages that are disputed, each with its place; they stay, for they are logged and have a number.

    What nothing proves to be older than the revocation of its key is put with what is broken: no reader takes it.
    """
    found: list[tuple[int, Finding]] = []
    for number, raw in list(ledger.rows("SELECT id, keys FROM signers")):
        signers = [raw[start : start + _KEY_ID] for start in range(0, len(raw), _KEY_ID)]
        keys = [key for one in signers if (key := directory.key(KeyId(one))) is not None]
        if any(key.revocation is not None for key in keys):
            found += _judge(ledger, _OF_SIGNERS, (number,), keys)
        elif keys:
            late = to_micros(min(key.valid_to for key in keys) + DISPUTED_AFTER)
            found += _judge(ledger, _SEEN_LATE, (number, late), keys)
    return found


def _judge(
    ledger: Ledger, wanted: str, values: tuple[int, ...], keys: list[EnrolledKey]
) -> Iterator[tuple[int, Finding]]:
    refused: list[tuple[_Signed, KeyRevoked]] = []
    for place, digest, stream, sequence in ledger.rows(wanted, *values):
        one = _Signed(place, Digest(digest), MessageName(parse_stream(stream), sequence))
        try:
            for key in keys:
                check_word(key, one.name, one.digest, lambda wanted: _place(ledger, wanted))
                check_seen_in_time(key, one.name, _place(ledger, one.digest))
        except KeyRevoked as error:
            refused.append((one, error))
        except Disputed as error:
            yield place, Finding(error.code, str(one.name), str(error))
    ledger.change(lambda connection: _refuse(connection, refused))


def _refuse(connection: Connection, refused: list[tuple[_Signed, KeyRevoked]]) -> None:
    for one, error in refused:
        connection.exec_driver_sql(
            "INSERT OR REPLACE INTO broken VALUES (?, ?, ?, ?, 0)", (one.place, one.digest, error.code, str(error))
        )
        connection.exec_driver_sql("DELETE FROM message WHERE place = ?", (one.place,))


def _place(ledger: Ledger, digest: Digest) -> Place | None:
    row = ledger.row(_PLACE, digest)
    return None if row is None else Place(row[0], from_micros(row[1]))
