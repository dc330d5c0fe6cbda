"""The soak, small: what ``make soak`` does for long."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.support.kafka.cluster import Cluster
from tests.support.soak.run import READERS, Plan, soak
from tests.support.soak.verdict import Name, Verdict, judge

PLAN = Plan(messages=2_000, seconds_between_kills=0.5, least_kills=2, limit_seconds=400)
WANTED: Sequence[Name] = [("a", 1), ("a", 2), ("a", 3), ("b", 1), ("b", 2)]


@pytest.mark.timeout(600)
async def test_nothing_is_lost_doubled_or_out_of_order_while_brokers_are_killed_in_turn(
    three: Cluster, namespace: str, tmp_path: Path
) -> None:
    run = await soak(three, namespace, tmp_path, PLAN)
    whole = Verdict(arrived=PLAN.messages, lost=0, doubled=0, strange=0, disordered=0)
    assert {code: (whole, {}) for code in READERS} == {node.code: (node.verdict, node.findings) for node in run.nodes}
    assert 0 == run.unconfirmed
    assert run.is_whole
    assert PLAN.least_kills <= run.kills


@pytest.mark.parametrize(
    ("arrived", "expected"),
    [
        (WANTED, Verdict(arrived=5, lost=0, doubled=0, strange=0, disordered=0)),
        (
            [("b", 1), ("a", 1), ("a", 2), ("b", 2), ("a", 3)],
            Verdict(arrived=5, lost=0, doubled=0, strange=0, disordered=0),
        ),
        (WANTED[:-1], Verdict(arrived=4, lost=1, doubled=0, strange=0, disordered=0)),
        (WANTED[1:], Verdict(arrived=4, lost=1, doubled=0, strange=0, disordered=1)),
        ([*WANTED, ("b", 2)], Verdict(arrived=5, lost=0, doubled=1, strange=0, disordered=1)),
        ([*WANTED, ("b", 3)], Verdict(arrived=5, lost=0, doubled=0, strange=1, disordered=0)),
        ([WANTED[1], WANTED[0], *WANTED[2:]], Verdict(arrived=5, lost=0, doubled=0, strange=0, disordered=3)),
        ([], Verdict(arrived=0, lost=5, doubled=0, strange=0, disordered=0)),
    ],
)
def test_a_verdict_counts_what_is_wrong(arrived: Sequence[Name], expected: Verdict) -> None:
    assert expected == judge(WANTED, arrived)
    assert (expected == judge(WANTED, WANTED)) is expected.is_whole
