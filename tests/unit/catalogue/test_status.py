"""Status as of a date: on the day before, of and after each change, and within what is not known exactly."""

from datetime import date, timedelta

import pytest

from broker.catalogue import Scheduled, Standing, StandingCertainty, shipped_catalogue, shipped_edition
from broker.catalogue.standing import NOTICE, days_on_which_it_changes, first_listed, standings_on
from broker.errors import UnknownSubstance
from broker.records.catalogue import CatalogueStatus
from broker.records.dates import DatePrecision

UN = "UN-1988"
ONE_DAY = timedelta(days=1)
ANNEX, VIENNA = date(1990, 11, 11), date(1992, 11, 23)
CERTAIN, UNVERIFIED, UNSURE = StandingCertainty.CERTAIN, StandingCertainty.UNVERIFIED, StandingCertainty.UNSURE

# Class and first day of each period, by hand from the list; a month or a year where no day is known.
HISTORY: dict[str, tuple[tuple[str, str], ...]] = {
    "AA": (("II", "1990-11-11"), ("I", "2001-12")),
    "KMNO4": (("II", "1992-11-23"), ("I", "2001-12")),
    "PAA": (("II", "1990-11-11"), ("I", "2011-01-17")),
    "NEPH": (("I", "2000"),),
    **dict.fromkeys(("EPH", "PSE", "ERGM", "ERGT", "LYSA", "P2P"), (("I", "1990-11-11"),)),
    **dict.fromkeys(("ACE", "ANTH", "ETH", "PPD"), (("II", "1990-11-11"),)),
    **dict.fromkeys(("NAA", "ISOS", "SAF", "PIP", "PMK"), (("I", "1992-11-23"),)),
    **dict.fromkeys(("HCL", "MEK", "H2SO4", "TOL"), (("II", "1992-11-23"),)),
    "APAAN": (("I", "2014-10-06"),),
    **dict.fromkeys(("ANPP", "NPP"), (("I", "2017-10-18"),)),
    **dict.fromkeys(("PMKGA", "PMKMG", "APAA"), (("I", "2019-11-19"),)),
    "MAPA": (("I", "2020-11-03"),),
    **dict.fromkeys(("4AP", "1B4AP", "NORF"), (("I", "2022-11-23"),)),
    **{f"PMK{one}": (("I", "2024-12-03"),) for one in ("EG", "PG", "IPG", "BG", "IBG", "SBG", "TBG")},
    **{f"BMK{one}": (("I", "2024-12-03"),) for one in ("GA", "MG", "EG", "PG", "IPG", "BG", "IBG", "SBG", "TBG")},
    **dict.fromkeys(("4PIP", "1B4P"), (("I", "2024-12-03"),)),
}


def un(key: str, day: date) -> tuple[Standing, ...]:
    return tuple(one for one in shipped_catalogue().status_on(key, day) if one.scheme == UN)


def span(text: str) -> tuple[date, date]:
    """Return the first day on which it may begin, and the first on which it surely has begun."""
    parts = [int(part) for part in text.split("-")]
    if len(parts) == 3:
        day = date(*parts)
        return day, day
    if len(parts) == 2:
        return date(parts[0], parts[1], 1), date(parts[0] + parts[1] // 12, parts[1] % 12 + 1, 1)
    return date(parts[0], 1, 1), date(parts[0] + 1, 1, 1)


def test_the_table_has_every_scheduled_substance() -> None:
    assert {one.substance for one in shipped_edition().statuses if one.scheme == UN} == set(HISTORY)
    assert 51 == len(HISTORY)


@pytest.mark.parametrize("key", HISTORY)
def test_status_on_the_day_before_of_and_after_each_change(key: str) -> None:
    before: str | None = None
    for class_name, text in HISTORY[key]:
        first, sure = span(text)
        assert [before] == [one.class_name for one in un(key, first - ONE_DAY)]
        assert [class_name] == [one.class_name for one in un(key, sure)]
        assert [class_name] == [one.class_name for one in un(key, sure + ONE_DAY)]
        if first < sure:
            possible = [class_name] if before is None else [before, class_name]
            for day in (first, sure - ONE_DAY):
                assert possible == [one.class_name for one in un(key, day)]
                assert {UNSURE} == {one.certainty for one in un(key, day)}
        before = class_name
    assert [before] == [one.class_name for one in un(key, date(2100, 1, 1))]


def test_nothing_changes_on_any_other_day() -> None:
    for key, history in HISTORY.items():
        days = days_on_which_it_changes([one for one in shipped_catalogue().statuses(key) if one.scheme == UN])
        assert {day for _, text in history for day in span(text)} == set(days)


@pytest.mark.parametrize(
    ("key", "day", "expected"),
    [
        ("PMKEG", date(2022, 5, 1), Scheduled.NO),
        ("PMKEG", date(2024, 12, 3), Scheduled.YES),
        ("4AP", date(2022, 11, 22), Scheduled.NO),
        ("4AP", date(2022, 11, 23), Scheduled.YES),
        ("NEPH", date(1999, 12, 31), Scheduled.NO),
        ("NEPH", date(2000, 6, 1), Scheduled.UNSURE),
        ("NEPH", date(2001, 1, 1), Scheduled.YES),
        ("KMNO4", date(2001, 12, 10), Scheduled.YES),  # in one Table or in the other
        ("W:Chloroform", date(2026, 1, 1), Scheduled.NO),
    ],
)
def test_whether_it_is_scheduled(key: str, day: date, expected: Scheduled) -> None:
    assert expected == shipped_catalogue().is_scheduled(key, day)


def test_an_unsure_answer_says_so() -> None:
    (found,) = un("NEPH", date(2000, 6, 1))

    assert "It is not known exactly since when: listed at some time in 2000. Only the year is known." == found.says


def test_a_day_that_nobody_verified_is_said_near_it_and_does_not_make_later_answers_unsure() -> None:
    first = date(2020, 11, 3)

    assert [UNVERIFIED, UNVERIFIED, CERTAIN] == [
        un("MAPA", day)[0].certainty for day in (first - ONE_DAY, first, date(2026, 1, 1))
    ]
    assert "The first day is not verified." in un("MAPA", first - ONE_DAY)[0].says


@pytest.mark.parametrize(
    ("key", "year"),
    [
        ("W:Diethyl (phenylacetyl)propanedioate", 2023),
        ("W:Isopropylidene (2-(3,4-methylenedioxyphenyl)acetyl)malonate", 2024),
    ],
)
def test_what_the_european_union_lists_is_known_by_its_year_and_is_in_no_table(key: str, year: int) -> None:
    catalogue = shipped_catalogue()

    assert Scheduled.NO == catalogue.is_scheduled(key, date(year, 7, 1))
    assert [Scheduled.NO, Scheduled.UNSURE, Scheduled.YES] == [
        catalogue.is_scheduled(key, date(one, 7, 1), "EU") for one in (year - 1, year, year + 1)
    ]


def test_since_when_something_is_on_the_watch_list_is_not_known() -> None:
    catalogue, issued = shipped_catalogue(), shipped_edition().issued_on

    assert Scheduled.UNSURE == catalogue.is_scheduled("W:Chloroform", issued - ONE_DAY, "watch-list")
    assert Scheduled.YES == catalogue.is_scheduled("W:Chloroform", issued, "watch-list")
    assert [None] == [one.starts_on for one in catalogue.status_on("W:Chloroform", issued) if one.scheme != UN]


def test_the_three_dates_of_a_decision_agree_where_all_are_known() -> None:
    (found,) = shipped_catalogue().statuses("APAAN")

    assert (date(2014, 3, 1), DatePrecision.MONTH) == (found.decided_on, found.decided_precision)
    assert found.notified_on is not None
    assert found.starts_on == found.notified_on + NOTICE


def test_first_listed_is_the_earliest_of_the_scheme() -> None:
    found = first_listed(shipped_catalogue().statuses("KMNO4"), UN)

    assert isinstance(found, CatalogueStatus)
    assert ("II", VIENNA) == (found.class_name, found.starts_on)
    assert first_listed(shipped_catalogue().statuses("W:Chloroform"), UN) is None


def test_a_period_that_ended_leaves_nothing() -> None:
    ended = CatalogueStatus(substance="X", scheme="XX", class_name="A", starts_on=ANNEX, ends_on=VIENNA)
    assert ["A", None] == [standings_on([ended], "XX", day)[0].class_name for day in (VIENNA - ONE_DAY, VIENNA)]


def test_an_identifier_that_is_none_is_refused() -> None:
    with pytest.raises(UnknownSubstance):
        shipped_catalogue().status_on("no such thing", VIENNA)
