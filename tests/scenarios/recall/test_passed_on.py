"""A recall reaches what others have passed on of the message."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from consumers import store
from tests.scenarios.grants.case import CUSTOMS, POLICE, Case, a_report
from tests.scenarios.recall.writing import a_recall_of
from tests.support.exercise import Exercise, an_exercise


@pytest_asyncio.fixture
async def case(tmp_path: Path) -> AsyncIterator[Case]:
    """A report of NL/customs to BE/police alone, at BE's node."""
    async with an_exercise(tmp_path) as exercise:
        node = exercise.node()
        await node.receive()
        report = a_report()
        raw = await exercise.write(report)
        await node.receive()
        yield Case(exercise, node, report, raw)


def recall(case: Case, exercise: Exercise, by: str) -> bytes:
    return a_recall_of(exercise, case.original.raw, by=by, national_reference=f"recall by {by}")


async def test_the_authors_recall_takes_back_what_was_passed_on(case: Case) -> None:
    digest = await case.write(case.forwarded(), POLICE)
    assert case.item(CUSTOMS, digest).withdrawn is None
    await case.exercise.send(recall(case, case.exercise, "NL/customs"))
    await case.node.receive()
    item = case.item(CUSTOMS, digest)
    assert item.withdrawn is not None
    assert ("NL/customs", {None}) == (item.withdrawn.by, set(item.sections.values()))
    assert 2 == len(case.node.rows(store.tombstone))
    assert [] == await case.exercise.audit_node(case.node)


async def test_what_is_passed_on_after_the_recall_is_never_shown(case: Case) -> None:
    await case.exercise.send(recall(case, case.exercise, "NL/customs"))
    await case.node.receive()
    digest = await case.write(case.forwarded(), POLICE)
    assert not case.sees(CUSTOMS, digest)


async def test_the_forwarder_takes_back_its_own_message_only(case: Case) -> None:
    digest = await case.write(case.forwarded(), POLICE)
    await case.exercise.send(recall(case, case.exercise, "BE/police"))
    await case.node.receive()
    assert None is case.item(CUSTOMS, digest).withdrawn
    assert {"foreign-recall"} == {one.code for one in case.node.findings()}
