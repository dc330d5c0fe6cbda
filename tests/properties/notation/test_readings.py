"""Laws of reading: it is total, what is written back reads the same, and comparing keeps the order."""

import string
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from broker.notation.amounts import read_amounts
from broker.notation.certainty import Certainty
from broker.notation.countries import read_country
from broker.notation.dates import read_date
from broker.notation.locodes import read_locode
from broker.notation.numerals import read_numeral
from broker.notation.packages import read_packages
from broker.notation.units import to_base
from broker.records.quantity import Quantity, Unit

LANGUAGES = st.sampled_from(["", "en", "es", "nl", "ru", "ar", "zh", "pt-BR", "xx"])
PIECES = st.sampled_from(
    (
        *("5", "1.160", "13,1", "107 000", "x", "×", " ", "kg", "tons", "and", "y media", "mil", "lakh", "half", "a"),
        *(
            "drums",
            "吨",
            "万",
            "三",
            "тонна",
            "двух",
            "/",
            "-",
            ".",
            "½",
            "1/2",
            "more than",
            "~",
            "(",
            "٣",
            "US",
            "gal",
        ),
        *("of", "each", "9" * 40, "million", "billion", "g", "x 20 L", "1,23,4", "kinds", "\u0301", "\ud800"),
    )
)
TEXTS = st.one_of(
    st.text(max_size=60), st.lists(PIECES, max_size=14).map(" ".join), st.lists(PIECES, max_size=14).map("".join)
)
NUMBERS = st.decimals(min_value=0, max_value=10**12, places=3, allow_nan=False, allow_infinity=False)
UNITS = st.sampled_from([unit for unit in Unit if to_base(Quantity(value=Decimal(1), unit=unit)) is not None])
WRITTEN = {Unit.KG: "kg", Unit.TONNE: "tonnes", Unit.LITRE: "litres", Unit.POUND: "lb", Unit.GALLON_US: "US gallons"}


@given(TEXTS, LANGUAGES)
def test_amounts_are_read_from_any_text(text: str, language: str) -> None:
    for reading in read_amounts(text, language):
        assert reading.quantity.as_written in text
        value = reading.quantity.value
        assert (value is None and reading.certainty is Certainty.UNSURE) or (value is not None and value >= 0)
        assert reading.certainty is Certainty.CERTAIN or reading.notes or value is not None
        assert not list(reading.quantity.broken_rules())


@given(TEXTS, LANGUAGES)
def test_packages_dates_and_places_are_read_from_any_text(text: str, language: str) -> None:
    packages = read_packages(text, language)
    read_date(text, language)
    read_country(text)
    read_locode(text)

    assert bool(text.strip()) == bool(packages)


@given(st.text(alphabet=string.digits + ".,' \u00a0\u2009", min_size=1, max_size=50), LANGUAGES)
def test_any_digits_and_separators_are_a_number_or_none(written: str, language: str) -> None:
    if written[0].isdigit() and written[-1].isdigit():
        numeral = read_numeral(written, language)
        digits = "".join(filter(str.isdigit, written))
        found = [str(one).replace(".", "").lstrip("0") for one in (numeral.value,) if one is not None]
        assert all(one == digits.lstrip("0") for one in found)


@given(NUMBERS, st.sampled_from(sorted(WRITTEN)))
def test_an_amount_written_back_reads_the_same(value: Decimal, unit: Unit) -> None:
    """In a notation without thousands, with a decimal point and never three decimals."""
    plain = value.quantize(Decimal("0.01"))
    (reading,) = read_amounts(f"{plain:f} {WRITTEN[unit]}", "en")

    assert (plain, unit, Certainty.CERTAIN) == (reading.quantity.value, reading.quantity.unit, reading.certainty)


@given(st.integers(min_value=1000, max_value=10**12))
def test_thousands_read_the_same_in_every_notation(value: int) -> None:
    english, apostrophe = f"{value:,}", f"{value:,}".replace(",", "'")
    narrow, indian = f"{value:,}".replace(",", "\u202f"), in_lakhs(value)

    for written, language in ((english, "en"), (apostrophe, "de"), (narrow, "fr"), (indian, "en")):
        assert [Decimal(value)] == [one.quantity.value for one in read_amounts(f"{written} kg", language)]


@given(NUMBERS, NUMBERS, UNITS)
def test_comparing_keeps_the_order(one: Decimal, other: Decimal, unit: Unit) -> None:
    low, high = sorted((one, other))
    smaller, larger = to_base(Quantity(value=low, unit=unit)), to_base(Quantity(value=high, unit=unit))

    assert smaller is not None
    assert larger is not None
    assert smaller.low <= smaller.high
    assert smaller.measure is larger.measure
    assert smaller.low <= larger.low
    assert smaller.high <= larger.high


@given(NUMBERS, NUMBERS, UNITS)
def test_both_ends_of_a_range_lie_in_it(one: Decimal, other: Decimal, unit: Unit) -> None:
    span = to_base(Quantity(value=one, upper=other, unit=unit))
    ends = [to_base(Quantity(value=end, unit=unit)) for end in (one, other)]

    assert span is not None
    assert all(end is not None and span.low <= end.low <= end.high <= span.high for end in ends)


def in_lakhs(value: int) -> str:
    """Return *value* with the separators of lakhs and crores: 12,34,567."""
    head, tail = str(value)[:-3], str(value)[-3:]
    pairs = [head[max(end - 2, 0) : end] for end in range(len(head), 0, -2)]
    return ",".join([*reversed(pairs), tail])
