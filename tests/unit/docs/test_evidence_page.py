"""docs/evidence.md is the format: its tables name what the program has, and its commands do what it says."""

import hashlib
import re
import shutil
import subprocess
from pathlib import Path

import msgspec
import pytest

from broker import limits
from broker.envelope.message import open_envelope
from consumers.evidence.checklist import STEPS
from consumers.evidence.container import parse_container
from consumers.evidence.decided import Judged
from consumers.evidence.manifest import Manifest
from tests.support.evidence import an_evidence_file

TEXT = (Path(__file__).parents[3] / "docs" / "evidence.md").read_text(encoding="utf-8")


def rows(heading: str) -> list[str]:
    """Return the first cells of the table behind *heading*, without marks."""
    part = TEXT.split(heading, 1)[1].split("\n\n", 1)[0]
    cells = [line.split("|")[1] for line in part.splitlines() if line.startswith("| `")]
    return [name for cell in cells for name in re.findall(r"`([^`]+)`", cell)]


def test_every_step_has_its_row() -> None:
    assert list(STEPS) == rows("| step | what is checked |")


def test_every_member_of_the_manifest_has_its_row() -> None:
    assert sorted(Manifest.__struct_fields__) == sorted(rows("| member | value |"))


def test_every_member_of_a_decision_is_named() -> None:
    said = TEXT.split("`decisions.json` is an array", 1)[1].split("\n\n", 1)[0]
    assert set(Judged.__struct_fields__) <= set(re.findall(r"`([a-z]+)`", said))


def test_the_limits_are_those_of_the_program() -> None:
    assert f"{limits.MAX_EVIDENCE_BYTES // 2**20} MiB, {limits.MAX_EVIDENCE_FILES:,} files" in TEXT


def test_every_file_of_an_evidence_file_has_its_row() -> None:
    named = rows("| file | content |")
    patterns = [re.sub(r"[A-Z]{2,}", ".+", re.escape(name).replace("README", "readme")) for name in named]
    for name in parse_container(an_evidence_file()):
        assert any(re.fullmatch(pattern, name.replace("README", "readme")) for pattern in patterns), name


def by_hand(command: str, folder: Path) -> str:
    """Run a line of the page."""
    line = next(line for line in TEXT.splitlines() if line.strip().startswith(command))
    told = re.split(r" {8,}", line.strip())[0]
    done = subprocess.run(["bash", "-c", told], cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout


@pytest.fixture
def case(tmp_path: Path) -> Path:
    """Return the folder into which an evidence file was unpacked."""
    for name, content in parse_container(an_evidence_file()).items():
        path = tmp_path / "case" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return tmp_path / "case"


@pytest.mark.skipif(shutil.which("sha256sum") is None, reason="sha256sum is not here")
def test_the_digests_can_be_compared_by_hand(case: Path) -> None:
    manifest = msgspec.json.decode((case / "evidence.json").read_bytes(), type=Manifest)
    for line in by_hand("sha256sum README.txt", case).splitlines():
        digest, name = line.split()
        assert manifest.files[name] == digest
    for line in by_hand("sha256sum schemas/", case).splitlines():
        digest, name = line.split()
        assert f"schemas/{digest}.avsc" == name


@pytest.mark.skipif(shutil.which("sha256sum") is None, reason="sha256sum is not here")
def test_commitment_and_leaf_can_be_made_by_hand(case: Path) -> None:
    core = open_envelope((case / "message.bin").read_bytes()).header.sections[0]
    assert core.commitment.hex() == by_hand("(printf 'tocsin/commitment", case).split()[0]
    leaf = hashlib.sha256(b"\x00" + (case / "log" / "entry.txt").read_bytes()).hexdigest()
    assert leaf == by_hand("(printf '\\0'; cat log/entry.txt)", case).split()[0]


def test_what_the_notary_signed_can_be_cut_out_by_hand(case: Path) -> None:
    by_hand("sed '1,/^$/d'", case)
    cut = (case / "checkpoint.txt").read_text("utf-8")
    assert cut.startswith("exercise-2026/log\n")
    assert 3 == cut.count("\n")
