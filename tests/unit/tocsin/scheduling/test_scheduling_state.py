"""Scheduling as of a day: who may say what, and how far each country is."""

from datetime import UTC, date, datetime, timedelta
from itertools import permutations
from typing import Any

import pytest

from broker.records.scheduling import SchedulingStage
from broker.types.names import Digest, Originator, Participant
from tests.support.kinds import a_scheduling
from tocsin.scheduling.state import CountryStage, Decision, Said, decisions_in, may_say

NL, BE, DE = Participant("NL"), Participant("BE"), Participant("DE")
ISSUED = datetime(2026, 3, 16, tzinfo=UTC)
NOTIFIED = date(2026, 5, 1)
EFFECTIVE = date(2026, 10, 28)
"""180 days later."""


def a_step(name: str, by: str = "X-HUB/catalogue", *, hours: int = 0, about: str = "", **changes: Any) -> Said:
    decision = {"decision": digest(about)} if about else {}
    core = a_scheduling(**(decision | changes))
    return Said(digest=digest(name), by=Originator(by), issued_at=ISSUED + timedelta(hours=hours), core=core)


def digest(name: str) -> Digest:
    return Digest(name.encode().ljust(32, b"\x00"))


def an_implementation(country: str, by: str = "", *, name: str = "", hours: int = 3, **changes: Any) -> Said:
    return a_step(
        name or f"law of {country}", by or f"{country}/regulator", about="decision", hours=hours,
        **({"stage": SchedulingStage.IMPLEMENTATION, "country": country, "decided_on": None,
            "effective_on": date(2026, 9, 1), "instrument": "a law"} | changes),
    )  # fmt: skip


PROPOSAL = a_step("proposal", "NL/regulator", stage=SchedulingStage.PROPOSAL, decided_on=None)
DECISION = a_step("decision", about="proposal", hours=1)
NOTIFICATION = a_step(
    "notification", about="decision", hours=2, stage=SchedulingStage.NOTIFICATION, decided_on=None, notified_on=NOTIFIED
)
STEPS = (PROPOSAL, DECISION, NOTIFICATION, an_implementation("NL"), an_implementation("BE", by="FR/regulator"))


def decided(*more: Said) -> Decision:
    (found,) = decisions_in((PROPOSAL, DECISION, NOTIFICATION, *more))
    return found


def test_a_decision_takes_effect_180_days_after_it_was_notified() -> None:
    assert EFFECTIVE == decided().effective_on
    assert date(2026, 7, 1) == decided(
        a_step("again", about="decision", hours=5, stage=SchedulingStage.NOTIFICATION, decided_on=None,
               notified_on=NOTIFIED, effective_on=date(2026, 7, 1))
    ).effective_on  # fmt: skip


def test_another_schemes_effect_is_not_ours_to_count() -> None:
    steps = [
        a_step("decision", "NL/regulator", scheme="NL-list"),
        a_step("notification", "NL/regulator", about="decision", scheme="NL-list", decided_on=None,
               stage=SchedulingStage.NOTIFICATION, notified_on=NOTIFIED),
    ]  # fmt: skip
    (found,) = decisions_in(steps)
    assert (True, None) == (found.is_decided, found.effective_on)


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        (date(2026, 3, 14), "proposed"),
        (date(2026, 3, 15), "decided"),
        (date(2026, 4, 30), "decided"),
        (NOTIFIED, "notified"),
        (EFFECTIVE - timedelta(days=1), "notified"),
        (EFFECTIVE, "in effect"),
    ],
)
def test_a_decision_is_as_far_as_its_dates_say(day: date, expected: str) -> None:
    assert expected == decided().stage_on(day)


@pytest.mark.parametrize(
    ("law", "day", "stage", "overdue"),
    [
        (None, EFFECTIVE - timedelta(days=1), CountryStage.NOT_YET_DUE, 0),
        (None, EFFECTIVE, CountryStage.NOT_YET_DUE, 0),
        (None, EFFECTIVE + timedelta(days=1), CountryStage.OVERDUE, 1),
        (None, EFFECTIVE + timedelta(days=30), CountryStage.OVERDUE, 30),
        ({}, date(2026, 8, 31), CountryStage.PLANNED, 0),
        ({}, date(2026, 9, 1), CountryStage.IMPLEMENTED, 0),
        ({"effective_on": date(2027, 1, 1)}, date(2026, 12, 1), CountryStage.PLANNED, 34),
        ({"effective_on": date(2027, 1, 1)}, date(2027, 1, 1), CountryStage.IMPLEMENTED, 0),
        ({"reservation": "not for dyes"}, date(2026, 9, 1), CountryStage.WITH_RESERVATION, 0),
        ({"effective_on": None}, date(2026, 3, 16), CountryStage.IMPLEMENTED, 0),
    ],
)
def test_a_country_is_as_far_as_it_says_and_no_further(
    law: dict[str, Any] | None, day: date, stage: CountryStage, overdue: int
) -> None:
    said = () if law is None else (an_implementation("NL", **law),)
    state = decided(*said).country_on(NL, day)
    assert (stage, overdue) == (state.stage, state.overdue_days)


def test_what_another_country_says_it_implements_does_not_count() -> None:
    found = decided(an_implementation("BE", by="FR/regulator"))
    assert CountryStage.OVERDUE is found.country_on(BE, EFFECTIVE + timedelta(days=1)).stage
    assert ["FR/regulator"] == [one.by for one in found.foreign]


def test_a_later_law_of_a_country_replaces_its_earlier_one() -> None:
    later = an_implementation("NL", name="later", hours=9, reservation="not for dyes")
    state = decided(later, an_implementation("NL")).country_on(NL, EFFECTIVE)
    assert (CountryStage.WITH_RESERVATION, digest("later")) == (state.stage, state.record and state.record.digest)


def test_a_country_that_decides_for_the_world_decides_nothing() -> None:
    (found,) = decisions_in([a_step("decision", "NL/regulator")])
    assert (False, "not decided", None) == (found.is_decided, found.stage_on(EFFECTIVE), found.effective_on)


def test_nor_does_it_notify_or_hide_a_proposal() -> None:
    false = a_step("false", "NL/regulator", about="proposal", hours=1)
    assert ["proposal", "false"] == [
        one.said.digest.rstrip(b"\x00").decode() for one in decisions_in([PROPOSAL, false])
    ]
    told = a_step("told", "DE/regulator", about="decision", hours=3, stage=SchedulingStage.NOTIFICATION,
                  decided_on=None, notified_on=date(2026, 1, 1))  # fmt: skip
    assert (EFFECTIVE, ["DE/regulator"]) == (decided(told).effective_on, [one.by for one in decided(told).foreign])


def test_a_decision_shows_its_proposal() -> None:
    assert PROPOSAL == decided().proposal


def test_the_order_of_arrival_changes_nothing() -> None:
    assert 1 == len({decisions_in(several) for several in permutations(STEPS)})


MAY = [
    ("NL", SchedulingStage.PROPOSAL, "UN-1988", "", True),
    ("X-INCB", SchedulingStage.PROPOSAL, "UN-1988", "", True),
    ("X-HUB", SchedulingStage.DECISION, "UN-1988", "", True),
    ("X-INCB", SchedulingStage.NOTIFICATION, "UN-1988", "", True),
    ("NL", SchedulingStage.DECISION, "UN-1988", "", False),
    ("NL", SchedulingStage.NOTIFICATION, "UN-1988", "", False),
    ("NL", SchedulingStage.DECISION, "NL-list", "", True),
    ("BE", SchedulingStage.DECISION, "NL-list", "", False),
    ("NL", SchedulingStage.DECISION, "NLX", "", False),
    ("NL", SchedulingStage.IMPLEMENTATION, "UN-1988", "NL", True),
    ("NL", SchedulingStage.IMPLEMENTATION, "UN-1988", "BE", False),
    ("X-HUB", SchedulingStage.IMPLEMENTATION, "UN-1988", "NL", False),
    ("X-HUB", SchedulingStage.UNKNOWN, "UN-1988", "", False),
]


@pytest.mark.parametrize(("participant", "stage", "scheme", "country", "expected"), MAY)
def test_who_may_say_what(participant: str, stage: SchedulingStage, scheme: str, country: str, expected: bool) -> None:
    core = a_scheduling(stage=stage, scheme=scheme, country=country)
    assert expected is may_say(Participant(participant), core)
