"""Unusual amounts: against the median of the same substance in the same measure."""

from decimal import Decimal
from math import log10
from typing import Any

import pytest

from broker.cases.facts import ComparableAmount, Measure
from broker.records.quantity import Unit
from broker.signals.amounts import modified_score
from broker.signals.find import find_signals
from broker.signals.observation import Observation
from broker.signals.signal import Signal, SignalKind
from broker.types.vocabulary import Status
from tests.support.signals import WINDOW, a_past, a_substance, an_observation, kilograms

USUAL = ("80", "90", "100", "110", "120", "95", "105", "100")


def a_usual_past(several: int = len(USUAL)) -> list[Observation]:
    known = a_past(30)
    with_amounts = [
        an_observation(f"usual {index}", known[index].known_on, amounts=(kilograms(amount),))
        for index, amount in enumerate(USUAL[:several])
    ]
    return [*known, *with_amounts]


def unusual(*amounts: ComparableAmount, past: list[Observation] | None = None, **changes: Any) -> list[Signal]:
    new = an_observation("new", amounts=amounts, **changes)
    found = find_signals([*(a_usual_past() if past is None else past), new], WINDOW, Status.ACTUAL).signals
    return [one for one in found if one.kind is SignalKind.UNUSUAL_AMOUNT]


def test_the_score_by_hand() -> None:
    # Median 3, absolute deviations 2 1 0 1 2: their median is 1.
    assert 0.6745 * 7 == pytest.approx(modified_score(10, [1, 2, 3, 4, 5], least_spread=0.1))


def test_equal_amounts_do_not_make_every_other_one_unusual() -> None:
    assert 0.6745 * (log10(110) - 2) / 0.1 == pytest.approx(modified_score(log10(110), [2.0] * 9, least_spread=0.1))


@pytest.mark.parametrize(("amount", "signals"), [("100", 0), ("250", 0), ("400", 1), ("20000", 1), ("0.001", 0)])
def test_only_far_above_is_unusual(amount: str, signals: int) -> None:
    # Limit: 100 · 10^(3.5 · 0.1 / 0.6745) = 330
    assert signals == len(unusual(kilograms(amount)))


def test_method_parameters_and_figures_are_shown() -> None:
    (found,) = unusual(kilograms("1000"))

    assert "Iglewicz" in found.method
    assert {"limit": "3.5", "least amounts": "8", "least spread": "0.1"} == {
        one.name: one.value for one in found.parameters
    }
    assert {"amount": "1000", "unit": "kg", "median": "100", "score": "6.745", "amounts before": "8"} == {
        one.name: one.value for one in found.figures
    }


def test_too_few_amounts_say_nothing() -> None:
    assert [] == unusual(kilograms("20000"), past=a_usual_past(7))


def test_litres_are_never_compared_with_kilograms() -> None:
    litres = ComparableAmount(measure=Measure.VOLUME, low=Decimal(20000), high=Decimal(20000), unit=Unit.LITRE)

    assert [] == unusual(litres)


def test_of_two_amounts_that_contradict_each_other_the_lesser_counts() -> None:
    assert [] == unusual(kilograms("100"), kilograms("20000"))


def test_one_total_over_several_substances_is_no_amount_of_any_of_them() -> None:
    both = (a_substance("AA"), a_substance("HCL"))

    assert [] == unusual(kilograms("20000", substances=(0, 1)), substances=both)
    assert [] == unusual(kilograms("20000"), substances=both)


def test_another_substance_is_compared_with_its_own_past() -> None:
    assert [] == unusual(kilograms("20000"), substances=(a_substance("PSE"),))
