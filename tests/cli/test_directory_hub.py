"""The hub's catalogue authority in a network that was founded without one."""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.cli.commands import Ran, run
from tests.support.older_network import OF_THE_CATALOGUE, forget_the_catalogue, make_older
from tocsin.exits import Exit


@pytest.fixture
def older(unlogged: Path, tmp_path: Path) -> Path:
    """Return a network as it was founded before hubs had a catalogue authority."""
    return make_older(Path(shutil.copytree(unlogged, tmp_path / "older")))


def add(folder: Path, *arguments: str) -> Ran:
    return run("directory", "add", "catalogue", *arguments, folder=folder)


def shown(folder: Path) -> dict[str, Any]:
    document: dict[str, Any] = run("directory", "show", "--json", folder=folder).document()
    return document


def test_a_network_that_was_founded_before_has_no_catalogue_authority(older: Path) -> None:
    assert [] == shown(older)["hub"]["authorities"]
    assert Exit.DONE != run("substance", "publish", "--shipped", "--as", "X-HUB/catalogue", folder=older).code


def test_an_older_network_gets_the_authority_and_others_take_its_edition(older: Path) -> None:
    assert Exit.DONE == run("receive", "--as", "BE/police", folder=older).code  # it knows the directory as it was
    added = add(older, "--json")
    published = run("substance", "publish", "--shipped", "--as", "X-HUB/catalogue", "--json", folder=older)
    received = [run("receive", "--as", reader, folder=older).code for reader in ("BE/police", "DE/police")]

    assert Exit.DONE == added.code, added.err
    assert OF_THE_CATALOGUE == len(added.document()["messages"])
    assert Exit.DONE == published.code, published.err
    assert [Exit.DONE, Exit.DONE] == received
    for reader in ("BE/police", "DE/police"):
        (found,) = run("substance", "editions", "--as", reader, "--json", folder=older).document()["editions"]
        assert ("X-HUB", "X-HUB/catalogue/1#1", True) == (found["issuer"], found["message"], found["counts"])


def test_what_was_added_is_what_a_founding_makes(older: Path, unlogged: Path) -> None:
    add(older)
    files = [{path.relative_to(one / "hub") for path in (one / "hub").rglob("*")} for one in (older, unlogged)]
    (ours,), (theirs,) = (shown(one)["hub"]["authorities"] for one in (older, unlogged))

    assert files[1] == files[0]
    assert theirs == ours
    assert (older / "hub" / "node" / "keys" / "node.pem").stat().st_mode & 0o777 == 0o600
    run("notary", "run", "--once", folder=older)
    assert Exit.DONE == run("audit", "check", folder=older).code


def test_a_network_has_one_catalogue_authority(federation: Path) -> None:
    before = shown(federation)["state"]
    ran = add(federation)

    assert (Exit.REFUSED, True) == (ran.code, "X-HUB/catalogue is in the directory already" in ran.err), ran.err
    assert before == shown(federation)["state"]


def test_only_the_hub_adds_it_and_nothing_is_left_where_it_may_not(older: Path) -> None:
    (older / "hub" / "keys" / "admin.pem").unlink()
    before = shown(older)["state"]
    ran = add(older)

    assert (Exit.CONFIGURATION, True) == (ran.code, "hub" in ran.err), ran.err
    assert not (older / "hub" / "node").exists()
    assert before == shown(older)["state"]


def test_its_topic_is_there_before_the_directory_says_so(older: Path) -> None:
    """Else an attempt that ends in between leaves an authority that cannot publish, and that nobody can add again."""
    (older / "hub" / "keys" / "admin.pem").unlink()
    run("directory", "root", "request", "administrator", older / "hub" / "keys" / "admin.pem", older / "stranger.json")
    ran = add(older)
    with closing(sqlite3.connect(older / "bus.sqlite")) as bus:
        topics = bus.execute("SELECT name FROM topic WHERE name = 'exercise.msg.X-HUB'").fetchall()

    assert (Exit.VERIFICATION, 1, False) == (ran.code, len(topics), (older / "hub" / "node").exists()), ran.err


def test_a_participant_that_the_directory_refuses_leaves_nothing_and_can_be_let_in_later(
    federation: Path, tmp_path: Path
) -> None:
    admin, own = federation / "hub" / "keys" / "admin.pem", tmp_path / "own.pem"
    admin.replace(own)
    run("directory", "root", "request", "administrator", admin, tmp_path / "stranger.json")
    refused = run("directory", "add", "participant", "FR", folder=federation)
    left = (federation / "nodes" / "FR").exists()
    own.replace(admin)

    assert (Exit.VERIFICATION, False) == (refused.code, left), refused.err
    assert Exit.DONE == run("directory", "add", "participant", "FR", folder=federation).code


def test_a_folder_that_an_attempt_left_is_not_said_to_take_part(federation: Path) -> None:
    (federation / "nodes" / "FR" / "keys").mkdir(parents=True)
    ran = run("directory", "add", "participant", "FR", folder=federation)

    assert (Exit.REFUSED, True) == (ran.code, "FR takes no part yet" in ran.err), ran.err


def test_an_attempt_that_the_directory_never_heard_of_goes_on_with_its_key(older: Path) -> None:
    add(older)
    key = (older / "hub" / "node" / "keys" / "node.pem").read_bytes()
    forget_the_catalogue(older)

    assert Exit.DONE == add(older).code
    assert key == (older / "hub" / "node" / "keys" / "node.pem").read_bytes()


def test_what_an_attempt_left_that_did_not_end_is_never_taken_for_a_node(older: Path) -> None:
    key = older / "hub" / "node" / "keys" / "node.pem"
    key.parent.mkdir(parents=True)
    key.write_text("half", "utf-8")
    ran = add(older)

    assert (Exit.REFUSED, True, "half") == (ran.code, "Delete it" in ran.err, key.read_text("utf-8")), ran.err


@pytest.mark.parametrize("name", ["X-HUB/catalogue", "X-HUB/catalog", "X-HUB/customs"])
def test_the_hub_has_no_other_authority(older: Path, name: str) -> None:
    before = shown(older)["state"]
    ran = run("directory", "add", "authority", name, "--sector", "regulator", folder=older)

    assert (Exit.CONFIGURATION, True) == (ran.code, "tocsin directory add catalogue" in ran.err), ran.err
    assert before == shown(older)["state"]


def test_a_word_that_is_none_names_the_nearest(federation: Path) -> None:
    ran = run("directory", "add", "catalog", folder=federation)

    assert (Exit.USAGE, True) == (ran.code, "catalogue" in ran.err), ran.err


def test_the_node_of_the_hub_gets_a_new_key_as_others_do(federation: Path) -> None:
    rotated = run("directory", "rotate", "--as", "X-HUB", folder=federation)
    ran = run("substance", "publish", "--shipped", "--as", "X-HUB/catalogue", "--json", folder=federation)
    (revoked,) = [one["id"] for one in shown(federation)["keys"] if one["owner"] == "X-HUB/~1"][:1]

    assert (Exit.DONE, Exit.DONE) == (rotated.code, ran.code), rotated.err + ran.err
    assert ["X-HUB/catalogue/1000#1"] == [one["message"] for one in ran.document()["published"]]
    assert Exit.DONE == run("directory", "revoke", revoked, "--as", "X-HUB", folder=federation).code


def test_nobody_seals_to_the_hub(federation: Path) -> None:
    before = shown(federation)["state"]

    assert Exit.USAGE == run("directory", "rotate", "--sealing", "--as", "X-HUB", folder=federation).code
    assert before == shown(federation)["state"]
