"""Publishing: what is taken, what was there already, what is declined and why."""

import msgspec
import pytest
from sqlalchemy import update

from broker.database import writing
from broker.types.names import MessageName, Stream
from broker.types.vocabulary import RecordKind, Status, Tlp
from producers.draft import Draft
from producers.outbox import OutboxState, drafts, message_names, outbox_state
from producers.publish import Already, Declined, Taken, Terms, take
from producers.sources import Source
from tests.support.messages import a_digest
from tests.support.outbox import CUSTOMS, POLICE, PublishingNode, a_draft, a_file, some_drafts


def codes(outcome: object) -> list[tuple[str, str]]:
    assert isinstance(outcome, Declined)
    return [(problem.field, problem.code) for problem in outcome.problems]


def test_takes_each_draft_and_reports_its_line(node: PublishingNode) -> None:
    outcomes = node.publish(*some_drafts(3))

    assert [Taken(2, "R-1"), Taken(3, "R-2"), Taken(4, "R-3")] == outcomes
    assert OutboxState(ready=3, parked=0, unsent=0) == outbox_state(node.engine)


def test_a_draft_about_the_world_is_declined_in_an_exercise(node: PublishingNode) -> None:
    outcomes = node.publish(a_draft("R-1", status=Status.ACTUAL), a_draft("R-2"))

    assert [("status", "wrong-status")] == codes(outcomes[0])
    assert Taken(2, "R-2") == outcomes[1]
    assert [Taken(2, "R-1")] == node.publish(a_draft("R-1", status=Status.ACTUAL), actual=True)


def test_the_same_reference_with_the_same_content_is_already_there(node: PublishingNode) -> None:
    node.publish(a_draft("R-1"))

    assert [Already(2, "R-1", None)] == node.publish(a_draft("R-1"))
    assert 1 == outbox_state(node.engine).ready


async def test_what_is_already_there_names_its_message(node: PublishingNode) -> None:
    node.publish(a_draft("R-1"))
    await node.flusher.flush()

    message = MessageName(Stream(CUSTOMS, 1), 1)
    assert [Already(2, "R-1", message)] == node.publish(a_draft("R-1"))
    assert {"R-1": message} == message_names(node.engine, CUSTOMS, ["R-1", "R-2"])


def test_the_same_reference_with_other_content_is_a_conflict(node: PublishingNode) -> None:
    node.publish(a_draft("R-1"))

    outcomes = node.publish(a_draft("R-1", summary="Something else."), a_draft("R-2"))

    assert [("national_reference", "reference-conflict")] == codes(outcomes[0])
    assert isinstance(outcomes[0], Declined)
    assert "correction" in outcomes[0].problems[0].message
    # What was read otherwise by an older version is no other event: nobody is told to give it a new reference.
    assert "is not published again; an equal row may be read" in outcomes[0].problems[0].message
    assert Taken(2, "R-2") == outcomes[1]


def test_one_reference_twice_in_a_file_is_known_within_the_batch(node: PublishingNode) -> None:
    outcomes = node.publish(a_draft("R-1"), a_draft("R-1", line=3), a_draft("R-1", line=4, summary="Other."))

    assert [Taken(2, "R-1"), Already(3, "R-1", None)] == outcomes[:2]
    assert [("national_reference", "reference-conflict")] == codes(outcomes[2])


def test_authorities_do_not_share_references(node: PublishingNode) -> None:
    node.publish(a_draft("R-1"))

    assert [Taken(2, "R-1")] == node.publish(a_draft("R-1", authority=POLICE, summary="Another case."))


def test_every_problem_of_a_draft_is_reported_at_once(node: PublishingNode) -> None:
    draft = a_draft(" R-1", related=[" R-1"], language="not a language")

    found = codes(node.publish(draft)[0])

    assert [
        ("related[0]", "self-reference"),
        ("core.national_reference", "bad-reference"),
        ("core.language", "bad-language"),
    ] == found
    assert 0 == outbox_state(node.engine).ready


def test_a_section_that_is_too_large_is_declined_when_it_is_published(node: PublishingNode) -> None:
    assert [("core", "too-large")] == codes(node.publish(a_draft("R-1", summary="s" * 950_000))[0])


def test_sections_that_are_too_large_together_are_declined_when_they_are_published(node: PublishingNode) -> None:
    draft = a_draft("R-1", summary="s" * 600_000)
    assert draft.sections.operational is not None
    operational = msgspec.structs.replace(draft.sections.operational, concealment="c" * 600_000)
    draft = msgspec.structs.replace(draft, sections=msgspec.structs.replace(draft.sections, operational=operational))

    assert [("", "too-large")] == codes(node.publish(draft)[0])


def test_equal_rows_of_one_file_are_different_parcels(node: PublishingNode) -> None:
    source, rows = a_file("parcels.csv", "a parcel", "a parcel", "a drum")

    outcomes = node.publish(*rows, source=source)

    assert [Taken, Taken, Taken] == [type(one) for one in outcomes]
    assert 3 == outbox_state(node.engine).ready


@pytest.mark.parametrize("name", ["parcels.csv", "copy of parcels.csv"])
def test_the_same_file_again_adds_nothing(node: PublishingNode, name: str) -> None:
    source, rows = a_file("parcels.csv", "a parcel", "a parcel", "a drum")
    node.publish(*rows, source=source)

    again, rows = a_file(name, "a parcel", "a parcel", "a drum")

    assert [Already] * 3 == [type(one) for one in node.publish(*rows, source=again)]
    assert 3 == outbox_state(node.engine).ready


def test_a_file_that_was_carried_on_under_its_name_adds_its_new_rows(node: PublishingNode) -> None:
    source, rows = a_file("parcels.csv", "a parcel", "a drum")
    node.publish(*rows, source=source)

    source, rows = a_file("parcels.csv", "mended", "a parcel", "a drum", "a parcel")
    outcomes = node.publish(*rows, source=source)

    assert [Taken, Already, Already, Taken] == [type(one) for one in outcomes]
    assert [Already] * 4 == [type(one) for one in node.publish(*rows, source=source)]


def test_an_equal_row_in_another_file_is_declined_and_says_where_the_first_is(node: PublishingNode) -> None:
    source, rows = a_file("monday.csv", "a drum", "a parcel")
    node.publish(*rows, source=source)

    source, rows = a_file("tuesday.csv", "a parcel", "a bottle")
    outcomes = node.publish(*rows, source=source)

    assert [("national_reference", "possible-duplicate")] == codes(outcomes[0])
    assert isinstance(outcomes[0], Declined)
    message = outcomes[0].problems[0].message
    assert "line 3 of 'monday.csv'" in message
    assert rows[0].national_reference in message
    assert isinstance(outcomes[1], Taken)


def test_a_file_that_is_written_anew_under_one_name_is_another_file(node: PublishingNode) -> None:
    source, rows = a_file("export.csv", "a drum", "a parcel")
    node.publish(*rows, source=source)

    source, rows = a_file("export.csv", "a parcel", "a bottle")
    outcomes = node.publish(*rows, source=source)

    assert [("national_reference", "possible-duplicate")] == codes(outcomes[0])
    assert isinstance(outcomes[1], Taken)


def test_an_equal_row_that_is_said_to_be_new_gets_a_reference_of_its_own(node: PublishingNode) -> None:
    monday, rows = a_file("monday.csv", "a parcel", "a parcel")
    node.publish(*rows, source=monday)
    tuesday, rows = a_file("tuesday.csv", "a parcel", "a bottle")
    node.publish(*rows, source=tuesday)

    outcomes = node.publish(*rows, source=tuesday, new=True)

    made = rows[0].national_reference.removesuffix("-1") + "-3"
    assert [Taken(2, made), Already(3, rows[1].national_reference, None)] == outcomes
    assert Already(2, made, None) == node.publish(*rows, source=tuesday, new=True)[0]
    assert Already(2, made, None) == node.publish(*rows, source=tuesday)[0]
    assert 4 == outbox_state(node.engine).ready


def test_the_same_row_is_there_already_though_an_upgrade_reads_more_in_it(node: PublishingNode) -> None:
    source, rows = a_file("parcels.csv", "a parcel")
    node.publish(*rows, source=source)
    upgraded = [msgspec.structs.replace(one, content_digest=a_digest("read otherwise"), tlp=Tlp.RED) for one in rows]

    assert [Already(2, rows[0].national_reference, None)] == node.publish(*upgraded, source=source)
    assert 1 == outbox_state(node.engine).ready


def test_the_same_row_as_a_record_of_another_kind_is_not_lost_silently(node: PublishingNode) -> None:
    source, (row,) = a_file("parcels.csv", "a parcel")
    node.publish(row, source=source)
    with writing(node.engine) as connection:
        connection.execute(update(drafts).values(kind=RecordKind.REQUEST.value))

    (outcome,) = node.publish(msgspec.structs.replace(row, content_digest=a_digest("another kind")), source=source)

    assert [("national_reference", "reference-conflict")] == codes(outcome)


def test_a_file_is_read_a_second_time_only_if_an_earlier_version_was_published(node: PublishingNode) -> None:
    source, rows = a_file("parcels.csv", "a parcel")
    reads: list[int] = []

    def again() -> list[Draft]:
        reads.append(1)
        return list(rows)

    list(take(node.engine, again, Terms(source=source)))
    list(take(node.engine, again, Terms(source=source)))
    assert 2 == len(reads)
    list(take(node.engine, again, Terms(source=Source("parcels.csv", a_digest("mended")))))
    assert 4 == len(reads)


def test_outcomes_keep_the_order_of_the_drafts_over_many_transactions(node: PublishingNode) -> None:
    drafts = some_drafts(150)

    assert [Taken(one.line, one.national_reference) for one in drafts] == node.publish(*drafts)
