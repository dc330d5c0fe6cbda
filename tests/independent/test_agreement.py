"""Two verifiers of the evidence file that share no code agree on every good and every planted-bad one, by step."""

from collections import Counter
from pathlib import Path

import pytest

from tests.independent.cases import archives, content, logged, signers, trust
from tests.independent.cases.good import GOOD
from tests.independent.programs import Programs
from tests.independent.verdicts import COMPARED, failed, ours, theirs

MODULES = (archives, trust, signers, content, logged)
BAD = {name: case for module in MODULES for name, case in module.planted.cases.items()}


@pytest.mark.parametrize("name", GOOD)
def test_both_find_that_everything_holds(tmp_path: Path, programs: Programs, name: str) -> None:
    raw, root_digest = GOOD[name]()

    found = ours(raw, root_digest)

    assert set() == failed(found)
    assert found == theirs(programs, raw, root_digest, tmp_path / "case.zip")


@pytest.mark.parametrize("name", BAD)
def test_both_find_what_is_wrong(tmp_path: Path, programs: Programs, name: str) -> None:
    raw, root_digest = BAD[name].make()

    found = ours(raw, root_digest)

    assert BAD[name].failed == failed(found)
    assert found == theirs(programs, raw, root_digest, tmp_path / "case.zip")


def test_every_step_is_made_to_fail_in_several_ways() -> None:
    ways = Counter(step for case in BAD.values() for step in case.failed or {"no evidence file"})

    assert {*COMPARED, "no evidence file"} == {*ways, "container"}
    assert [] == [step for step, count in ways.items() if count < 2]
