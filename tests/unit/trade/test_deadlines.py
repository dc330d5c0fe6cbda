"""Last days worked out by hand over real calendars, and the words that go with them."""

from datetime import date
from typing import Any

import pytest

from broker.directory.entries import DeadlineUnit, Weekday
from broker.errors import NoCalendar
from broker.trade.calendars import check_calendar, day_off
from broker.trade.deadlines import answer_by, deadline, in_words, on_silence, working_days_between
from tests.support.trade import a_rule

DAYS, WORKING, BUSINESS = DeadlineUnit.DAYS, DeadlineUnit.WORKING_DAYS, DeadlineUnit.BUSINESS_DAYS

# Sent on (year, month, day), last day, why: worked out with a printed calendar.
BY_HAND: tuple[tuple[str, int, DeadlineUnit, dict[str, Any], tuple[int, int, int], tuple[int, int, int]], ...] = (
    # Thu 2, Tue 7, Wed 8, Thu 9, Fri 10 | 13–17 | 20–24: Good Friday and Easter Monday are off.
    ("NL over Easter", 15, WORKING, {}, (2026, 4, 1), (2026, 4, 24)),
    # Fri 24 | Mon 27 is King's Day | 28, 29, 30, Fri 1 May (no holiday in NL).
    ("NL over King's Day", 5, WORKING, {}, (2026, 4, 23), (2026, 5, 1)),
    # In 2025 the 27th was a Sunday, so King's Day was Saturday 26; 5 May, every fifth year, a day off.
    ("NL, King's Day on a Saturday", 1, BUSINESS, {}, (2025, 4, 25), (2025, 4, 28)),
    ("NL, Liberation Day of a fifth year", 1, BUSINESS, {}, (2025, 5, 2), (2025, 5, 6)),
    ("NL, Liberation Day of another year", 1, BUSINESS, {}, (2026, 5, 4), (2026, 5, 5)),
    # Thu 24 | Christmas Fri 25, Sat 26 | 28, 29, 30, 31 | New Year Fri 1.
    ("NL over the end of a year", 6, WORKING, {}, (2026, 12, 23), (2027, 1, 4)),
    # Corpus Christi, Thu 4 June 2026, is off in Bavaria and not in Berlin; Whit Monday, 25 May, in both.
    ("Bavaria over Corpus Christi", 10, WORKING, {"calendar": "DE", "subdivision": "BY"}, (2026, 5, 20), (2026, 6, 5)),
    ("Berlin on the same days", 10, WORKING, {"calendar": "DE", "subdivision": "BE"}, (2026, 5, 20), (2026, 6, 4)),
    ("Bavaria on Epiphany", 1, WORKING, {"calendar": "DE", "subdivision": "BY"}, (2026, 1, 5), (2026, 1, 7)),
    ("Berlin on Epiphany", 1, WORKING, {"calendar": "DE", "subdivision": "BE"}, (2026, 1, 5), (2026, 1, 6)),
    # Spring Festival 16–23 February 2026 off; Sat 14 and Sat 28 are worked instead: 13, 14, 24, 25, 26.
    ("China over the Spring Festival", 5, WORKING, {"calendar": "CN"}, (2026, 2, 12), (2026, 2, 26)),
    # Friday and Saturday off; New Year Sat 12 and Sun 13 September: 10, 14, 15, 16, 17.
    ("Israel over New Year", 5, BUSINESS, {"calendar": "IL"}, (2026, 9, 9), (2026, 9, 17)),
    # Friday and Saturday off: Thu 8 | Sun 11, 12, 13, 14.
    ("Saudi Arabia, an ordinary week", 5, WORKING, {"calendar": "SA"}, (2026, 1, 7), (2026, 1, 14)),
    # The Emirates' weekend was Friday and Saturday until the end of 2021, Saturday and Sunday after it.
    ("the Emirates change their weekend", 5, WORKING, {"calendar": "AE"}, (2021, 12, 28), (2022, 1, 5)),
    # Days of rest of the rule's own: Thursday and Friday; King's Day still off: 25, 26 | 28, 29 | 2 May.
    (
        "a weekend of its own", 5, WORKING, {"weekend": (Weekday.THURSDAY, Weekday.FRIDAY)},
        (2026, 4, 22), (2026, 5, 2),
    ),
    ("a holiday of its own", 1, WORKING, {"holidays": (date(2026, 6, 2),)}, (2026, 6, 1), (2026, 6, 3)),
    # Days are counted as they come, and may end on Easter Sunday; no calendar is asked.
    ("15 days", 15, DAYS, {}, (2026, 3, 21), (2026, 4, 5)),
    ("days over a leap day", 2, DAYS, {"calendar": "XX"}, (2028, 2, 28), (2028, 3, 1)),
)  # fmt: skip


@pytest.mark.parametrize(
    ("number", "unit", "changes", "sent", "last"), [row[1:] for row in BY_HAND], ids=[row[0] for row in BY_HAND]
)
def test_the_last_day_is_that_of_the_printed_calendar(
    number: int, unit: DeadlineUnit, changes: dict[str, Any], sent: tuple[int, int, int], last: tuple[int, int, int]
) -> None:
    assert date(*last) == answer_by(a_rule(number, unit, **changes), date(*sent))


def test_what_did_not_count_is_told_with_its_reason() -> None:
    found = deadline(a_rule(3), date(2026, 4, 1))
    assert [
        (date(2026, 4, 3), "Good Friday"),
        (date(2026, 4, 4), "saturday"),
        (date(2026, 4, 5), "Easter Sunday"),
        (date(2026, 4, 6), "Easter Monday"),
    ] == [(one.day, one.why) for one in found.days_off]


def test_names_of_holidays_do_not_depend_on_the_language_of_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LANGUAGE", "LANG", "LC_ALL"):
        monkeypatch.setenv(name, "nl_NL.UTF-8")
    found = day_off(a_rule(calendar="NL"), date(1999, 4, 5))  # a year that no other test asks for
    assert found is not None
    assert "Easter Monday" == found.why


@pytest.mark.parametrize(
    ("changes", "sent", "says"),
    [
        ({"calendar": "XX"}, date(2026, 1, 5), "no calendar of public holidays for 'XX'"),
        ({"calendar": "DE", "subdivision": "XX"}, date(2026, 1, 5), "no calendar for 'XX' in DE"),
        ({}, date(2100, 12, 30), "and not 2101"),
        ({}, date(1850, 1, 1), "and not 1850"),
    ],
)
def test_a_year_or_country_without_holidays_is_refused_and_not_taken_for_work(
    changes: dict[str, Any], sent: date, says: str
) -> None:
    with pytest.raises(NoCalendar) as caught:
        answer_by(a_rule(5, **changes), sent)
    assert says in str(caught.value)
    assert caught.value.hint


def test_the_end_of_time_is_no_overflow() -> None:
    with pytest.raises(NoCalendar):
        answer_by(a_rule(15, DAYS), date(9999, 12, 30))


def test_a_calendar_is_checked_by_country_and_part() -> None:
    check_calendar("DE", "BY")
    with pytest.raises(NoCalendar) as caught:
        check_calendar("NL", "BY")
    assert "Midden" in caught.value.hint


@pytest.mark.parametrize(("unit", "days"), [(WORKING, 5), (DAYS, 9)], ids=["working days skip Easter", "days do not"])
def test_working_days_between_two_days(unit: DeadlineUnit, days: int) -> None:
    assert days == working_days_between(a_rule(15, unit), date(2026, 4, 1), date(2026, 4, 10))


def test_no_days_lie_between_a_day_and_an_earlier_one() -> None:
    assert 0 == working_days_between(a_rule(), date(2026, 4, 10), date(2026, 4, 1))


def test_a_rule_is_said_in_words_with_its_law() -> None:
    rule = a_rule(5, BUSINESS, calendar="DE", subdivision="BY", weekend=(Weekday.SUNDAY,), holidays=(date(2026, 1, 2),))
    assert (
        "5 business days after the notification was sent, that day not counted, by the calendar of DE-BY, "
        "days of rest: sunday, and 1 more days off (Export Order)"
    ) == in_words(rule)
    assert "15 days after the notification was sent, that day not counted (Export Order)" == in_words(a_rule(15, DAYS))


def test_of_silence_only_the_law_speaks() -> None:
    assert "Export Order says: The exporter may proceed." == on_silence(a_rule(silence="The exporter may proceed."))
    unsaid = "The rule does not say what follows when no answer comes."
    assert (unsaid, unsaid) == (on_silence(a_rule()), on_silence(None))
