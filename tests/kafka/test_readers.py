"""Who only reads the bus: the notary keeps the log with such a right, an auditor checks the record with it."""

import shutil
from pathlib import Path

import pytest

from tests.cli.commands import SEIZURE, a_file, run
from tests.kafka.administrator import Administrator, provision
from tests.support.kafka.cluster import Cluster
from tests.support.kafka.connecting import identities
from tocsin.folder import FederationFolder
from tocsin.settings_file import replace_setting

READER = "X-AUDIT"


@pytest.fixture
def federation(secure: Cluster, namespace: str, tmp_path: Path) -> Path:
    """A network of NL and BE on a cluster with rules, with one report."""
    provision(Administrator(secure, namespace))
    handed_out = tmp_path / "pki" / "identities"
    handed_out.mkdir(parents=True)
    for code in ("NL", "BE", "X-HUB"):
        (handed_out / code).symlink_to(identities(secure).participant(code))
    folder, bus = tmp_path / "federation", secure.address(namespace)
    words = ("federation", "new", folder, "-p", "NL", "-p", "BE", "--bus", bus, "--bus-identities", handed_out.parent)
    founded = run(*words)
    published = run("publish", a_file(tmp_path, SEIZURE), "--as", "NL/customs", folder=folder)
    assert (0, 0) == (founded.code, published.code), founded.err + published.err
    return folder


def identity(secure: Cluster, to: Path) -> None:
    """Put what the reader shows into the folder *to*."""
    shutil.copytree(identities(secure).participant(READER), to)


def an_auditor(secure: Cluster, federation: Path, folder: Path) -> Path:
    """Return the folder of an auditor: settings, a certificate, the log, and nothing else."""
    identity(secure, folder / "keys" / "bus")
    shutil.copy(federation / "federation.toml", folder)
    replace_setting(folder / "federation.toml", "bus_identity", "keys/bus")
    shutil.copytree(federation / "log", folder / "log")
    return folder


@pytest.mark.timeout(300)
def test_a_reader_keeps_the_log_audits_it_and_takes_it_along(secure: Cluster, federation: Path, tmp_path: Path) -> None:
    hub = FederationFolder(federation).hub
    identity(secure, hub / "keys" / "reader")
    replace_setting(hub / "notary.toml", "bus_identity", "keys/reader")
    kept = run("notary", "run", "--once", "--json", folder=federation)
    received = run("receive", "--as", "BE/police", folder=federation)
    (item,) = run("inbox", "--as", "BE/police", "--json", folder=federation).document()
    auditor = an_auditor(secure, federation, tmp_path / "auditor")
    audit = run("audit", "check", "--json", folder=auditor)
    archived = run("audit", "archive", tmp_path / "archive", "--json", folder=auditor)
    again = run("audit", "check", "--json", folder=tmp_path / "archive")

    assert (0, 0) == (kept.code, received.code), kept.err + received.err
    assert (True, "witnessed") == (kept.document()["witnessed"], item["assurance"])
    assert (0, kept.document()["log_size"]) == (audit.code, audit.document()["log_size"]), audit.out
    assert 0 == archived.code, archived.err
    assert (0, audit.document()["messages"]) == (again.code, again.document()["messages"]), again.out
    assert not (tmp_path / "archive" / "nodes").exists()


@pytest.mark.timeout(300)
def test_a_notary_that_the_bus_does_not_know_says_so(secure: Cluster, federation: Path) -> None:
    hub = FederationFolder(federation).hub
    shutil.copytree(identities(secure).participant("SE"), hub / "keys" / "stranger")
    replace_setting(hub / "notary.toml", "bus_identity", "keys/stranger")
    ran = run("notary", "run", "--once", folder=federation)

    assert ran.code in (3, 7)
    assert not (federation / "log" / "checkpoint").exists()
