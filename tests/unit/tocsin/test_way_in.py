"""How the settings lead into a cluster: never in the clear unless somebody says so, never half a way in."""

from pathlib import Path
from typing import Any

import pytest

from broker.bus.kafka.connection import Address, Scram
from broker.errors import BadSettings, BrokerError, MissingFile
from broker.types.names import ZERO_DIGEST, Originator
from broker.types.vocabulary import Status
from tocsin.buses import connection_of, identity_folder
from tocsin.folder import FederationFolder
from tocsin.secret import SecretReference
from tocsin.settings import FederationSettings, NodeSettings, WayIn, format_federation, load_federation, read_bus

SECRET = "correct horse"


def a_federation(bus: str = "kafka://10.0.0.1:9092", **way_in: Any) -> FederationSettings:
    return FederationSettings(
        id="exercise", status=Status.EXERCISE, bus=bus, root_digest=ZERO_DIGEST, way_in=WayIn(**way_in)
    )


def a_node(**way_in: Any) -> NodeSettings:
    return NodeSettings(
        node=Originator("NL/~1"),
        signing_key=SecretReference("file", "keys/node.pem"),
        administrator_key=None,
        house="",
        profiles="profiles.toml",
        way_in=WayIn(**way_in),
    )


def test_a_cluster_is_not_spoken_to_in_the_clear_unless_somebody_says_so(tmp_path: Path) -> None:
    folder = FederationFolder(tmp_path)
    with pytest.raises(BadSettings, match="in the clear") as caught:
        connection_of(folder, a_federation(), None)
    clear = connection_of(folder, a_federation(allow_plaintext=True), None)

    assert "allow_plaintext" in caught.value.hint
    assert (None, Address(("10.0.0.1:9092",))) == (clear.tls, clear.address)


def test_a_node_shows_its_own_identity_before_that_of_the_federation(tmp_path: Path) -> None:
    folder = FederationFolder(tmp_path)
    federation = a_federation(bus_identity="hub/keys/bus")
    own = connection_of(folder, federation, a_node(bus_identity="keys/bus"))
    shared = connection_of(folder, federation, a_node())

    assert own.tls is not None
    assert shared.tls is not None
    assert tmp_path / "nodes" / "NL" / "keys" / "bus" / "key.pem" == own.tls.key
    assert tmp_path / "hub" / "keys" / "bus" / "ca.pem" == shared.tls.authorities


def test_allowing_the_clear_does_not_take_an_identity_away(tmp_path: Path) -> None:
    settings = a_federation(bus_identity="hub/keys/bus", allow_plaintext=True)

    assert connection_of(FederationFolder(tmp_path), settings, None).tls is not None


def test_a_password_comes_from_its_file_and_goes_over_tls_alone(tmp_path: Path) -> None:
    (tmp_path / "password").write_text(f"{SECRET}\n", "utf-8")
    reference = SecretReference("file", "password")
    found = connection_of(
        FederationFolder(tmp_path), a_federation(bus_identity="keys", bus_user="X-HUB", bus_password=reference), None
    )

    assert Scram("X-HUB", SECRET) == found.scram
    assert found.tls is not None
    assert (tmp_path / "keys" / "ca.pem", None, None) == (
        found.tls.authorities,
        found.tls.certificate,
        found.tls.key,
    )
    assert SECRET not in repr(found)


@pytest.mark.parametrize(
    ("way_in", "says"),
    [
        ({"bus_user": "NL", "bus_identity": "keys"}, "go together"),
        ({"bus_password": SecretReference("env", "NOWHERE"), "bus_identity": "keys"}, "go together"),
        (
            {"bus_user": "NL", "bus_password": SecretReference("env", "NOWHERE"), "allow_plaintext": True},
            "never sent in the clear",
        ),
    ],
    ids=["no password", "no user", "no tls"],
)
def test_half_a_way_in_is_refused(tmp_path: Path, way_in: dict[str, Any], says: str) -> None:
    with pytest.raises(BadSettings, match=says):
        connection_of(FederationFolder(tmp_path), a_federation(**way_in), None)


def test_a_password_that_is_not_there_is_named(tmp_path: Path) -> None:
    way_in: dict[str, Any] = {
        "bus_user": "NL",
        "bus_identity": "keys",
        "bus_password": SecretReference("env", "NOWHERE_SET"),
    }
    with pytest.raises(MissingFile, match="NOWHERE_SET is not set, and a password is expected"):
        connection_of(FederationFolder(tmp_path), a_federation(**way_in), None)


def test_where_nothing_is_shown_there_is_no_identity(tmp_path: Path) -> None:
    assert identity_folder(FederationFolder(tmp_path), a_federation(allow_plaintext=True), a_node()) is None


@pytest.mark.parametrize("bus", ["embedded", "kafka://a:1,b:2/two.networks"])
def test_settings_that_were_written_are_read_again(tmp_path: Path, bus: str) -> None:
    folder = FederationFolder(tmp_path)
    written = a_federation(bus, bus_identity="hub/keys/bus", allow_plaintext=True)
    folder.federation_file.write_text(format_federation(written), "utf-8")

    assert written == load_federation(folder)


@pytest.mark.parametrize(
    "text",
    ["", "kafka:/a:1", "redis://a:1", "kafka://", "kafka://a", "kafka://a:0", "kafka://a:1,a:1", "kafka://a:1/ü"],
)
def test_what_is_no_bus_is_refused(text: str) -> None:
    with pytest.raises(BrokerError):
        read_bus(text)


@pytest.mark.parametrize(("stated", "allowed"), [("true", True), ("false", False), ('"true"', True)])
def test_yes_and_no_may_be_written_as_toml_does(tmp_path: Path, stated: str, allowed: bool) -> None:
    folder = FederationFolder(tmp_path)
    text = format_federation(a_federation()) + f"allow_plaintext = {stated}\n"
    folder.federation_file.write_text(text, "utf-8")

    assert allowed is load_federation(folder).way_in.allow_plaintext


def test_anything_else_is_no_answer_to_yes_or_no(tmp_path: Path) -> None:
    folder = FederationFolder(tmp_path)
    folder.federation_file.write_text(format_federation(a_federation()) + 'allow_plaintext = "yes"\n', "utf-8")
    with pytest.raises(BadSettings, match="allow_plaintext: expected true or false"):
        load_federation(folder)
