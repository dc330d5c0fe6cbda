"""Unusual counts over incidents: which weeks are judged, by which method, and what is said of the others."""

from datetime import date, timedelta

import msgspec
import pytest

from broker.signals.counts import Judged, unusual_counts
from broker.signals.delay import Delays, delays_of
from broker.signals.observation import Observation, Window
from broker.signals.parameters import USUAL, Method, Parameters
from broker.signals.periods import Grain
from tests.support.signals import an_observation, weekly

SUNDAY = date(2026, 3, 29)
WINDOW = Window(date(2026, 3, 2), SUNDAY)
EARS = msgspec.structs.replace(USUAL, method=Method.EARS_C2, assumed_delay=timedelta())
USUAL_COUNTS = (1, 2, 0, 1, 2, 1, 0, 2, 1, 1, 2, 0)


def judged(counts: tuple[int, ...], parameters: Parameters = EARS, more: tuple[Observation, ...] = ()) -> Judged:
    return unusual_counts([*weekly(counts, SUNDAY), *more], WINDOW, parameters)


def places(found: Judged) -> list[tuple[str, str]]:
    return [(one.place, one.subject) for one in found.found]


def test_many_more_than_usual_are_found_as_a_whole_and_in_their_country() -> None:
    assert [("", "2026-03-23"), ("NL", "2026-03-23")] == places(judged((*USUAL_COUNTS, 9)))


def test_as_many_as_usual_are_not() -> None:
    assert [] == places(judged((*USUAL_COUNTS, 2)))


def test_below_the_least_count_nothing_is_unusual() -> None:
    assert [] == places(judged((0,) * 11 + (1, 2)))
    assert [("", "2026-03-23"), ("NL", "2026-03-23")] == places(judged((1, *(0,) * 11, 3)))


def test_the_messages_behind_a_count_are_those_of_its_week() -> None:
    found = judged((*USUAL_COUNTS, 9)).found[0]

    assert {f"week 0 number {number}" for number in range(9)} == {one.message for one in found.behind}


def test_method_and_parameters_are_named() -> None:
    found = judged((*USUAL_COUNTS, 9)).found[0]

    assert "EARS C2 (Hutwagner et al. 2003)" == found.method
    assert {"limit", "baseline", "gap", "least deviation", "least count", "complete"} == {
        one.name for one in found.parameters
    }


def test_weeks_that_are_not_complete_are_left_out_and_that_is_said() -> None:
    waiting = msgspec.structs.replace(EARS, assumed_delay=timedelta(days=10))

    found = judged((*USUAL_COUNTS, 9), waiting)

    assert [] == places(found)
    assert "The last 2 weeks are not complete yet" in found.notes[0]
    assert "assumed" in found.notes[0]


def test_a_week_is_judged_when_it_has_become_complete_in_the_window() -> None:
    waiting = msgspec.structs.replace(EARS, assumed_delay=timedelta(days=10))
    # The week of 16 February ended before the window, and was complete in it.
    counts = (*USUAL_COUNTS, 9, 1, 1, 1, 1, 1)

    assert [("", "2026-02-16"), ("NL", "2026-02-16")] == places(judged(counts, waiting))


def test_a_past_that_is_too_short_gives_no_alarm_and_says_so() -> None:
    found = judged((0, 1, 1, 1, 2, 1, 9))

    assert [] == places(found)
    assert any("too short" in one for one in found.notes)


def test_what_belongs_to_no_single_week_is_not_counted_and_that_is_said() -> None:
    years = tuple(
        an_observation(f"some day {number}", date(2026, 1, 1), last_day=date(2026, 12, 31)) for number in range(9)
    )

    found = judged((*USUAL_COUNTS, 2), more=years)

    assert [] == places(found)
    assert "9 incidents belong to no single week" in found.notes[-1]


def test_by_month() -> None:
    by_month = msgspec.structs.replace(EARS, grain=Grain.MONTH)
    usual = [an_observation(f"{month} {each}", date(2025, month, 5)) for month in range(3, 13) for each in range(2)]
    new = [an_observation(f"february {each}", date(2026, 2, 1 + each)) for each in range(12)]

    found = unusual_counts([*usual, *new], Window(date(2026, 2, 15), SUNDAY), by_month)

    assert [("", "2026-02-01"), ("NL", "2026-02-01")] == places(found)


@pytest.mark.parametrize(("weeks", "method"), [(60, "EARS C2"), (240, "Farrington")])
def test_the_method_is_farrington_where_the_past_is_long_enough_for_it(weeks: int, method: str) -> None:
    auto = msgspec.structs.replace(EARS, method=Method.AUTO)

    found = judged((*(1 + week % 2 for week in range(weeks)), 9), auto)

    assert found.found[0].method.startswith(method)


def test_without_any_day_there_is_nothing_to_count() -> None:
    undated = an_observation("one", first_day=None, last_day=None)

    assert "No incident has a day" in unusual_counts([undated], WINDOW, EARS).notes[0]


class TestTheDelay:
    def test_is_measured_on_incidents_that_are_old_enough(self) -> None:
        old = [
            an_observation(f"old {days}", date(2025, 3, 1), reported_on=date(2025, 3, 1) + timedelta(days=days))
            for days in (0, 1, 2, 3, 30)
        ]
        young = an_observation("young", date(2026, 3, 20))
        undated = an_observation("undated", date(2025, 3, 1), last_day=date(2025, 4, 1))

        found = delays_of([*old, young, undated], before=SUNDAY, horizon=timedelta(days=180))

        assert (0, 1, 2, 3, 30) == found.days

    @pytest.mark.parametrize(("share", "days"), [(0.2, 0), (0.8, 3), (0.81, 30), (1.0, 30)])
    def test_says_when_enough_is_known(self, share: float, days: int) -> None:
        assert days == Delays((0, 1, 2, 3, 30)).settled_after(share)

    def test_of_nothing_is_unknown(self) -> None:
        assert 0 == Delays(()).completeness(10)
        with pytest.raises(ValueError, match="no delay"):
            Delays(()).settled_after(0.5)

    def test_measured_where_enough_is_known(self) -> None:
        slow = [
            an_observation(f"slow {number}", date(2025, 1, 6), reported_on=date(2025, 1, 16)) for number in range(20)
        ]

        found = unusual_counts([*slow, *weekly((*USUAL_COUNTS, 9), SUNDAY)], WINDOW, EARS)

        assert "delay of 10 days, measured" in found.notes[0]
