"""A part of a number is never taken for the whole of it, and no text makes the reading of it fail."""

from decimal import Decimal

import pytest

from broker.notation.amounts import AmountReading, read_amounts
from broker.notation.certainty import Certainty
from broker.notation.scaled_units import times

_CHARACTERS = 10_000


def sure(text: str, language: str) -> list[AmountReading]:
    """Return the readings that would be filled in."""
    return [one for one in read_amounts(text, language) if one.certainty is not Certainty.UNSURE]


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("三五公斤", "zh"),
        ("二〇二五吨", "zh"),
        ("三百五公斤", "zh"),
        ("一万二公斤", "zh"),
        ("1万5公斤", "zh"),
        ("三点五公斤", "zh"),
        ("5升", "ja"),
        ("beş bin kilogram", "tr"),
        ("पाँच हज़ार किलो", "hi"),
        ("مئتي ألف كيلوغرام", "ar"),
        ("duecento venti kg", "it"),
        ("шестидесяти пяти килограммов", "ru"),
        ("dwieście pięć kg", "pl"),
        ("dvě stě pět kg", "cs"),
        ("zweihundert fünfzig Kilogramm", "de"),
        ("nonante-cinq kg", "fr"),
        ("one point five kg", "en"),
        ("5 juta tablet", "id"),
        ("৫ লাখ ট্যাবলেট", "bn"),
        ("minus 5 kg", "en"),
        ("5 ± 1 kg", "en"),
        ("5 +/- 1 kg", "en"),
        ("5 + 3 kg", "en"),
        ("5..10 kg", "en"),
        ("1_000 kg", "en"),
        ("1·5 kg", "en"),
        ("1 2345 kg", "en"),
        ("5,000 000 kg", "en"),
        ("5 10 kg", "en"),
        ("5, 10 and 15 kg", "en"),
        ("5 and 3/4 kg", "en"),
        ("10-5 kg", "en"),
        ("2x10x5 kg", "en"),
        ("12 x 100 tablets", "en"),
        ("5kg12", "en"),
        ("5 Mg", "en"),
        ("5 dl-ephedrine tablets", "en"),
        ("25 kg-bags", "en"),
        ("5 kg x 3", "en"),
        ("3、5吨", "zh"),
        ("1300余万片", "zh"),
        ("20 ft container", "en"),
        ("40 foot container", "en"),
        ("4th drum", "en"),
        ("5 m3/h", "en"),
        ("0.5 mg tablets", "en"),
        ("100 x 500 mg tablets", "en"),
        ("5 رطل", "ar"),
    ],
)
def test_what_may_be_a_part_of_another_number_is_never_filled_in(text: str, language: str) -> None:
    assert [] == sure(text, language)


@pytest.mark.parametrize(
    ("text", "language", "value"),
    [
        ("兩萬五千公斤", "zh", "25000"),
        ("5萬2千公斤", "zh", "52000"),
        ("貳拾伍公噸", "zh", "25"),
        ("一千零五公斤", "zh", "1005"),
        ("5 mln tabletek", "pl", "5000000"),
        ("2,5 milyon tablet", "tr", "2500000"),
        ("bin 200 litre", "tr", "1200"),
        ("5 oz t", "en", "155.517384"),
        ("5 troy lb", "en", "1866.208608"),
        ("CAS 67-64-1, 500 kg", "en", "500"),
        ("H2SO4 20 L", "en", "20"),
        ("in 2019, 5 kg", "en", "5"),
        ("between 5 and 10 kg", "en", "5"),
        ("2 lakh 50 thousand tablets", "en", "250000"),
    ],
)
def test_a_number_that_stands_whole_is_read(text: str, language: str, value: str) -> None:
    (reading,) = sure(text, language)

    assert Decimal(value) == reading.quantity.value


@pytest.mark.parametrize(
    ("text", "language", "units"),
    [
        ("10 boxes x 100 tablets x 5 mg", "en", ["TABLET"]),
        ("100 tablets 5 mg", "en", ["TABLET"]),
        ("500mg x 100 tablets", "en", []),
        ("4 drums @ 200 l", "en", ["DRUM"]),
        ("3 boxes with 12 bottles of 1 L", "en", ["BOX"]),
        ("10箱×20瓶×500毫升", "zh", ["BOX"]),
        ("5 kg 20 dag", "pl", ["KG", "G"]),
    ],
)
def test_what_each_piece_or_package_holds_is_not_the_whole(text: str, language: str, units: list[str]) -> None:
    assert units == [one.quantity.unit.value for one in sure(text, language)]


@pytest.mark.parametrize(
    "part",
    [
        "1 lakh ", "1 lakh 1 thousand lakh ", "2 crore 1 lakh ", "0m3 ", "0hl ", "1 hl 0 hl ", "9 hl 8 dl ",
        "1", "1,", "1.", "1 000 ", "1x", "1-", "1/", "(", "-", "+", "~", "one ", "two and ", "mil ", "vingt ", "一万",
        "三", "e\u0301\u0300", "\u0300", "\u202e5 kg\u202c ", "5 drums of ", "imperial fl ", "several ", "1/2 ", "a.b.",
        "100 tablets x ", "5k", "5m3", "5 \u200bkg ", "２，０００", "𝟝 kg ", "½", "㎏", "\u0000",
    ],
)  # fmt: skip
@pytest.mark.parametrize("language", ["en", "fr", "tr"])
def test_a_text_of_ten_thousand_characters_is_read_whatever_it_repeats(part: str, language: str) -> None:
    text = f"5 {part * _CHARACTERS}"[:_CHARACTERS]

    assert 50 >= len(read_amounts(text, language))


def test_a_product_is_exact_and_rounding_makes_nothing_of_no_amount() -> None:
    assert Decimal("9" * 32 + "000") == times(Decimal("9" * 32), Decimal(1000))
    assert Decimal("1.632933") == times(Decimal(1), Decimal("1.632932532"))
    assert Decimal("0.0000001") == times(Decimal("0.0001"), Decimal("0.001"))
    assert Decimal(0) == times(Decimal(0), Decimal("0.001"))
