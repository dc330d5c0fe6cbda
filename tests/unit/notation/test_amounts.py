from decimal import Decimal

import pytest

from broker.notation.amounts import MAX_READINGS, AmountReading, read_amounts
from broker.notation.certainty import Certainty
from broker.records.quantity import Qualifier, QuantityBasis, Unit

CERTAIN, LIKELY, UNSURE = Certainty.CERTAIN, Certainty.LIKELY, Certainty.UNSURE


def told(text: str, language: str = "") -> list[tuple[str, str]]:
    return [(f"{one.quantity.value:f}", one.quantity.unit.value) for one in read_amounts(text, language)]


def only(text: str, language: str = "") -> AmountReading:
    (reading,) = read_amounts(text, language)
    return reading


@pytest.mark.parametrize(
    ("text", "language", "value", "unit", "certainty"),
    [
        ("287 kg", "en", "287", "KG", CERTAIN),
        ("11kg", "en", "11", "KG", CERTAIN),
        ("500 Kg", "pt", "500", "KG", CERTAIN),
        ("13,1 tons", "en", "13.1", "TON_UNSPECIFIED", CERTAIN),
        ("4,5 Tonnen", "de", "4.5", "TONNE", CERTAIN),
        ("194,9 toneladas de dos sustancias", "es", "194.9", "TONNE", CERTAIN),
        ("83.390kgs", "en", "83.390", "KG", UNSURE),
        ("6.337 kilo", "nl", "6337", "KG", LIKELY),
        ("1.160 tambos", "es", "1160", "DRUM", CERTAIN),
        ("2.500 galones", "es", "2500", "GALLON_UNSPECIFIED", LIKELY),
        ("5,204 kilos", "es", "5204", "KG", LIKELY),
        ("15,800 kilograms", "en", "15800", "KG", CERTAIN),
        ("107 000 litres", "en", "107000", "LITRE", CERTAIN),
        ("5 500 kg", "en", "5500", "KG", LIKELY),
        ("5\u202f500 kg", "fr", "5500", "KG", CERTAIN),
        ("5\u2009500 kg", "fr", "5500", "KG", CERTAIN),
        ("1'250 kg", "de", "1250", "KG", CERTAIN),
        ("12,34,567 kg", "en", "1234567", "KG", CERTAIN),
        ("1.133,5 kg", "", "1133.5", "KG", CERTAIN),
        ("6 mil 602 litros", "es", "6602", "LITRE", CERTAIN),
        ("17 mil 600 galones", "es", "17600", "GALLON_UNSPECIFIED", CERTAIN),
        ("25 mil litros", "pt", "25000", "LITRE", CERTAIN),
        ("60 lakh capsules", "en", "6000000", "CAPSULE", CERTAIN),
        ("1.5 crore tablets", "en", "15000000", "TABLET", CERTAIN),
        ("3.3 million tablets", "en", "3300000", "TABLET", CERTAIN),
        ("2,5 тыс. литров", "ru", "2500", "LITRE", CERTAIN),
        ("dos toneladas y media", "es", "2.5", "TONNE", CERTAIN),
        ("two and a half tonnes", "en", "2.5", "TONNE", CERTAIN),
        ("half a tonne", "en", "0.5", "TONNE", CERTAIN),
        ("1 1/2 tonnes", "en", "1.5", "TONNE", CERTAIN),
        ("2½ tonnes", "en", "2.5", "TONNE", CERTAIN),
        ("тонна", "ru", "1", "TONNE", LIKELY),
        ("свыше двух тонн", "ru", "2", "TONNE", CERTAIN),
        ("two kilograms", "en", "2", "KG", CERTAIN),
        ("two hundred and fifty kilos", "en", "250", "KG", CERTAIN),
        ("2 тонны 708 кг", "ru", "2708", "KG", CERTAIN),
        ("16 tons and 150 kilos", "en", "16150", "KG", LIKELY),
        ("72.8吨", "zh", "72.8", "TONNE", CERTAIN),
        ("233起", "zh", "233", "COUNT", CERTAIN),
        ("二十五吨", "zh", "25", "TONNE", CERTAIN),
        ("500公斤", "zh", "500", "KG", CERTAIN),
        ("1万片", "zh", "10000", "TABLET", CERTAIN),
        ("نحو ٥٠٠ كغ", "ar", "500", "KG", CERTAIN),
        ("٢٥٫٥ كيلوغرام", "ar", "25.5", "KG", CERTAIN),
        ("14.4. mt", "en", "14.4", "TONNE", LIKELY),
        ("21 metric tons", "en", "21", "TONNE", CERTAIN),
        ("55 short tons", "en", "55", "SHORT_TON", CERTAIN),
        ("55 tons", "en", "55", "TON_UNSPECIFIED", CERTAIN),
        ("25 ton", "nl", "25", "TONNE", LIKELY),
        ("5 US gallons", "en", "5", "GALLON_US", CERTAIN),
        ("5 U.S. gal", "en", "5", "GALLON_US", CERTAIN),
        ("5 imperial gallons", "en", "5", "GALLON_IMPERIAL", CERTAIN),
        ("5 gal", "en", "5", "GALLON_UNSPECIFIED", CERTAIN),
        ("150 boxes", "en", "150", "BOX", CERTAIN),
        ("five shipments", "en", "5", "SHIPMENT", CERTAIN),
        ("277 tonéis", "pt", "277", "DRUM", CERTAIN),
        ("346 x 20 L", "en", "6920", "LITRE", CERTAIN),
        ("128 bidones de 20 litros", "es", "2560", "LITRE", CERTAIN),
        ("two 45 kg barrels", "en", "90", "KG", CERTAIN),
        ("one 25-kg drum", "en", "25", "KG", CERTAIN),
        ("5 x 1000-litre containers", "en", "5000", "LITRE", CERTAIN),
        ("-5 kg", "en", "5", "KG", UNSURE),
        ("1051", "fr", "1051", "NOT_STATED", UNSURE),
        ("1051 (unit missing)", "fr", "1051", "NOT_STATED", UNSURE),
    ],
)
def test_reads_a_notation(text: str, language: str, value: str, unit: str, certainty: Certainty) -> None:
    reading = only(text, language)

    assert (Decimal(value), unit, certainty) == (reading.quantity.value, reading.quantity.unit.value, reading.certainty)


@pytest.mark.parametrize(
    ("text", "language", "qualifier"),
    [
        ("5 kg", "en", Qualifier.EXACT),
        ("about 5 tons", "en", Qualifier.ABOUT),
        ("around 5 500 kg", "en", Qualifier.ABOUT),
        ("approximately five kilograms", "en", Qualifier.ABOUT),
        ("quelque 2380 kilogrammes", "fr", Qualifier.ABOUT),
        ("aproximadamente 25 mil litros", "pt", Qualifier.ABOUT),
        ("около 5 тонн", "ru", Qualifier.ABOUT),
        ("约3吨", "zh", Qualifier.ABOUT),
        ("3吨左右", "zh", Qualifier.ABOUT),
        ("almost 44,000 kilograms", "en", Qualifier.ALMOST),
        ("nearly four tonnes", "en", Qualifier.ALMOST),
        ("почти 12 тонн", "ru", Qualifier.ALMOST),
        ("more than 13,1 tons", "en", Qualifier.MORE_THAN),
        ("over 80,000 liters", "en", Qualifier.MORE_THAN),
        ("ruim 1.000 kilo", "nl", Qualifier.MORE_THAN),
        ("más de 88 toneladas", "es", Qualifier.MORE_THAN),
        ("свыше 100 литров", "ru", Qualifier.MORE_THAN),
        ("less than 5 kg", "en", Qualifier.LESS_THAN),
        ("at least 5 kg", "en", Qualifier.AT_LEAST),
        ("5 kg or more", "en", Qualifier.AT_LEAST),
        ("up to 5 kg", "en", Qualifier.AT_MOST),
        ("jusqu'à 5 kg", "fr", Qualifier.AT_MOST),
    ],
)
def test_reads_how_an_amount_is_meant(text: str, language: str, qualifier: Qualifier) -> None:
    reading = only(text, language)

    assert qualifier is reading.quantity.qualifier
    assert text == reading.quantity.as_written


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("5-10 kg", "en"),
        ("5 – 10 kg", "en"),
        ("5 to 10 kg", "en"),
        ("between 5 and 10 kg", "en"),
        ("5 kg to 10 kg", "en"),
        ("de 5 a 10 kg", "es"),
        ("от 5 до 10 кг", "ru"),
        ("5至10公斤", "zh"),
    ],
)
def test_reads_a_range(text: str, language: str) -> None:
    quantity = only(text, language).quantity

    assert (Decimal(5), Decimal(10), Unit.KG, Qualifier.RANGE) == (
        quantity.value,
        quantity.upper,
        quantity.unit,
        quantity.qualifier,
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "50,000 kilograms / more than 110,000 pounds / 55 tons",
            [("50000", "KG"), ("110000", "POUND"), ("55", "TON_UNSPECIFIED")],
        ),
        ("nearly 40,000 lbs (18,000 kg)", [("40000", "POUND"), ("18000", "KG")]),
        ("99,7 toneladas ('100 toneladas' elsewhere)", [("99.7", "TONNE"), ("100", "TONNE")]),
        ("title '320 toneladas', text '320 tonéis'", [("320", "TONNE"), ("320", "DRUM")]),
        ("12 kilograms reported, 15 kilograms after investigation", [("12", "KG"), ("15", "KG")]),
        ("776,000 tablets weighing 174 kilograms", [("776000", "TABLET"), ("174", "KG")]),
        ("622 kg (zero in 2014)", [("622", "KG")]),
        ("3556吨 (+27%)", [("3556", "TONNE")]),
    ],
)
def test_every_amount_of_a_text_is_a_reading(text: str, expected: list[tuple[str, str]]) -> None:
    assert expected == told(text, "en" if "kilo" in text else "es")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "no amount",
        "unknown",
        "tons",
        "tonnes",
        "on 2018-01-31",
        "five package kinds",
        "$5 million",
        "Fenil1 kg x",
        "kg",
    ],
)
def test_a_text_without_an_amount_gives_none(text: str) -> None:
    assert () == read_amounts(text, "en")


def test_digits_that_no_rule_makes_a_number_of_are_not_lost() -> None:
    reading = only("1,23,4 kg")

    assert (None, UNSURE) == (reading.quantity.value, reading.certainty)
    assert "1,23,4 kg" == reading.quantity.as_written
    assert reading.notes


def test_the_other_value_is_told_where_thousands_and_decimals_cannot_be_told_apart() -> None:
    reading = only("83.390kgs", "en")

    assert Decimal(83390) == reading.other
    assert "83390" in reading.notes[0]


def test_a_count_times_a_size_keeps_both() -> None:
    (packages,) = only("346 jerrycans of 20 litres", "en").quantity.packages

    assert (346, "jerrycans", "20 litres") == (packages.count, packages.kind, packages.size)


def test_what_pieces_hold_is_not_worked_out() -> None:
    reading = only("1 200 tablet x 120 mg", "cs")

    assert (Decimal(1200), Unit.TABLET) == (reading.quantity.value, reading.quantity.unit)
    assert "each 120 mg; what they hold in all is not worked out" in reading.notes


def test_gross_and_net_are_read() -> None:
    assert QuantityBasis.GROSS is only("3 tonnes gross", "en").quantity.basis
    assert QuantityBasis.NET is only("peso neto 3 toneladas", "es").quantity.basis


def test_a_table_in_a_cell_is_read_up_to_a_bound() -> None:
    assert MAX_READINGS == len(read_amounts("5 kg; " * 600))


@pytest.mark.parametrize("text", ["1" * 4000, "1 " * 2000, "1x" * 2000, "one " * 1000, "1-" * 2000, "y media " * 500])
def test_hostile_texts_are_read_in_no_time(text: str) -> None:
    read_amounts(text * 3)
