"""What a record says to a person: every kind of record and section, in short lines."""

from datetime import UTC, date, datetime
from decimal import Decimal

import msgspec
import pytest

from broker.records.core import Concerned, CountryRole, Related, RelatedAs
from broker.records.dates import DateKind, DatePrecision, DateStatement
from broker.records.evidence import AttachmentReference, IncidentEvidence, LaboratoryFinding, Source
from broker.records.grant import GrantOutcome
from broker.records.incident import Disposition
from broker.records.marking import InformationEvaluation, Marking, SourceEvaluation
from broker.records.nominal import IncidentNominal, Party, PartyKind, PartyRole
from broker.records.operational import IncidentOperational, Leg, TransportMode
from broker.records.places import Place, PlaceRole
from broker.records.quantity import Packages, Qualifier, Quantity, Unit
from broker.records.recall import RecallKind
from broker.types.names import Digest, parse_message_name
from broker.types.vocabulary import Handling, RecordKind
from tests.support.records import (
    a_contact,
    a_core,
    a_grant,
    a_group,
    a_marking,
    a_nominal_section,
    a_recall,
    a_receipt,
    a_receipt_entry,
    a_request,
    an_agreement,
    some_heads,
)
from tocsin.showing.about import mentioned
from tocsin.showing.quantities import how_much
from tocsin.showing.records import Line, headline, lines, marking_lines

MORNING = datetime(2026, 3, 20, 3, 0, tzinfo=UTC)


def said(section: msgspec.Struct) -> dict[str, str]:
    """Return what is said of a section, by label; several lines of one label are joined by a bar."""
    found: dict[str, str] = {}
    for line in lines(section):
        found[line.label] = f"{found[line.label]} | {line.text}" if line.label in found else line.text
    return found


def test_an_incident_says_what_when_where_how_much_and_who_is_concerned() -> None:
    related = Related(digest=Digest(b"\xab" * 32), relation=RelatedAs.CORRECTS)
    expected = {
        "what": "seizure",
        "substance": "acetic anhydride",
        "how much": "about 400 kg, 16 × drum (25 kg) (“about 400 kg in 16 drums”)",
        "when": "2026-03-14 (found)",
        "where": "a harbour, NL",
        "goods": "held",
        "summary": "Drums without papers.",
        "concerned": "NL (happened in, to be told); BE (destination, to be told)",
        "reference": "NL-2026-0001",
        "related": "corrects the message abababababababab…",
    }

    assert expected == said(a_core(related=(related,)))


def test_an_incident_that_says_little_shows_no_empty_lines() -> None:
    core = a_core(
        substances=(), quantities=(), dates=(), places=(), disposition=Disposition.NOT_STATED, summary="",
        concerned=(Concerned(country="BE", role=CountryRole.DESTINATION),),
    )  # fmt: skip

    assert {"what": "seizure", "concerned": "BE (destination)", "reference": "NL-2026-0001"} == said(core)
    assert "seizure · substance not named" == headline(core)


def test_an_agreement_says_with_whom_what_and_how_long() -> None:
    agreement = an_agreement("BE", "DE", kinds=(RecordKind.INCIDENT,), ends_on=date(2026, 12, 31), contact="the desk")
    shown = said(agreement)

    assert ("BE, DE", "incident", "2026-01-01 to 2026-12-31") == (shown["with"], shown["covers"], shown["when"])
    assert "the desk" == shown["contact"]
    assert "agreement Memorandum 7 with BE, DE" == headline(agreement)


def test_an_agreement_without_kinds_covers_all_and_without_an_end_goes_on() -> None:
    shown = said(an_agreement())

    assert ("all kinds of records", "from 2026-01-01") == (shown["covers"], shown["when"])


def test_a_group_says_its_members_and_its_end() -> None:
    shown = said(a_group())

    assert ("group lionfish: Operation Lionfish", "NL, BE/police") == (shown["what"], shown["members"])
    assert "group lionfish: NL, BE/police" == headline(a_group())


def test_a_contact_says_whom_to_call() -> None:
    shown = said(a_contact())

    assert "Duty desk, +31 00 000 0000 desk@example.org" == shown["call"]
    assert "contact of NL/customs: +31 00 000 0000" == headline(a_contact())


def test_a_request_says_what_is_wanted_for_what_and_until_when() -> None:
    shown = said(a_request())

    assert "to forward core to FR, for investigation" == shown["asks"]
    assert ("to the end of 2026-04-30", "The drums went on to Lille.") == (shown["until"], shown["reason"])
    assert "request to forward core to FR" == headline(a_request())


def test_a_grant_says_to_whom_what_and_until_when() -> None:
    shown = said(a_grant())

    assert ("to forward core to FR, for investigation", "BE/police") == (shown["granted"], shown["who may"])
    assert "to the end of 2026-04-30" == shown["until"]
    assert "granted BE/police to forward core to FR" == headline(a_grant())


def test_a_refusal_has_no_end() -> None:
    refusal = a_grant(outcome=GrantOutcome.REFUSED, until=None, reason="Not now.")

    assert "until" not in said(refusal)
    assert ("Not now.", True) == (said(refusal)["reason"], headline(refusal).startswith("refused BE/police"))


def test_a_recall_says_not_to_use_it_and_what_takes_its_place() -> None:
    correction = a_recall(kind=RecallKind.CORRECTION, replaced_by=Digest(b"\x0a" * 32))

    assert "the message 0909090909090909… is taken back: do not use it any more" == said(a_recall())["what"]
    assert "the message 0a0a0a0a0a0a0a0a…" == said(correction)["instead"]
    assert "recall of the message 0909090909090909…: The laboratory found table salt." == headline(a_recall())


def test_a_receipt_says_who_did_what() -> None:
    receipt = a_receipt(a_receipt_entry())

    assert (
        "BE/police: nominal of the message 0909090909090909… for investigation, 2026-03-20 13:00 UTC"
        == (said(receipt)["opened"])
    )
    assert "receipt of 1 event to 2026-03-21 00:00 UTC" == headline(receipt)


def test_what_is_about_a_message_says_its_name_where_the_reader_may_know_it() -> None:
    name = parse_message_name("NL/customs/1#42")
    named = {Digest(b"\x09" * 32): name}
    correction = a_recall(kind=RecallKind.CORRECTION, replaced_by=Digest(b"\x0a" * 32))
    said_of = {line.label: line.text for line in lines(correction, named)}

    assert ("NL/customs/1#42 is corrected: do not use it any more", "the message 0a0a0a0a0a0a0a0a…") == (
        said_of["what"], said_of["instead"],
    )  # fmt: skip
    assert "recall of NL/customs/1#42: The laboratory found table salt." == headline(a_recall(), named)
    (opened,) = [line for line in lines(a_receipt(a_receipt_entry()), named) if line.label == "opened"]
    assert opened.text.startswith("BE/police: nominal of NL/customs/1#42 for investigation")
    for one in (a_request(), a_grant()):
        assert Line("about", "NL/customs/1#42") in list(lines(one, named))


def test_says_which_messages_a_section_mentions() -> None:
    related = Related(digest=Digest(b"\xab" * 32), relation=RelatedAs.CORRECTS)
    nine, ten = Digest(b"\x09" * 32), Digest(b"\x0a" * 32)
    correction = a_recall(kind=RecallKind.CORRECTION, replaced_by=ten)

    assert [related.digest] == list(mentioned(a_core(related=(related,))))
    assert {nine, ten} == set(mentioned(correction))
    assert [nine] == list(mentioned(a_receipt(a_receipt_entry())))
    assert [[nine], [nine], []] == [list(mentioned(one)) for one in (a_request(), a_grant(), a_nominal_section())]


def test_a_journey_says_its_ways_its_numbers_and_when_it_left() -> None:
    legs = (
        Leg(mode=TransportMode.AIR, from_country="NL", to_place="Lagos", to_country="NG", departed_at=MORNING),
        Leg(container="TOCU 305438 3", seal="S-1"),
        Leg(),
    )
    shown = said(IncidentOperational(legs=legs, marks=("K-1", "K-2"), concealment="behind paper"))

    assert (
        "air, NL → Lagos, NG, left 2026-03-20 03:00 UTC | container TOCU 305438 3, seal S-1 | not stated"
        == (shown["journey"])
    )
    assert ("K-1; K-2", "behind paper") == (shown["marks"], shown["concealment"])


def test_invented_persons_are_called_so_before_they_are_named() -> None:
    shown = list(lines(a_nominal_section()))

    assert ["care", "suspect"] == [line.label for line in shown]
    assert "FICTITIOUS" in shown[0].text


def test_a_suspicion_is_not_shown_as_a_fact() -> None:
    assert "basis: assessment" in said(a_nominal_section())["suspect"]


def test_a_party_without_a_name_says_so() -> None:
    party = Party(kind=PartyKind.COMPANY, role=PartyRole.CONSIGNEE, identifiers=("REG 7",), telephones=("+31 0",))
    shown = said(IncidentNominal(parties=(party,), fictitious=False, notes="seen twice"))

    assert "care" not in shown
    assert ("no name, company, REG 7, +31 0", "seen twice") == (shown["consignee"], shown["notes"])


def test_evidence_says_sources_findings_and_attachments() -> None:
    section = IncidentEvidence(
        sources=(Source(kind="officer's report", language="en", title="Report 7"),),
        findings=(LaboratoryFinding(result="confirmed", method="GC-MS", analysed_on=date(2026, 3, 16)),),
        attachments=(AttachmentReference(sha256=Digest(b"\x0a" * 32), size_bytes=12_345, media_type="image/png"),),
    )
    shown = said(section)

    assert "officer's report Report 7 [en]" == shown["source"]
    assert "confirmed, GC-MS, 2026-03-16" == shown["laboratory"]
    assert "0a0a0a0a0a0a0a0a (image/png, 12,345 bytes)" == shown["attachment"]


def test_a_section_without_words_of_its_own_is_shown_field_by_field() -> None:
    assert {"streams", "directory digest", "decisions root"} <= set(said(some_heads()))
    assert "" == headline(some_heads())


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"qualifier": Qualifier.AT_LEAST}, "at least 400 kg"),
        ({"qualifier": Qualifier.MORE_THAN}, "more than 400 kg"),
        ({"qualifier": Qualifier.ALMOST}, "almost 400 kg"),
        ({"qualifier": Qualifier.CONFLICTING}, "400 kg (reports differ)"),
        ({"upper": Decimal(500)}, "400 to 500 kg"),
        ({"unit": Unit.LITRE, "concentration_percent": Decimal("98.50")}, "400 L, 98.5 %"),
        ({"unit": Unit.COUNT, "packages": (Packages(as_written="two pallets"),)}, "400, two pallets"),
        (
            {"packages": tuple(Packages(as_written=text) for text in ("8 drums", "1 box", "8 drums in 1 container"))},
            "400 kg, 1 box, 8 drums in 1 container",
        ),
        ({"unit": Unit.GALLON_US}, "400 US gallons"),
        ({"unit": Unit.TON_UNSPECIFIED}, "400 tons of a kind not said"),
        ({"as_written": "400 kg"}, "400 kg"),
        ({"as_written": "about four hundred"}, "400 kg (“about four hundred”)"),
        ({"value": None, "as_written": "a few drums"}, "a few drums"),
    ],
)
def test_an_amount_is_said_as_people_say_it(changes: dict[str, object], expected: str) -> None:
    plain = {"value": Decimal(400), "unit": Unit.KG}

    assert expected == how_much(Quantity(**(plain | changes)))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        (DateStatement(kind=DateKind.OCCURRED, precision=DatePrecision.MONTH, earliest=date(2026, 3, 1)), "2026-03"),
        (DateStatement(kind=DateKind.OCCURRED, precision=DatePrecision.YEAR, earliest=date(2026, 1, 1)), "2026"),
        (
            DateStatement(kind=DateKind.OCCURRED, precision=DatePrecision.RANGE, earliest=date(2026, 3, 1)),
            "2026-03-01 to ?",
        ),
        (DateStatement(kind=DateKind.REPORTED, as_written="last spring"), "last spring (reported)"),
        (DateStatement(kind=DateKind.OCCURRED), "not known"),
    ],
)
def test_a_date_is_as_precise_as_it_was_reported(statement: DateStatement, expected: str) -> None:
    assert expected == said(a_core(dates=(statement,)))["when"]


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        (Place(role=PlaceRole.HAPPENED_IN, country="NL"), "NL"),
        (Place(role=PlaceRole.DESTINATION, country="BE", locode="BEANR"), "BEANR, BE (destination)"),
        (Place(country="NL", withheld=True), "NL (place withheld)"),
    ],
)
def test_a_place_says_its_part_and_whether_it_is_withheld(place: Place, expected: str) -> None:
    assert expected == said(a_core(places=(place,)))["where"]


def test_a_marking_says_what_may_be_done_and_until_when() -> None:
    marking = a_marking(
        handling=(Handling.H1,), handling_text="ask first", recipients=("BE/police",), excluded=("XX",),
        release_after=MORNING, retain_until=MORNING,
    )  # fmt: skip
    shown = {line.label: line.text for line in marking_lines(marking)}

    assert "H1 ask first" == shown["handling"]
    assert ("BE/police", "XX") == (shown["to"], shown["not to"])
    assert ("2026-03-20 03:00 UTC", "2026-03-20 03:00 UTC") == (shown["not before"], shown["purge by"])


def test_an_evaluation_is_said_in_words_too() -> None:
    marking: Marking = a_marking(source_evaluation=SourceEvaluation.X, information_evaluation=InformationEvaluation.I4)
    (shown,) = [line.text for line in marking_lines(marking) if line.label == "evaluation"]

    assert shown.startswith("X4 (source cannot be judged, not corroborated); basis: ")


def test_nothing_that_others_write_steers_the_terminal() -> None:
    hostile = "\x1b[2J\N{RIGHT-TO-LEFT OVERRIDE}"
    core = a_core(summary=hostile, quantities=(), places=(Place(country="NL", as_written=hostile),))

    assert all(character.isprintable() for line in lines(core) for character in line.text)
