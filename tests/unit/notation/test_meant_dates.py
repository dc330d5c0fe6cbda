"""Dates of customs papers that no column takes: each is asked about, and none is taken for a day."""

import pytest

from broker.notation.dates import read_date
from broker.notation.meant_dates import meant_date
from broker.types.vocabulary import RecordKind
from producers.intake.rows import Row
from tests.support.intake import a_row, codes
from tests.support.rows_by_kind import changed, refusals


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("3.4.26", "is 2026-04-03 or 2026-03-04 or 2003-04-26 meant, or another century?"),
        ("24.01.18", "is 2018-01-24 or 2024-01-18 meant"),
        ("03-APR-26", "is 2026-04-03 or 2003-04-26 meant"),
        ("3 avr. 26", "is 2026-04-03 or 2003-04-26 meant"),
        ("٣/٤/٢٦", "is 2026-04-03 or 2026-03-04"),
        ("2026-W12", "is 2026-03-16/2026-03-22 meant, the week from Monday to Sunday"),
        ("2026-W12-3", "is 2026-03-18 meant"),
        ("KW 12/2026", "is 2026-03-16/2026-03-22 meant"),
        ("week 12 of 2026", "is 2026-03-16/2026-03-22 meant"),
        ("2569-03-01", "2569 may be a year of the Buddhist era, in Thailand 2026 of the common one"),
        ("1 มีนาคม 2569", "in Thailand 2026"),
        ("๑ มีนาคม ๒๕๖๙", "in Thailand 2026"),
        ("1404/12/10", "1404 may be a year of the Solar Hijri calendar, 2025/2026 of the common one"),
        ("12 رمضان 1447", "or of the lunar one, about 2025"),
        ("民国115年3月1日", "民国115 is the year 2026"),
        ("令和8年3月1日", "令和8 is the year 2026"),
        ("平成元年", "平成元 is the year 1989"),
    ],
)
def test_a_date_of_another_notation_is_a_question(text: str, expected: str) -> None:
    assert None is read_date(text)
    assert expected in meant_date(text)


@pytest.mark.parametrize(
    "text", ["", "yesterday", "2026-W54", "2026-W00", "week 12", "31.02.31", "10 kg", "1.2", "0018", "9" * 90]
)
def test_what_is_no_date_asks_nothing(text: str) -> None:
    assert "" == meant_date(text)


def test_a_date_that_can_be_read_is_asked_about_as_it_is_read() -> None:
    assert ["is 2018-01-24 meant?", "is 2020-04-03 or 2020-03-04 meant?", "is 2020-03 meant?"] == [
        meant_date(text) for text in ("24.01.2018", "03/04/2020", "März 2020")
    ]


@pytest.mark.parametrize("text", ["3.4.26", "2026-W12", "2569-03-01", "1404-12-10", "2569", "2569-01/2569-02"])
def test_no_such_date_is_taken_in_a_row(text: str) -> None:
    assert [("date_incident", "bad-date")] == codes(a_row(date_incident=text, date_precision=""))


@pytest.mark.parametrize("text", ["2569-03-01", "1404-12-10", "1.12.26"])
def test_no_such_day_is_taken_for_a_dispatch(text: str) -> None:
    kind = RecordKind.NOTIFICATION
    (problem,) = refusals(kind, Row(line=1, values=changed(kind, {"dispatch_from": text})))

    assert ("dispatch_from", "bad-date") == (problem.field, problem.code)
    assert meant_date(text) in problem.message
