"""Where everything has to be there, a skipped test against a real broker fails the run."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
PASSED, FAILED = 0, 1

SKIPS = """
import pytest

@pytest.mark.kafka
def test_skips():
    pytest.skip("no broker")
"""
SKIPS_IN_A_FIXTURE = """
import pytest

@pytest.fixture
def broker():
    pytest.skip("no broker")

@pytest.mark.kafka
def test_needs_it(broker):
    pass
"""
SKIPPED_BY_A_MARK = """
import pytest

@pytest.mark.kafka
@pytest.mark.skipif(True, reason="no broker")
def test_is_skipped():
    pass
"""
SKIPS_WHOLE = """
import pytest

pytest.skip("no broker", allow_module_level=True)
"""
EXPECTED_TO_FAIL = """
import pytest

@pytest.mark.kafka
@pytest.mark.xfail(reason="known")
def test_fails():
    assert False
"""
OTHER = """
import pytest

def test_skips():
    pytest.skip("not on this system")

def test_passes():
    pass
"""


@pytest.mark.parametrize(
    ("test", "ci", "status"),
    [
        (SKIPS, "true", FAILED),
        (SKIPS, "", PASSED),
        (SKIPS_IN_A_FIXTURE, "true", FAILED),
        (SKIPS_IN_A_FIXTURE, "", PASSED),
        (SKIPPED_BY_A_MARK, "true", FAILED),
        (EXPECTED_TO_FAIL, "true", PASSED),
        (OTHER, "true", PASSED),
    ],
)
def test_a_skipped_test_fails_the_run_in_ci_if_it_needs_a_broker(
    tmp_path: Path, test: str, ci: str, status: int
) -> None:
    assert status == run(tmp_path / "test_one.py", test, ci)


@pytest.mark.parametrize(("folder", "status"), [("kafka", 2), ("unit", PASSED)])
def test_a_skipped_module_fails_the_run_in_ci_if_it_lies_among_those(tmp_path: Path, folder: str, status: int) -> None:
    (tmp_path / "test_other.py").write_text(OTHER, encoding="utf-8")
    assert status == run(tmp_path / folder / "test_one.py", SKIPS_WHOLE, "true")


def run(file: Path, test: str, ci: str) -> int:
    """Return the exit status of pytest for the folder of a run whose test is in *file*."""
    file.parent.mkdir(exist_ok=True)
    file.write_text(test, encoding="utf-8")
    root = file.parents[1] if file.parent.name in ("kafka", "unit") else file.parent
    (root / "pytest.ini").write_text("[pytest]\nmarkers =\n  kafka\n", encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "tests.support.kafka.skips", "-p", "no:cacheprovider"]
    environment = os.environ | {"CI": ci, "PYTHONPATH": str(ROOT)}
    return subprocess.run(
        [*command, "--rootdir", str(root), str(root)], cwd=root, env=environment, capture_output=True, check=False
    ).returncode
