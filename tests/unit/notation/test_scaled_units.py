"""Units of reports that records do not have: read as the exact multiple, and asked about where a word means two."""

from decimal import Decimal

import pint
import pytest

from broker.notation.amounts import AmountReading, read_amounts
from broker.notation.certainty import Certainty
from broker.records.quantity import Unit
from tests.support.intake import a_row, one_draft


def one(text: str, language: str = "en") -> AmountReading:
    (reading,) = read_amounts(text, language)
    return reading


def said(text: str, language: str = "en") -> str:
    reading = one(text, language)
    return f"{reading.quantity.value:f} {reading.quantity.unit.value} {reading.certainty.value}"


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        ("2 m3", "en", "2000 LITRE CERTAIN"),
        ("2m³", "en", "2000 LITRE CERTAIN"),
        ("3 куб. м", "ru", "3000 LITRE CERTAIN"),
        ("5立方米", "zh", "5000 LITRE CERTAIN"),
        ("1,5 mètres cubes", "fr", "1500 LITRE CERTAIN"),
        ("10 cm3", "en", "10 MILLILITRE CERTAIN"),
        ("75 cl", "fr", "0.75 LITRE CERTAIN"),
        ("5 dl", "de", "0.5 LITRE CERTAIN"),
        ("20 x 2 hl", "en", "4000 LITRE CERTAIN"),
        ("3 metric q.", "en", "300 KG CERTAIN"),
        ("5 q", "fr", "500 KG LIKELY"),
        ("3 центнера", "ru", "300 KG CERTAIN"),
        ("25 TM", "es", "25 TONNE LIKELY"),
        ("2 short cwt", "en", "200 POUND CERTAIN"),
        ("2 long hundredweight", "en", "224 POUND CERTAIN"),
        ("10 troy ounces", "en", "311.034768 G CERTAIN"),
        ("3 US quarts", "en", "0.75 GALLON_US CERTAIN"),
        ("8 pints", "en", "1 GALLON_UNSPECIFIED CERTAIN"),
        ("500 μg", "en", "0.5 MG CERTAIN"),
        ("500 mcg", "en", "0.5 MG CERTAIN"),
        ("500微克", "zh", "0.5 MG CERTAIN"),
        ("300市斤", "zh", "150 KG CERTAIN"),
        ("5 台斤", "zh", "3 KG CERTAIN"),
        ("1 m3 5 l", "en", "1005 LITRE CERTAIN"),
        ("10 m 3 kg", "en", "3 KG CERTAIN"),
    ],
)
def test_a_multiple_is_read_in_the_unit_of_records(text: str, language: str, expected: str) -> None:
    assert expected == said(text, language)


@pytest.mark.parametrize(
    ("text", "language", "names"),
    [
        ("3 cwt", "en", ("112 lb", "100 lb")),
        ("12 stone", "en", ("14 lb",)),
        ("5 quintals", "en", ("100 kg", "46 kg")),
        ("5 quintales", "es", ("100 kg", "46 kg")),
        ("2 Zentner", "de", ("50 kg", "100 kg")),
        ("500斤", "zh", ("500 g", "600 g", "604.8 g")),
        ("5 catties", "en", ("500 g", "604.8 g")),
        ("5 maunds", "en", ("37.3242 kg", "40 kg")),
        ("10 tola", "en", ("11.6638038 g", "10 g")),
        ("10 viss", "en", ("1.632933 kg", "1.4 kg")),
        ("16 fl. oz.", "en", ("29.5735 mL", "28.4131 mL")),
        ("5 bbl", "en", ("42 US gallons",)),
        ("125 cc", "en", ("engine",)),
    ],
)
def test_a_word_that_means_two_units_is_never_sure(text: str, language: str, names: tuple[str, ...]) -> None:
    reading = one(text, language)

    assert Certainty.UNSURE is reading.certainty
    assert [name for name in names if name not in "; ".join(reading.notes)] == []


@pytest.mark.parametrize("text", ["3 cwt", "5 bbl", "12 stone", "5 quintales", "10 tola"])
def test_what_is_not_sure_fills_in_nothing_and_is_asked(text: str) -> None:
    blank = {"quantity_value": "", "quantity_unit": "", "quantity_qualifier": "", "packages": "", "source_lang": "en"}

    draft = one_draft(a_row(**blank, quantity_as_reported=text))

    assert [None] == [quantity.value for quantity in draft.core.quantities]  # type: ignore[union-attr]
    assert ["amount-unsure"] == [question.code for question in draft.questions]


def test_a_smaller_unit_behind_it_belongs_to_it() -> None:
    assert "172 POUND UNSURE" == said("12 stone 4 lb")
    assert "396 POUND UNSURE" == said("3 cwt 4 stone 4 lb")
    assert "250 KG UNSURE" == said("dos quintales y medio", "es")


@pytest.mark.parametrize("text", ["5000 DT", "5 q", "18 kt gold", "trois quarts de tonne"])
def test_a_word_that_means_something_else_is_no_unit(text: str) -> None:
    assert () == read_amounts(text, "en" if text == "5 q" else "fr")


@pytest.mark.parametrize("text", ["10 mg/ml", "10 kg/m3", "50 kg/bag", "5 t/year"])
def test_a_rate_is_not_the_whole(text: str) -> None:
    assert Certainty.UNSURE is one(text).certainty


def test_pieces_in_packages_are_counted_once_and_nested_ones_are_not_sure() -> None:
    blisters = one("30 blisters of 10 tablets")
    boxes, inner = read_amounts("50 boxes of 10 blisters of 10 tablets", "en")

    assert (Decimal(300), Unit.TABLET, 30) == (
        blisters.quantity.value, blisters.quantity.unit, blisters.quantity.packages[0].count,
    )  # fmt: skip
    assert (Unit.BOX, Certainty.UNSURE) == (boxes.quantity.unit, inner.certainty)


@pytest.mark.parametrize("word", ["cartons", "ctns", "sachets", "ampoules", "blisters", "strips", "pkts", "btls"])
def test_packages_without_a_unit_of_their_own_are_counted(word: str) -> None:
    (packages,) = one(f"20 {word}").quantity.packages

    assert (20, word) == (packages.count, packages.kind)


@pytest.mark.parametrize(
    ("text", "name", "unit"),
    [
        ("1 stone", "stone", "pound"),
        ("1 long cwt", "long_hundredweight", "pound"),
        ("1 short cwt", "US_hundredweight", "pound"),
        ("1 troy ounce", "troy_ounce", "gram"),
        ("1 US fl oz", "fluid_ounce", "milliliter"),
        ("1 imperial fl oz", "imperial_fluid_ounce", "milliliter"),
        ("1 US quart", "quart", "gallon"),
        ("1 US pint", "pint", "gallon"),
        ("1 hl", "hectoliter", "liter"),
        ("1 m³", "meter ** 3", "liter"),
        ("1 mcg", "microgram", "milligram"),
    ],
)
def test_factors_are_those_of_pint(text: str, name: str, unit: str) -> None:
    registry: pint.UnitRegistry[Decimal] = pint.UnitRegistry(non_int_type=Decimal)

    expected = registry.Quantity(Decimal(1), name).to(unit).magnitude

    assert expected.quantize(Decimal("0.000001")) == one(text).quantity.value


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        ("5．５ｋｇ", "zh", "5.5 KG CERTAIN"),
        ("５００ｋｇ", "zh", "500 KG CERTAIN"),
        ("५०० किग्रा", "hi", "500 KG CERTAIN"),
        ("৫,০০০ কেজি", "bn", "5000 KG CERTAIN"),
        ("๕๐๐ กิโลกรัม", "th", "500 KG CERTAIN"),
        ("๒๐๐ ลิตร", "th", "200 LITRE CERTAIN"),
        ("۵۰۰ کیلوگرم", "fa", "500 KG CERTAIN"),
        ("٥٫٥٠٠ كغ", "ar", "5.500 KG CERTAIN"),
        ("١٬٢٣٤٫٥ كغ", "ar", "1234.5 KG CERTAIN"),
    ],
)
def test_digits_and_separators_of_other_scripts_are_read(text: str, language: str, expected: str) -> None:
    assert expected == said(text, language)


@pytest.mark.parametrize(("text", "language"), [("５，０００ｋｇ", "zh"), ("٥،٠٠٠ كغ", "ar")])
def test_a_comma_of_lists_between_thousands_is_asked_about_and_never_makes_nothing(text: str, language: str) -> None:
    assert "5000 KG UNSURE" == said(text, language)
    assert "500 KG CERTAIN" == said("2018，500公斤", "zh")
