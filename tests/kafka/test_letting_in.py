"""Somebody joins a network that is on a cluster with rules: with an identity of its own, or by lines to paste."""

import shlex
import shutil
from pathlib import Path

import pytest

from tests.cli.commands import SEIZURE, Ran, a_file, run
from tests.support.kafka.cluster import Cluster
from tests.support.kafka.connecting import identities
from tests.support.kafka.settings import Listener
from tocsin.exits import Exit
from tocsin.publishing import Publication
from tocsin.showing.items import ItemDocument

REPORT = SEIZURE.replace("NL,", "SE,").replace("NL-1", "SE-1").replace(",BE,", ",NL,")


@pytest.fixture
def certificates(secure: Cluster, tmp_path: Path) -> Path:
    """Return a folder with what the administrator, the hub and NL show; nothing of SE."""
    folder = tmp_path / "certificates"
    shutil.copytree(identities(secure).administrator(), folder / "admin")
    for code in ("NL", "X-HUB"):
        issue(secure, folder, code)
    return folder


def issue(secure: Cluster, folder: Path, code: str) -> None:
    shutil.copytree(identities(secure).participant(code), folder / "identities" / code)


@pytest.fixture
def network(secure: Cluster, namespace: str, certificates: Path, tmp_path: Path) -> Path:
    """Return a network of NL alone."""
    inside = ("--bootstrap", secure.address(namespace, Listener.INTERNAL), "--identity", certificates / "admin")
    provisioned = run("kafka", "provision", "--id", "exercise", "-p", "NL", *inside)
    assert Exit.DONE == provisioned.code, provisioned.err
    folder = tmp_path / "network"
    bus = ("--bus", secure.address(namespace), "--bus-identities", certificates)
    founded = run("federation", "new", folder, "-p", "NL", *bus)
    assert Exit.DONE == founded.code, founded.err
    return folder


def paste(line: str, secure: Cluster, namespace: str, certificates: Path) -> None:
    """Do what a line says, with what only the operator knows put in."""
    inside = str(secure.address(namespace, Listener.INTERNAL))
    said = line.replace("kafka://HOST:PORT", inside).replace("DIR", str(certificates))
    ran = run(*shlex.split(said)[1:])
    assert Exit.DONE == ran.code, f"{line}: {ran.err}"


def publish(network: Path, tmp_path: Path) -> Ran:
    return run("publish", a_file(tmp_path, REPORT), "--as", "SE/customs", "--json", folder=network)


def assert_travels(network: Path, tmp_path: Path) -> None:
    """Check that what SE took in arrives at NL, and that SE reads."""
    sent = publish(network, tmp_path)
    received = run("receive", "--as", "NL/police", folder=network)
    inbox = run("inbox", "--as", "NL/police", "--json", folder=network).document(list[ItemDocument])

    assert Exit.DONE == sent.code, sent.err
    found = sent.document(Publication)
    assert ["SE/customs/1#2"] == [one.message for one in (*found.published, *found.already)]
    assert (Exit.DONE, ["SE/customs/1#2"]) == (received.code, [one.message for one in inbox]), received.err
    assert Exit.DONE == run("receive", "--as", "SE/police", folder=network).code


def test_who_brings_an_identity_lacks_only_what_the_clusters_administrator_gives(
    secure: Cluster, namespace: str, network: Path, certificates: Path, tmp_path: Path
) -> None:
    early = run("directory", "add", "participant", "SE", "--bus-identities", certificates, folder=network)
    left = (network / "nodes" / "SE").exists()
    issue(secure, certificates, "SE")
    joined = run("directory", "add", "participant", "SE", "--bus-identities", certificates, "--json", folder=network)
    assert Exit.DONE == joined.code, joined.err
    (line,) = joined.document()["left_to_do"]
    too_early = publish(network, tmp_path)
    paste(line, secure, namespace, certificates)

    assert (Exit.CONFIGURATION, False) == (early.code, left)
    assert "tocsin kafka certificates issue" in early.err
    assert Exit.DONE != too_early.code
    assert_travels(network, tmp_path)


def test_who_brings_none_is_let_in_by_the_lines_that_are_printed(
    secure: Cluster, namespace: str, network: Path, certificates: Path, tmp_path: Path
) -> None:
    joined = run("directory", "add", "participant", "SE", "--json", folder=network)
    assert Exit.DONE == joined.code, joined.err
    issuing, *lines = joined.document()["left_to_do"]
    # Whoever vouches for this cluster's participants is no folder of an exercise.
    assert "tocsin kafka certificates issue DIR SE" == issuing
    issue(secure, certificates, "SE")
    for line in lines:
        assert line in joined.err
        paste(line, secure, namespace, certificates)

    assert_travels(network, tmp_path)


def test_who_comes_after_the_cluster_was_prepared_has_nothing_left_to_do(
    secure: Cluster, namespace: str, network: Path, certificates: Path, tmp_path: Path
) -> None:
    issue(secure, certificates, "SE")
    prepared = "tocsin kafka provision --id exercise -p NL -p SE --bootstrap kafka://HOST:PORT --identity DIR/admin"
    paste(prepared, secure, namespace, certificates)
    joined = run("directory", "add", "participant", "SE", "--bus-identities", certificates, "--json", folder=network)

    assert [] == joined.document()["left_to_do"]
    assert_travels(network, tmp_path)
