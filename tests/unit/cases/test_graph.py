"""What belongs to one case, and how much it comes to."""

from datetime import UTC, datetime
from decimal import Decimal

import msgspec
import pytest

from broker.cases.balance import balance
from broker.cases.facts import Measure, RelatedTo
from broker.cases.graph import CaseLink, components, connected, links_of
from broker.records.answer import AnswerCore, AnswerOutcome
from broker.records.core import Related, RelatedAs
from broker.records.incident import IncidentType
from broker.records.inquiry import InquiryCore, InquiryType, Urgency
from broker.records.quantity import Unit
from broker.records.request import RequestCore
from broker.records.shipment import ShipmentCore, ShipmentEvent
from broker.types.names import Digest
from broker.types.vocabulary import Action, Purpose, Section
from tests.support.cases import kilograms, some_facts
from tests.support.records import a_core, a_marking

ONE, TWO, THREE, FOUR = (Digest(bytes([number]) * 32) for number in range(1, 5))
SOON = datetime(2026, 4, 1, tzinfo=UTC)


def an_inquiry(**changes: object) -> InquiryCore:
    inquiry = InquiryCore(
        marking=a_marking(recipients=("DE/police",)), national_reference="Q-1", message=ONE, question="Who?",
        inquiry_type=InquiryType.BACKTRACKING, urgency=Urgency.NORMAL, answer_by=SOON, purpose=Purpose.INVESTIGATION,
    )  # fmt: skip
    return msgspec.structs.replace(inquiry, **changes)


@pytest.mark.parametrize(
    ("core", "expected"),
    [
        (a_core(related=(Related(digest=ONE, relation=RelatedAs.PART_OF),)), [(ONE, "part-of")]),
        (a_core(related=(Related(digest=ONE, relation=RelatedAs.FORWARDS),)), []),
        (an_inquiry(), [(ONE, "asks-about")]),
        (an_inquiry(message=None), []),
        (AnswerCore(marking=a_marking(), national_reference="A-1", request=TWO, outcome=AnswerOutcome.NOTHING_KNOWN),
         [(TWO, "answers")]),
        (ShipmentCore(marking=a_marking(), national_reference="S-1", notification=THREE, shipment="1",
                      event=ShipmentEvent.CANCELLED), [(THREE, "notification")]),
        (RequestCore(marking=a_marking(), national_reference="L-1", message=ONE, action=Action.FORWARD,
                     sections=(Section.CORE,), purpose=Purpose.INVESTIGATION, until=SOON, reason="x"), []),
    ],
)  # fmt: skip
def test_what_a_record_speaks_of(core: msgspec.Struct, expected: list[tuple[Digest, str]]) -> None:
    assert [CaseLink(*one) for one in expected] == list(links_of(core))


def test_a_case_goes_both_ways_and_counts_what_is_not_there() -> None:
    links = {ONE: (), TWO: (CaseLink(ONE, "part-of"), CaseLink(FOUR, "follows")), THREE: (CaseLink(TWO, "answers"),)}
    for start in links:
        case = connected(start, links)
        assert ({ONE, TWO, THREE}, {FOUR}) == (set(case.there), set(case.unseen))


def test_two_who_speak_of_one_that_is_not_there_are_of_one_case() -> None:
    links = {ONE: (CaseLink(FOUR, "duplicates"),), TWO: (CaseLink(FOUR, "duplicates"),), THREE: ()}
    (case,) = components(links)
    assert [ONE, TWO, FOUR] == [*case.there, *case.unseen]
    assert (THREE,) == connected(THREE, links).there


def test_each_gram_is_counted_once() -> None:
    first = some_facts(amounts=(kilograms("400"), kilograms("5", measure=Measure.VOLUME, unit=Unit.LITRE)))
    second = some_facts(related=(RelatedTo(digest=ONE, relation=RelatedAs.DUPLICATES),))
    destroyed = some_facts(incident_type=IncidentType.DESTROYED_GOODS)
    more = some_facts(amounts=(kilograms("100", is_lower_bound=True), kilograms("101")))
    found = balance({ONE: first, TWO: second, THREE: destroyed, FOUR: more})
    mass, volume = found.sums
    assert (Decimal(500), True, (ONE, FOUR)) == (mass.low, mass.is_lower_bound, mass.messages)
    assert (Decimal(5), Measure.VOLUME) == (volume.low, volume.measure)
    assert [TWO, THREE] == [one.message for one in found.left]


def test_a_second_report_alone_counts() -> None:
    second = some_facts(related=(RelatedTo(digest=ONE, relation=RelatedAs.DUPLICATES),))
    found = balance({TWO: second})
    assert [Decimal(400)] == [one.low for one in found.sums]
    assert () == found.left
