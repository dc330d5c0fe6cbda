"""What is asked about a row's substances beside the catalogue."""

import pytest

from broker.records.incident import IncidentCore
from producers.draft import Draft
from tests.support.intake import a_row, codes, one_draft

ACETIC_ANHYDRIDE = {"substance_as_reported": "acetic anhydride", "substance_id": "AA", "status_1988_at_date": ""}


def a_draft(**columns: str) -> Draft:
    return one_draft(a_row(**{**ACETIC_ANHYDRIDE, **columns}))


def asked(draft: Draft) -> list[tuple[str, str]]:
    return [(one.field, one.code) for one in draft.questions if one.field != "quantity_value"]


def test_its_own_number_asks_nothing_and_stays_in_the_notes() -> None:
    draft = a_draft(cas="108-24-7")

    assert isinstance(draft.core, IncidentCore)
    assert [] == asked(draft)
    assert "CAS number as reported: 108-24-7" in draft.core.notes


def test_a_wrong_check_digit_is_refused() -> None:
    assert [("cas", "bad-cas")] == codes(a_row(**ACETIC_ANHYDRIDE, cas="108-24-8"))


def test_the_number_of_another_substance_is_a_question() -> None:
    assert [("cas", "cas-of-another")] == asked(a_draft(cas="67-64-1"))


def test_a_name_of_another_substance_is_a_question() -> None:
    assert [("substance_id", "substance-differs")] == asked(a_draft(substance_as_reported="acetone"))
    assert [("substance_id", "substance-differs")] == asked(a_draft(substance_as_reported="ацетон"))


@pytest.mark.parametrize("name", ["Acetic anhydride", "anhydride acétique", "醋酸酐", "something unheard of", ""])
def test_a_name_that_fits_or_is_not_known_is_none(name: str) -> None:
    assert [] == asked(a_draft(substance_as_reported=name))


def test_an_id_that_the_catalogue_does_not_have_is_a_question() -> None:
    assert [("substance_id", "unknown-substance")] == asked(a_draft(substance_id="AAX"))


@pytest.mark.parametrize(
    ("substance", "day", "status", "expected"),
    [
        ("PMKEG", "2022-06", "not_scheduled_then", []),
        ("PMKEG", "2022-06", "I", [("status_1988_at_date", "status-differs")]),
        ("PMKMG", "2022-06", "I", []),
        ("PMKMG", "2022-06", "not_scheduled", [("status_1988_at_date", "status-differs")]),
        ("KMNO4", "2000-09", "II", []),
        ("KMNO4", "2000-09", "I", [("status_1988_at_date", "status-differs")]),
        ("KMNO4", "2002-09", "II", [("status_1988_at_date", "status-differs")]),
        ("KMNO4", "", "date_unknown(now I)", []),
        ("ACE", "", "date_unknown(now I)", [("status_1988_at_date", "status-differs")]),
        ("ACE", "", "I", []),
    ],
)
def test_a_status_is_compared_as_of_the_day(
    substance: str, day: str, status: str, expected: list[tuple[str, str]]
) -> None:
    columns = {"substance_as_reported": "", "substance_id": substance, "date_incident": day, "date_precision": ""}

    assert expected == asked(a_draft(**columns, status_1988_at_date=status))
