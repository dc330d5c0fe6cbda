"""What holds for early warning whatever is reported."""

from datetime import date, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from broker.records.core import RelatedAs
from broker.signals.farrington import blocks, weights
from broker.signals.find import find_signals
from broker.signals.negative_binomial import quantile, tail
from broker.signals.observation import Observation
from broker.types.vocabulary import Status
from tests.support.signals import WINDOW, a_substance, an_observation, kilograms, related

FIRST = date(2025, 6, 1)


@st.composite
def several(draw: st.DrawFn) -> list[Observation]:
    days = draw(st.lists(st.integers(0, 300), min_size=20, max_size=60))
    return [
        an_observation(
            f"report {number}",
            FIRST + timedelta(days=day),
            reporting_country=draw(st.sampled_from(["NL", "BE", "MX"])),
            substances=(a_substance(draw(st.sampled_from(["AA", "PSE", "AA|PSE"]))),),
            amounts=(kilograms(draw(st.sampled_from(["1", "100", "90000"]))),),
        )
        for number, day in enumerate(days)
    ]


@settings(max_examples=25, deadline=None)
@given(several(), st.randoms())
def test_the_order_of_arrival_changes_nothing(reports: list[Observation], chance: st.DataObject) -> None:
    shuffled = list(reports)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]

    assert find_signals(reports, WINDOW, Status.ACTUAL) == find_signals(shuffled, WINDOW, Status.ACTUAL)


@settings(max_examples=25, deadline=None)
@given(several())
def test_second_reports_of_everything_change_no_signal(reports: list[Observation]) -> None:
    again = [
        an_observation(
            f"again {one.message}",
            one.known_on,
            substances=one.facts.substances,
            amounts=one.facts.amounts,
            reporting_country=one.facts.reporting_country,
            related=related(one.message, RelatedAs.DUPLICATES),
        )
        for one in reports
    ]

    once, twice = (find_signals(each, WINDOW, Status.ACTUAL) for each in (reports, [*reports, *again]))

    assert once.signals == twice.signals
    assert len(again) == twice.left_out - once.left_out


@settings(max_examples=60, deadline=None)
@given(st.floats(0.01, 200), st.floats(1, 8), st.sampled_from([0.9, 0.95, 0.995]))
def test_a_quantile_is_the_least_count_that_is_seldom_exceeded(mean: float, dispersion: float, share: float) -> None:
    found = quantile(share, mean, dispersion)

    assert tail(found + 1, mean, dispersion) <= 1 - share + 1e-9
    assert found == 0 or tail(found, mean, dispersion) >= 1 - share - 1e-9


@given(st.lists(st.floats(-10, 50), min_size=1, max_size=50))
def test_weights_add_up_to_how_many_there_are(residuals: list[float]) -> None:
    assert abs(sum(weights(residuals)) - len(residuals)) < 1e-6


@given(st.integers(3, 5))
def test_every_block_has_weeks(years: int) -> None:
    assert set(blocks(years).values()) == set(range(10))
