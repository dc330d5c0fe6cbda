"""What golang.org/x/mod/sumdb, which Go itself trusts its module log with, says about our notes, proofs and tiles."""

from base64 import b64encode
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from broker.log.hashes import TileHashes
from broker.log.note import format_note_key
from broker.log.tree import consistency_proof, inclusion_proof, root_of
from broker.log_store import FolderTileStore
from tests.independent.logs import VERIFIER, a_signed, an_entry, flip, write_log
from tests.independent.programs import Programs
from tests.support.notes import ORIGIN, WITNESSES, a_checkpoint, a_note_key, a_signed_checkpoint

SIZES = (1, 2, 3, 7, 8, 255, 256, 257, 300, 70_000)
LARGE = (3, 300, 65_537, 70_000)


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a log that has grown through many sizes."""
    folder = tmp_path_factory.mktemp("log")
    write_log(folder, *SIZES)
    return folder


def test_opens_our_checkpoints(programs: Programs) -> None:
    questions = [about_checkpoint(a_signed(a_checkpoint(size))) for size in (0, 1, 1_000_000, 2**62)] + [
        about_checkpoint(a_signed_checkpoint(witnesses=WITNESSES))
    ]

    assert [""] * 5 == programs.logcheck(questions)


def test_opens_no_checkpoint_of_another_key_log_or_text(programs: Programs) -> None:
    signed = a_signed(a_checkpoint())
    stranger = format_note_key(a_note_key("stranger"))
    answers = programs.logcheck(
        [
            about_checkpoint(signed.replace(b"\n20\n", b"\n21\n")),
            {**about_checkpoint(signed), "key": stranger},
            about_checkpoint(a_signed(a_checkpoint(origin="exercise-2027/log"))),
            about_checkpoint(signed[:-9] + b"AAAAAAA=\n"),
        ]
    )

    assert [] == [place for place, answer in enumerate(answers) if not answer]


def test_follows_our_inclusion_proofs(log: Path, programs: Programs) -> None:
    small = [(index, size) for size in range(1, 41) for index in range(size)]
    large = [(index, size) for size in LARGE for index in {0, size // 3, 255, 256, 65_535, size - 1} if index < size]
    answers = programs.logcheck([about_inclusion(log, index, size) for index, size in (*small, *large)])

    assert [] == [answer for answer in answers if answer]


def test_follows_our_consistency_proofs(log: Path, programs: Programs) -> None:
    small = [(old, new) for new in range(1, 41) for old in range(1, new + 1)]
    large = [(old, new) for new in LARGE for old in (1, 3, 256, 299, 65_536, 65_537, 70_000) if old <= new]
    answers = programs.logcheck([about_consistency(log, old, new) for old, new in (*small, *large)])

    assert [] == [answer for answer in answers if answer]


@pytest.mark.parametrize("size", [5, 300, 70_000])
def test_follows_no_proof_of_something_else(log: Path, programs: Programs, size: int) -> None:
    included, consistent = about_inclusion(log, 3, size), about_consistency(log, 3, size)
    other = b64encode(bytes(32)).decode()
    answers = programs.logcheck(
        [
            {**included, "index": 2},
            {**included, "entry": encoded(an_entry(2))},
            {**included, "size": 2 * size},
            {**included, "proof": [*included["proof"], other]},
            {**included, "proof": included["proof"][:-1]},
            {**included, "root": other},
            {**consistent, "old_root": other},
            {**consistent, "old_size": 4},
            {**consistent, "proof": consistent["proof"][1:]},
            {**consistent, "proof": [other, *consistent["proof"][1:]]},
        ]
    )

    assert [] == [place for place, answer in enumerate(answers) if not answer]


def test_has_every_entry_proved_by_our_tiles(tmp_path: Path, log: Path, programs: Programs) -> None:
    for size in (1, 255, 256, 257):
        write_log(tmp_path / str(size), size)
    folders = [log, *(tmp_path / str(size) for size in (1, 255, 256, 257))]

    assert [""] * 5 == programs.logcheck([about_tiles(folder) for folder in folders])


@pytest.mark.parametrize(
    "changed", ["tile/0/000", "tile/0/001.p/44", "tile/1/000.p/1", "tile/entries/000", "tile/entries/001.p/44"]
)
def test_finds_a_changed_tile(tmp_path: Path, programs: Programs, changed: str) -> None:
    write_log(tmp_path, 200, 300)
    assert [""] == programs.logcheck([about_tiles(tmp_path)])

    flip(tmp_path / changed)

    assert [""] != programs.logcheck([about_tiles(tmp_path)])


def about_checkpoint(raw: bytes) -> Mapping[str, Any]:
    return {"ask": "checkpoint", "checkpoint": raw.decode(), "key": VERIFIER, "origin": ORIGIN}


def about_inclusion(log: Path, index: int, size: int) -> Mapping[str, Any]:
    hashes = TileHashes(FolderTileStore(log), size_of(log))
    return {
        "ask": "inclusion",
        "index": index,
        "entry": encoded(an_entry(index)),
        "size": size,
        "root": encoded(root_of(size, hashes)),
        "proof": [encoded(one) for one in inclusion_proof(index, size, hashes)],
    }


def about_consistency(log: Path, old: int, new: int) -> Mapping[str, Any]:
    hashes = TileHashes(FolderTileStore(log), size_of(log))
    return {
        "ask": "consistency",
        "old_size": old,
        "old_root": encoded(root_of(old, hashes)),
        "size": new,
        "root": encoded(root_of(new, hashes)),
        "proof": [encoded(one) for one in consistency_proof(old, new, hashes)],
    }


def about_tiles(log: Path) -> Mapping[str, Any]:
    return {"ask": "tiles", "folder": str(log), "key": VERIFIER, "origin": ORIGIN}


def size_of(log: Path) -> int:
    return int((log / "checkpoint").read_text(encoding="utf-8").splitlines()[1])


def encoded(data: bytes) -> str:
    return b64encode(data).decode()
