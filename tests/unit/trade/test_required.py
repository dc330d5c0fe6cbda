"""Article 12(10)(a), field by field."""

from typing import Any

import msgspec
import pytest

from broker.directory.entries import AgreedField
from broker.records.companies import TradeRole
from broker.records.notification import NotificationAct
from broker.records.quantity import Quantity, Unit
from broker.trade.required import missing_fields
from tests.support.trade import a_company, a_core, a_digest, a_substance, an_amount, companies


def test_a_whole_notification_lacks_nothing() -> None:
    assert () == missing_fields(a_core(), companies())


LACKING: tuple[tuple[dict[str, Any], str, str], ...] = (
    ({"substances": (), "quantities": (an_amount("1", substances=()),)}, "substances", "(ii)"),
    ({"substances": (a_substance(" "),)}, "substances[0].as_written", "(ii)"),
    ({"quantities": ()}, "quantities", "(iii)"),
    ({"quantities": (Quantity(as_written="much", unit=Unit.KG),)}, "quantities[0].value", "(iii)"),
    ({"quantities": (an_amount("1", Unit.NOT_STATED),)}, "quantities[0].unit", "(iii)"),
    ({"substances": (a_substance(), a_substance("acetone"))}, "quantities", "(iii)"),
    ({"points_of_entry": ()}, "points_of_entry", "(iv)"),
    ({"dispatch_from": None}, "dispatch_from", "(iv)"),
    ({"is_simplified": True}, "dispatch_to", "(iv)"),
)


@pytest.mark.parametrize(("changes", "field", "clause"), LACKING)
def test_what_the_core_lacks_is_named_with_its_clause(changes: dict[str, Any], field: str, clause: str) -> None:
    (found,) = missing_fields(a_core(**changes), companies())
    assert (field, "missing") == (found.field, found.code)
    assert f"article 12(10)(a){clause} of the 1988 Convention asks for it" in found.message


def test_without_companies_all_of_them_are_missing() -> None:
    fields = [one.field for one in missing_fields(a_core(), None)]
    assert [
        "trade.exporter.name", "trade.exporter.address", "trade.importer.name", "trade.importer.address",
        "trade.consignee.name",
    ] == fields  # fmt: skip


def test_a_consignee_needs_an_address_and_no_message_repeats_a_name() -> None:
    trade = companies(
        no_consignee_known=False,
        companies=(*companies().companies, a_company(TradeRole.CONSIGNEE, name="FICTITIOUS Secret", address="")),
    )
    (found,) = missing_fields(a_core(), trade)
    assert ("trade.consignee.address", False) == (found.field, "Secret" in found.message)


def test_that_no_consignee_is_known_has_to_be_said() -> None:
    (found,) = missing_fields(a_core(), companies(no_consignee_known=False))
    assert "or the statement that none is known" in found.message


def test_a_cancellation_needs_nothing_but_what_it_cancels() -> None:
    core = a_core(act=NotificationAct.CANCELS, notification=a_digest("pen"), substances=(), quantities=())
    assert () == missing_fields(core, None)
    assert ["notification"] == [
        one.field for one in missing_fields(msgspec.structs.replace(core, notification=None), None)
    ]


def test_an_amendment_says_everything_again() -> None:
    core = a_core(act=NotificationAct.AMENDS, notification=a_digest("pen"), dispatch_from=None)
    assert ["dispatch_from"] == [one.field for one in missing_fields(core, companies())]


@pytest.mark.parametrize(
    ("agreed", "field"),
    [
        (AgreedField.IMPORT_AUTHORIZATION, "import_authorization"),
        (AgreedField.EXPORT_AUTHORIZATION, "export_authorization"),
        (AgreedField.INTENDED_USE, "intended_use"),
        (AgreedField.POINT_OF_EXIT, "points_of_exit"),
        (AgreedField.TRANSIT_COUNTRIES, "transit_countries"),
        (AgreedField.END_USER, "trade.end-user.name"),
    ],
)
def test_what_was_agreed_is_asked_for_too(agreed: AgreedField, field: str) -> None:
    (found,) = missing_fields(a_core(), companies(), agreed=(agreed,))
    assert (field, True) == (found.field, "which BE asks for" in found.message)


def test_every_agreed_field_is_looked_at() -> None:
    every = tuple(one for one in AgreedField if one is not AgreedField.UNKNOWN)
    assert len(every) == len(missing_fields(a_core(), companies(), agreed=every))
