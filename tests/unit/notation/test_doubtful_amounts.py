"""What looks like an amount and is another one, or a part of one, is never read as certain."""

from decimal import Decimal

import pytest

from broker.notation.amounts import read_amounts
from broker.notation.certainty import Certainty
from broker.records.quantity import Unit


@pytest.mark.parametrize(
    ("text", "language", "value", "unit"),
    [
        ("2.5m tablets", "en", "2500000", Unit.TABLET),
        ("10k tablets", "en", "10000", Unit.TABLET),
        ("5k litres", "en", "5000", Unit.LITRE),
        ("20x25kg bags", "en", "500", Unit.KG),
        ("24 bottles x 2.5 L", "en", "60.0", Unit.LITRE),
        ("two dozen barrels", "en", "24", Unit.BARREL),
        ("ein Dutzend Fässer", "de", "12", Unit.DRUM),
        ("20 dozen", "nl", "20", Unit.BOX),
        ("2 lakh 50 thousand tablets", "en", "250000", Unit.TABLET),
        ("1 millón 200 mil pastillas", "es", "1200000", Unit.TABLET),
        ("un millón 200 mil pastillas", "es", "1200000", Unit.TABLET),
        ("quince mil 800 litros", "es", "15800", Unit.LITRE),
        ("veintitrés kilos", "es", "23", Unit.KG),
        ("cento e vinte quilos", "pt", "120", Unit.KG),
        ("quatre-vingts litres", "fr", "80", Unit.LITRE),
        ("quatre-vingt-dix-sept kilos", "fr", "97", Unit.KG),
        ("soixante-quinze kilos", "fr", "75", Unit.KG),
        ("eine halbe Tonne", "de", "0.5", Unit.TONNE),
        ("twee en een halve ton", "nl", "2.5", Unit.TONNE),
        ("две с половиной тонны", "ru", "2.5", Unit.TONNE),
        ("due tonnellate e mezza", "it", "2.5", Unit.TONNE),
        ("三吨半", "zh", "3.5", Unit.TONNE),
        ("3 ملايين حبة", "ar", "3000000", Unit.TABLET),
        ("bin 200 litre", "tr", "1200", Unit.LITRE),
    ],
)
def test_reads_a_notation_that_was_misread(text: str, language: str, value: str, unit: Unit) -> None:
    (reading,) = read_amounts(text, language)

    assert (Decimal(value), unit) == (reading.quantity.value, reading.quantity.unit)


@pytest.mark.parametrize(
    ("text", "language"),
    [
        (".5 kg", "en"),
        (",5 kg", "es"),
        ("10/20 kg", "en"),
        ("1/3 tonne", "en"),
        ("10^3 kg", "en"),
        ("55-gallon drums", "en"),
        ("80 drums each weighing 25 kg", "en"),
        ("4 drums (200 litres each)", "en"),
        ("20 bidones con 60 litros cada uno", "es"),
        ("10桶,每桶200升", "zh"),
        ("worth 5,000 pounds", "en"),
        ("в 2024 г. изъято", "ru"),
        ("3 kg 200", "fr"),
        ("2 kilos 300", "es"),
    ],
)
def test_an_amount_that_may_be_another_one_is_unsure_and_says_why(text: str, language: str) -> None:
    *_, reading = read_amounts(text, language)

    assert Certainty.UNSURE is reading.certainty
    assert reading.notes


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("several hundred kilos", "en"),
        ("数十吨", "zh"),
        ("几十公斤", "zh"),
        ("несколько сто килограммов", "ru"),
    ],
)
def test_how_many_is_not_guessed_where_it_is_not_told(text: str, language: str) -> None:
    (reading,) = read_amounts(text, language)

    assert (None, Certainty.UNSURE) == (reading.quantity.value, reading.certainty)
    assert "how many is not told" in reading.notes


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("dozens of barrels", "en"),
        ("millions of tablets", "en"),
        ("тысячи литров", "ru"),
        ("docenas de bidones", "es"),
        ("200-литровая бочка", "ru"),
        ("5m containers", "en"),
    ],
)
def test_what_tells_no_number_is_no_certain_amount(text: str, language: str) -> None:
    assert [] == [one for one in read_amounts(text, language) if one.certainty is Certainty.CERTAIN]


@pytest.mark.parametrize(("text", "language"), [("3 Pfund", "de"), ("3 livres", "fr"), ("3 libras", "es")])
def test_a_pound_that_may_be_half_a_kilogram_is_not_certain(text: str, language: str) -> None:
    (reading,) = read_amounts(text, language)

    assert Certainty.LIKELY is reading.certainty
    assert reading.notes
