"""The same event in other words is suggested with reasons; another event is not, or with what speaks against it."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from broker.cases.facts import Measure, NamedSubstance
from broker.cases.linking import LinkCertainty, likeness
from broker.records.core import RelatedAs
from broker.records.incident import IncidentType
from broker.records.quantity import Qualifier, Unit
from broker.types.vocabulary import Status
from tests.support.cases import MARCH, kilograms, some_facts

UNNAMED = (NamedSubstance(ids=(), as_written="several chemicals"),)
APRIL_2012 = {"first_day": date(2012, 4, 1), "last_day": date(2012, 4, 30)}
LITRES: dict[str, Any] = {"measure": Measure.VOLUME, "unit": Unit.LITRE}


def packages(count: int) -> Any:
    return kilograms(str(count), measure=Measure.PACKAGES, unit=Unit.DRUM)


def test_the_same_report_twice_is_likely_the_same_event() -> None:
    found = likeness(some_facts(), some_facts(national_reference="NL-2"))
    assert found is not None
    assert (RelatedAs.DUPLICATES, LinkCertainty.LIKELY, ()) == (found.relation, found.certainty, found.against)
    assert {"the same substance: AA", "the same country: NL", "the same day", "the same place: rotterdam"} <= set(
        found.reasons
    )


@pytest.mark.parametrize(
    "changes",
    [
        {"substances": (NamedSubstance(ids=("PMK",), as_written="PMK"),)},
        {"reporting_country": "DE"},
        {"first_day": MARCH + timedelta(days=200), "last_day": MARCH + timedelta(days=200)},
        {"status": Status.TEST},
        {"place_words": ("moerdijk",), "amounts": (kilograms("50"),)},
    ],
)
def test_another_event_is_not_suggested(changes: dict[str, Any]) -> None:
    assert likeness(some_facts(), some_facts(**changes)) is None


@pytest.mark.parametrize(
    ("mine", "theirs", "says"),
    [
        (kilograms("49895", unit=Unit.SHORT_TON), kilograms("50000"), "the same amount"),
        (kilograms("400", is_lower_bound=True), kilograms("700"), "do not contradict"),
        (kilograms("66623", **LITRES), kilograms("80000", **LITRES), "an imperial gallon for a US one"),
        (kilograms("400", qualifier=Qualifier.ABOUT), kilograms("430"), "almost the same amount"),
        (kilograms("400"), kilograms("400000"), "a thousand times"),
        (kilograms("5000"), kilograms("5000", **LITRES), "a liquid of this trade could weigh that"),
        (packages(320), packages(320), "as many packages: 320"),
        (packages(320), kilograms("320000"), "as many tonnes as packages"),
    ],
)
def test_amounts_in_other_words_speak_for_it(mine: Any, theirs: Any, says: str) -> None:
    for one, other in ((mine, theirs), (theirs, mine)):
        found = likeness(some_facts(amounts=(one,)), some_facts(amounts=(other,)))
        assert found is not None
        assert any(says in reason for reason in found.reasons), found


def test_what_contradicts_is_said() -> None:
    found = likeness(
        some_facts(), some_facts(amounts=(kilograms("900", qualifier=Qualifier.ABOUT),), destinations=("FR",))
    )
    assert found is not None
    assert ("another amount: 400 kg, and about 900 kg", "another destination") == found.against


def test_a_part_of_a_total_over_several_substances() -> None:
    total = some_facts(substances=UNNAMED, amounts=(kilograms("6337", substances=()),))
    part = some_facts(amounts=(kilograms("1000", is_lower_bound=True),))
    found = likeness(part, total)
    assert found is not None
    assert RelatedAs.PART_OF == found.relation
    assert any("may be part of 6,337 kg" in one for one in found.reasons)
    assert likeness(total, part) is None or RelatedAs.PART_OF != getattr(likeness(total, part), "relation", None)


def test_goods_that_were_seized_before_follow() -> None:
    found = likeness(some_facts(incident_type=IncidentType.DESTROYED_GOODS), some_facts())
    assert found is not None
    assert RelatedAs.FOLLOWS == found.relation


def test_the_day_of_the_report_is_taken_for_that_of_the_event() -> None:
    event = some_facts(first_day=date(2025, 5, 30), last_day=date(2025, 5, 30), reported_on=date(2025, 6, 20))
    told = some_facts(first_day=date(2025, 6, 20), last_day=date(2025, 6, 20))
    found = likeness(told, event)
    assert found is not None
    assert "one is dated when the other was reported" in found.reasons


def test_a_place_written_in_another_language() -> None:
    found = likeness(some_facts(place_words=("lisbon",)), some_facts(place_words=("lissabon",)))
    assert found is not None
    assert "the places are written almost alike" in found.reasons


def test_nothing_told_is_nothing_alike() -> None:
    empty = some_facts(
        substances=(), amounts=(), first_day=None, last_day=None, place_words=(), destinations=(), reporting_country=""
    )
    assert likeness(empty, empty) is None


def test_zero_is_no_amount_to_compare() -> None:
    assert likeness(some_facts(amounts=(kilograms("0"),)), some_facts(amounts=(kilograms("0"),))) is not None
    assert Decimal(0) == kilograms("0").low
