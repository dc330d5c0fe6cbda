"""Which incidents count, once each."""

from datetime import date
from typing import Any

import msgspec
import pytest

from broker.figures.reported import Left
from broker.records.core import RelatedAs
from broker.records.incident import IncidentType
from broker.types.vocabulary import Status
from tests.support.figures import SCOPE, a_form, an_amount, figures, left_out, related, reported

ONE = reported("1", an_amount("100"))


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        pytest.param({"status": Status.EXERCISE}, Left.EXERCISE, id="exercise"),
        pytest.param({"status": Status.TEST}, Left.EXERCISE, id="test"),
        pytest.param({"reporting_country": "BE"}, Left.ANOTHER_COUNTRY, id="another country"),
        pytest.param({"reporting_country": ""}, Left.NO_COUNTRY, id="no country"),
        pytest.param({"originator": "BE/police"}, Left.ANOTHER_REPORTER, id="another reporter"),
        pytest.param({"is_draft": True}, Left.NOT_SENT, id="draft"),
        pytest.param({"incident_type": IncidentType.DESTROYED_GOODS}, Left.DESTROYED, id="destroyed"),
        pytest.param({"incident_type": IncidentType.TRANSFERRED_GOODS}, Left.TRANSFERRED, id="transferred"),
        pytest.param({"incident_type": IncidentType.SUSPICIOUS_ORDER}, Left.NO_GOODS, id="order"),
        pytest.param({"incident_type": IncidentType.EQUIPMENT}, Left.NO_GOODS, id="equipment"),
        pytest.param({"incident_type": IncidentType.DUMPING}, Left.NO_GOODS, id="waste"),
        pytest.param({"day": None}, Left.UNPLACED, id="no date"),
        pytest.param({"last_day": date(2026, 1, 2)}, Left.UNPLACED, id="into the next year"),
        pytest.param({"first_day": date(2024, 12, 31)}, Left.UNPLACED, id="from the year before"),
        pytest.param({"first_day": None}, Left.UNPLACED, id="no first day"),
        pytest.param({"last_day": None}, Left.UNPLACED, id="no last day"),
        pytest.param({"related": related("1", RelatedAs.DUPLICATES)}, Left.DUPLICATE, id="second report"),
        pytest.param({"related": related("1", RelatedAs.PART_OF)}, Left.PART_OF_TOTAL, id="part"),
    ],
)
def test_an_incident_that_does_not_count_changes_no_figure_and_is_listed(changes: dict[str, Any], reason: Left) -> None:
    form = a_form(ONE, reported("2", an_amount("30"), **changes))

    assert {("AA", "kg"): "100"} == figures(form)
    assert {"2": reason} == left_out(form)


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"day": date(2024, 12, 31)}, id="year before"),
        pytest.param({"day": date(2026, 1, 1)}, id="year after"),
        pytest.param({"day": None, "reported_on": date(2024, 12, 31)}, id="reported before the year began"),
    ],
)
def test_what_is_certainly_of_another_year_is_not_mentioned(changes: dict[str, Any]) -> None:
    assert {} == left_out(a_form(ONE, reported("2", an_amount("30"), **changes)))


def test_the_first_and_the_last_day_belong_to_the_year() -> None:
    form = a_form(
        reported("1", an_amount("1"), day=date(2025, 1, 1)), reported("2", an_amount("2"), day=date(2025, 12, 31))
    )

    assert {("AA", "kg"): "3"} == figures(form)


def test_a_span_within_the_year_is_of_the_year() -> None:
    form = a_form(reported("1", an_amount("1"), first_day=date(2025, 1, 1), last_day=date(2025, 12, 31)))

    assert {("AA", "kg"): "1"} == figures(form)


def test_a_second_report_of_what_happened_the_year_before_counts_in_neither_place_twice() -> None:
    first = reported("1", an_amount("22000"), day=date(2024, 11, 15))
    second = reported("2", an_amount("21000"), day=date(2025, 1, 12), related=related("1", RelatedAs.DUPLICATES))

    assert {} == figures(a_form(first, second))
    assert {"2": Left.DUPLICATE} == left_out(a_form(first, second))


def test_a_second_report_counts_where_the_first_is_not_here_and_a_person_is_told() -> None:
    form = a_form(reported("2", an_amount("30"), related=related("gone", RelatedAs.DUPLICATES)))

    assert {("AA", "kg"): "30"} == figures(form)
    assert ("2 is told as duplicates of a report that does not count here; so it counts itself",) == form.warnings


def test_a_second_report_of_an_exercise_counts() -> None:
    exercise = reported("1", an_amount("100"), status=Status.EXERCISE)

    assert {("AA", "kg"): "30"} == figures(
        a_form(exercise, reported("2", an_amount("30"), related=related("1", RelatedAs.DUPLICATES)))
    )


def test_of_reports_that_name_one_another_in_a_circle_one_counts() -> None:
    circle = [
        reported("1", an_amount("1"), related=related("2", RelatedAs.DUPLICATES)),
        reported("2", an_amount("2"), related=related("3", RelatedAs.DUPLICATES)),
        reported("3", an_amount("4"), related=related("1", RelatedAs.PART_OF)),
        reported("4", an_amount("8"), related=related("3", RelatedAs.DUPLICATES)),
    ]

    assert {("AA", "kg"): "1"} == figures(a_form(*circle))


def test_a_chain_of_second_reports_counts_once() -> None:
    chain = [
        ONE,
        reported("2", an_amount("2"), related=related("1", RelatedAs.DUPLICATES)),
        reported("3", an_amount("4"), related=related("2", RelatedAs.PART_OF)),
    ]

    assert {("AA", "kg"): "100"} == figures(a_form(*chain))


def test_a_corrected_report_does_not_count_and_its_correction_does() -> None:
    form = a_form(ONE, reported("2", an_amount("90"), related=related("1", RelatedAs.CORRECTS)))

    assert {("AA", "kg"): "90"} == figures(form)
    assert {"1": Left.CORRECTED} == left_out(form)


def test_a_second_report_of_a_corrected_report_is_one_of_its_correction() -> None:
    form = a_form(
        ONE,
        reported("2", an_amount("90"), related=related("1", RelatedAs.CORRECTS)),
        reported("3", an_amount("95"), related=related("1", RelatedAs.DUPLICATES)),
    )

    assert {("AA", "kg"): "90"} == figures(form)


def test_a_correction_into_destroyed_goods_leaves_nothing() -> None:
    destroyed = reported(
        "2",
        an_amount("90"),
        incident_type=IncidentType.DESTROYED_GOODS,
        related=related("1", RelatedAs.CORRECTS),
    )

    assert {} == figures(a_form(ONE, destroyed))


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"originator": "BE/police"}, id="of another participant"),
        pytest.param({"status": Status.EXERCISE}, id="of an exercise"),
        pytest.param({"is_draft": True}, id="that is not sent"),
    ],
)
def test_a_correction_that_does_not_count_corrects_nothing(changes: dict[str, Any]) -> None:
    wrong = reported("2", an_amount("90"), related=related("1", RelatedAs.CORRECTS), **changes)

    assert {("AA", "kg"): "100"} == figures(a_form(ONE, wrong))


def test_a_follow_up_counts_and_a_person_is_told() -> None:
    form = a_form(ONE, reported("2", an_amount("5"), related=related("1", RelatedAs.FOLLOWS)))

    assert {("AA", "kg"): "105"} == figures(form)
    assert ("2 follows another report that counts: look whether both tell of the same goods",) == form.warnings


def test_two_alike_that_nobody_linked_count_both_and_a_person_is_told() -> None:
    form = a_form(ONE, reported("2", an_amount("98"), day=date(2025, 3, 5)))

    assert {("AA", "kg"): "198"} == figures(form)
    assert ("2 and 1 may be one event: AA, nearly the same day and amount",) == form.warnings


def test_two_far_apart_are_no_suspects() -> None:
    assert () == a_form(ONE, reported("2", an_amount("98"), day=date(2025, 6, 5))).warnings


def test_drafts_count_where_that_is_asked() -> None:
    form = a_form(reported("1", an_amount("5"), is_draft=True), scope=msgspec.structs.replace(SCOPE, drafts=True))

    assert {("AA", "kg"): "5"} == figures(form)


def test_a_form_for_training_counts_exercises_alone() -> None:
    form = a_form(
        ONE,
        reported("2", an_amount("5"), status=Status.EXERCISE),
        scope=msgspec.structs.replace(SCOPE, status=Status.EXERCISE),
    )

    assert {("AA", "kg"): "5"} == figures(form)
    assert {"1": Left.ANOTHER_STATUS} == left_out(form)


def test_what_is_left_out_says_of_which_substance_it_speaks() -> None:
    (one,) = a_form(reported("1", an_amount("5"), is_draft=True)).left_out

    assert ("AA",) == one.substances


def test_a_correction_that_lost_the_link_of_what_it_corrects_is_told_to_a_person() -> None:
    form = a_form(
        ONE,
        reported("2", an_amount("95"), related=related("1", RelatedAs.DUPLICATES)),
        reported("3", an_amount("96"), related=related("2", RelatedAs.CORRECTS)),
    )

    assert "3 corrects 2, which was told as duplicates of a report that counts: look" in form.warnings
