"""``kill -9`` at every step of publish and flush: nothing is lost, nothing is there twice, no number is missing."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
EXPECTED = ["R-1", "R-2", "R-3", "R-4"]
AGREED = ["core", "operational"]


@pytest.mark.slow
@pytest.mark.timeout(2400)
def test_a_kill_at_any_step_loses_nothing_and_publishes_nothing_twice(tmp_path: Path) -> None:
    script = Path(__file__).with_name("crashing.py")
    run = subprocess.run(
        [sys.executable, str(script), str(tmp_path)],
        cwd=ROOT,
        env={"PYTHONPATH": str(ROOT), "PYTHONHASHSEED": "0"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert (0, "") == (run.returncode, run.stderr[-4000:])
    crashes = [json.loads(line) for line in run.stdout.splitlines()]
    assert len(crashes) >= 100
    for crash in crashes:
        assert (0, []) == (crash["left"], crash["findings"])
        assert (7, EXPECTED) == (len(crash["references"]), [one for one in crash["references"] if one[0] == "R"])
        # Its own keys are all there, and the reader that joined at the end has what is for it, of every message.
        assert ([3] * 7, [AGREED] * 7) == (crash["kept"], crash["opened"])
        assert 7 == crash["taken"] + crash["already"]
    # The kills hit every state there is: nothing stored, drafts stored, messages signed, messages sent.
    assert {0, 2, 4, 3} <= {crash["ready"] for crash in crashes}
    assert {0, 1, 2} <= {crash["unsent"] for crash in crashes}
    assert {0, 3, 5, 7} <= {crash["taken"] for crash in crashes}
