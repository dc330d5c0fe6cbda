"""An authority may ask after so many different numbers and names in a day; trying out numbers ends there."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from broker.cases.terms import TermKind
from broker.errors import TooManyQuestions
from broker.types.names import Originator
from broker.types.vocabulary import Purpose
from tests.cli.commands import run
from tests.cli.test_case import CONTAINER, a_report, case, match, publish, receive
from tests.scenarios.cases.test_keeping import searching
from tocsin.casework import queries
from tocsin.casework.matching import Question
from tocsin.casework.matching import match as match_at

CUSTOMS, POLICE = Originator("NL/customs"), Originator("NL/police")
NOW = datetime.now(UTC).replace(second=0, microsecond=0) + timedelta(hours=6)
"""When everybody takes part already, however long ago the tests were collected."""


@pytest.fixture(autouse=True)
def _two_a_day(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queries, "MAX_MATCH_QUESTIONS", 2)


def ask(federation: Path, container: str, *, at: datetime, by: Originator = CUSTOMS) -> int:
    question = Question(kind=TermKind.CONTAINER, written=container, purpose=Purpose.INVESTIGATION)
    with searching(federation, "NL", at=at) as (node, search):
        return len(match_at(node, search, by, question).hits)


def test_the_next_number_is_not_answered_and_its_error_says_until_when(federation: Path, tmp_path: Path) -> None:
    publish(federation, tmp_path / "a.csv", a_report("NL-1"))
    for number in ("TOCU 000001", "TOCU 000002", "TOCU 000002"):
        match(federation, "--container", number)

    refused = run(
        *("case", "match", "--container", CONTAINER, "--purpose", "investigation", "--as", "NL/customs", "--json"),
        folder=federation,
    )

    assert 4 == refused.code
    assert "NL-1" not in refused.out + refused.err, "nothing is said of what it stands in"
    assert "2 different numbers and names within 24 hours" in refused.err
    assert "tocsin request new --type match" in refused.err
    assert 3 == len(case(federation, "queries")), "what was not answered is no question on record"


def test_what_was_asked_before_may_be_asked_again(federation: Path) -> None:
    receive(federation, "NL/customs")
    for number in ("TOCU 000001", "TOCU 000002", "tocu000001"):
        assert 0 == ask(federation, number, at=NOW)


def test_another_authority_has_its_own_number(federation: Path) -> None:
    receive(federation, "NL/customs")
    for number in ("TOCU 000001", "TOCU 000002"):
        ask(federation, number, at=NOW)

    assert 0 == ask(federation, "TOCU 000003", at=NOW, by=POLICE)


def test_a_day_is_24_hours_and_not_until_midnight(federation: Path) -> None:
    receive(federation, "NL/customs")
    ask(federation, "TOCU 000001", at=NOW)
    ask(federation, "TOCU 000002", at=NOW + timedelta(hours=1))
    for hours in (1, 3, 23):
        with pytest.raises(TooManyQuestions, match=f"{NOW + timedelta(hours=24):%Y-%m-%d %H:%M} UTC"):
            ask(federation, "TOCU 000003", at=NOW + timedelta(hours=hours))

    assert 0 == ask(federation, "TOCU 000003", at=NOW + timedelta(hours=24))
    with pytest.raises(TooManyQuestions, match=f"{NOW + timedelta(hours=25):%Y-%m-%d %H:%M} UTC"):
        ask(federation, "TOCU 000004", at=NOW + timedelta(hours=24))


def test_from_when_on_it_may_ask_again_is_never_said_too_early(federation: Path) -> None:
    receive(federation, "NL/customs")
    for number in ("TOCU 000001", "TOCU 000002"):
        ask(federation, number, at=NOW + timedelta(seconds=45))

    with pytest.raises(TooManyQuestions, match=f"{NOW + timedelta(hours=24, minutes=1):%Y-%m-%d %H:%M} UTC"):
        ask(federation, "TOCU 000003", at=NOW + timedelta(hours=24, seconds=10))
    assert 0 == ask(federation, "TOCU 000003", at=NOW + timedelta(hours=24, minutes=1))


def test_a_clock_that_once_ran_a_year_ahead_keeps_no_desk_from_asking_until_then(federation: Path) -> None:
    receive(federation, "NL/customs")
    for number in ("TOCU 000001", "TOCU 000002"):
        ask(federation, number, at=NOW + timedelta(days=365))

    assert 0 == ask(federation, "TOCU 000003", at=NOW)


def test_a_clock_that_is_put_back_by_an_hour_lets_nobody_ask_more(federation: Path) -> None:
    receive(federation, "NL/customs")
    for number in ("TOCU 000001", "TOCU 000002"):
        ask(federation, number, at=NOW + timedelta(hours=1))

    with pytest.raises(TooManyQuestions, match=f"{NOW + timedelta(hours=25):%Y-%m-%d %H:%M} UTC"):
        ask(federation, "TOCU 000003", at=NOW)


def test_whoever_looks_over_it_sees_how_much_each_person_asked_on_a_day() -> None:
    evening = datetime(2026, 11, 3, 23, 59, tzinfo=UTC)
    later = evening + timedelta(minutes=1)
    asked = [
        asked_at(later, "desk 7", "03"),
        asked_at(evening, "desk 7", "01", hits=1),
        asked_at(evening, "desk 7", "02", elsewhere=1),
        asked_at(evening, "desk 7", "02"),
        asked_at(evening, "desk 8", "01"),
    ]

    assert [("desk 7", 3, 3, 2, 2), ("desk 8", 3, 1, 1, 0), ("desk 7", 4, 1, 1, 0)] == [
        (one.person, one.day.day, one.questions, one.different, one.matched) for one in queries.askings(asked)
    ]


def asked_at(at: datetime, person: str, term: str, *, hits: int = 0, elsewhere: int = 0) -> queries.Asked:
    return queries.Asked(
        asked_at=at, authority=CUSTOMS, person=person, purpose="investigation", kind="container", term=term,
        hits=hits, elsewhere=elsewhere,
    )  # fmt: skip


def test_the_questions_of_a_day_are_shown_by_command(federation: Path, tmp_path: Path) -> None:
    publish(federation, tmp_path / "a.csv", a_report("NL-1"))
    for term, person in (("TOCU 000001", "desk 7"), (CONTAINER, "desk 7"), (CONTAINER, "desk 8")):
        match(federation, "--container", term, "--person", person)

    found = case(federation, "queries", "--days")

    assert (3, 2) == (sum(one["questions"] for one in found), sum(one["matched"] for one in found))
    assert {"desk 7", "desk 8"} == {one["person"] for one in found}
    assert "TOCU" not in str(found)
