"""``audit archive``: what an auditor without a way into the bus gets."""

import asyncio
import shutil
from pathlib import Path
from typing import Any

import pytest

from broker.bus.embedded import open_embedded_bus
from broker.log.checkpoint import Checkpoint, format_checkpoint
from broker.log.note import Note, format_note, sign_note
from broker.log.tiles import new_bundles, tiles_of
from broker.log_store.folder import FolderTileStore
from broker.merkle import Hash
from broker.signing.keys import SigningKey
from tests.cli.commands import SEIZURE, a_file, run
from tocsin.folder import FederationFolder
from tocsin.installation import now

SIZE = 600


@pytest.fixture(scope="module")
def founded(unlogged: Path) -> Path:
    """Return a federation whose notary has never run."""
    return unlogged


@pytest.fixture
def published(federation: Path, tmp_path: Path) -> Path:
    assert 0 == run("publish", a_file(tmp_path, SEIZURE), "--as", "NL/customs", folder=federation).code
    return federation


def a_log(federation: Path, size: int = SIZE, *, without: tuple[str, ...] = ()) -> dict[str, bytes]:
    """Put files of a log of *size* there, whatever is in them; return them."""
    key, text = SigningKey(b"k" * 32), format_checkpoint(Checkpoint("exercise/log", size, Hash(bytes(32))))
    checkpoint = format_note(Note(text, (sign_note(text, key, "exercise/log"),)))
    paths = [*(one.path for one in tiles_of(size)), *(one.path for one in new_bundles(0, size))]
    files = {path: path.encode() for path in paths if path not in without}
    store = FolderTileStore(federation / "log")
    for path, data in files.items():
        store.write(path, data)
    store.replace_checkpoint(checkpoint, expected=None)
    return {**files, "checkpoint": checkpoint}


def files_in(folder: Path) -> dict[str, bytes]:
    return {
        str(one.relative_to(folder)): one.read_bytes()
        for one in folder.rglob("*")
        if one.is_file() and not any(part.startswith(".") for part in one.relative_to(folder).parts)
    }


def bus_of(folder: Path) -> list[Any]:
    """Return everything on the bus in a folder, by topic and place."""

    async def read() -> list[Any]:
        bus = open_embedded_bus(folder / "bus.sqlite", clock=now)
        try:
            topics = sorted(await bus.topics())
            found = [one for topic in topics for one in await bus.read(topic, start=0, most=1000)]
            return [(one.topic, one.offset, one.key, one.value) for one in found]
        finally:
            await bus.close()

    return asyncio.run(read())


def test_an_archive_has_topics_log_and_settings_and_nothing_else(published: Path, tmp_path: Path) -> None:
    log = a_log(published)
    ran = run("audit", "archive", tmp_path / "archive", "--json", folder=published)
    document = ran.document(dict)

    assert 0 == ran.code, ran.err
    assert ["bus.sqlite", "federation.toml", "log"] == sorted(
        one.name for one in (tmp_path / "archive").iterdir() if not one.name.startswith("bus.sqlite-")
    )
    assert log == files_in(tmp_path / "archive" / "log")
    assert (5, SIZE, []) == (document["topics"], document["log_size"], document["absent"])
    assert bus_of(published) == bus_of(tmp_path / "archive")
    assert document["messages"] == len(bus_of(published))


def test_an_archive_can_be_audited_and_archived_again(published: Path, tmp_path: Path) -> None:
    assert 0 == run("notary", "run", "--once", folder=published).code
    for source, to in ((published, tmp_path / "first"), (tmp_path / "first", tmp_path / "second")):
        assert 0 == run("audit", "archive", to, folder=source).code
    ran = run("audit", "check", "--json", folder=tmp_path / "second")

    assert 0 == ran.code, ran.out
    assert run("audit", "check", "--json", folder=published).document()["messages"] == ran.document()["messages"]


def test_nothing_in_an_archive_is_secret(published: Path, tmp_path: Path) -> None:
    (published / "federation.toml").write_text(
        (published / "federation.toml").read_text("utf-8") + 'bus_user = "NL"\nbus_password = "env:SECRET"\n', "utf-8"
    )
    assert 0 == run("audit", "archive", tmp_path / "archive", folder=published).code
    text = (tmp_path / "archive" / "federation.toml").read_text("utf-8")

    assert "bus_" not in text
    assert [] == [one for one in (tmp_path / "archive").rglob("*") if one.suffix in (".pem", ".key")]


def test_what_a_log_lacks_is_said_and_the_rest_is_copied(published: Path, tmp_path: Path) -> None:
    log = a_log(published, without=("tile/0/001",))
    ran = run("audit", "archive", tmp_path / "archive", "--json", folder=published)

    assert ["tile/0/001"] == ran.document()["absent"]
    assert "tile/0/001" in ran.err
    assert log == files_in(tmp_path / "archive" / "log")


def test_a_full_tile_stands_in_for_a_partial_one_that_is_not_kept(published: Path, tmp_path: Path) -> None:
    partial = f"tile/0/002.p/{SIZE - 512}"
    a_log(published, without=(partial,))
    FolderTileStore(published / "log").write("tile/0/002", b"full")
    ran = run("audit", "archive", tmp_path / "archive", "--json", folder=published)

    assert [] == ran.document()["absent"]
    assert b"full" == (tmp_path / "archive" / "log" / "tile/0/002").read_bytes()


def test_a_checkpoint_that_names_any_size_does_not_keep_anybody_busy(published: Path, tmp_path: Path) -> None:
    a_log(published, 3)
    (published / "log" / "checkpoint").unlink()
    shutil.rmtree(published / "log" / "tile")
    text = format_checkpoint(Checkpoint("exercise/log", 2**62, Hash(bytes(32))))
    note = format_note(Note(text, (sign_note(text, SigningKey(b"k" * 32), "exercise/log"),)))
    FolderTileStore(published / "log").replace_checkpoint(note, expected=None)
    document = run("audit", "archive", tmp_path / "archive", "--json", folder=published).document()

    assert 257 == len(document["absent"])


def test_a_checkpoint_that_is_none_is_copied_as_it_is(published: Path, tmp_path: Path) -> None:
    FolderTileStore(published / "log").replace_checkpoint(b"nonsense", expected=None)
    ran = run("audit", "archive", tmp_path / "archive", "--json", folder=published)

    assert (0, 0) == (ran.code, ran.document()["log_size"])
    assert b"nonsense" == (tmp_path / "archive" / "log" / "checkpoint").read_bytes()


def test_a_folder_with_something_in_it_is_left_alone(published: Path, tmp_path: Path) -> None:
    (tmp_path / "archive").mkdir()
    (tmp_path / "archive" / "mine").write_text("mine", "utf-8")
    ran = run("audit", "archive", tmp_path / "archive", folder=published)

    assert 4 == ran.code
    assert "is not empty" in ran.err
    assert ["mine"] == [one.name for one in (tmp_path / "archive").iterdir()]


def test_an_archive_that_was_interrupted_is_none(published: Path, tmp_path: Path) -> None:
    FederationFolder(published).bus_file.unlink()
    assert 7 == run("audit", "archive", tmp_path / "archive", folder=published).code

    assert 3 == run("audit", "check", folder=tmp_path / "archive").code
