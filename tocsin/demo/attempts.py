"""What somebody might do to the record who can write to its files: one function an attempt, and how it is found out."""

from collections.abc import Callable
from datetime import datetime
from typing import Final

import msgspec
from sqlalchemy import Engine, select

from broker.bus.port import Delivered
from broker.database import writing
from broker.envelope.message import Opened, open_envelope
from broker.signing.keys import SigningKey
from broker.types.vocabulary import Tlp
from consumers import store
from tocsin.demo import forging
from tocsin.demo.forging import Topic


class Stage(msgspec.Struct, frozen=True, kw_only=True):
    """A copy of the federation on which one attempt is made.

    Attributes:
        topic: Of the victim, and what is in it.
        node: The database of a node that has received everything.
        own_key: The victim's own.
        other_key: An enrolled key of another participant.
        unknown_key: One that nobody has enrolled.
    """

    topic: Topic
    messages: list[Delivered]
    node: Engine
    own_key: SigningKey
    other_key: SigningKey
    unknown_key: SigningKey
    now: datetime


class Attempt(msgspec.Struct, frozen=True, kw_only=True):
    """An attempt, and the code by which it has to be caught.

    Attributes:
        needs: So many messages of the victim.
    """

    name: str
    does: str
    code: str
    change: Callable[[Stage], None]
    needs: int = 1


def _flip(stage: Stage) -> None:
    middle = stage.messages[len(stage.messages) // 2]
    stage.topic.put(middle.offset, forging.flip_in_body(middle.value))


def _relabel(stage: Stage) -> None:
    last = stage.messages[-1]
    header = open_envelope(last.value).header
    other = Tlp.GREEN if header.tlp is Tlp.CLEAR else Tlp.CLEAR
    stage.topic.put(last.offset, forging.with_header(last.value, msgspec.structs.replace(header, tlp=other)))


def _strip(stage: Stage) -> None:
    last = stage.messages[-1]
    stage.topic.put(last.offset, forging.with_bodies(last.value, (None, *open_envelope(last.value).bodies[1:])))


def _replace(stage: Stage) -> None:
    before, last = stage.messages[-2:]
    foreign = open_envelope(before.value).bodies[0]
    bodies = (foreign, *open_envelope(last.value).bodies[1:])
    stage.topic.put(last.offset, forging.with_bodies(last.value, bodies))


def _swap_signature(stage: Stage) -> None:
    before, last = stage.messages[-2:]
    stage.topic.put(last.offset, forging.with_signatures_of(last.value, before.value))


def _delete(stage: Stage) -> None:
    stage.topic.remove(stage.messages[len(stage.messages) // 2].offset)


def _delete_last(stage: Stage) -> None:
    stage.topic.remove(stage.messages[-1].offset)


def _reorder(stage: Stage) -> None:
    before, last = stage.messages[-2:]
    stage.topic.put(before.offset, last.value)
    stage.topic.put(last.offset, before.value)


def _replay(stage: Stage) -> None:
    first = stage.messages[0]
    stage.topic.add(first.key, first.value)


def _forge(stage: Stage, key: SigningKey) -> None:
    last = open_envelope(stage.messages[-1].value)
    header = last.header
    _append(stage, last, key, sequence=header.sequence + 1, previous=last.digest)


def _second_history(stage: Stage) -> None:
    last = open_envelope(stage.messages[-1].value)
    _append(stage, last, stage.own_key, sequence=last.header.sequence, previous=last.header.previous)


def _append(stage: Stage, like: Opened, key: SigningKey, *, sequence: int, previous: bytes) -> None:
    header = msgspec.structs.replace(like.header, sequence=sequence, previous=previous, issued_at=stage.now)
    stage.topic.add(stage.messages[-1].key, forging.signed_by(header, like, key))


def _show_denied(stage: Stage) -> None:
    joined = store.decision.join(store.judgement, store.judgement.c.id == store.decision.c.judgement)
    denied = select(store.decision).select_from(joined).where(store.judgement.c.outcome == "denied").limit(1)
    with writing(stage.node) as connection:
        for row in connection.execute(denied).all():
            reader = row.readers.split()[0]
            connection.execute(store.inbox.insert().values(authority=reader, digest=row.digest, decision=row.id))


def _delete_decision(stage: Stage) -> None:
    record = select(store.decision.c.digest).order_by(store.decision.c.id.desc()).limit(1)
    with writing(stage.node) as connection:
        connection.execute(store.decision.delete().where(store.decision.c.digest.in_(record)))


ATTEMPTS: Final = (
    Attempt(
        name="flip a byte",
        does="one bit of a report is changed on the bus",
        code="body-mismatch",
        change=_flip,
    ),
    Attempt(
        name="change the label",
        does="a report's TLP label is changed, so that others may read it",
        code="bad-signature",
        change=_relabel,
    ),
    Attempt(
        name="strip a section",
        does="a section is cut out of a report",
        code="body-missing",
        change=_strip,
    ),
    Attempt(
        name="replace a section",
        does="a section is replaced by another report's",
        code="body-mismatch",
        change=_replace,
        needs=2,
    ),
    Attempt(
        name="swap a signature",
        does="a report gets the signature of another one",
        code="bad-signature",
        change=_swap_signature,
        needs=2,
    ),
    Attempt(
        name="delete a message",
        does="a report in the middle is removed from the bus",
        code="gap",
        change=_delete,
        needs=3,
    ),
    Attempt(
        name="delete the last message",
        does="the newest report is removed; a node that has it knows",
        code="missing-from-bus",
        change=_delete_last,
    ),
    Attempt(
        name="reorder two messages",
        does="two reports change their places",
        code="out-of-order",
        change=_reorder,
        needs=2,
    ),
    Attempt(
        name="replay a message",
        does="a report is sent a second time; readers drop it",
        code="repeated",
        change=_replay,
    ),
    Attempt(
        name="forge with an unknown key",
        does="a report in another's name, by a key that nobody enrolled",
        code="unknown-key",
        change=lambda stage: _forge(stage, stage.unknown_key),
    ),
    Attempt(
        name="forge with another's key",
        does="a report in another's name, by a participant's own valid key",
        code="key-not-valid",
        change=lambda stage: _forge(stage, stage.other_key),
    ),
    Attempt(
        name="write a second history",
        does="the rightful owner signs another report under a used number",
        code="conflict",
        change=_second_history,
    ),
    Attempt(
        name="show a denied report",
        does="a row is slipped into an inbox that no decision permits",
        code="shown-without-permission",
        change=_show_denied,
    ),
    Attempt(
        name="delete a decision",
        does="the record of why something was shown is removed",
        code="missing-decision",
        change=_delete_decision,
    ),
)
"""In the order in which they are shown."""
