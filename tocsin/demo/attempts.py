"""What somebody might do to the record who can write to its files: one function an attempt, and how it is found out."""

from collections.abc import Iterator
from typing import Final

import msgspec
from sqlalchemy import Connection, select

from broker import decisions
from broker.database import reading, writing
from broker.envelope.message import Opened, open_envelope
from broker.signing.keys import SigningKey
from broker.types.names import Originator
from broker.types.vocabulary import Tlp
from consumers import store
from tocsin.demo import forging
from tocsin.demo.log_attempts import LOG_ATTEMPTS
from tocsin.demo.sealing_attempts import SEALING_ATTEMPTS
from tocsin.demo.stage import Attempt, Stage, reports


def _flip(stage: Stage) -> None:
    found = stage.victim.sealed_reports()
    middle = found[len(found) // 2]
    stage.victim.topic.put(middle.offset, forging.flip_in_body(middle.value))


def _relabel(stage: Stage) -> None:
    last = stage.victim.sealed_reports()[-1]
    header = open_envelope(last.value).header
    other = Tlp.AMBER if header.tlp is Tlp.GREEN else Tlp.GREEN
    stage.victim.topic.put(last.offset, forging.with_header(last.value, msgspec.structs.replace(header, tlp=other)))


def _strip(stage: Stage) -> None:
    last = stage.victim.sealed_reports()[-1]
    stage.victim.topic.put(last.offset, forging.with_bodies(last.value, (None, *open_envelope(last.value).bodies[1:])))


def _replace(stage: Stage) -> None:
    before, last = stage.victim.sealed_reports()[-2:]
    foreign = open_envelope(before.value).bodies[0]
    bodies = (foreign, *open_envelope(last.value).bodies[1:])
    stage.victim.topic.put(last.offset, forging.with_bodies(last.value, bodies))


def _swap_signature(stage: Stage) -> None:
    before, last = stage.victim.sealed_reports()[-2:]
    stage.victim.topic.put(last.offset, forging.with_signatures_of(last.value, before.value))


def _delete(stage: Stage) -> None:
    found = stage.victim.sealed_reports()
    stage.victim.topic.remove(found[len(found) // 2].offset)


def _delete_last(stage: Stage) -> None:
    # And all behind it, or its place would be a gap.
    last = stage.victim.sealed_reports()[-1].offset
    for one in reversed([one for one in stage.victim.messages if one.offset >= last]):
        stage.victim.topic.remove(one.offset)


def _reorder(stage: Stage) -> None:
    before, last = stage.victim.sealed_reports()[-2:]
    stage.victim.topic.put(before.offset, last.value)
    stage.victim.topic.put(last.offset, before.value)


def _replay(stage: Stage) -> None:
    first = stage.victim.sealed_reports()[0]
    stage.victim.topic.add(first.key, first.value)


def _forge(stage: Stage, key: SigningKey) -> None:
    last = _last_report(stage)
    _add(stage, forging.signed_by(stage.next_header(last), last, key))


def _second_history(stage: Stage) -> None:
    last = _last_report(stage)
    header = msgspec.structs.replace(last.header, issued_at=stage.now)
    _add(stage, forging.signed_by(header, last, stage.victim.key))


def _last_report(stage: Stage) -> Opened:
    return open_envelope(stage.victim.sealed_reports()[-1].value)


def _add(stage: Stage, raw: bytes) -> None:
    stage.victim.topic.add(stage.victim.messages[-1].key, raw)


def denied(connection: Connection) -> Iterator[tuple[Originator, bytes, int]]:
    """Yield readers that a node denies a message, each with the message's digest and the number of the decision."""
    made = decisions.decision.c
    joined = decisions.decision.join(decisions.judgement, decisions.judgement.c.id == made.judgement)
    wanted = select(made.digest, made.readers, made.id).select_from(joined)
    shown = {(row.authority, row.digest) for row in connection.execute(select(store.inbox))}
    for row in connection.execute(wanted.where(decisions.judgement.c.outcome == "denied")).all():
        for reader in row.readers.split():
            # Whoever has it was denied something else: to pass it on, for example.
            if (reader, row.digest) not in shown:
                yield Originator(reader), row.digest, row.id


def _has_denied(stage: Stage) -> bool:
    with reading(stage.node) as connection:
        return next(denied(connection), None) is not None


def _show_denied(stage: Stage) -> None:
    with writing(stage.node) as connection:
        reader, digest, decision = next(denied(connection))
        connection.execute(store.inbox.insert().values(authority=reader, digest=digest, decision=decision))


def _has_shown(stage: Stage) -> bool:
    with reading(stage.node) as connection:
        return connection.execute(select(store.inbox.c.id).limit(1)).first() is not None


def _delete_decision(stage: Stage) -> None:
    shown = select(store.inbox.c.digest).order_by(store.inbox.c.id.desc()).limit(1)
    with writing(stage.node) as connection:
        connection.execute(decisions.decision.delete().where(decisions.decision.c.digest.in_(shown)))


ATTEMPTS: Final[tuple[Attempt, ...]] = (
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
        is_possible=reports(2),
    ),
    Attempt(
        name="swap a signature",
        does="a report gets the signature of another one",
        code="bad-signature",
        change=_swap_signature,
        is_possible=reports(2),
    ),
    Attempt(
        name="delete a message",
        does="a report in the middle is removed from the bus",
        code="gap",
        change=_delete,
        is_possible=reports(3),
    ),
    Attempt(
        name="delete the last message",
        does="the newest report is removed with all behind it; a node that has it knows",
        code="missing-from-bus",
        change=_delete_last,
    ),
    Attempt(
        name="reorder two messages",
        does="two reports change their places",
        code="out-of-order",
        change=_reorder,
        is_possible=reports(2),
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
        change=lambda stage: _forge(stage, stage.witness.key),
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
        is_possible=_has_denied,
    ),
    Attempt(
        name="delete a decision",
        does="the record of why something was shown is removed",
        code="missing-decision",
        change=_delete_decision,
        is_possible=_has_shown,
    ),
    *SEALING_ATTEMPTS,
    *LOG_ATTEMPTS,
)
"""In the order in which they are shown."""
