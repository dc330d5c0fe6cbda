"""Who is who in the attempts to tamper: chosen so that most of them are possible."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import msgspec
from sqlalchemy import select

from broker import decisions
from broker.database import open_engine, reading
from broker.types.names import Participant, message_topic, participant_of
from broker.types.vocabulary import Kind
from consumers import store
from tocsin.demo.attempts import denied
from tocsin.demo.forging import Topic
from tocsin.demo.stage import sealed_among
from tocsin.folder import FederationFolder
from tocsin.node_database import open_readonly
from tocsin.settings import load_federation

_ENOUGH: Final = 3
"""Sealed reports of the victim that every attempt can be made on."""


class Parts(msgspec.Struct, frozen=True):
    """Who is who in an attempt: whose messages are attacked, and whose node looks on."""

    victim: Participant
    witness: Participant


def choose_parts(folder: FederationFolder, readers: Sequence[Participant]) -> Parts:
    """Return the victim and the witness for which most attempts are possible.

    Args:
        folder: With the embedded bus.
        readers: Those that are taken as witness where others are no better.
    """
    codes = folder.participants()
    sizes = _sealed_reports(folder)
    witnesses = {code: _look_at(folder.node(code).database) for code in (*readers, *codes) if code in codes}

    def worth(parts: Parts) -> tuple[int, int, int]:
        size = sizes[parts.victim]
        return min(size, _ENOUGH), witnesses[parts.witness].worth(parts.victim), size

    return max((Parts(victim, one) for victim in codes for one in witnesses if one != victim), key=worth)


class _Witness(msgspec.Struct, frozen=True):
    """What the database of a node shows: of whom it has something, of whom something whole, and whether it denies."""

    shown: frozenset[Participant]
    whole: frozenset[Participant]
    denies: bool

    def worth(self, victim: Participant) -> int:
        return 2 * (victim in self.shown) + 2 * (victim in self.whole) + self.denies


def _sealed_reports(folder: FederationFolder) -> Counter[Participant]:
    federation = load_federation(folder).id
    engine = open_engine(folder.bus_file)
    try:
        topics = {code: Topic(engine, message_topic(federation, code)) for code in folder.participants()}
        return Counter({code: len(sealed_among(topic.messages())) for code, topic in topics.items()})
    finally:
        engine.dispose()


def _look_at(database: Path) -> _Witness:
    engine = open_readonly(database)
    joined = (
        store.inbox.join(store.message, store.message.c.digest == store.inbox.c.digest)
        .join(decisions.decision, decisions.decision.c.id == store.inbox.c.decision)
        .join(decisions.judgement, decisions.judgement.c.id == decisions.decision.c.judgement)
    )
    theirs = select(store.message.c.stream, decisions.judgement.c.outcome).select_from(joined)
    try:
        with reading(engine) as connection:
            rows = connection.execute(theirs.where(store.message.c.kind == Kind.RECORD.value).distinct()).all()
            denies = next(denied(connection), None) is not None
    finally:
        engine.dispose()
    return _Witness(
        shown=frozenset(participant_of(row.stream) for row in rows),
        whole=frozenset(participant_of(row.stream) for row in rows if row.outcome == "released"),
        denies=denies,
    )
