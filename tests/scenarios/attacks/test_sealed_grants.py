"""A permission is for what it says: no other purpose, section or moment is opened by it."""

from collections.abc import AsyncIterator

import pytest_asyncio

from broker import decisions
from broker.types.vocabulary import Action, Purpose, Section
from tests.scenarios.grants.case import CUSTOMS, Case, a_report
from tests.support.exercise import Exercise

SEEN = (Section.CORE, Section.NOMINAL)


@pytest_asyncio.fixture
async def case(exercise: Exercise) -> AsyncIterator[Case]:
    """A report to BE/police alone, which BE's node has read."""
    report = a_report(purposes=(Purpose.INVESTIGATION, Purpose.PREVENTION))
    raw = await exercise.write(report)
    node = exercise.node()
    await node.receive()
    yield Case(exercise, node, report, raw)


def nominal(case: Case) -> object:
    return case.item(CUSTOMS, case.digest).sections[Section.NOMINAL]


async def test_persons_granted_for_prevention_are_not_delivered_for_an_investigation(case: Case) -> None:
    """BE/customs investigates as well: the permission is not for that, and persons are shown for nothing else."""
    await case.grant(
        grantee=CUSTOMS, action=Action.RECEIVE, recipients=(), sections=SEEN, purposes=(Purpose.PREVENTION,)
    )
    assert nominal(case) is None


async def test_persons_granted_for_an_investigation_are_delivered_for_it(case: Case) -> None:
    await case.grant(
        grantee=CUSTOMS, action=Action.RECEIVE, recipients=(), sections=SEEN, purposes=(Purpose.INVESTIGATION,)
    )
    assert nominal(case) is not None


async def test_what_is_granted_for_one_purpose_is_decided_for_that_purpose(case: Case) -> None:
    await case.grant(grantee=CUSTOMS, action=Action.RECEIVE, recipients=(), purposes=(Purpose.PREVENTION,))
    (core,) = [one for one in case.item(CUSTOMS, case.digest).decision.outcomes if one.section is Section.CORE]
    assert (True, Purpose.PREVENTION) == (core.permitted, core.purpose)


async def test_nobody_has_others_decide_again_about_what_is_not_theirs(case: Case) -> None:
    """Each decision stays on record and goes back to the author in a receipt: strangers must not make more of them."""
    made = decided(case)
    for number in range(3):
        await case.grant(by="BE/police", grantee=CUSTOMS, national_reference=f"grant-{number}")
    assert made == decided(case)
    await case.grant(grantee=CUSTOMS)
    assert made < decided(case)


def decided(case: Case) -> int:
    return sum(row.digest == case.digest for row in case.node.rows(decisions.decision))
