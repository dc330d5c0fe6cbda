"""False alarms, misses and delay on invented series with and without an outbreak; the numbers depend on the seed alone.

``python -m bench.signals`` prints them for all methods and kinds of series.
"""

import pytest

from bench.signals import KINDS, METHODS, Result, measure

SERIES = 10
FEW = 1
"""Farrington takes a hundredth of a second and more for each week."""


def result(method: str, kind: str) -> Result:
    (found,) = (one for one in KINDS if one.name.startswith(kind))
    return measure(found, method, METHODS[method], FEW if method == "Farrington" else SERIES)


@pytest.mark.parametrize("method", ["EARS C1", "EARS C2", "EARS C3"])
def test_ears_finds_most_outbreaks_within_a_week_or_two(method: str) -> None:
    found = result(method, "steady")

    assert found.sensitivity >= 0.8
    assert found.delay_weeks <= 1.5
    assert found.false_alarms_a_year <= 6


@pytest.mark.timeout(180)
def test_farrington_finds_them_with_one_false_alarm_a_year_at_most() -> None:
    found = result("Farrington", "steady")

    assert found.sensitivity >= 0.8
    assert found.false_alarms_a_year <= 1
    assert found.delay_weeks <= 2


@pytest.mark.timeout(180)
def test_farrington_takes_a_season_for_no_outbreak_where_ears_does() -> None:
    assert result("Farrington", "seasonal").false_alarms_a_year < result("EARS C2", "seasonal").false_alarms_a_year
