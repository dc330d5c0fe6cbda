"""A database that came back from a backup: it is said until the node writes again, and no alert is lost."""

import shutil
from pathlib import Path

from tests.cli.commands import SEIZURE, STOPPED, Ran, a_file, run

SAYS = "RESTORED DATABASE: the bus has messages of this node that its database does not know, from BE/"


def publish(federation: Path, folder: Path, row: str) -> None:
    assert 0 == run("publish", a_file(folder, row), "--as", "NL/customs", folder=federation).code


def receive(federation: Path, *more: str) -> Ran:
    return run("receive", "--as", "BE/police", *more, folder=federation)


def database(federation: Path) -> Path:
    return federation / "nodes" / "BE" / "node.sqlite"


def restore(federation: Path, backup: Path) -> None:
    for path in database(federation).parent.glob("node.sqlite*"):
        path.unlink()
    shutil.copy(backup, database(federation))


def test_a_restored_database_is_said_and_alerts_again(federation: Path, tmp_path: Path) -> None:
    receive(federation)
    backup = tmp_path / "backup.sqlite"
    shutil.copy(database(federation), backup)
    publish(federation, tmp_path, SEIZURE)
    assert SAYS not in receive(federation).err
    run("heads", "--as", "BE", folder=federation)
    restore(federation, backup)

    first = receive(federation)
    again = receive(federation)
    run("heads", "--as", "BE", folder=federation)

    assert SAYS in first.err
    assert "ALERT  NL/customs/1#2" in first.out
    assert SAYS in again.err
    assert "RESTORED" not in receive(federation).err, "the writer of before is frozen now, and everybody knows"


def test_a_database_that_went_on_is_not_restored(federation: Path, tmp_path: Path) -> None:
    receive(federation)
    publish(federation, tmp_path, SEIZURE)
    publish(federation, tmp_path, STOPPED)

    for authority in ("NL/customs", "BE/police"):
        assert "RESTORED" not in run("receive", "--as", authority, folder=federation).err
