"""``kill -9`` at any point of receiving: nothing lost, nothing twice, nothing half-recorded."""

import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from tests.scenarios.endurance.killing import Report

ROOT = Path(__file__).parents[3]
KEYS = 30
"""Of seven reports of four sections; of a conflicting one and an agreement, of one section each."""


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_a_killed_node_is_after_its_restart_as_if_nothing_had_happened(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.scenarios.endurance.killing", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, check=False)
    assert 0 == done.returncode, done.stderr.decode()
    report = msgspec.json.decode(done.stdout, type=Report)
    assert [] == report.wrong
    assert report.killed >= len(report.kinds), "a child that was not killed proves nothing"
    for table in ("message", "inbox", "decision", "alert", "quarantine", "finding", "position"):
        assert {f"{when} BE INSERT {table}" for when in ("before", "after")} <= set(report.kinds)
        assert report.rows[table] > 0
    assert {"before BE.keys INSERT section_key", "commit BE.keys"} <= set(report.kinds)
    assert KEYS == report.rows["section_key"]
    assert {"commit BE", "commit bus", "given back"} <= set(report.kinds)
