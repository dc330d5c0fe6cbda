"""First sightings: where, against what past, and when nothing can be called new."""

from datetime import date
from typing import Any

import pytest

from broker.records.core import RelatedAs
from broker.records.incident import IncidentType
from broker.signals.find import find_signals
from broker.signals.observation import Observation
from broker.signals.regions import region_of
from broker.signals.signal import Signal, SignalKind
from broker.types.vocabulary import Status
from tests.support.signals import WINDOW, a_past, a_substance, an_observation, related

SIGHTINGS = (SignalKind.FIRST_SIGHTING, SignalKind.NEW_NAME)


def sightings(*new: Observation, past: list[Observation] | None = None) -> list[Signal]:
    known = a_past() if past is None else past
    found = find_signals([*known, *new], WINDOW, Status.ACTUAL).signals
    return [one for one in found if one.kind in SIGHTINGS]


@pytest.mark.parametrize(
    ("country", "place"),
    [("NL", None), ("BE", "BE"), ("PL", "Eastern Europe"), ("MX", "Central America"), ("EU", "EU")],
)
def test_a_known_substance_is_new_in_a_country_or_a_whole_region(country: str, place: str | None) -> None:
    found = sightings(an_observation("new", reporting_country=country))

    assert ([] if place is None else [place]) == [one.place for one in found]


def test_a_substance_that_nobody_ever_reported_is_new_everywhere() -> None:
    (found,) = sightings(an_observation("new", substances=(a_substance("4-AP"),)))

    assert ("", SignalKind.FIRST_SIGHTING, ("new",)) == (found.place, found.kind, found.messages)


def test_what_was_destroyed_or_told_a_second_time_before_was_there_before() -> None:
    old = date(2026, 1, 5)
    destroyed: dict[str, Any] = {
        "incident_type": IncidentType.DESTROYED_GOODS,
        "substances": (a_substance("4-AP"),),
    }
    second: dict[str, Any] = {"related": related("past 3", RelatedAs.DUPLICATES), "substances": (a_substance("ETH"),)}
    past = [*a_past(), an_observation("burnt", old, **destroyed), an_observation("again", old, **second)]
    new = [an_observation(f"new {key}", substances=(a_substance(key),)) for key in ("4-AP", "ETH", "PMK")]

    assert ["PMK"] == [one.substance for one in sightings(*new, past=past)]


def test_what_a_correction_replaced_was_never_there() -> None:
    old = date(2026, 1, 5)
    wrong = an_observation("wrong", old, substances=(a_substance("4-AP"),))
    right = an_observation("right", old, related=related("wrong", RelatedAs.CORRECTS))
    new = an_observation("new", substances=(a_substance("4-AP"),))

    assert ["4-AP"] == [one.substance for one in sightings(new, past=[*a_past(), wrong, right])]


def test_it_is_said_how_far_back_the_past_reaches() -> None:
    (found,) = sightings(an_observation("new", reporting_country="BE"))

    assert "back to 2025-07-01" in found.says
    assert {"incidents known before": "30", "reaches back to": "2025-07-01"} == {
        one.name: one.value for one in found.parameters
    }


def test_a_name_that_no_catalogue_has_is_a_signal_of_its_own() -> None:
    (found,) = sightings(an_observation("new", substances=(a_substance("", "Zefarolin"),)))

    assert SignalKind.NEW_NAME is found.kind
    assert "does not know this name" in found.says


def test_the_same_name_in_other_letters_is_the_same_name() -> None:
    past = [*a_past(), an_observation("past", a_past(1)[0].known_on, substances=(a_substance("", "ZEFAROLIN."),))]

    assert [] == sightings(an_observation("new", substances=(a_substance("", "zefarolin"),)), past=past)


def test_one_of_two_that_nobody_chose_between_is_new_only_if_both_are() -> None:
    assert [] == sightings(an_observation("new", substances=(a_substance("AA|PAA"),)))
    assert [""] == [one.place for one in sightings(an_observation("new", substances=(a_substance("PAA|P2P"),)))]


def test_several_reports_of_the_same_news_are_one_signal() -> None:
    several = [an_observation(name, reporting_country="BE") for name in "abc"]

    (found,) = sightings(*several)

    assert {"a", "b", "c"} == set(found.messages)


def test_an_unnamed_chemical_is_no_news() -> None:
    assert [] == sightings(an_observation("new", substances=(a_substance("", ""),)))


def test_without_a_past_nothing_is_new_and_that_is_said() -> None:
    found = find_signals([*a_past(5), an_observation("new", reporting_country="BE")], WINDOW, Status.ACTUAL)

    assert () == found.signals
    assert "nothing can be called new" in found.notes[0]


def test_a_signal_has_the_same_id_whenever_it_is_found() -> None:
    (one,) = sightings(an_observation("a", reporting_country="BE"))
    (same,) = sightings(an_observation("b", reporting_country="BE"))
    (other,) = sightings(an_observation("c", reporting_country="FR"))

    assert one.id == same.id
    assert one.id != other.id


def test_every_region_is_found_by_its_countries_and_none_twice() -> None:
    assert ("Western Europe", "Southern Asia", "") == (region_of("NL"), region_of("AF"), region_of("XA"))
