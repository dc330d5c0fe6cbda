from decimal import Decimal

import pytest

from broker.notation.agreement import doubts_about, doubts_about_packages, other_amounts
from broker.notation.amounts import read_amounts
from broker.records.quantity import Quantity, Unit


def asked(value: str, unit: Unit, text: str, language: str = "en") -> list[str]:
    stated = Quantity(value=Decimal(value), unit=unit)
    return [doubt.code for doubt in doubts_about(stated, read_amounts(text, language))]


@pytest.mark.parametrize(
    ("value", "unit", "text", "codes"),
    [
        ("287", Unit.KG, "287 kg", []),
        ("287", Unit.KG, "", []),
        ("287", Unit.KG, "no amount", []),
        ("0.287", Unit.TONNE, "287 kg", []),
        ("6920", Unit.LITRE, "346 jerrycans of 20 litres", []),
        ("83390", Unit.KG, "83.390kgs", ["thousand-slip"]),
        ("22", Unit.KG, "22 tonnes", ["thousand-slip"]),
        ("22000", Unit.TONNE, "22 tonnes", ["thousand-slip"]),
        ("131", Unit.TONNE, "13,1 tonnes", ["amount-differs"]),
        ("5", Unit.LITRE, "5 kg", ["amount-differs"]),
        ("83.39", Unit.KG, "83.390kgs", ["amount-unsure"]),
        ("22", Unit.TONNE, "22 tons", ["unit-kind"]),
        ("55", Unit.SHORT_TON, "55 tons", ["unit-kind"]),
        ("17600", Unit.GALLON_US, "17 600 gallons", ["unit-kind"]),
        ("55", Unit.TON_UNSPECIFIED, "55 tons", []),
        ("1051", Unit.NOT_STATED, "1051", ["unit-missing"]),
        ("15", Unit.KG, "12 kg reported, 15 kg after investigation", ["several-amounts"]),
        ("8500", Unit.LITRE, "30 x 200 L; 50 x 50 L; 5 boxes", ["sum-of-parts"]),
    ],
)
def test_what_is_asked_about_an_amount(value: str, unit: Unit, text: str, codes: list[str]) -> None:
    assert codes == asked(value, unit, text)


@pytest.mark.parametrize(
    ("value", "packages", "codes"),
    [
        ("6920", "346 x 20 L", []),
        ("6.92", "346 x 20 L", ["thousand-slip"]),
        ("500", "346 x 20 L", ["packages-differ"]),
        ("7500", "30 x 200 L + 30 x 50 L", []),
        ("9000", "30 x 200 L; 12 drums", []),
        ("5000", "13 drums", []),
    ],
)
def test_what_is_asked_about_packages(value: str, packages: str, codes: list[str]) -> None:
    stated = Quantity(value=Decimal(value), unit=Unit.LITRE)

    assert codes == [doubt.code for doubt in doubts_about_packages(stated, read_amounts(packages, "en"))]


def test_parts_of_the_amount_and_packages_are_no_other_amounts() -> None:
    stated = Quantity(value=Decimal(7500), unit=Unit.LITRE)

    assert () == other_amounts(stated, read_amounts("30 x 200 L + 30 x 50 L, 12 boxes", "en"))


def test_the_same_amount_in_other_words_is_no_other_amount() -> None:
    stated = Quantity(value=Decimal(21), unit=Unit.TONNE)

    assert () == other_amounts(stated, read_amounts("21 toneladas / 21,000 kg", "es"))
    assert () == other_amounts(stated, read_amounts("21 tons", "en"))
