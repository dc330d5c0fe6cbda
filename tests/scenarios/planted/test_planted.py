"""Each fault, planted by itself in a good record, is found under its own code, and no other; and none is left out."""

import re
from pathlib import Path

import pytest

from broker.types.names import Digest
from tests.scenarios.planted.faults import BUS, FAULTS, LOG, Fault
from tests.scenarios.planted.stage import Stage, bare_record, logged_record, whole_record
from tests.support.exercise import Exercise

PAGE = (Path(__file__).parents[3] / "docs" / "audit.md").read_text("utf-8").partition("## Decisions, made again")[0]
ELSEWHERE = {
    "untrusted-root": "here, since the audit itself is told another digest",
    "corrupt-batch": "tests/kafka/faults and tests/unit/audit, since only Kafka says so",
    "retention-passed": "as corrupt-batch",
    "broken-seal": "tests/scenarios/receive/test_audit_with_keys.py, since it takes a sender who seals wrongly",
    "commitment-mismatch": "as broken-seal",
    "undecodable-content": "as broken-seal",
    "bad-release": "tests/scenarios/attacks/test_sealed_releases.py, since it takes a sender who writes it",
    "foreign-release": "a node finds it, no audit",
    "key-mismatch": "a node finds it, no audit",
    "foreign-heads": "a node finds it, no audit",
    "foreign-checkpoint": "a node finds it, no audit",
}


async def _stage(fault: Fault, exercise: Exercise) -> Stage:
    if fault.record == BUS:
        return await bare_record(exercise)
    return await (logged_record if fault.record == LOG else whole_record)(exercise)


@pytest.mark.parametrize("code", FAULTS)
async def test_a_planted_fault_is_found_and_nothing_else(exercise: Exercise, code: str) -> None:
    fault = FAULTS[code]
    stage = await _stage(fault, exercise)
    await fault.plant(stage)
    assert {code} == await stage.codes()


async def test_another_root_is_found_and_nothing_else(exercise: Exercise) -> None:
    stage = await whole_record(exercise)
    assert ["untrusted-root"] == [one.code for one in await stage.findings(root_digest=Digest(bytes(32)))]


def test_every_code_of_the_page_is_planted() -> None:
    """Walk the codes of docs/audit.md that `audit check` can give."""
    named = set(re.findall(r"`([a-z]+(?:-[a-z]+)+|gap|conflict|reordered|disputed)`", PAGE))
    codes = named - {"stale-database"}  # which ends the audit, and is no finding
    assert set() == codes - FAULTS.keys() - ELSEWHERE.keys()
    assert set() == FAULTS.keys() - codes, "the page is silent about these"
