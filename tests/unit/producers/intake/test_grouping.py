"""Several rows of a file are one record of figures, under a key of their own."""

from collections.abc import Sequence

import pytest

from broker.errors import TooLarge
from broker.records.statistics import StatisticsCore
from broker.types.vocabulary import RecordKind
from producers.draft import Draft
from producers.intake import grouping
from producers.intake.forms import form_of
from producers.intake.grouping import grouped
from producers.intake.rows import FieldProblem, Row
from producers.intake.supplement import supplement
from producers.intake.take_in import Refused
from tests.support.rows_by_kind import GOOD, take

KIND = RecordKind.STATISTICS
FIGURES = {
    "record": "NL-D-2025",
    **{name: text for name, text in GOOD[KIND].items() if name not in ("national_reference", "line_remarks", "cases")},
}
ACETONE = {"substance_as_reported": "acetone", "substance_id": "ACE", "quantity_value": "7"}


def rows(*changes: dict[str, str]) -> list[Row]:
    """Return rows of figures from line 2 on; an empty text takes a column away."""
    said = [{name: text for name, text in {**FIGURES, **one}.items() if text} for one in changes]
    return [Row(line=line, values=one, header=("a",), cells=(str(line),)) for line, one in enumerate(said, start=2)]


def taken(*changes: dict[str, str]) -> Sequence[Draft | Refused]:
    return take(KIND, *grouped(rows(*changes), form_of(KIND)))


def figures(draft: Draft | Refused) -> list[tuple[str, str]]:
    assert isinstance(draft, Draft), draft.problems
    assert isinstance(draft.core, StatisticsCore)
    return [(line.as_written, str(line.amount)) for line in draft.core.lines]


def reasons(outcome: Draft | Refused) -> list[tuple[int, str, str]]:
    assert isinstance(outcome, Refused)
    return [(one.line, problem.field, problem.code) for one in outcome.each() for problem in one.problems]


def test_rows_of_one_record_are_one_record_under_their_key() -> None:
    (draft,) = taken({}, ACETONE)

    assert [("acetic anhydride", "12.5"), ("acetone", "7")] == figures(draft)
    assert isinstance(draft, Draft)
    assert ("NL-D-2025", 2, False) == (draft.national_reference, draft.line, draft.is_made)


def test_a_row_without_a_key_stays_a_record_of_its_own() -> None:
    own, first, second = taken(
        {},
        {"record": "", "national_reference": "NL-D-1"},
        ACETONE,
        {"record": "NL-D-2024", "ends_on": "2024-12-31", "starts_on": "2024-01-01"},
    )

    assert [1, 2, 1] == [len(figures(one)) for one in (own, first, second)]
    assert isinstance(own, Draft)
    assert "NL-D-1" == own.national_reference


def test_what_belongs_to_the_whole_may_stand_in_one_row_only() -> None:
    (draft,) = taken({"method": "", "form": "", "ends_on": ""}, ACETONE)

    assert isinstance(draft, Draft)
    assert isinstance(draft.core, StatisticsCore)
    assert ("counted by hand", "INCB Form D", "2025-12-31") == (
        draft.core.method, draft.core.form, str(draft.core.ends_on),
    )  # fmt: skip


def test_a_reference_of_its_own_counts_and_has_to_be_the_same() -> None:
    (draft,) = taken({"national_reference": "NL-7"}, {**ACETONE, "national_reference": "NL-7"})
    (refused,) = taken({"national_reference": "NL-7"}, {**ACETONE, "national_reference": "NL-8"})

    assert isinstance(draft, Draft)
    assert "NL-7" == draft.national_reference
    assert [(2, "", "record-refused"), (3, "national_reference", "contradiction")] == reasons(refused)


@pytest.mark.parametrize(
    ("column", "text"), [("country", "BE"), ("form", "INCB Form A"), ("ends_on", "2025-06-30"), ("tlp", "AMBER")]
)
def test_rows_that_contradict_each_other_are_refused_with_both_places(column: str, text: str) -> None:
    changes: list[dict[str, str]] = [{"tlp": "GREEN"}, ACETONE, {**ACETONE, "quantity_unit": "L", column: text}]
    (refused,) = taken(*changes)

    assert isinstance(refused, Refused)
    assert [(2, "", "record-refused"), (3, "", "record-refused"), (4, column, "contradiction")] == reasons(refused)
    assert "in line 2 of the same record" in refused.problems[0].message
    assert "line 4" in next(iter(refused.each())).problems[0].message


def test_one_bad_row_keeps_its_record_together_and_no_other() -> None:
    refused, good = taken({}, {**ACETONE, "quantity_value": "7,5"}, {**ACETONE, "record": "NL-D-2024"})

    assert [(2, "", "record-refused"), (3, "quantity_value", "bad-number")] == reasons(refused)
    assert [("acetone", "7")] == figures(good)


def test_what_is_wrong_with_the_whole_is_said_once_and_stands_at_every_row() -> None:
    (refused,) = taken({"ends_on": "2026-12-31"}, ACETONE | {"ends_on": "2026-12-31"})
    (unknown,) = taken({"country": "XX"}, ACETONE | {"country": "XX"})

    assert isinstance(refused, Refused)
    assert [("ends_on", "future-date", 0)] == [(one.field, one.code, one.line) for one in refused.problems]
    assert [(2, "ends_on", "future-date"), (3, "ends_on", "future-date")] == reasons(refused)
    assert isinstance(unknown, Refused)
    assert [("country", "unknown-country")] == [(one.field, one.code) for one in unknown.problems]


def test_the_same_figure_twice_is_a_contradiction_in_its_second_row() -> None:
    (refused,) = taken({}, ACETONE, {"quantity_value": "13"})
    (by_origin,) = taken({}, {"origins": "DE"})

    assert [
        (2, "", "record-refused"), (3, "", "record-refused"), (4, "substance_as_reported", "contradiction"),
    ] == reasons(refused)  # fmt: skip
    assert 2 == len(figures(by_origin))


def test_a_row_that_cannot_be_read_keeps_its_record_back_alone() -> None:
    first, second = rows({}, {**ACETONE, "quantity_value": "7,5"})
    ragged = Row(
        line=3, values=second.values, header=("a",), cells=("3", "4"), problems=(FieldProblem("", "ragged-row", "x"),)
    )
    (refused,) = take(KIND, *grouped([first, ragged], form_of(KIND)))

    assert [(2, "", "record-refused"), (3, "", "ragged-row")] == reasons(refused)
    assert isinstance(refused, Refused)
    assert [("2",), ("3", "4")] == [one.row.cells for one in refused.each()]


def test_questions_name_the_line_of_their_row() -> None:
    (draft,) = taken({}, ACETONE | {"substance_id": "AA", "quantity_unit": "L"})

    assert isinstance(draft, Draft)
    assert [(3, "substance-differs")] == [(one.line, one.code) for one in draft.questions]


def digest(*changes: dict[str, str]) -> bytes:
    (draft,) = taken(*changes)
    assert isinstance(draft, Draft)
    return draft.content_digest


def test_the_same_rows_say_the_same_wherever_they_stand_and_other_figures_do_not() -> None:
    between = {"record": "NL-D-2024", "starts_on": "2024-01-01", "ends_on": "2024-12-31"}
    apart, _ = taken({}, between, ACETONE)

    assert isinstance(apart, Draft)
    assert digest({}, ACETONE) == apart.content_digest
    assert digest({}, ACETONE) != digest({}, ACETONE | {"quantity_value": "8"})


def unreadable(line: int, **values: str) -> Row:
    return Row(line=line, values=values, header=("a",), cells=("x",), problems=(FieldProblem("", "ragged-row", "x"),))


@pytest.mark.parametrize("values", [{}, {"record": "shifted"}])
def test_a_row_that_cannot_be_read_and_says_no_key_of_others_keeps_every_record_back(values: dict[str, str]) -> None:
    given = rows({}, ACETONE, {"record": "NL-D-2024", "starts_on": "2024-01-01", "ends_on": "2024-12-31"})
    found = take(KIND, *grouped([*given, unreadable(9, **values)], form_of(KIND)))

    assert {2: "record-refused", 3: "record-refused", 4: "record-refused", 9: "ragged-row"} == {
        line: code for one in found for line, _, code in reasons(one)
    }
    assert any("line 9 cannot be read" in one.problems[0].message for one in found if isinstance(one, Refused))


def test_many_wrong_rows_of_one_record_each_say_what_is_wrong_in_few_words() -> None:
    wrong = [{**ACETONE, "origins": "", "quantity_value": "7,5"} for _ in range(3_000)]
    (refused,) = taken({}, *wrong)

    assert isinstance(refused, Refused)
    first, *others = refused.each()
    assert "in line 3, 4, 5, 6, 7 and 2995 more lines" in first.problems[0].message
    assert {"bad-number"} == {
        problem.code for one in others for problem in one.problems if problem.code != "contradiction"
    }


def test_what_another_file_adds_to_a_record_reaches_it() -> None:
    (whole,) = grouped(rows({"method": ""}, {**ACETONE, "method": ""}), form_of(KIND))
    (draft,) = take(KIND, *supplement([whole], {"NL-D-2025": {"method": "weighed"}}))

    assert isinstance(draft, Draft)
    assert isinstance(draft.core, StatisticsCore)
    assert "weighed" == draft.core.method


def test_more_rows_than_are_kept_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(grouping, "MAX_GROUPED_ROWS", 1)

    with pytest.raises(TooLarge):
        list(grouped(rows({}, ACETONE), form_of(KIND)))


def test_rows_of_other_kinds_are_never_grouped() -> None:
    given = rows({}, ACETONE)

    assert given == list(grouped(given, form_of(RecordKind.INCIDENT)))
