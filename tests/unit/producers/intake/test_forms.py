"""The form of each kind: a good row is the same record from whatever format it is read."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from broker.errors import BadMapping, InvalidRecord
from broker.records.answer import AnswerCore
from broker.records.core import CountryRole, Related, RelatedAs
from broker.records.inquiry import InquiryCore, Urgency
from broker.records.notification import NotificationCore
from broker.records.registry import kind_of, record_type, sections_of
from broker.records.shipment import ShipmentCore
from broker.records.statistics import StatisticsCore
from broker.types.names import Digest
from broker.types.vocabulary import RecordKind
from producers.draft import Draft, RelatedReference
from producers.intake.columns import NOMINAL
from producers.intake.forms import FORMS, form_of
from producers.intake.header import resolve_header
from producers.intake.mapping import ColumnMapping, parse_mapping
from producers.intake.rows import Row
from producers.intake.take_in import Refused
from tests.support.intake import NOW
from tests.support.rows_by_kind import GOOD, changed, in_each_format, nested, read_one, take, taken_one

KINDS = [pytest.param(kind, id=kind.word) for kind in GOOD]


BY_COLUMNS = (RecordKind.NOTIFICATION, RecordKind.SHIPMENT, RecordKind.STATISTICS)
"""Kinds whose amounts are what the columns say, for they are counted."""


def row_of(kind: RecordKind, **changes: str) -> Row:
    return Row(line=2, values=changed(kind, changes))


def core_of(kind: RecordKind, **changes: str) -> msgspec.Struct:
    return taken_one(kind, row_of(kind, **changes)).core


def test_every_kind_that_files_hold_has_a_good_row_here() -> None:
    assert FORMS.keys() == GOOD.keys()


@pytest.mark.parametrize("kind", KINDS)
def test_a_good_row_is_the_same_record_from_each_format(kind: RecordKind, tmp_path: Path) -> None:
    rows = in_each_format(tmp_path, kind, GOOD[kind])
    drafts = {name: taken_one(kind, row) for name, row in rows.items()}
    drafts["a.json"] = taken_one(kind, read_one(tmp_path, "a.json", json.dumps(nested(kind)).encode(), kind))

    expected = drafts["a.csv"]
    told = [one for one in expected.core.concerned if one.tell]
    assert kind is expected.kind
    for draft in drafts.values():
        if kind is RecordKind.INCIDENT:
            assert expected.sections.operational == draft.sections.operational
            continue
        assert expected.sections == draft.sections
        assert (expected.tlp, expected.content_digest) == (draft.tlp, draft.content_digest)
    if kind in (RecordKind.NOTIFICATION, RecordKind.NOTIFICATION_REPLY, RecordKind.SHIPMENT):
        assert told


@pytest.mark.parametrize("kind", KINDS)
def test_every_column_of_a_good_row_reaches_the_record(kind: RecordKind) -> None:
    whole = taken_one(kind, row_of(kind))
    # A number that the columns do not say is read from the text, where it is not counted against anything.
    without_effect = set() if kind in BY_COLUMNS else {"quantity_value", "quantity_unit", "quantity_qualifier"}

    for column in GOOD[kind].keys() - set(form_of(kind).known.required) - without_effect:
        (result,) = take(kind, row_of(kind, **{column: ""}))
        if isinstance(result, Draft):
            assert whole.sections != result.sections, column


@pytest.mark.parametrize("kind", KINDS)
def test_the_sections_and_types_of_a_form_are_those_of_the_record(kind: RecordKind) -> None:
    form = form_of(kind)
    word = "inquiry" if kind is RecordKind.REQUEST else kind.word

    assert set(form.known.sections) <= set(sections_of(kind))
    assert {name: record_type(f"{word}/{name}") for name in form.known.sections} == form.types
    assert form.known.columns.keys() >= {*form.known.required, *form.names, *form.fields.values()}
    assert form.nominal == NOMINAL & form.known.columns.keys()


def test_a_kind_that_no_file_holds_is_refused_with_those_that_files_hold() -> None:
    with pytest.raises(InvalidRecord, match="kind grant; they hold incident, notification"):
        form_of(RecordKind.GRANT)


def test_a_mapping_is_checked_against_the_columns_of_its_kind() -> None:
    known = form_of(RecordKind.SHIPMENT).known

    mapping = parse_mapping('[columns]\nZending = "shipment"\n', source="nl.toml", known=known)
    assert ("shipment", "notification", "event") == resolve_header(["Zending", "notification", "event"], mapping)
    with pytest.raises(BadMapping, match=r"'shipmnt', which is no column of ours; did you mean 'shipment'\?"):
        parse_mapping('[columns]\nZending = "shipmnt"\n', source="nl.toml", known=known)
    with pytest.raises(BadMapping, match="unknown column 'incident_type'"):
        resolve_header(["notification", "shipment", "event", "incident_type"], ColumnMapping(known=known))


@pytest.mark.parametrize("kind", KINDS)
def test_a_header_without_what_is_needed_is_refused(kind: RecordKind) -> None:
    known = form_of(kind).known

    with pytest.raises(BadMapping) as caught:
        resolve_header(["national_reference"], ColumnMapping(known=known))
    for column in known.required:
        assert f"column {column!r} is missing" in str(caught.value)


def test_a_notification_is_addressed_to_the_importing_country_and_told_to_those_on_the_way() -> None:
    core = core_of(RecordKind.NOTIFICATION)

    assert isinstance(core, NotificationCore)
    assert ("BE",) == core.marking.recipients
    assert [("NL", CountryRole.SENT_FROM), ("DE", CountryRole.TRANSIT), ("LU", CountryRole.TRANSIT)] == [
        (one.country, one.role) for one in core.concerned[:3]
    ]
    assert all(one.tell for one in core.concerned)
    assert [("BE", "BEANR"), ("BE", None)] == [(one.country, one.locode) for one in core.points_of_entry]


def test_a_recipient_that_the_row_names_stands_in_for_the_importing_country() -> None:
    assert ("BE/regulator",) == taken_one(
        RecordKind.NOTIFICATION, row_of(RecordKind.NOTIFICATION, recipients="BE/regulator")
    ).core.marking.recipients


def test_a_country_outside_the_network_is_questioned() -> None:
    draft = taken_one(RecordKind.NOTIFICATION, row_of(RecordKind.NOTIFICATION, importing_country="FR"))

    assert [("importing_country", "not-in-network")] == [(one.field, one.code) for one in draft.questions]
    assert () == draft.core.marking.recipients


def test_a_cancellation_needs_nothing_but_what_it_cancels() -> None:
    values = {"importing_country": "BE", "act": "cancels", "notification": "NL-PEN-1"}

    core = taken_one(RecordKind.NOTIFICATION, Row(line=2, values=values)).core
    assert isinstance(core, NotificationCore)
    assert b"\x01" * 32 == core.notification


def test_a_shipment_concerns_the_countries_of_its_notification() -> None:
    core = core_of(RecordKind.SHIPMENT)

    assert isinstance(core, ShipmentCore)
    assert [("BE", True), ("DE", True), ("NL", True)] == [(one.country, one.tell) for one in core.concerned]


def test_what_a_notification_that_cannot_be_read_concerns_is_said_by_the_row() -> None:
    core = core_of(RecordKind.SHIPMENT, notification="NL-PEN-1", exporting_country="NL", importing_country="BE")

    assert isinstance(core, ShipmentCore)
    assert {"NL", "BE"} == {one.country for one in core.concerned}


@pytest.mark.parametrize(
    ("urgency", "within"),
    [("urgent", timedelta(hours=8)), ("normal", timedelta(days=3)), ("routine", timedelta(days=7))],
)
def test_the_clock_of_a_request_follows_from_its_urgency(urgency: str, within: timedelta, tmp_path: Path) -> None:
    core = core_of(RecordKind.REQUEST, urgency=urgency)
    record = nested(RecordKind.REQUEST)
    record["core"] |= {"urgency": urgency.upper()}
    from_json = taken_one(
        RecordKind.REQUEST, read_one(tmp_path, "a.json", json.dumps(record).encode(), RecordKind.REQUEST)
    )

    assert isinstance(core, InquiryCore)
    assert NOW + within == core.answer_by
    assert core == from_json.core
    assert ("BE/customs",) == core.marking.recipients


@pytest.mark.parametrize("kind", KINDS)
def test_a_record_says_the_same_whenever_it_is_read(kind: RecordKind, tmp_path: Path) -> None:
    rows = [row_of(kind), read_one(tmp_path, "a.json", json.dumps(nested(kind)).encode(), kind)]
    later = NOW + timedelta(hours=5)

    for row in rows:
        first, again = take(kind, row)[0], take(kind, row, at=later)[0]
        assert isinstance(first, Draft)
        assert isinstance(again, Draft)
        assert first.content_digest == again.content_digest
        assert (NOW, later) == (first.authored_at, again.authored_at)


def test_a_request_may_say_its_own_time() -> None:
    counted = taken_one(RecordKind.REQUEST, row_of(RecordKind.REQUEST))
    said = taken_one(RecordKind.REQUEST, row_of(RecordKind.REQUEST, answer_by="2026-12-24T08:00:00+01:00"))

    assert isinstance(said.core, InquiryCore)
    assert (Urgency.URGENT, "2026-12-24T07:00:00+00:00") == (
        said.core.urgency,
        said.core.answer_by.astimezone(NOW.tzinfo).isoformat(),
    )
    assert counted.content_digest != said.content_digest


def test_an_answer_goes_to_whoever_asked() -> None:
    core = core_of(RecordKind.ANSWER)

    assert isinstance(core, AnswerCore)
    assert (("BE/police",), ("DE", "BE/customs")) == (core.marking.recipients, core.ask_next)


@pytest.mark.parametrize(("written", "amount"), [("0", "0"), ("", "None"), ("12.50", "12.50")])
def test_a_figure_that_is_not_told_is_not_a_figure_of_none(written: str, amount: str) -> None:
    core = core_of(RecordKind.STATISTICS, quantity_value=written)

    assert isinstance(core, StatisticsCore)
    assert [amount] == [str(line.amount) for line in core.lines]


def test_a_record_of_several_figures_is_handed_in_nested(tmp_path: Path) -> None:
    record = nested(RecordKind.STATISTICS)
    record["core"]["lines"] *= 3

    core = taken_one(
        RecordKind.STATISTICS, read_one(tmp_path, "a.json", json.dumps(record).encode(), RecordKind.STATISTICS)
    ).core
    assert isinstance(core, StatisticsCore)
    assert 3 == len(core.lines)


def related() -> Iterator[object]:
    digest = Digest(b"\x05" * 32)
    yield pytest.param(
        "BE/customs/1#5", "corrects", (Related(digest=digest, relation=RelatedAs.CORRECTS),), (), id="name"
    )
    yield pytest.param(
        "NL-EARLIER", "", (), (RelatedReference("NL-EARLIER", RelatedAs.FOLLOWS),), id="own reference, read or not"
    )


@pytest.mark.parametrize(("named", "relation", "known", "references"), list(related()))
def test_another_message_is_related_by_name_or_by_reference(
    named: str, relation: str, known: object, references: object
) -> None:
    draft = taken_one(
        RecordKind.SUBSTANCE_WARNING, row_of(RecordKind.SUBSTANCE_WARNING, related_to=named, relation=relation)
    )

    assert (known, references) == (draft.core.related, draft.related_references)


def test_a_nested_record_names_related_messages_too(tmp_path: Path) -> None:
    record = nested(RecordKind.SCHEDULING)
    record["core"]["related"] = [{"digest": "BE/customs/1#5", "relation": "FOLLOWS"}]
    record["national_reference"] = "NL-OTHER"

    draft = taken_one(
        RecordKind.SCHEDULING, read_one(tmp_path, "a.json", json.dumps(record).encode(), RecordKind.SCHEDULING)
    )
    assert (Related(digest=Digest(b"\x05" * 32), relation=RelatedAs.FOLLOWS),) == draft.core.related
    assert "NL-OTHER" == draft.national_reference


def test_a_nested_record_that_names_countries_says_itself_who_may_be_told(tmp_path: Path) -> None:
    record = nested(RecordKind.SHIPMENT)
    record["core"]["concerned"] = [{"country": "BE", "role": "SENT_FROM"}]

    draft = taken_one(
        RecordKind.SHIPMENT, read_one(tmp_path, "a.json", json.dumps(record).encode(), RecordKind.SHIPMENT)
    )
    assert [("BE", False)] == [(one.country, one.tell) for one in draft.core.concerned]


def test_rows_without_a_reference_get_one_from_their_content() -> None:
    rows = [Row(line=number, values=changed(RecordKind.SHIPMENT, {"national_reference": ""})) for number in (2, 3)]

    first, second = take(RecordKind.SHIPMENT, *rows)
    assert not isinstance(first, Refused)
    assert not isinstance(second, Refused)
    assert (True, True) == (first.is_made, first.national_reference != second.national_reference)


def test_the_kind_of_a_draft_is_that_of_its_form() -> None:
    for kind in GOOD:
        assert kind is kind_of(taken_one(kind, row_of(kind)).core)
