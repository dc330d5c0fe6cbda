"""The commands on a real cluster: the demo, a whole network by hand, and everybody's certificate."""

import json
import re
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from broker.types.names import Participant
from tests.cli.commands import SEIZURE, a_file, finish, run, start
from tests.kafka.administrator import Administrator, provision
from tests.support.kafka.cluster import Cluster
from tests.support.kafka.connecting import identities
from tests.support.kafka.identities import password
from tests.support.kafka.settings import Listener
from tocsin.folder import FederationFolder, open_folder
from tocsin.settings import load_federation, load_node


@pytest.fixture
def federation(kafka_address: str, tmp_path: Path) -> Path:
    """A network of NL and BE on the plain broker, founded by the command."""
    folder = tmp_path / "federation"
    ran = run("federation", "new", folder, "-p", "NL", "-p", "BE", "--bus", kafka_address, "--allow-plaintext")
    assert 0 == ran.code, ran.err
    return folder


@pytest.fixture
def handed_out(secure: Cluster, tmp_path: Path) -> Path:
    """What a federation is founded with: an identity for the hub and for each participant."""
    folder = tmp_path / "pki"
    (folder / "identities").mkdir(parents=True)
    for code in ("NL", "BE", "X-HUB"):
        (folder / "identities" / code).symlink_to(identities(secure).participant(code))
    return folder


def without_times(document: str) -> object:
    """Return what a command has printed without what the clock makes another each time.

    That is every moment, not the days of reports; and digests, key ids and signatures over what has moments in it.
    """
    return _timeless(json.loads(document))


def _timeless(value: object) -> object:
    match value:
        case str():
            said = re.sub(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?( UTC|Z|\+00:00)", "then", value)
            return re.sub(r"[0-9A-Za-z+/]{32,}=*", "digest", said)
        case list():
            return [_timeless(one) for one in value]
        case dict():
            return {name: _timeless(one) for name, one in value.items()}
        case _:
            return value


@contextmanager
def following(authority: str, folder: Path, *more: str) -> Iterator["subprocess.Popen[str]"]:
    process = start("receive", "--as", authority, "--follow", "--json", "--folder", folder, *more)
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
            process.communicate()


def wait_for(process: "subprocess.Popen[str]", words: str) -> str:
    """Return the first line of the node's log that has *words*."""
    assert process.stderr is not None
    for line in process.stderr:
        if words in line:
            return line
    raise AssertionError(f"the log ended without {words!r}")


@pytest.mark.timeout(900)  # the demo twice
def test_the_demo_comes_to_the_same_on_kafka(kafka_address: str, tmp_path: Path) -> None:
    here = run("demo", "--json", folder=tmp_path / "here")
    there = run("demo", "--json", "--bus", kafka_address, "--allow-plaintext", folder=tmp_path / "there")

    assert (0, 0) == (here.code, there.code), here.err + there.err
    assert without_times(here.out) == without_times(there.out)
    assert kafka_address == load_federation(open_folder(tmp_path / "there")).bus
    assert not FederationFolder(tmp_path / "there").bus_file.exists()


def test_a_report_travels_and_the_record_holds(federation: Path, tmp_path: Path) -> None:
    run("receive", "--as", "BE/police", folder=federation)
    published = run("publish", a_file(tmp_path, SEIZURE), "--as", "NL/customs", "--json", folder=federation)
    received = run("receive", "--as", "BE/police", "--json", folder=federation).document()
    audit = run("audit", "check", "--json", folder=federation)

    assert 0 == published.code
    assert ["NL/customs/1#2"] == received["alerts"]
    assert (0, []) == (audit.code, audit.document()["findings"])


def test_doctor_says_that_everything_is_spoken_in_the_clear(federation: Path) -> None:
    ran = run("doctor", "--json", folder=federation)
    cares = [one["says"] for one in ran.document() if one["level"] == "care" and one["subject"] == "bus"]

    assert 0 == ran.code
    assert ["spoken to in the clear: whoever listens reads along"] == cares


def test_one_name_is_founded_once_on_a_cluster(federation: Path, kafka_address: str, tmp_path: Path) -> None:
    again = tmp_path / "again"
    ran = run("federation", "new", again, "-p", "NL", "--bus", kafka_address, "--allow-plaintext")

    assert 4 == ran.code
    assert "carries a network exercise already" in ran.err
    assert not (again / "federation.toml").exists()


def test_a_follower_tells_alerts_and_a_polite_stop_is_an_end_like_any_other(federation: Path, tmp_path: Path) -> None:
    run("receive", "--as", "BE/police", folder=federation)
    with following("BE/police", federation) as process:
        wait_for(process, "event=following")
        run("publish", a_file(tmp_path, SEIZURE), "--as", "NL/customs", folder=federation)
        assert process.stdout is not None
        told = json.loads(process.stdout.readline())
        process.send_signal(signal.SIGTERM)
        ran = finish(process)

    assert ("NL/customs/1#2", 0) == (told["alert"], ran.code)
    assert "event=stopped" in ran.err


@pytest.mark.timeout(600)
def test_the_demo_goes_through_a_cluster_with_rules(
    secure: Cluster, namespace: str, handed_out: Path, tmp_path: Path
) -> None:
    bus = secure.address(namespace)
    missing = run("demo", "--bus", bus, "--bus-identities", handed_out).err.partition(" have no identity")[0]
    codes = re.findall(r"(?:X-)?[A-Z]{2,}", missing)
    for code in codes:
        (handed_out / "identities" / code).symlink_to(identities(secure).participant(code))
    provisioned = run(
        *("kafka", "provision", "--id", "exercise-demo", *(f"--participant={code}" for code in ("NL", "BE", *codes))),
        *("--bootstrap", secure.address(namespace, Listener.INTERNAL)),
        *("--identity", identities(secure).administrator()),
    )
    ran = run("demo", "--json", "--bus", bus, "--bus-identities", handed_out, folder=tmp_path / "demo")

    assert (0, 0) == (provisioned.code, ran.code), provisioned.err + ran.err
    assert 0 == ran.document()["audit"]["findings"]


def test_everybody_comes_in_with_its_own_certificate(
    secure: Cluster, namespace: str, handed_out: Path, tmp_path: Path
) -> None:
    provision(Administrator(secure, namespace))
    folder = tmp_path / "federation"
    bus = secure.address(namespace)
    founded = run("federation", "new", folder, "-p", "NL", "-p", "BE", "--bus", bus, "--bus-identities", handed_out)
    run("receive", "--as", "BE/police", folder=folder)
    published = run("publish", a_file(tmp_path, SEIZURE), "--as", "NL/customs", folder=folder)
    received = run("receive", "--as", "BE/police", "--json", folder=folder).document()
    doctor = run("doctor", "--json", folder=folder)

    assert (0, 0) == (founded.code, published.code), founded.err + published.err
    assert ["NL/customs/1#2"] == received["alerts"]
    assert "keys/bus" == load_node(open_folder(folder), Participant("NL")).way_in.bus_identity
    assert 0o600 == (folder / "nodes" / "NL" / "keys" / "bus" / "key.pem").stat().st_mode & 0o777
    subjects = {one["subject"] for one in doctor.document() if "bus identity" in one["subject"]}
    assert {"bus identity", "BE bus identity", "NL bus identity"} == subjects


def test_the_hub_publishes_its_catalogue_with_its_own_certificate(
    secure: Cluster, namespace: str, handed_out: Path, tmp_path: Path
) -> None:
    provision(Administrator(secure, namespace))
    folder = tmp_path / "federation"
    bus = secure.address(namespace)
    founded = run("federation", "new", folder, "-p", "NL", "-p", "BE", "--bus", bus, "--bus-identities", handed_out)
    published = run("substance", "publish", "--shipped", "--as", "X-HUB/catalogue", folder=folder)
    received = run("receive", "--as", "BE/police", folder=folder)
    editions = run("substance", "editions", "--as", "BE/police", "--json", folder=folder)

    assert (0, 0, 0) == (founded.code, published.code, received.code), founded.err + published.err + received.err
    (found,) = editions.document()["editions"]
    assert "X-HUB/catalogue/1#1" == found["message"]


def test_a_node_comes_in_with_a_password_where_its_settings_say_so(
    secure: Cluster, namespace: str, handed_out: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    provision(Administrator(secure, namespace))
    folder = tmp_path / "federation"
    bus = secure.address(namespace)
    run("federation", "new", folder, "-p", "NL", "-p", "BE", "--bus", bus, "--bus-identities", handed_out)
    node = folder / "nodes" / "BE"
    (node / "keys" / "password").write_text(password("BE"), "utf-8")
    with (node / "node.toml").open("a", encoding="utf-8") as settings:
        settings.write('bus_user = "BE"\nbus_password = "file:keys/password"\n')
    monkeypatch.setenv("TOCSIN_BUS", str(secure.address(namespace, Listener.SCRAM)))
    received = run("receive", "--as", "BE/police", folder=folder)
    shown = run("config", "show", folder=folder)
    (node / "keys" / "password").write_text("wrong", "utf-8")
    refused = run("receive", "--as", "BE/police", folder=folder)

    assert 0 == received.code, received.err
    assert password("BE") not in shown.out + shown.err
    assert 3 == refused.code
    assert "password" in refused.err


def test_a_new_participant_is_enrolled_and_its_topic_left_to_the_cluster(
    secure: Cluster, namespace: str, handed_out: Path, tmp_path: Path
) -> None:
    administrator = Administrator(secure, namespace)
    administrator.run("provision", members=("NL", "BE"))
    folder = tmp_path / "federation"
    bus = secure.address(namespace)
    run("federation", "new", folder, "-p", "NL", "-p", "BE", "--bus", bus, "--bus-identities", handed_out)
    added = run("directory", "add", "participant", "DE", folder=folder)

    assert 0 == added.code, added.err
    assert "tocsin kafka provision" in added.out
    assert f"{namespace}.exercise.msg.DE" not in administrator.state()[0]


def test_an_identity_that_is_missing_is_named_and_nothing_is_said_on_the_bus(
    secure: Cluster, namespace: str, handed_out: Path, tmp_path: Path
) -> None:
    (handed_out / "identities" / "BE").unlink()
    bus = secure.address(namespace)
    ran = run("federation", "new", tmp_path / "f", "-p", "NL", "-p", "BE", "--bus", bus, "--bus-identities", handed_out)

    assert 3 == ran.code
    assert "BE has no identity for the bus" in ran.err
    assert f"tocsin kafka certificates issue {handed_out} BE" in ran.err
