"""Keys come by RELEASE: before their record, with it, or years later; from whoever may give them, and nobody else."""

import os
from collections.abc import AsyncIterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
import pytest_asyncio

from broker import decisions
from broker.envelope.body import parse_body
from broker.envelope.message import open_envelope
from broker.sealing.release import RELEASE_SECTION, Item, Release, parse_release
from broker.sealing.section import key_commitment
from broker.types.names import Participant
from broker.types.vocabulary import Kind, Section, Tlp
from consumers import store
from consumers.deliver import Taken
from consumers.inbox import NO_KEY
from tests.support.exercise import Exercise, Node, a_release_body, an_exercise
from tests.support.federation import a_revocation, admin_stream
from tests.support.records import a_core, a_marking, an_agreement, an_incident

NAMED = a_marking(recipients=("BE",))
READERS = ("BE/customs", "BE/police", "BE/regulator")


@pytest_asyncio.fixture
async def exercise(tmp_path: Path) -> AsyncIterator[Exercise]:
    """An exercise in which a node has only the keys that are released to it."""
    async with an_exercise(tmp_path, releases=True) as made:
        yield made


async def a_node(exercise: Exercise) -> Node:
    """Return a node that has read the bus before, so that what comes is news."""
    node = exercise.node()
    await node.receive()
    return node


def an_envelope(exercise: Exercise) -> bytes:
    """Return an incident that names BE as its recipient."""
    return exercise.authors.write(an_incident(marking=NAMED).sections)


def seen(node: Node, authority: str = "BE/police") -> list[set[Section]]:
    """Return which sections of each item the authority sees."""
    return [{one for one, record in item.sections.items() if record is not None} for item in node.items(authority)]


def pending(node: Node) -> list[bool]:
    return [row.pending for row in node.rows(store.message) if row.kind == Kind.RECORD.value]


def codes(node: Node) -> list[str]:
    return [one.code for one in node.findings()]


async def test_without_a_key_a_message_is_pending_and_nothing_else(exercise: Exercise) -> None:
    node = exercise.node()
    await exercise.send(an_envelope(exercise))
    assert Taken(messages=1, pending=1) == await node.receive()
    assert [True] == pending(node)
    assert ([], [], {}, []) == (node.items("BE/police"), node.alerts("BE/police"), node.quarantine(), node.findings())
    assert [] == node.rows(decisions.decision)
    assert Taken() == await node.receive()
    assert [] == await exercise.audit_node(node)


@pytest.mark.parametrize("order", ["before", "behind"])
@pytest.mark.parametrize("batches", [1, 2])
async def test_a_key_may_come_before_its_record_or_behind_it(exercise: Exercise, order: str, batches: int) -> None:
    node = await a_node(exercise)
    raw = an_envelope(exercise)
    release = exercise.authors.release({"BE/~1": exercise.authors.items_of(raw)}, by="NL/customs", writer=2)
    taken = Taken()
    for one in (release, raw) if order == "before" else (raw, release):
        await exercise.send(one)
        taken += await node.receive() if batches == 2 else Taken()
    taken += await node.receive()
    assert (2, 3, 3) == (taken.messages, taken.inbox, taken.alerts)
    assert [False] == pending(node)
    assert {Section.CORE, Section.OPERATIONAL, Section.NOMINAL, Section.EVIDENCE} == seen(node)[0]
    assert [] == node.rows(store.awaited)
    assert [] == codes(node)
    assert [] == await exercise.audit_node(node)


async def test_a_release_that_arrives_again_changes_nothing(exercise: Exercise) -> None:
    node = exercise.node()
    raw = an_envelope(exercise)
    items = exercise.authors.items_of(raw)
    first = exercise.authors.release({"BE/~1": items})
    await exercise.send(raw, first)
    await node.receive()
    made = len(node.rows(decisions.decision))
    await exercise.send(first, exercise.authors.release({"BE/~1": items}))
    assert Taken(messages=1, duplicates=1) == await node.receive()
    assert made == len(node.rows(decisions.decision))


async def test_one_more_key_widens_the_row_and_tells_nobody_twice(exercise: Exercise) -> None:
    node = await a_node(exercise)
    raw = an_envelope(exercise)
    core, rest = exercise.authors.items_of(raw, "core"), exercise.authors.items_of(raw, "operational")
    await exercise.send(exercise.authors.release({"BE/~1": core}, writer=2), raw)
    await node.receive()
    assert [{Section.CORE}] == seen(node)
    withheld = {(one.section, one.rule) for one in node.items("BE/police")[0].withheld}
    assert withheld >= {(Section.OPERATIONAL, NO_KEY), (Section.NOMINAL, NO_KEY)}
    await exercise.send(exercise.authors.release({"BE/~1": rest}, writer=2))
    assert Taken(messages=1) == await node.receive()
    assert [{Section.CORE, Section.OPERATIONAL}] == seen(node)
    assert 1 == len(node.alerts("BE/police"))
    assert [] == await exercise.audit_node(node)


async def test_a_late_key_is_decided_by_under_the_newest_agreements(exercise: Exercise) -> None:
    node = exercise.node()
    raw = exercise.authors.write({"core": a_core(concerned=())})
    agreement = exercise.authors.write({"core": an_agreement("BE/police")})
    await exercise.send(raw, agreement)
    await node.receive()
    items = [*exercise.authors.items_of(raw), *exercise.authors.items_of(agreement)]
    await exercise.send(exercise.authors.release({"BE/~1": items[1:]}))
    await node.receive()
    await exercise.send(exercise.authors.release({"BE/~1": items[:1]}))
    await node.receive()
    assert 2 == len(node.items("BE/police"))
    assert [] == node.items("BE/customs")


async def test_a_key_for_history_raises_no_alert(exercise: Exercise) -> None:
    raw = an_envelope(exercise)
    await exercise.send(raw)
    node = exercise.node()
    await node.receive()
    await exercise.send(exercise.authors.release({"BE/~1": exercise.authors.items_of(raw)}))
    assert Taken(messages=1, inbox=3) == await node.receive()


async def test_a_focal_point_opens_what_its_participant_sent(exercise: Exercise) -> None:
    node = exercise.node()
    raw = an_envelope(exercise)
    await exercise.send(raw, exercise.authors.release({"BE/~1": exercise.authors.items_of(raw)}, by="NL/police"))
    await node.receive()
    assert 1 == len(node.items("BE/police"))


@pytest.mark.parametrize("by", ["NL/health", "BE/police"])
async def test_nobody_else_opens_it(exercise: Exercise, by: str) -> None:
    node = exercise.node()
    raw = an_envelope(exercise)
    await exercise.send(raw, exercise.authors.release({"BE/~1": exercise.authors.items_of(raw)}, by=by))
    await node.receive()
    assert ([True], ["foreign-release"]) == (pending(node), codes(node))
    commitments = {key_commitment(one.key) for one in exercise.authors.items_of(raw)}
    assert {} == node.section_keys.get(commitments)


@pytest.mark.parametrize("order", ["before", "behind"])
async def test_a_key_that_the_header_does_not_commit_to_is_a_finding(exercise: Exercise, order: str) -> None:
    node = exercise.node()
    raw = an_envelope(exercise)
    wrong = [msgspec.structs.replace(one, key=os.urandom(32)) for one in exercise.authors.items_of(raw, "core")]
    release = exercise.authors.release({"BE/~1": wrong}, writer=2)
    for one in (release, raw) if order == "before" else (raw, release):
        await exercise.send(one)
        await node.receive()
    assert ([True], ["key-mismatch"]) == (pending(node), codes(node))
    assert [] == node.rows(store.awaited)
    assert {} == node.quarantine()


async def test_a_key_for_a_section_that_the_message_does_not_have_is_a_finding(exercise: Exercise) -> None:
    node = exercise.node()
    raw = exercise.authors.write({"core": a_core()})
    item = exercise.authors.items_of(raw)[0]
    gives = {"BE/~1": [item, msgspec.structs.replace(item, section="trade")]}
    await exercise.send(raw, exercise.authors.release(gives))
    await node.receive()
    assert (["key-mismatch"], 1) == (codes(node), len(node.items("BE/police")))


def tampered(exercise: Exercise, release: Release, **changes: Any) -> bytes:
    """Return a RELEASE that is signed by its issuer as it is, whatever is wrong in it."""
    return exercise.authors.write(contents=[(RELEASE_SECTION, a_release_body(release))], kind=Kind.RELEASE, **changes)


def release_in(raw: bytes) -> Release:
    (body,) = open_envelope(raw).bodies
    assert body is not None
    return parse_release(parse_body(body))


async def test_a_release_of_another_stream_that_is_sent_again_opens_nothing(exercise: Exercise) -> None:
    """Its wraps and lists are for the place of the first; for every other they look like somebody else's."""
    node = exercise.node()
    raw = an_envelope(exercise)
    release = exercise.authors.release({"BE/~1": exercise.authors.items_of(raw)})
    await exercise.send(raw, tampered(exercise, release_in(release), by="NL/police"))
    await node.receive()
    assert ([True], [], {}) == (pending(node), codes(node), node.quarantine())


async def test_a_release_whose_list_was_changed_is_kept_apart_and_its_number_taken(exercise: Exercise) -> None:
    node = exercise.node()
    raw = an_envelope(exercise)
    await exercise.send(raw)
    whole = release_in(exercise.authors.release({"BE/~1": exercise.authors.items_of(raw)}))
    broken = msgspec.structs.replace(whole, lists=tuple(one[:-1] + bytes([one[-1] ^ 1]) for one in whole.lists))
    head = exercise.authors._heads  # the number of the first is taken again, so that its wraps are found
    stream = open_envelope(raw).header.stream
    head[stream] = msgspec.structs.replace(head[stream], sequence=1, digest=open_envelope(raw).digest)
    await exercise.send(tampered(exercise, broken))
    taken = await node.receive()
    assert (2, 1, 1) == (taken.messages, taken.pending, taken.quarantined)
    assert {1: "broken-seal"} == node.quarantine()
    assert [] == codes(node), "there is no gap"


async def test_a_release_that_breaks_the_rules_is_kept_apart(exercise: Exercise) -> None:
    node = exercise.node()
    raw = an_envelope(exercise)
    whole = release_in(exercise.authors.release({"BE/~1": exercise.authors.items_of(raw)}))
    fewer = msgspec.structs.replace(whole, wraps=whole.wraps[:-1])
    await exercise.send(tampered(exercise, fewer, writer=3))
    await node.receive()
    assert {0: "bad-release"} == node.quarantine()
    assert ["bad-release"] == [one.code for one in (await exercise.audit()).findings if one.code != "gap"]


async def test_is_tried_again_when_the_issuers_sealing_key_becomes_known(exercise: Exercise) -> None:
    node = await a_node(exercise)
    exercise.federation.enrol_sealing_key("NL/~1", exercise.clock.now - timedelta(days=1))
    raw = an_envelope(exercise)
    await exercise.send(raw, exercise.authors.release({"BE/~1": exercise.authors.items_of(raw)}))
    assert Taken(messages=2, pending=1) == await node.receive()
    assert [False] == [row.tried == "" for row in node.rows(store.unopened)]
    assert Taken() == await node.receive(), "nothing new is known"
    await exercise.announce()
    assert Taken(inbox=3, alerts=3) == await node.receive()
    assert [] == node.rows(store.unopened)
    assert [] == await exercise.audit_node(node)


async def test_is_tried_again_when_this_node_has_its_private_half_back(exercise: Exercise) -> None:
    node = await a_node(exercise)
    away, node.sealing_keys = node.sealing_keys, []
    raw = an_envelope(exercise)
    await node.receive()
    await exercise.send(raw, exercise.authors.release({"BE/~1": exercise.authors.items_of(raw)}))
    assert Taken(messages=2, pending=1) == await node.receive()
    node.sealing_keys = away
    assert Taken(inbox=3, alerts=3) == await node.receive()


async def test_what_others_were_given_is_tried_once(exercise: Exercise) -> None:
    node = exercise.node()
    raw = an_envelope(exercise)
    await exercise.send(raw, exercise.authors.release({"NL/~1": exercise.authors.items_of(raw)}))
    assert Taken(messages=2, pending=1) == await node.receive()
    (row,) = node.rows(store.unopened)
    assert Taken() == await node.receive()
    assert [row] == node.rows(store.unopened)


async def test_a_destroyed_key_is_not_taken_again(exercise: Exercise) -> None:
    node = exercise.node()
    raw = an_envelope(exercise)
    items = exercise.authors.items_of(raw)
    await exercise.send(exercise.authors.release({"BE/~1": items}, writer=2), raw)
    await node.receive()
    node.section_keys.destroy([key_commitment(one.key) for one in items], owner=Participant("NL"))
    assert [set()] == seen(node)
    assert {NO_KEY} == {one.rule for one in node.items("BE/police")[0].withheld}
    await exercise.send(exercise.authors.release({"BE/~1": items}, writer=2))
    assert Taken(messages=1) == await node.receive()
    assert [set()] == seen(node)


async def test_lost_keys_come_back_by_a_later_release(exercise: Exercise) -> None:
    node = exercise.node()
    raw = an_envelope(exercise)
    items = exercise.authors.items_of(raw)
    await exercise.send(exercise.authors.release({"BE/~1": items}, writer=2), raw)
    await node.receive()
    for file in exercise.folder.glob("BE.keys.sqlite*"):
        file.unlink()
    node = exercise.node()
    assert [set()] == seen(node)
    await exercise.send(exercise.authors.release({"BE/~1": items}, writer=2))
    await node.receive()
    assert [4] == [len(one) for one in seen(node)]


async def test_a_section_that_its_key_does_not_open_keeps_nobody_from_the_others(exercise: Exercise) -> None:
    node = exercise.node()
    raw = lying(exercise)
    core, nominal = exercise.authors.items_of(raw, "core"), exercise.authors.items_of(raw, "nominal")
    await exercise.send(exercise.authors.release({"BE/~1": core}, writer=2), raw)
    await node.receive()
    await exercise.send(exercise.authors.release({"BE/~1": nominal}, writer=2))
    await node.receive()
    assert [{Section.CORE}] == seen(node)
    assert ["undecodable-content"] == codes(node)
    assert "unreadable" in {one.rule for one in node.items("BE/police")[0].withheld}
    assert ["undecodable-content"] == [one.code for one in await exercise.audit_node(node)]


def lying(exercise: Exercise) -> bytes:
    """Return a message whose author sealed another section's record as the nominal one."""
    incident = an_incident(marking=NAMED)
    return exercise.authors.write({"core": incident.core, "nominal": incident.evidence})


async def test_a_key_that_comes_when_its_messages_signer_was_revoked_opens_nothing(exercise: Exercise) -> None:
    node = exercise.node()
    raw = an_envelope(exercise)
    await exercise.send(raw)
    await node.receive()
    key = exercise.federation.node_keys["NL/~1"]
    release = exercise.authors.release({"BE/~1": exercise.authors.items_of(raw)})
    await exercise.send(release)
    exercise.federation.say(a_revocation(key), admin_stream("NL"))
    await exercise.announce()
    await node.receive()
    assert ([True], []) == (pending(node), node.items("BE/police"))


async def test_a_crash_between_the_key_store_and_the_database_loses_nothing(exercise: Exercise) -> None:
    node = await a_node(exercise)
    raw = an_envelope(exercise)
    items = exercise.authors.items_of(raw)
    await exercise.send(raw)
    await node.receive()
    node.section_keys.put(
        [one.key for one in items], owner=Participant("NL")
    )  # and then the power went, before the database had the release
    await exercise.send(exercise.authors.release({"BE/~1": items}))
    assert Taken(messages=1, inbox=3, alerts=3) == await node.receive()


async def test_what_is_for_everybody_needs_no_key(exercise: Exercise) -> None:
    node = await a_node(exercise)
    await exercise.write(an_incident(marking=NAMED).sections, tlp=Tlp.CLEAR)
    assert Taken(messages=1, inbox=3, alerts=3) == await node.receive()
    assert [{Section.CORE, Section.OPERATIONAL, Section.NOMINAL, Section.EVIDENCE}] == seen(node)


@pytest.mark.parametrize("reader", READERS)
async def test_each_authority_of_a_node_that_has_the_keys_is_decided_about_alone(
    exercise: Exercise, reader: str
) -> None:
    node = exercise.node()
    marking = a_marking(recipients=(reader,))
    raw = exercise.authors.write(an_incident(marking=marking, concerned=()).sections)
    items = exercise.authors.items_of(raw)
    gives: Mapping[str, list[Item]] = {"BE/~1": items}
    await exercise.send(exercise.authors.release(gives, writer=2), raw)
    await node.receive()
    assert [reader] == [one for one in READERS if node.items(one)]
