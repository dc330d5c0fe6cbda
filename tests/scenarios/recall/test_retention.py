"""What its author lets be kept until a date is gone when that has come, whoever has it."""

from datetime import timedelta

from broker.envelope.message import open_envelope
from broker.types.names import Participant
from broker.types.vocabulary import Section, Tlp
from consumers import store
from consumers.tombstones import PurgeReason
from tests.scenarios.recall.files import files_with
from tests.scenarios.recall.writing import a_recall_of, digest_of
from tests.support.exercise import Exercise, Node
from tests.support.records import a_core, a_marking

PLANTED = "FICTITIOUS-PLANTED-CONTAINER-7"


def kept_for_a_day(exercise: Exercise, **changes: object) -> bytes:
    marking = a_marking(retain_until=exercise.clock.now + timedelta(days=1), recipients=("BE/police",))
    return exercise.authors.write({"core": a_core(marking=marking, summary=PLANTED)}, **changes)


def reasons(node: Node) -> list[str]:
    return [row.reason for row in node.rows(store.tombstone)]


async def test_nothing_is_removed_before_its_time(exercise: Exercise) -> None:
    node = exercise.node()
    await exercise.send(kept_for_a_day(exercise))
    exercise.clock.advance(hours=23)
    await node.receive()
    assert ([], True) == (reasons(node), node.items("BE/police")[0].sections[Section.CORE] is not None)


async def test_content_and_keys_go_when_the_time_has_come(exercise: Exercise) -> None:
    node = exercise.node()
    await node.receive()
    sealed, clear = kept_for_a_day(exercise), kept_for_a_day(exercise, tlp=Tlp.CLEAR)
    await exercise.send(sealed, clear)
    await node.receive()
    assert 2 == len(node.alerts("BE/police"))
    assert [] != files_with(node, PLANTED.encode())
    exercise.clock.advance(days=1)
    taken = await node.receive()
    assert (2, ["retention-over"] * 2) == (taken.purged, reasons(node))
    assert [] == files_with(node, PLANTED.encode())
    for item in node.items("BE/police"):
        assert {None} == set(item.sections.values())
        assert item.withdrawn is not None
        assert PurgeReason.RETENTION_OVER is item.withdrawn.reason
    (head,) = open_envelope(sealed).header.sections
    assert {head.key_commitment} == node.section_keys.destroyed(
        [head.key_commitment or head.commitment], owner=Participant("NL")
    )
    assert [] == node.alerts("BE/police"), "there is nothing left to be alarmed about"
    assert [] == await exercise.audit_node(node)


async def test_what_comes_after_its_time_is_not_kept_either(exercise: Exercise) -> None:
    node = exercise.node()
    await node.receive()
    raw = kept_for_a_day(exercise, tlp=Tlp.CLEAR)
    exercise.clock.advance(days=2)
    await exercise.send(raw)
    taken = await node.receive()
    assert (1, 0, ["retention-over"]) == (taken.purged, taken.alerts, reasons(node))
    assert [] == files_with(node, PLANTED.encode())


async def test_a_recall_after_that_is_told_though_nothing_is_left(exercise: Exercise) -> None:
    node = exercise.node()
    await node.receive()
    raw = kept_for_a_day(exercise)
    await exercise.send(raw)
    await node.receive()
    exercise.clock.advance(days=1)
    await node.receive()
    await exercise.send(a_recall_of(exercise, raw))
    await node.receive()
    assert ["retention-over", "recalled"] == reasons(node)
    assert [digest_of(raw)] == [one.digest for one in node.alerts("BE/police")]
