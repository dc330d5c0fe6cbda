"""What tessera's fsck, which log operators run, says about our log over HTTP: it derives all of it from the entries."""

from pathlib import Path

import pytest

from broker.log.note import format_note_key
from tests.independent.logs import VERIFIER, flip, served, write_log
from tests.independent.programs import Programs
from tests.support.notes import ORIGIN, a_note_key

SIZES = (1, 255, 256, 257, 70_000)


def fsck(programs: Programs, folder: Path, *, key: str = VERIFIER, origin: str = ORIGIN) -> str:
    """Return what fsck says about the log in *folder*."""
    file = folder / "verifier"
    file.write_text(key, encoding="utf-8")
    with served(folder) as url:
        return programs.fsck(url, origin, file)


def holds(said: str) -> bool:
    """Say whether fsck found nothing: only then it says so, and it ends in the same way whatever it found."""
    succeeded, failed = "Successfully fsck'd log" in said, "fsck failed" in said
    assert succeeded != failed, said
    return succeeded


@pytest.mark.parametrize("size", SIZES)
def test_finds_nothing_in_a_good_log(tmp_path: Path, programs: Programs, size: int) -> None:
    write_log(tmp_path, *(one for one in SIZES if one <= size))

    said = fsck(programs, tmp_path)

    assert holds(said), said
    assert f"log with size {size} and root" in said


@pytest.mark.parametrize(
    "changed",
    [
        "checkpoint",
        "tile/0/000",
        "tile/0/001.p/44",
        "tile/1/000.p/1",
        "tile/entries/000",
        "tile/entries/001.p/44",
    ],
)
def test_finds_a_changed_file(tmp_path: Path, programs: Programs, changed: str) -> None:
    write_log(tmp_path, 200, 300)
    flip(tmp_path / changed, 20)

    assert not holds(fsck(programs, tmp_path))


@pytest.mark.parametrize("missing", ["tile/0/000", "tile/0/001.p/44", "tile/1/000.p/1", "tile/entries/001.p/44"])
def test_finds_a_missing_file(tmp_path: Path, programs: Programs, missing: str) -> None:
    write_log(tmp_path, 300)
    (tmp_path / missing).unlink()

    assert not holds(fsck(programs, tmp_path))


def test_takes_no_log_of_another_key_or_origin(tmp_path: Path, programs: Programs) -> None:
    write_log(tmp_path, 3)

    assert not holds(fsck(programs, tmp_path, key=format_note_key(a_note_key("stranger"))))
    assert not holds(fsck(programs, tmp_path, origin="exercise-2027/log"))
