"""``tocsin scheduling``: proposed, decided, notified, implemented; who may say it, and how far each country is."""

import shutil
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from broker.records.scheduling import SchedulingStage
from broker.types.vocabulary import Status, Tlp
from producers.draft import Sections
from tests.cli.commands import Ran, run
from tests.cli.kinds import TO_BE, send
from tests.support.kinds import a_scheduling

BOARD = "X-INCB/regulator"
SUBSTANCE = ("--substance", "an invented chemical", "--to-class", "I")
DECIDED = ("--decided-on", "2026-03-15", "--instrument", "Decision 99/1")
EFFECTIVE = date(2026, 10, 28)
"""180 days after the first of May."""


@pytest.fixture(scope="module")
def decided(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """Return a federation where the board has decided and notified, and every country knows; nobody may change it."""
    federation = tmp_path_factory.mktemp("scheduling") / "federation"
    made = run("federation", "new", federation, "-p", "NL", "-p", "BE", "-p", "X-INCB")
    assert 0 == made.code, made.err
    proposal = said(federation, "propose", *SUBSTANCE, by="NL/regulator")
    decision = said(federation, "decide", proposal, *DECIDED)
    said(federation, "notify", decision, "--notified-on", "2026-05-01")
    return federation, decision


@pytest.fixture
def here(decided: tuple[Path, str], tmp_path: Path) -> tuple[Path, str]:
    """Return a copy of it of the test's own."""
    return Path(shutil.copytree(decided[0], tmp_path / "federation")), decided[1]


def say(federation: Path, *words: str, by: str = BOARD) -> Ran:
    return run("scheduling", *words, "--as", by, folder=federation)


def said(federation: Path, *words: str, by: str = BOARD) -> str:
    """Say a step, let everybody receive it, and return the name of its message."""
    ran = say(federation, *words, "--json", by=by)
    assert 0 == ran.code, ran.err
    for authority in ("NL/regulator", "BE/regulator", BOARD):
        assert 0 == run("receive", "--as", authority, folder=federation).code
    return str(ran.document()["published"][0]["message"])


def shown(federation: Path, decision: str, on: str, by: str = "NL/regulator") -> dict[str, Any]:
    return dict(say(federation, "show", decision, "--on", on, "--json", by=by).document())


def states(document: dict[str, Any]) -> dict[str, tuple[str, int]]:
    return {one["country"]: (one["state"], one["overdue_days"]) for one in document["countries"]}


def test_a_decision_of_the_convention_takes_effect_180_days_after_its_notification(decided: tuple[Path, str]) -> None:
    document = shown(*decided, "2026-06-01")
    assert ("notified", EFFECTIVE.isoformat(), "UN-1988") == (
        document["stage"], document["effective_on"], document["scheme"],
    )  # fmt: skip
    assert "in effect" == shown(*decided, EFFECTIVE.isoformat())["stage"]


def test_a_proposal_that_was_decided_is_shown_with_its_decision(decided: tuple[Path, str]) -> None:
    listed = say(decided[0], "list", "--json", by="BE/regulator").document()
    assert [decided[1]] == [one["decision"] for one in listed]
    assert "proposed     by NL/regulator: NL/regulator/1#" in say(decided[0], "show", decided[1]).out


def test_organisations_implement_nothing_and_silence_is_overdue_by_days(decided: tuple[Path, str]) -> None:
    assert {"BE": ("not-yet-due", 0), "NL": ("not-yet-due", 0)} == states(shown(*decided, "2026-10-28"))
    assert {"BE": ("overdue", 34), "NL": ("overdue", 34)} == states(shown(*decided, "2026-12-01"))
    text = say(decided[0], "show", decided[1], "--on", "2026-12-01").out
    assert "overdue by 34 days" in text
    assert [decided[1]] == [
        one["decision"] for one in say(decided[0], "list", "--on", "2026-12-01", "--overdue", "--json").document()
    ]
    assert [] == say(decided[0], "list", "--on", "2026-10-01", "--overdue", "--json").document()


def test_a_country_implements_from_a_day_on_with_scope_and_reservation(here: tuple[Path, str]) -> None:
    law = ("--instrument", "Order 7", "--effective-on", "2026-09-01", "--scope", "salts too")
    said(here[0], "implement", here[1], *law, by="NL/regulator")
    said(here[0], "implement", here[1], *law, "--reservation", "not for dyes", by="BE/customs")
    assert {"BE": ("planned", 0), "NL": ("planned", 0)} == states(shown(*here, "2026-08-31"))
    assert {"BE": ("with-reservation", 0), "NL": ("implemented", 0)} == states(shown(*here, "2026-12-01"))
    text = say(here[0], "show", here[1], "--on", "2026-12-01", by="BE/regulator").out
    assert ("implemented since 2026-09-01" in text, "not for dyes" in text, "salts too" in text) == (True, True, True)
    assert "2 of 2" in say(here[0], "list", "--on", "2026-12-01").out


def test_a_law_that_comes_too_late_is_planned_and_overdue(here: tuple[Path, str]) -> None:
    said(here[0], "implement", here[1], "--instrument", "Order 7", "--effective-on", "2027-01-01", by="NL/regulator")
    assert ("planned", 34) == states(shown(*here, "2026-12-01"))["NL"]
    assert "planned for 2027-01-01, overdue by 34 days" in say(here[0], "show", here[1], "--on", "2026-12-01").out


def test_a_country_that_says_what_the_world_decides_is_shown_and_does_not_count(here: tuple[Path, str]) -> None:
    false = send(here[0], Sections(core=a_scheduling(marking=TO_BE)), by="NL/regulator", tlp=Tlp.CLEAR)
    assert 0 == run("receive", "--as", "BE/regulator", folder=here[0]).code
    document = shown(here[0], false, "2027-01-01", "BE/regulator")
    assert (False, "not decided", []) == (document["counts"], document["stage"], document["countries"])
    text = say(here[0], "show", false, by="BE/regulator").out
    assert "not by the hub: NL/regulator may not say what UN-1988 decides" in text
    assert "not by the hub: does not count" in say(here[0], "list", by="BE/regulator").out


def test_what_one_country_says_of_another_is_shown_and_does_not_count(here: tuple[Path, str]) -> None:
    digest = bytes.fromhex(shown(*here, "2026-12-01")["digest"])
    core = a_scheduling(
        marking=TO_BE, stage=SchedulingStage.IMPLEMENTATION, country="BE", decision=digest, decided_on=None,
        effective_on=date(2026, 6, 1),
    )  # fmt: skip
    send(here[0], Sections(core=core), by="NL/regulator", tlp=Tlp.CLEAR)
    assert 0 == run("receive", "--as", "BE/regulator", folder=here[0]).code
    document = shown(*here, "2026-12-01", "BE/regulator")
    assert ("overdue", 34) == states(document)["BE"]
    assert ["NL/regulator"] == [one["by"] for one in document["not_counted"]]


def test_what_is_passed_on_is_as_old_as_its_author_made_it(here: tuple[Path, str]) -> None:
    old = said(here[0], "implement", here[1], "--instrument", "Order 7", "--effective-on", "2026-06-01",
               by="BE/regulator")  # fmt: skip
    said(here[0], "implement", here[1], "--instrument", "Order 8", "--effective-on", "2027-01-01", by="BE/regulator")
    passed_on = run("inbox", "forward", old, "--as", "NL/regulator", "--purpose", "regulation", "--to", "X-INCB",
                    folder=here[0])  # fmt: skip
    assert 0 == passed_on.code, passed_on.err
    for authority in ("NL/regulator", BOARD):
        assert 0 == run("receive", "--as", authority, folder=here[0]).code
    for reader in ("NL/regulator", BOARD):
        assert "planned" == states(shown(*here, "2026-12-01", reader))["BE"][0], reader


def test_a_step_in_a_test_says_nothing_of_a_decision_that_is_none(here: tuple[Path, str]) -> None:
    digest = bytes.fromhex(shown(*here, "2026-12-01")["digest"])
    core = a_scheduling(
        marking=TO_BE, stage=SchedulingStage.IMPLEMENTATION, country="NL", decision=digest, decided_on=None,
        effective_on=date(2026, 6, 1),
    )  # fmt: skip
    send(here[0], Sections(core=core), by="NL/regulator", tlp=Tlp.CLEAR, status=Status.TEST)
    assert 0 == run("receive", "--as", "BE/regulator", folder=here[0]).code
    assert ("overdue", 34) == states(shown(*here, "2026-12-01", "BE/regulator"))["NL"]


def test_a_national_scheme_is_decided_by_its_country(here: tuple[Path, str]) -> None:
    own = said(here[0], "decide", "--scheme", "NL-list", *SUBSTANCE, *DECIDED, by="NL/regulator")
    said(here[0], "notify", own, "--notified-on", "2026-05-01", "--effective-on", "2026-06-01", by="NL/regulator")
    document = shown(here[0], own, "2026-06-01")
    assert (True, "in effect") == (document["counts"], document["stage"])


def test_the_same_step_again_is_not_said_twice(here: tuple[Path, str]) -> None:
    law = ("implement", here[1], "--instrument", "Order 7", "--effective-on", "2026-09-01")
    name = said(here[0], *law, by="NL/regulator")
    again = say(here[0], *law, "--json", by="NL/regulator").document()
    assert (name, []) == (again["already"][0]["message"], again["published"])


def test_a_law_that_is_taken_back_is_silence_again(here: tuple[Path, str]) -> None:
    name = said(
        here[0], "implement", here[1], "--instrument", "Order 7", "--effective-on", "2026-09-01", by="NL/regulator"
    )
    recall = run("recall", name, "--as", "NL/regulator", "--reason", "Repealed.", folder=here[0])
    assert 0 == recall.code, recall.err
    assert 0 == run("receive", "--as", "NL/regulator", folder=here[0]).code
    assert ("overdue", 34) == states(shown(*here, "2026-12-01"))["NL"]


D = "DECISION"
LAW = ("--instrument", "Order 7", "--effective-on", "2026-09-01")
REFUSED = {
    "a country that decides": ("NL/regulator", ("decide", *SUBSTANCE, *DECIDED), 4, "UN-1988 is no scheme of NL"),
    "a country that notifies": ("NL/regulator", ("notify", D, "--notified-on", "2026-05-01"), 4, "no scheme of NL"),
    "another country's law": ("NL/regulator", ("implement", D, *LAW, "--country", "BE"), 4, "is for BE to say"),
    "an organisation's law": (BOARD, ("implement", D, *LAW), 4, "is no country: it implements nothing"),
    "a law of nothing": ("NL/regulator", ("implement", "X-INCB/regulator/1#99", *LAW), 5, "has no message"),
    "no instrument": (
        "NL/regulator", ("implement", D, "--instrument", " ", "--effective-on", "2026-09-01"), 4, "by which law",
    ),
    "no substance": ("NL/regulator", ("propose", "--to-class", "I"), 4, "substances: which substance?"),
    "no class": ("NL/regulator", ("propose", "--substance", "x"), 4, "to which class, or from which?"),
    "no day": (BOARD, ("decide", *SUBSTANCE, "--decided-on", "May", "--instrument", "x"), 2, "'May' is no day"),
    "no such day": ("NL/regulator", ("show", D, "--on", "2026-02-30"), 2, "'2026-02-30' is no day"),
    "notified before it was decided": (
        BOARD, ("notify", D, "--notified-on", "2026-03-01"), 4, "it was decided on 2026-03-15 only",
    ),
    "in effect before it was notified": (
        BOARD, ("notify", D, "--notified-on", "2026-05-01", "--effective-on", "2026-04-01"), 4, "lies before notified",
    ),
    "a misspelt label": ("NL/regulator", ("propose", *SUBSTANCE, "--tlp", "GREN"), 2, "did you mean 'GREEN'?"),
    "what is not there": ("NL/regulator", ("show", "NL/regulator/1#99"), 5, "has no message"),
}  # fmt: skip


@pytest.mark.parametrize(("by", "words", "code", "says"), REFUSED.values(), ids=REFUSED)
def test_refuses(by: str, words: tuple[str, ...], code: int, says: str, decided: tuple[Path, str]) -> None:
    refused = say(decided[0], *(decided[1] if word == D else word for word in words), by=by)
    assert code == refused.code, refused.err
    assert says in " ".join(refused.err.replace("│", "").split())
