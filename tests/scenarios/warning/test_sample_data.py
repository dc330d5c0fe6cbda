"""Early warning over the sample data: what comes out of real reports, written down by hand from the file.

The day on which a report is known is the day it tells of, as the file says nothing else. What is compared is 2025 and
later with everything before.
"""

from collections.abc import Sequence
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Final

import msgspec
import pytest

from broker.cases.incident_facts import Label, facts_of
from broker.catalogue import shipped_catalogue
from broker.records.core import Related
from broker.records.incident import IncidentCore
from broker.records.operational import IncidentOperational
from broker.signals.find import Findings, find_signals
from broker.signals.observation import Observation, Window, countable
from broker.signals.signal import SignalKind
from broker.types.names import Digest, Originator
from broker.types.vocabulary import Status
from producers.draft import Draft
from producers.intake.files import read_rows
from producers.intake.take_in import take_in
from tests.support.intake import NOW, a_profile

DATA: Final = Path(__file__).parents[3] / "tocsin" / "data"
WINDOW: Final = Window(date(2025, 1, 1), date(2026, 12, 31))
AUTHORITY: Final = Originator("X-INCB/secretariat")


def drafts() -> list[Draft]:
    rows = read_rows(DATA / "incidents.csv")
    profile = a_profile(AUTHORITY)
    found = take_in(rows, authority=AUTHORITY, profile=profile, authored_at=NOW, status=Status.EXERCISE)
    return [one for one in found if isinstance(one, Draft)]


def digest(reference: str) -> Digest:
    return Digest(sha256(reference.encode()).digest())


def observation(draft: Draft) -> Observation | None:
    """Return a draft as if it had been sent; None where the file tells no day of it."""
    core, operational = draft.sections.core, draft.sections.operational
    assert isinstance(core, IncidentCore)
    assert isinstance(operational, IncidentOperational | None)
    related = tuple(Related(digest=digest(to), relation=what) for to, what in draft.related_references)
    label = Label(draft.tlp, draft.status)
    facts = facts_of(
        msgspec.structs.replace(core, related=related), operational, label=label, ids_of=shipped_catalogue().exact_ids
    )
    day = facts.last_day or facts.reported_on
    if day is None:
        return None
    name = draft.national_reference
    return Observation(facts=facts, message=name, digest=digest(name), known_on=day)


@pytest.fixture(scope="module")
def observations() -> Sequence[Observation]:
    return [one for draft in drafts() if (one := observation(draft)) is not None]


@pytest.fixture(scope="module")
def findings(observations: Sequence[Observation]) -> Findings:
    return find_signals(observations, WINDOW, Status.EXERCISE)


def test_these_signals_come_out_and_no_others(findings: Findings) -> None:
    """By hand: which rows of 2025 and 2026 have something that no earlier row with a day has.

    Ether: the rows of Myanmar and Colombia with it have no day. Acetic acid: MX-UNK-A has no day either. Propionyl
    chloride was in Canada in 2022, which is another region. US-2025-A/2 is a second report. KZ-2026-A names
    "прекурсоры" alone, as KZ-2023-A did. IN-2023-A is of 2023, whenever it was reported.
    """
    expected = {
        (SignalKind.FIRST_SIGHTING, "ETH", "", ("BR-2025-A/1",)),
        (SignalKind.FIRST_SIGHTING, "W:Acetic acid (glacial)", "", ("US-2025-B/1", "MX-2025-A/2")),
        (SignalKind.FIRST_SIGHTING, "W:Dicumyl peroxide", "", ("US-2025-A/1",)),
        (SignalKind.FIRST_SIGHTING, "W:Propionyl chloride", "Central America", ("MX-2025-A/1",)),
    }

    assert expected == {(one.kind, one.substance, one.place, one.messages) for one in findings.signals}


def test_it_is_said_how_far_back_the_past_reaches_and_what_was_not_counted(findings: Findings) -> None:
    compared, waiting, undated = findings.notes

    assert "back to 1997-11-17" in compared
    assert "not complete yet" in waiting
    assert "belong to no single week" in undated


def test_second_reports_parts_and_destroyed_goods_are_left_out(
    observations: Sequence[Observation], findings: Findings
) -> None:
    assert len(observations) == findings.incidents + findings.left_out
    assert {"PK-2016-A/2", "US-2025-A/2", "GT-2012-A/2", "GT-2012-A/3", "PT-2018-A/2"} <= {
        one.message for one in observations
    } - {one.message for one in countable(observations, Status.EXERCISE)}


def test_an_exercise_is_nothing_to_a_network_about_the_world(observations: Sequence[Observation]) -> None:
    assert 0 == find_signals(observations, WINDOW, Status.ACTUAL).incidents
