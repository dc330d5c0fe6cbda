"""Receipts as drafts: who watches their number and size learns next to nothing."""

from datetime import UTC, datetime, timedelta

import pytest

from broker.envelope.body import body_size
from broker.limits import KIB
from broker.records.receipt import PurgedBecause, ReceiptCore, Receipted, ReceiptEntry
from broker.types.names import Originator
from broker.types.vocabulary import Purpose, Section, Status, Tlp
from producers.draft import Draft
from producers.encoded import Encoded, encode_draft
from producers.receipts import SIZES_BYTES, Issue, draft_receipts, find_author
from tests.support.federation import a_federation, admin_stream, an_authority
from tests.support.messages import a_digest

NOW = datetime(2026, 6, 2, 12, tzinfo=UTC)
CUSTOMS, POLICE = Originator("NL/customs"), Originator("NL/police")


def an_issue() -> Issue:
    return Issue(
        directory=a_federation().directory,
        author=Originator("BE/police"),
        status=Status.EXERCISE,
        begins_at=NOW - timedelta(days=1),
        ends_at=NOW,
    )


def some_entries(count: int) -> tuple[ReceiptEntry, ...]:
    return tuple(
        ReceiptEntry(
            message=a_digest(f"message {number}"),
            reader="BE/customs",
            what=Receipted.RELEASED,
            sections=(Section.CORE,),
            at=NOW - timedelta(minutes=number + 1),
        )
        for number in range(count)
    )


def core_of(draft: Draft) -> ReceiptCore:
    assert isinstance(draft.core, ReceiptCore)
    return draft.core


def sizes(drafts: list[Draft]) -> set[int]:
    """Return the sizes of the bodies that *drafts* will have."""
    encoded = [encode_draft(draft, actual=False) for draft in drafts]
    return {body_size(len(one.sections[0].avro)) for one in encoded if isinstance(one, Encoded)} | {
        0 for one in encoded if not isinstance(one, Encoded)
    }


def test_nothing_owed_is_no_receipt() -> None:
    assert [] == draft_receipts({}, an_issue())
    assert [] == draft_receipts({CUSTOMS: ()}, an_issue())


def test_a_receipt_is_addressed_to_the_originator_alone_for_all_that_it_uses_information_for() -> None:
    (draft,) = draft_receipts({CUSTOMS: some_entries(2)}, an_issue())

    assert (Tlp.AMBER_STRICT, "BE/police", Status.EXERCISE) == (draft.tlp, draft.authority, draft.status)
    assert (("NL/customs",), (Purpose.PREVENTION, Purpose.INVESTIGATION)) == (
        draft.core.marking.recipients,
        draft.core.marking.purposes,
    )
    assert some_entries(2) == core_of(draft).entries


def test_an_originator_that_takes_no_part_any_more_leaves_its_receipts_to_the_focal_point() -> None:
    federation = a_federation()
    federation.say(an_authority("NL/customs", active_to=NOW - timedelta(hours=1)), admin_stream("NL"))
    issue = Issue(
        directory=federation.directory,
        author=Originator("BE/police"),
        status=Status.EXERCISE,
        begins_at=NOW - timedelta(days=1),
        ends_at=NOW,
    )
    (draft,) = draft_receipts({CUSTOMS: some_entries(1)}, issue)

    assert ("NL/police",) == draft.core.marking.recipients


@pytest.mark.parametrize(
    ("owed", "records"),
    [
        ({CUSTOMS: 1}, 1),
        ({CUSTOMS: 1, POLICE: 1}, 2),
        ({CUSTOMS: 1, POLICE: 1, Originator("NL/health"): 1}, 4),
        ({CUSTOMS: 80, POLICE: 1}, 8),
    ],
)
def test_the_number_of_receipts_is_a_power_of_two(owed: dict[Originator, int], records: int) -> None:
    drafts = draft_receipts({to: some_entries(count) for to, count in owed.items()}, an_issue())

    assert records == len(drafts)
    assert {4 * KIB} == sizes(drafts)
    assert sum(owed.values()) == sum(len(core_of(draft).entries) for draft in drafts)


def test_those_that_are_owed_to_nobody_say_nothing_and_stay_with_the_own_participant() -> None:
    owed = {one: some_entries(1) for one in (CUSTOMS, POLICE, Originator("NL/health"))}
    *_, last = draft_receipts(owed, an_issue())

    assert (("BE",), ()) == (last.core.marking.recipients, core_of(last).entries)


@pytest.mark.parametrize("count", [1, 19, 20, 300, 400, 2000, 10_000])
def test_all_of_one_day_have_one_size_and_none_is_lost(count: int) -> None:
    entries = some_entries(count)
    drafts = draft_receipts({CUSTOMS: entries, POLICE: some_entries(1)}, an_issue())

    (size,) = sizes(drafts)
    assert size in SIZES_BYTES
    assert len(drafts) & (len(drafts) - 1) == 0
    mine = [core_of(draft).entries for draft in drafts if draft.core.marking.recipients == (CUSTOMS,)]
    assert entries == tuple(entry for part in mine for entry in part)


def test_the_largest_entries_there_can_be_fit_all_the_same() -> None:
    name = "X-" + "A" * 16 + "/" + "a" * 40
    largest = ReceiptEntry(
        message=a_digest("message"),
        reader=name,
        what=Receipted.PURGED,
        sections=tuple(one for one in Section if one is not Section.UNKNOWN),
        because=PurgedBecause.RETENTION_OVER,
        at=NOW,
    )
    drafts = draft_receipts({Originator(name): (largest,) * 100}, an_issue())

    assert {4 * KIB} == sizes(drafts)


def test_every_receipt_has_a_reference_of_its_own() -> None:
    drafts = draft_receipts({CUSTOMS: some_entries(300), POLICE: some_entries(1)}, an_issue())

    assert len(drafts) == len({draft.national_reference for draft in drafts})


def test_the_focal_point_of_a_node_writes_its_receipts_else_its_first_authority() -> None:
    federation = a_federation()
    assert "NL/police" == find_author(federation.directory, Originator("NL/~1"), NOW)
    federation.say(an_authority("NL/police", active_to=NOW - timedelta(hours=1)), admin_stream("NL"))
    assert "NL/customs" == find_author(federation.directory, Originator("NL/~1"), NOW)
    assert find_author(federation.directory, Originator("NL/~2"), NOW) is None
