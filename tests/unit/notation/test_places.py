import pytest

from broker.notation.certainty import Certainty
from broker.notation.countries import codes, read_country
from broker.notation.locodes import read_locode
from producers.intake.countries import CODES


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("NL", "NL"),
        ("NLD", "NL"),
        ("Netherlands", "NL"),
        ("the Netherlands", "NL"),
        ("Nederland", "NL"),
        ("Pays-Bas", "NL"),
        ("Países Bajos", "NL"),
        ("Нидерланды", "NL"),
        ("هولندا", "NL"),
        ("荷兰", "NL"),
        ("MEXICO", "MX"),
        ("México", "MX"),
        ("Vietnam", "VN"),
        ("Burma", "MM"),
        ("Hong Kong", "HK"),
    ],
)
def test_a_name_or_code_is_a_country(text: str, code: str) -> None:
    reading = read_country(text)

    assert reading is not None
    assert (code, Certainty.CERTAIN, True) == (reading.code, reading.certainty, reading.is_country)


@pytest.mark.parametrize(
    "text", ["", "Africa", "Central Asia", "neighbouring State", "Netherlnds", "XX", "nl", "x" * 500]
)
def test_what_is_not_quite_a_name_is_none(text: str) -> None:
    assert read_country(text) is None


@pytest.mark.parametrize(
    ("text", "says"),
    [("EU", "union"), ("SU", "no more"), ("YU", "no more"), ("XK", "without official assignment")],
)
def test_codes_of_unions_and_of_countries_that_are_no_more_are_told_apart(text: str, says: str) -> None:
    reading = read_country(text)

    assert reading is not None
    assert (text, False) == (reading.code, reading.is_country)
    assert says in reading.notes[0]


def test_a_name_of_two_countries_is_neither() -> None:
    reading = read_country("Congo")

    assert reading is not None
    assert ("", Certainty.UNSURE, ("CD", "CG")) == (reading.code, reading.certainty, reading.candidates)


def test_a_usual_abbreviation_is_only_likely() -> None:
    reading = read_country("UK")

    assert reading is not None
    assert ("GB", Certainty.LIKELY) == (reading.code, reading.certainty)


def test_the_codes_are_those_that_intake_lists() -> None:
    assert CODES == codes()


@pytest.mark.parametrize(
    ("text", "country", "code"),
    [("NLRTM", "NL", "NLRTM"), ("NL RTM", "", "NLRTM"), ("CNSHA", "CN", "CNSHA")],
)
def test_reads_a_locode(text: str, country: str, code: str) -> None:
    assert code == read_locode(text, country)


@pytest.mark.parametrize(
    ("text", "country"),
    [("Rotterdam", "NL"), ("PARIS", "FR"), ("ITALY", "IT"), ("XXABC", ""), ("NLRT1", "NL"), ("", "NL")],
)
def test_a_name_is_no_locode(text: str, country: str) -> None:
    assert read_locode(text, country) is None
