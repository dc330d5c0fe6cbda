"""Farrington flexible: its parts against values computed by hand, and against those that others have published."""

from collections import Counter
from math import exp, log, sqrt

import pytest

from broker.signals import farrington as method
from broker.signals import quasi_poisson
from broker.signals.negative_binomial import quantile, tail

EIGHT_YEARS = 8 * 52


class TestTheNegativeBinomial:
    """Thresholds for a mean of 5, and the probability of 11 or more: as in the tests of the R package surveillance."""

    @pytest.mark.parametrize(("dispersion", "upper", "probability"), [(1.5, 10, 0.03763657), (1.0, 9, 0.01369527)])
    def test_agrees_with_published_values(self, dispersion: float, upper: int, probability: float) -> None:
        assert upper == quantile(0.95, 5, dispersion)
        assert probability == pytest.approx(tail(11, 5, dispersion), abs=1e-8)

    def test_is_poisson_where_counts_scatter_by_chance_alone(self) -> None:
        assert exp(-2) == pytest.approx(1 - tail(1, 2, 1.0))

    def test_of_nothing_is_nothing(self) -> None:
        assert 0 == quantile(0.995, 0, 1.0)
        assert 0 == tail(1, 0, 1.0)

    def test_holds_where_the_probability_of_zero_is_too_small_for_a_float(self) -> None:
        assert 5000 < quantile(0.995, 5000, 3.0) < 5500

    def test_gives_up_rather_than_search_for_ever(self) -> None:
        with pytest.raises(ValueError, match="no quantile"):
            quantile(1.1, 1, 1.0)


class TestTheRegression:
    def test_with_one_term_expects_the_mean(self) -> None:
        found = quasi_poisson.fit([(1.0,)] * 4, [2, 4, 6, 8], [1.0] * 4)

        assert found is not None
        assert log(5) == pytest.approx(found.coefficients[0])
        # Squares over the mean: (9 + 1 + 1 + 9) / 5, over three degrees of freedom.
        assert 4 / 3 == pytest.approx(found.dispersion)
        assert 1 / 20 == pytest.approx(found.covariance[0][0]), "one over the sum of the counts"
        assert [0.25] * 4 == pytest.approx(found.leverages)

    def test_with_a_group_each_expects_the_mean_of_its_own(self) -> None:
        rows = [(1.0, 0.0)] * 3 + [(1.0, 1.0)] * 3

        found = quasi_poisson.fit(rows, [1, 2, 3, 4, 6, 8], [1.0] * 6)

        assert found is not None
        assert (log(2), log(3)) == pytest.approx(found.coefficients)

    def test_finds_growth(self) -> None:
        counts = [round(10 * 1.1**week) for week in range(20)]

        found = quasi_poisson.fit([(1.0, float(week)) for week in range(20)], counts, [1.0] * 20)

        assert found is not None
        assert 1.1 == pytest.approx(exp(found.coefficients[1]), abs=0.002)

    def test_weighs(self) -> None:
        found = quasi_poisson.fit([(1.0,)] * 3, [2, 2, 20], [1.0, 1.0, 0.0])

        assert found is not None
        assert 2 == pytest.approx(exp(found.coefficients[0]))

    def test_needs_more_counts_than_terms(self) -> None:
        with pytest.raises(ValueError, match="not enough"):
            quasi_poisson.fit([(1.0, 0.0)] * 2, [1, 2], [1.0, 1.0])

    def test_with_terms_that_say_the_same_comes_to_rest_or_says_so(self) -> None:
        found = quasi_poisson.fit([(1.0, 1.0)] * 5, [3, 4, 5, 4, 4], [1.0] * 5)

        assert found is None or all(4 == pytest.approx(one, abs=0.1) for one in found.expected)


class TestTheWeights:
    def test_what_lies_above_is_weighed_down_and_the_sum_stays(self) -> None:
        # The example that the R package surveillance has checked by hand.
        assert [1.6] * 5 + [0.4] * 5 == pytest.approx(method.weights([0.0] * 5 + [2.0] * 5, above=0))

    def test_what_lies_below_weighs_the_same(self) -> None:
        assert [1.0] * 4 == method.weights([0.1, 2.5, -3, 0])

    def test_the_residual_of_what_was_expected_is_nothing(self) -> None:
        found = quasi_poisson.fit([(1.0,)] * 3, [4, 4, 4], [1.0] * 3)

        assert found is not None
        assert [0, 0, 0] == pytest.approx(method.residuals(found, [4, 4, 4]), abs=1e-6)

    def test_the_residual_by_hand(self) -> None:
        found = quasi_poisson.fit([(1.0,)] * 4, [2, 4, 6, 8], [1.0] * 4)

        assert found is not None
        by_hand = 1.5 * (8 ** (2 / 3) * 5 ** (-1 / 6) - sqrt(5)) / sqrt(4 / 3 * 0.75)
        assert by_hand == pytest.approx(method.residuals(found, [2, 4, 6, 8])[3])


class TestTheBlocks:
    def test_the_same_week_of_earlier_years(self) -> None:
        # 6 June 2013 is a Thursday; 7 June 2012, 9 June 2011 and 3 June 2010 are the nearest ones, as published.
        assert [52, 104, 157] == [method.reference(years) for years in (1, 2, 3)]

    def test_a_window_has_seven_weeks_a_year_and_the_rest_is_nine_blocks(self) -> None:
        counted = Counter(method.blocks(5).values())

        assert set(range(10)) == set(counted)
        assert 5 * 7 == counted[0]
        assert max(counted.values()) <= 5 * 7

    def test_the_last_half_year_is_in_none(self) -> None:
        assert method.LEFT_OUT < min(method.blocks(3))

    def test_no_week_is_missing_in_between(self) -> None:
        assert set(range(27, method.reference(4) + 4)) == set(method.blocks(4))


class TestAWeek:
    def test_needs_three_years(self) -> None:
        needed = method.reference(3) + method.HALF_WINDOW

        assert method.farrington([2] * (needed + 1), needed - 1) is None
        assert method.farrington([2] * (needed + 1), needed) is not None

    def test_as_usual_is_expected(self) -> None:
        said = method.farrington([4] * EIGHT_YEARS, EIGHT_YEARS - 1)

        assert said is not None
        assert 4 == pytest.approx(said.expected, abs=0.01)
        assert 10 == said.upper, "Poisson with mean 4 exceeds 10 in 0.3 % of weeks, 9 in 0.8 %"
        assert said.score(4) == pytest.approx(0, abs=0.01)
        assert said.score(10) == pytest.approx(1, abs=0.01)

    def test_an_old_outbreak_does_not_hide_a_new_one(self) -> None:
        counts = [3] * EIGHT_YEARS
        counts[-60:-56] = [40] * 4

        said = method.farrington(counts, EIGHT_YEARS - 1)

        assert said is not None
        assert said.upper <= 9

    def test_an_outbreak_that_lasts_for_weeks_stays_out_of_its_own_baseline(self) -> None:
        counts = [3] * EIGHT_YEARS
        counts[-20:] = [15] * 20

        said = method.farrington(counts, EIGHT_YEARS - 1)

        assert said is not None
        assert said.upper < 15

    def test_a_season_is_no_outbreak(self) -> None:
        counts = [20 if week % 52 < 8 else 4 for week in range(EIGHT_YEARS)]

        said = method.farrington(counts, 7 * 52 + 3)

        assert said is not None
        assert said.expected > 15
        assert said.upper > 20

    def test_after_years_of_nothing_anything_is_above_the_threshold(self) -> None:
        said = method.farrington([0] * EIGHT_YEARS, EIGHT_YEARS - 1)

        assert said is not None
        assert (0.0, 0) == (said.expected, said.upper)

    def test_growth_that_leads_beyond_all_that_was_counted_is_not_believed(self) -> None:
        counts = [0] * (EIGHT_YEARS - 60) + [1] * 20 + [2] * 40

        said = method.farrington(counts, EIGHT_YEARS - 1)

        assert said is not None
        assert said.expected <= 2

    def test_is_not_judged_where_there_was_hardly_anything_of_late(self) -> None:
        assert not method.is_enough([9, 1, 1, 1, 1], 4)
        assert method.is_enough([0, 2, 1, 1, 1], 4)
