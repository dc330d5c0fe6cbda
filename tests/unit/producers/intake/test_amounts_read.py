"""What is read from the text of an amount, beside or in place of what its columns say."""

from decimal import Decimal

import pytest

from broker.records.incident import IncidentCore
from broker.records.quantity import Qualifier, Quantity, Unit
from producers.draft import Draft
from tests.support.intake import a_row, one_draft

BLANK = {"quantity_value": "", "quantity_unit": "", "quantity_qualifier": "", "packages": "", "source_lang": "en"}


def a_draft(text: str, **columns: str) -> Draft:
    return one_draft(a_row(**{**BLANK, "quantity_as_reported": text, **columns}))


def amounts(draft: Draft) -> tuple[Quantity, ...]:
    assert isinstance(draft.core, IncidentCore)
    return draft.core.quantities


def asked(draft: Draft) -> list[tuple[str, str]]:
    return [(one.field, one.code) for one in draft.questions]


def test_a_missing_number_is_read_from_the_text_and_that_is_said() -> None:
    draft = a_draft("more than 13,1 metric tons")
    (quantity,) = amounts(draft)

    assert (Decimal("13.1"), Unit.TONNE, Qualifier.MORE_THAN) == (quantity.value, quantity.unit, quantity.qualifier)
    assert "more than 13,1 metric tons" == quantity.as_written
    assert [("quantity_value", "read-from-text")] == asked(draft)
    assert "13.1 tonne is read from the text" in draft.questions[0].message


@pytest.mark.parametrize(
    ("text", "columns", "code"),
    [
        ("83.390kgs", {}, "amount-unsure"),
        ("1051", {}, "amount-unsure"),
        ("12 kg reported, 15 kg after investigation", {}, "several-amounts"),
        ("5 tonnes / 5000 litres", {}, "several-amounts"),
        ("5 kg", {"quantity_unit": "L"}, "amount-unsure"),
    ],
)
def test_what_is_not_sure_is_not_filled_in_and_is_asked(text: str, columns: dict[str, str], code: str) -> None:
    draft = a_draft(text, **columns)

    assert amounts(draft)[0].value is None
    assert text == amounts(draft)[0].as_written
    assert [("quantity_value", code)] == asked(draft)


def test_a_text_without_an_amount_asks_nothing() -> None:
    draft = a_draft("an unknown amount")

    assert None is amounts(draft)[0].value
    assert [] == asked(draft)


def test_an_entered_number_is_never_changed() -> None:
    draft = a_draft("83.390kgs", quantity_value="83390", quantity_unit="kg", quantity_qualifier="exact")

    assert Decimal(83390) == amounts(draft)[0].value
    assert [("quantity_value", "thousand-slip")] == asked(draft)


def test_amounts_that_differ_are_both_kept() -> None:
    draft = a_draft("131 kg", quantity_value="13.1", quantity_unit="kg")

    assert [Decimal("13.1"), Decimal(131)] == [one.value for one in amounts(draft)]
    assert [("quantity_value", "amount-differs")] == asked(draft)


def test_packages_that_hold_a_thousand_times_as_much_are_asked_about() -> None:
    draft = a_draft("", quantity_value="6.92", quantity_unit="L", packages="346 x 20 L")

    assert [("quantity_value", "thousand-slip")] == asked(draft)


def test_a_density_is_offered_as_advice_and_changes_nothing() -> None:
    columns = {"quantity_value": "5000", "quantity_unit": "L", "substance_id": "AA"}
    draft = a_draft("5 tonnes / 5000 liters", **columns, substance_as_reported="acetic anhydride")

    assert [Unit.LITRE, Unit.TONNE] == [one.unit for one in amounts(draft)]
    assert "advice, not part of the report: 5000 L of acetic anhydride" in draft.questions[0].message


def test_a_number_longer_than_a_column_may_have_stays_in_the_text() -> None:
    draft = a_draft(f"{'9' * 30} million kg")

    assert (None,) == tuple(one.value for one in amounts(draft))
