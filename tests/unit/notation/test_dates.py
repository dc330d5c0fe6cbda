import pytest

from broker.notation.certainty import Certainty
from broker.notation.dates import read_date

A_DAY = "2020-03-12 2020-03-12 DAY"


def said(text: str, language: str = "") -> str:
    reading = read_date(text, language)
    return "" if reading is None else f"{reading.span.first} {reading.span.last} {reading.span.precision.value}"


@pytest.mark.parametrize(
    "text",
    [
        "2020-03-12",
        "12.03.2020",
        "12.3.2020",
        "12 March 2020",
        "March 12, 2020",
        "12th of March, 2020",
        "12 de marzo de 2020",
        "12 mars 2020",
        "12 марта 2020 г.",
        "12 марта 2020 года",
        "12 März 2020",
        "12 maart 2020",
        "12 de março de 2020",
        "2020年3月12日",
        "١٢ مارس ٢٠٢٠",
        "12. března 2020",
    ],
)
def test_reads_a_day_in_many_notations(text: str) -> None:
    assert A_DAY == said(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2020", "2020-01-01 2020-12-31 YEAR"),
        ("2020-02", "2020-02-01 2020-02-29 MONTH"),
        ("февраль 2020", "2020-02-01 2020-02-29 MONTH"),
        ("02/2020", "2020-02-01 2020-02-29 MONTH"),
        ("21. července 2013", "2013-07-21 2013-07-21 DAY"),
        ("21. června 2013", "2013-06-21 2013-06-21 DAY"),
        ("2015-11/2016-10", "2015-11-01 2016-10-31 RANGE"),
        ("12–15 March 2020", "2020-03-12 2020-03-15 RANGE"),
        ("from 12 March to 15 April 2020", "2020-03-12 2020-04-15 RANGE"),
        ("between 1 and 5 May 2020", "2020-05-01 2020-05-05 RANGE"),
        ("12.03.2020 - 15.03.2020", "2020-03-12 2020-03-15 RANGE"),
    ],
)
def test_is_no_more_exact_than_written(text: str, expected: str) -> None:
    assert expected == said(text)


@pytest.mark.parametrize(
    "text",
    ["", "yesterday", "27 March", "31.02.2018", "24.01.18", "2019-13", "1/2", "10 kg", "Friday", "0018", "9" * 90],
)
def test_what_is_no_whole_date_is_none(text: str) -> None:
    assert read_date(text) is None


def test_day_and_month_that_cannot_be_told_apart_are_both_told() -> None:
    reading = read_date("03/04/2020")
    american = read_date("03/04/2020", "en-US")

    assert reading is not None
    assert reading.other is not None
    assert american is not None
    assert (Certainty.UNSURE, "2020-04-03", "2020-03-04") == (
        reading.certainty,
        str(reading.span.first),
        str(reading.other.first),
    )
    assert (Certainty.UNSURE, reading.other) == (american.certainty, american.span)


@pytest.mark.parametrize(
    ("text", "day"), [("13/04/2020", "2020-04-13"), ("04/13/2020", "2020-04-13"), ("04/04/2020", "2020-04-04")]
)
def test_a_day_after_the_twelfth_tells_them_apart(text: str, day: str) -> None:
    reading = read_date(text)

    assert reading is not None
    assert (Certainty.CERTAIN, day) == (reading.certainty, str(reading.span.first))


def test_more_words_than_two_dates_have_are_no_date() -> None:
    assert "2020-03-12 2020-04-15 RANGE" == said("from the 12th of March, 2020 until the 15th of April, 2020")
    assert "" == said(f"12 March 2020 {', ' * 20}to 15 April 2020")
