"""Somebody names the keys of another participant's message in a message of his own, and takes that back."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest
import pytest_asyncio

from broker.envelope.header import SectionHead
from broker.envelope.message import Part, assemble, open_envelope
from broker.sealing.section import Place, seal_section
from broker.types.names import Digest
from broker.types.vocabulary import Action, Section
from tests.support.exercise import Exercise, Node, a_body, an_exercise
from tests.support.records import a_grant, a_marking, a_recall, an_incident

REPORT = an_incident("NL", marking=a_marking(recipients=("BE", "FR"))).sections
VILLAIN = "FR/customs"
WITH_KEY = [False, True]


@pytest_asyncio.fixture
async def exercise(tmp_path: Path) -> AsyncIterator[Exercise]:
    """NL, BE and FR; a node has the section keys that are released to it."""
    async with an_exercise(tmp_path, "NL", "BE", "FR", releases=True) as made:
        yield made


def a_copycat(exercise: Exercise, victim: bytes, *, with_key: bool) -> bytes:
    """Return a message of France whose sections name the keys of the message *victim*.

    Args:
        with_key: France was given those keys, and seals sections of its own under them; else it copies what it sees.
    """
    seen = open_envelope(victim)
    mine = exercise.authors.compose(REPORT, by=VILLAIN, writer=3)
    place = Place(mine.header.federation, mine.header.stream, mine.header.sequence)
    keys = {one.section: one.key for one in exercise.authors.items_of(victim)}
    parts = [
        seal_section(head.name, a_body(REPORT[head.name]), key=keys[head.name], place=place)
        if with_key
        else Part(SectionHead(head.name, head.commitment, head.body_digest, head.key_commitment), body or b"")
        for head, body in zip(seen.header.sections, seen.bodies, strict=True)
    ]
    return exercise.authors.sign([assemble(mine.header, parts)])[0]


async def take_back(exercise: Exercise, raw: bytes) -> None:
    """Send what France has written, and France's own recall of it."""
    recall = {"core": a_recall(marking=a_marking(recipients=("BE",)), message=open_envelope(raw).digest)}
    said = exercise.authors.write(recall, by=VILLAIN)
    gives = exercise.authors.items_of(said)
    await exercise.send(raw, exercise.authors.release({"BE/~1": gives}, by=VILLAIN, writer=2), said)


def opened(node: Node, digest: Digest, authority: str = "BE/police") -> set[Section]:
    """Return the sections of a message that an authority sees."""
    (item,) = [one for one in node.items(authority) if one.digest == digest]
    return {section for section, record in item.sections.items() if record is not None}


@pytest.mark.parametrize("with_key", WITH_KEY)
async def test_nobody_destroys_the_keys_of_others(exercise: Exercise, *, with_key: bool) -> None:
    victim = exercise.authors.write(REPORT)
    node = exercise.node()
    await exercise.send(exercise.authors.release({"BE/~1": exercise.authors.items_of(victim)}, writer=2), victim)
    await node.receive()
    before = opened(node, open_envelope(victim).digest)
    assert Section.NOMINAL in before
    await take_back(exercise, a_copycat(exercise, victim, with_key=with_key))
    assert 1 == (await node.receive()).purged
    assert before == opened(node, open_envelope(victim).digest)


@pytest.mark.parametrize("with_key", WITH_KEY)
async def test_nobody_keeps_the_keys_of_others_from_being_taken(exercise: Exercise, *, with_key: bool) -> None:
    victim = exercise.authors.write(REPORT)
    node = exercise.node()
    await exercise.send(victim)
    await take_back(exercise, a_copycat(exercise, victim, with_key=with_key))
    assert 1 == (await node.receive()).purged
    await exercise.send(exercise.authors.release({"BE/~1": exercise.authors.items_of(victim)}, writer=2))
    await node.receive()
    assert Section.NOMINAL in opened(node, open_envelope(victim).digest)


async def test_nobody_hands_on_the_keys_of_others_as_his_own(exercise: Exercise) -> None:
    """NL gave BE the core only; France, which has all of it, says that the other keys are of a message of France."""
    victim = exercise.authors.write(REPORT)
    core = exercise.authors.items_of(victim, "core")
    node = exercise.node()
    await exercise.send(exercise.authors.release({"BE/~1": core}, writer=2), victim)
    await node.receive()
    mine = a_copycat(exercise, victim, with_key=True)
    header = open_envelope(mine).header
    items = [
        msgspec.structs.replace(one, originator=header.originator, writer=header.writer, sequence=header.sequence)
        for one in exercise.authors.items_of(victim)
    ]
    await exercise.send(exercise.authors.release({"BE/~1": items}, by=VILLAIN, writer=2), mine)
    await node.receive()
    assert Section.NOMINAL in opened(node, open_envelope(mine).digest), "it is France's to say what it says itself"
    assert {Section.CORE} == opened(node, open_envelope(victim).digest)


async def a_late_key(exercise: Exercise, *, until: timedelta) -> tuple[Node, bytes]:
    """Return a node, and a message of which a section was granted to its customs; its key came two hours later."""
    report = an_incident("NL", marking=a_marking(recipients=("BE/police",)), concerned=()).sections
    raw = exercise.authors.write(report)
    core, rest = exercise.authors.items_of(raw, "core"), exercise.authors.items_of(raw, "operational")
    node = exercise.node()
    await exercise.send(exercise.authors.release({"BE/~1": core}, writer=2), raw)
    await give(exercise, raw, until)
    await node.receive()
    exercise.clock.advance(hours=2)
    await exercise.send(exercise.authors.release({"BE/~1": rest}, writer=2))
    await node.receive()
    return node, raw


async def give(exercise: Exercise, raw: bytes, until: timedelta) -> None:
    """Grant BE/customs to see what happened."""
    seeing = {"action": Action.RECEIVE, "sections": (Section.CORE, Section.OPERATIONAL), "recipients": ()}
    answer = a_grant("BE/customs", message=open_envelope(raw).digest, until=exercise.clock.now + until, **seeing)
    grant = exercise.authors.write({"core": answer}, writer=3)
    await exercise.send(exercise.authors.release({"BE/~1": exercise.authors.items_of(grant)}, writer=2), grant)


@pytest.mark.parametrize(("hours", "shown"), [(3, True), (1, False)])
async def test_a_late_key_shows_nothing_that_is_not_permitted_any_more(
    exercise: Exercise, hours: int, *, shown: bool
) -> None:
    """Whoever holds a RELEASE back chooses when it comes, and must not choose what it opens then."""
    node, raw = await a_late_key(exercise, until=timedelta(hours=hours))
    digest = open_envelope(raw).digest
    core = {Section.CORE}  # what was received stays received
    assert (core | {Section.OPERATIONAL} if shown else core) == opened(node, digest, "BE/customs")
    assert Section.OPERATIONAL in opened(node, digest, "BE/police")
    await give(exercise, raw, timedelta(hours=1))
    await node.receive()
    assert core | {Section.OPERATIONAL} == opened(node, digest, "BE/customs")
    assert [] == await exercise.audit_node(node)
