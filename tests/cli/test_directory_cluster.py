"""What somebody who joins a network shows to its cluster, and what is left to do there."""

import subprocess
from pathlib import Path

import msgspec
import pytest

from broker.types.names import Participant
from tests.cli.commands import run
from tocsin.exits import Exit
from tocsin.folder import FederationFolder, open_folder
from tocsin.letting_in import cluster_steps
from tocsin.settings import FederationSettings, WayIn, load_federation, load_node

CERTIFICATES = ("ca.pem", "certificate.pem", "key.pem")


@pytest.fixture
def certificates(tmp_path: Path) -> Path:
    """Return a folder with certificates for FR and nobody else of the network."""
    folder = tmp_path / "certificates"
    made = run("kafka", "certificates", "new", folder, "--participant", "FR")
    assert Exit.DONE == made.code, made.err
    return folder


def on_a_cluster(federation: Path, way_in: WayIn) -> FederationSettings:
    """Return the settings of *federation* as if its bus were a cluster."""
    known = load_federation(open_folder(federation))
    return msgspec.structs.replace(known, bus="kafka://kafka-1:9092/ns", way_in=way_in)


def test_an_identity_is_put_where_the_node_reads_it_and_the_key_is_its_owners(
    federation: Path, certificates: Path
) -> None:
    (certificates / "identities" / "FR" / "key.pem").chmod(0o644)
    run("directory", "add", "participant", "FR=France", folder=federation)
    ran = run("kafka", "certificates", "give", certificates, "FR", folder=federation)
    again = run("kafka", "certificates", "give", certificates, "FR", folder=federation)
    bus = federation / "nodes" / "FR" / "keys" / "bus"

    assert (Exit.DONE, Exit.DONE) == (ran.code, again.code), ran.err
    assert set(CERTIFICATES) == {path.name for path in bus.iterdir()}
    assert {0o600} == {path.stat().st_mode & 0o777 for path in bus.iterdir()}
    assert "keys/bus" == load_node(FederationFolder(federation), Participant("FR")).way_in.bus_identity


def test_the_hub_is_given_its_own(federation: Path, certificates: Path) -> None:
    ran = run("kafka", "certificates", "give", certificates, "X-HUB", folder=federation)

    assert (Exit.DONE, True) == (ran.code, (federation / "hub" / "keys" / "bus" / "key.pem").is_file())
    # A network that was founded without any: it is not said to be shown before it is.
    assert 'once federation.toml says bus_identity = "hub/keys/bus"' in ran.out


@pytest.mark.parametrize(
    ("code", "says"),
    [
        ("NL", "tocsin kafka certificates issue"),
        ("FR", "FR has no node in this folder"),
        ("FRANCE", "FRANCE"),
    ],
    ids=["not issued", "no node", "no code"],
)
def test_nothing_is_given_to_somebody_else(federation: Path, certificates: Path, code: str, says: str) -> None:
    ran = run("kafka", "certificates", "give", certificates, code, folder=federation)

    assert (True, True) == (ran.code in (Exit.CONFIGURATION, Exit.REFUSED), says in ran.err), ran.err
    assert not (federation / "nodes" / "NL" / "keys" / "bus").exists()


def test_half_an_identity_is_none(federation: Path, certificates: Path) -> None:
    (certificates / "identities" / "FR" / "key.pem").unlink()
    founded = run(
        *("federation", "new", federation.parent / "other", "-p", "FR"),
        *("--bus", "kafka://127.0.0.1:1", "--bus-identities", certificates),
    )

    assert (Exit.CONFIGURATION, True) == (founded.code, "FR has no identity for the bus" in founded.err), founded.err
    assert not (federation.parent / "other").exists()


def test_who_joins_a_network_on_one_machine_has_nothing_to_show(federation: Path, certificates: Path) -> None:
    ran = run("directory", "add", "participant", "FR", "--bus-identities", certificates, folder=federation)
    joined = run("directory", "add", "participant", "FR", "--json", folder=federation)

    assert (Exit.USAGE, Exit.DONE) == (ran.code, joined.code)
    assert [] == joined.document()["left_to_do"]


def test_who_shows_a_certificate_is_let_in_by_lines_to_paste(federation: Path) -> None:
    folder, settings = FederationFolder(federation), on_a_cluster(federation, WayIn(bus_identity="hub/keys/bus"))
    steps = cluster_steps(folder, settings, "FR", has_topic=False, has_identity=False)

    assert [
        "tocsin kafka certificates issue DIR FR",
        f"tocsin kafka certificates give DIR FR --folder {federation}",
        f"tocsin kafka provision --folder {federation} --bootstrap kafka://HOST:PORT --identity DIR/admin",
    ] == steps
    assert steps[2:] == cluster_steps(folder, settings, "FR", has_topic=False, has_identity=True)
    assert [] == cluster_steps(folder, settings, "FR", has_topic=True, has_identity=True)


def test_who_shows_a_password_is_let_in_by_lines_to_paste(federation: Path) -> None:
    run("directory", "add", "participant", "FR", folder=federation)
    settings = on_a_cluster(federation, WayIn(bus_identity="hub/keys/bus", bus_user="X-HUB"))
    steps = cluster_steps(FederationFolder(federation), settings, "FR", has_topic=True, has_identity=False)
    password = federation.parent / "password"
    password.write_text("fr-enters", "utf-8")
    (federation / "hub" / "keys" / "bus").mkdir()
    (federation / "hub" / "keys" / "bus" / "ca.pem").write_text("authorities", "utf-8")
    pasted = "\n".join(steps[1:]).replace("PASSWORD_FILE", str(password))
    subprocess.run(["sh", "-e", "-c", pasted], check=True)
    way_in = load_node(FederationFolder(federation), Participant("FR")).way_in

    assert steps[0].startswith("kafka-configs.sh --bootstrap-server kafka-1:9092 ")
    assert steps[0].endswith("--entity-name FR --alter --add-config-file password.properties")
    assert ("keys/bus", "FR") == (way_in.bus_identity, way_in.bus_user)


def test_in_the_clear_there_is_nothing_to_show(federation: Path) -> None:
    settings = on_a_cluster(federation, WayIn(allow_plaintext=True))

    assert [] == cluster_steps(FederationFolder(federation), settings, "FR", has_topic=True, has_identity=False)
