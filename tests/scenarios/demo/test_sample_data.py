"""The demo on the sample data, as ``make demo`` runs it."""

import csv
import shutil
from contextlib import ExitStack
from pathlib import Path

import msgspec
import pytest

from broker.database import reading
from broker.records.incident import IncidentCore
from broker.records.nominal import IncidentNominal
from broker.types.names import Originator, Participant, participant_of
from broker.types.vocabulary import RecordKind, Relation, Section, Status
from consumers import inbox
from tests.scenarios.demo.playing import Played
from tocsin.auditing import audit_folder
from tocsin.demo.attempts import ATTEMPTS
from tocsin.demo.cast import load_cast
from tocsin.demo.document import Tried
from tocsin.demo.material import INCIDENTS, NOMINAL, text_of
from tocsin.demo.parts import Parts
from tocsin.demo.stage import Attempt
from tocsin.demo.tampering import try_everything
from tocsin.demo.views import Sight, layer_shares, sights_of
from tocsin.folder import open_folder
from tocsin.installation import now, open_node

pytestmark = pytest.mark.timeout(900)

_MEMBERS = {"taken_in", "refused", "published", "views", "alerts", "audit", "tampering"}
_ADDED = {"sealing", "permission", "recall", "log", "evidence"}


def _items(played: Played, reader: str) -> list[inbox.Item]:
    with open_node(played.folder, participant_of(reader)) as node, reading(node.engine) as connection:
        return list(inbox.items(connection, node.section_keys, Originator(reader), now()))


def _sights(played: Played) -> tuple[Sight, ...]:
    with ExitStack() as stack:
        nodes = [stack.enter_context(open_node(played.folder, code)) for code in played.folder.participants()]
        return sights_of([(node.name, stack.enter_context(reading(node.engine))) for node in nodes])


def _view(played: Played, reader: str) -> tuple[int, int, int]:
    (view,) = (one for one in played.document.views if one.reader == reader)
    return view.released, view.redacted, view.denied


def test_ends_well_and_prints_one_document_on_standard_output(played: Played) -> None:
    assert 0 == played.code
    assert 1 == len(played.out.splitlines())
    assert _MEMBERS | _ADDED == set(msgspec.json.decode(played.out))


def test_takes_every_incident_in_and_publishes_it(played: Played) -> None:
    rows = list(csv.DictReader(text_of(INCIDENTS).splitlines()))
    incidents = [row for row in rows if row["incident_type"] != "statistic"]
    assert len(incidents) == played.document.taken_in
    assert len(incidents) == played.document.published


def test_refuses_every_statistic_row_by_its_line_and_with_one_reason(played: Played) -> None:
    rows = csv.DictReader(text_of(INCIDENTS).splitlines())
    lines = [rows.line_num for row in rows if row["incident_type"] == "statistic"]
    assert 17 == len(lines)
    assert lines == [one.line for one in played.document.refused]
    reasons = [(one.field, one.code) for row in played.document.refused for one in row.reasons]
    assert [("incident_type", "aggregate")] * 17 == reasons
    assert all("an aggregate, not an incident" in row.reasons[0].message for row in played.document.refused)


def test_keeps_the_refused_rows_at_the_node_of_their_country(played: Played) -> None:
    (kept,) = played.folder.node("NL").refused.iterdir()
    assert 3 == len(kept.read_text("utf-8-sig").splitlines())


def test_every_reader_sees_withholds_or_is_denied_every_published_report(played: Played) -> None:
    sums = {one.released + one.redacted + one.denied for one in played.document.views}
    assert {played.document.published} == sums


def test_the_counts_of_a_view_are_those_of_the_readers_own_inbox(played: Played) -> None:
    items = [one for one in _items(played, "GT/police") if isinstance(one.sections[Section.CORE], IncidentCore)]
    outcomes = [one.decision.outcome for one in items]
    assert _view(played, "GT/police")[:2] == (outcomes.count("released"), outcomes.count("redacted"))


def test_the_readers_of_the_cast_see_different_things(played: Played) -> None:
    shown = [one.authority for one in load_cast().reader]
    assert len({_view(played, reader) for reader in shown}) >= 8


def test_whoever_is_closer_to_a_report_sees_more_of_the_reports(played: Played) -> None:
    partner, concerned, uninvolved, excluded = (
        _view(played, reader)[2] for reader in ("BE/police", "NL/police", "SE/police", "XZ/police")
    )
    assert partner < concerned < uninvolved < excluded


def test_each_of_the_five_layers_decides(played: Played) -> None:
    assert [True] * 5 == [share.count > 0 for share in layer_shares(_sights(played))]


@pytest.mark.parametrize(
    ("reader", "relation"),
    [
        ("NL/police", Relation.CONCERNED),
        ("NL/police", Relation.NAMED),
        ("BE/police", Relation.AGREEMENT),
        ("GT/police", Relation.GROUP),
        ("XZ/police", Relation.EXCLUDED),
    ],
)
def test_the_cast_stands_in_every_relation(played: Played, reader: str, relation: Relation) -> None:
    relations = {one for sight in _sights(played) if sight.reader == reader for one in sight.decision.facts.relation}
    assert relation in relations


def test_a_health_authority_never_sees_persons_or_routes(played: Played) -> None:
    sections = {
        section for one in _items(played, "BE/health") for section, record in one.sections.items() if record is not None
    }
    assert {Section.CORE} == sections


def test_house_rules_take_routes_from_customs_that_its_police_may_see(played: Played) -> None:
    seen = {
        reader: {one.message for one in _items(played, reader) if one.sections.get(Section.OPERATIONAL) is not None}
        for reader in ("BE/police", "BE/customs")
    }
    assert set() < seen["BE/police"]
    assert set() == seen["BE/customs"]


def test_conditions_of_portugal_keep_persons_from_customs_that_it_names(played: Played) -> None:
    def persons(reader: str) -> list[str]:
        return [
            str(one.message)
            for one in _items(played, reader)
            if one.originator == "PT/police" and one.sections.get(Section.NOMINAL) is not None
        ]

    assert 1 == len(persons("NL/police"))
    assert [] == persons("NL/customs")


def test_an_embargo_hides_a_controlled_delivery_from_all_but_its_team(played: Played) -> None:
    readers = {
        sight.reader for sight in _sights(played) if sight.message.startswith("KZ/") and sight.decision.permitted
    }
    assert {"KG/police", "KZ/police"} == readers


def test_second_reports_are_linked_to_the_first_and_not_added(played: Played) -> None:
    items = {one.message: one for one in _items(played, "GT/police") if one.originator == "GT/police"}
    cores = [one.sections[Section.CORE] for one in items.values()]
    incidents = [core for core in cores if isinstance(core, IncidentCore)]
    first = next(one for one in items.values() if one.sections[Section.CORE] is incidents[0])
    assert [(), ("duplicates",), ("duplicates",)] == [
        tuple(one.relation.word for one in core.related) for core in incidents
    ]
    assert {first.digest} == {one.digest for core in incidents for one in core.related}


def test_everything_is_an_exercise(played: Played) -> None:
    assert {Status.EXERCISE} == {one.status for one in _items(played, "NL/police")}
    assert "EXERCISE" in played.err


def test_all_persons_are_labelled_as_fictitious(played: Played) -> None:
    parties = [
        (record.fictitious, party.name)
        for code in played.folder.participants()
        for reader in {one.reader for one in played.document.views if participant_of(one.reader) == code}
        for item in _items(played, reader)
        if isinstance(record := item.sections.get(Section.NOMINAL), IncidentNominal)
        for party in record.parties
    ]
    assert len(parties) >= 16
    assert {(True, "FICTITIOUS")} == {(fictitious, name.split(" ")[0]) for fictitious, name in parties}


def test_no_output_names_a_person_or_an_address(played: Played) -> None:
    rows = list(csv.DictReader(text_of(NOMINAL).splitlines()))
    texts = [row[field].removeprefix("FICTITIOUS – ") for row in rows for field in ("party_name", "party_address")]
    assert 32 == len(texts)
    assert [] == [text for text in texts if text in played.out + played.err]


def test_a_country_concerned_is_alerted_and_whoever_is_not_is_not(played: Played) -> None:
    alerts = [one for one in _items(played, "NL/police") if one.alert]
    assert any(Relation.CONCERNED in one.decision.facts.relation for one in alerts)
    assert [] == [one for one in _items(played, "SE/police") if one.alert]
    assert "ALERT" in played.err


def test_counts_the_alerts_of_all_authorities(played: Played) -> None:
    items = (one for view in played.document.views for one in _items(played, view.reader))
    raised = sum(one.alert for one in items if one.kind is RecordKind.INCIDENT)
    assert raised == played.document.alerts


def test_the_audit_has_no_findings(played: Played) -> None:
    assert 0 == played.document.audit.findings
    assert played.document.audit.messages > played.document.published
    assert played.document.audit.signatures >= played.document.audit.messages
    assert played.document.log is not None
    assert (played.document.log.size, 5) == (played.document.audit.log_size, played.document.audit.witnesses)


@pytest.mark.parametrize("attempt", ATTEMPTS, ids=lambda one: one.name.replace(" ", "-"))
def test_catches_each_attempt_to_tamper_by_its_code(played: Played, attempt: Attempt) -> None:
    (tried,) = (one for one in played.document.tampering if one.attempt == attempt.name)
    assert (True, attempt.code) == (tried.caught, tried.code)


@pytest.mark.parametrize(("by_reader", "is_logged"), [(False, False), (True, False), (False, True)])
async def test_an_untouched_copy_is_not_taken_for_a_changed_one(
    played: Played, by_reader: bool, is_logged: bool
) -> None:
    untouched = Attempt(
        name="nothing", does="nothing", code="gap", change=lambda _: None, by_reader=by_reader, is_logged=is_logged
    )
    parts = Parts(Participant("MX"), Participant("NL"))
    tried = await try_everything(played.folder, parts, now=now(), attempts=[untouched])
    assert [Tried("nothing", caught=False, code="")] == tried


def test_tries_at_least_thirty_ways_and_no_two_of_one_name() -> None:
    names = [one.name for one in ATTEMPTS]
    assert len(names) >= 30
    assert len(names) == len(set(names))


def test_people_are_told_the_same_on_standard_error(played: Played) -> None:
    said = " ".join(played.err.split())
    assert "104 of 121 rows became reports" in said
    assert f"{len(ATTEMPTS)} of {len(ATTEMPTS)} attempts caught" in said
    assert "no findings" in said
    assert "Belgium: routes and concealment of others' cases stay with the police" in said
    assert f"audit check --folder {played.root}" in said.splitlines()[-1]


async def test_the_folder_can_be_moved_and_audited(played: Played, tmp_path: Path) -> None:
    moved = tmp_path / "elsewhere"
    shutil.copytree(played.folder.root, moved)
    report = await audit_folder(open_folder(moved))
    assert () == report.findings
    assert played.document.audit.messages == report.messages
    assert played.document.audit.log_size == report.log_size


def test_the_folder_holds_no_path_of_this_machine(played: Played) -> None:
    place = str(played.folder.root).encode()
    found = [path for path in played.folder.root.rglob("*") if path.is_file() and place in path.read_bytes()]
    assert [] == found
