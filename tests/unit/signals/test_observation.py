"""Which reports are events of their own, and from when they are known."""

from datetime import date, timedelta

import pytest

from broker.records.core import RelatedAs
from broker.records.incident import IncidentType
from broker.signals.observation import countable, known_on, reach
from broker.types.vocabulary import Status
from tests.support.signals import an_observation, related

YEAR = timedelta(days=365)


def names(*observations: object, status: Status = Status.ACTUAL) -> list[str]:
    return [one.message for one in countable(observations, status)]  # type: ignore[arg-type]


@pytest.mark.parametrize("relation", [RelatedAs.DUPLICATES, RelatedAs.PART_OF])
def test_a_second_report_and_a_part_are_no_events_of_their_own(relation: RelatedAs) -> None:
    first = an_observation("first")
    second = an_observation("second", related=related("first", relation))

    assert ["first"] == names(second, first)


def test_of_second_reports_of_something_unseen_one_counts() -> None:
    several = [an_observation(name, related=related("unseen", RelatedAs.DUPLICATES)) for name in ("a", "b", "c")]

    assert 1 == len(names(*several))


@pytest.mark.parametrize("relation", [RelatedAs.FOLLOWS, RelatedAs.SAME_CONSIGNEE])
def test_what_only_belongs_to_the_same_case_counts(relation: RelatedAs) -> None:
    second = an_observation("second", date(2026, 3, 11), related=related("first", relation))

    assert ["first", "second"] == names(an_observation("first"), second)


def test_a_correction_takes_the_place_of_what_it_corrects() -> None:
    corrected = an_observation("corrected", date(2026, 3, 11), related=related("wrong", RelatedAs.CORRECTS))

    assert ["corrected"] == names(an_observation("wrong"), corrected)


@pytest.mark.parametrize("kind", [IncidentType.DESTROYED_GOODS, IncidentType.TRANSFERRED_GOODS])
def test_goods_that_were_seized_before_do_not_count(kind: IncidentType) -> None:
    assert [] == names(an_observation("again", incident_type=kind))


def test_exercises_count_among_themselves_alone() -> None:
    actual, exercise = an_observation("actual"), an_observation("drill", status=Status.EXERCISE)

    assert ["actual"] == names(actual, exercise)
    assert ["drill"] == names(actual, exercise, status=Status.EXERCISE)


def test_news_is_known_from_the_day_it_comes() -> None:
    facts = an_observation("one", date(2026, 2, 1)).facts

    assert date(2026, 3, 1) == known_on(facts, date(2026, 3, 1), history_after=YEAR)


def test_an_archive_that_comes_now_is_history() -> None:
    facts = an_observation("one", date(2015, 2, 1)).facts

    assert date(2015, 2, 1) == known_on(facts, date(2026, 3, 1), history_after=YEAR)


def test_what_has_no_day_is_known_from_the_day_it_comes() -> None:
    facts = an_observation("one", first_day=None, last_day=None, reported_on=None).facts

    assert date(2026, 3, 1) == known_on(facts, date(2026, 3, 1), history_after=YEAR)


def test_the_past_reaches_back_to_the_first_day_on_which_anything_happened() -> None:
    assert date(2020, 5, 1) == reach([an_observation("a"), an_observation("b", date(2020, 5, 1))])
    assert reach([an_observation("a", first_day=None)]) is None
