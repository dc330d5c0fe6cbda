from pathlib import Path

import msgspec
import pytest

from broker.bus.kafka.connection import Tls
from broker.errors import BadName, BadSettings
from broker.types.names import Digest
from broker.types.vocabulary import Status
from tocsin.cluster.way import Said, find_way
from tocsin.folder import FederationFolder
from tocsin.settings import EMBEDDED, FederationSettings, WayIn, format_federation


def a_folder(root: Path, bus: str = EMBEDDED, identity: str = "") -> FederationFolder:
    settings = FederationSettings(
        id="exercise",
        status=Status.EXERCISE,
        bus=bus,
        root_digest=Digest(bytes(32)),
        way_in=WayIn(bus_identity=identity),
    )
    folder = FederationFolder(root)
    folder.federation_file.write_text(format_federation(settings), "utf-8")
    return folder


def said(**words: object) -> Said:
    return msgspec.structs.replace(
        Said(federation="exercise", bootstrap="kafka://b1:9093", identity=Path("admin")), **words
    )


def test_the_command_line_is_enough_before_there_is_a_folder() -> None:
    way = find_way(said(bootstrap="kafka://b1:9093/shared"), None)
    assert ("exercise", "kafka://b1:9093/shared", None) == (way.federation, str(way.connection.address), way.settings)
    expected = Tls(Path("admin/ca.pem"), Path("admin/certificate.pem"), Path("admin/key.pem"))
    assert (expected, None) == (way.connection.tls, way.connection.scram)


def test_the_clear_has_to_be_asked_for() -> None:
    with pytest.raises(BadSettings, match="in the clear"):
        find_way(said(identity=None), None)
    assert find_way(said(identity=None, allow_plaintext=True), None).connection.tls is None


def test_a_folder_knows_its_network_its_cluster_and_the_way_in(tmp_path: Path) -> None:
    folder = a_folder(tmp_path, "kafka://b1:9092/shared", "hub/bus")
    way = find_way(Said(), folder)
    assert ("exercise", "kafka://b1:9092/shared") == (way.federation, str(way.connection.address))
    assert way.connection.tls is not None
    assert tmp_path / "hub" / "bus" / "ca.pem" == way.connection.tls.authorities
    assert way.settings is not None


def test_the_administrators_listener_keeps_the_networks_namespace(tmp_path: Path) -> None:
    folder = a_folder(tmp_path, "kafka://b1:9092/shared")
    way = find_way(said(), folder)
    assert "kafka://b1:9093/shared" == str(way.connection.address)
    assert Path("admin/ca.pem") == (way.connection.tls and way.connection.tls.authorities)


def test_another_namespace_than_the_networks_is_a_mistake(tmp_path: Path) -> None:
    with pytest.raises(BadSettings, match="namespace"):
        find_way(said(bootstrap="kafka://b1:9093/other"), a_folder(tmp_path, "kafka://b1:9092/shared"))
    with pytest.raises(BadSettings, match="namespace"):
        find_way(said(bootstrap="kafka://b1:9093/other"), a_folder(tmp_path, "kafka://b1:9092"))


def test_a_network_that_is_about_to_move_to_a_cluster_names_it(tmp_path: Path) -> None:
    folder = a_folder(tmp_path)
    assert "kafka://b1:9093" == str(find_way(said(), folder).connection.address)
    with pytest.raises(BadSettings, match="which cluster"):
        find_way(said(bootstrap=None), folder)
    with pytest.raises(BadSettings, match="in the clear"):
        find_way(said(identity=None), folder)


def test_a_folder_of_another_network_is_a_mistake(tmp_path: Path) -> None:
    with pytest.raises(BadSettings, match="not of other"):
        find_way(said(federation="other"), a_folder(tmp_path))


def test_which_network_and_which_cluster_have_to_be_said() -> None:
    with pytest.raises(BadSettings, match="which network"):
        find_way(said(federation=None), None)
    with pytest.raises(BadSettings, match="which cluster"):
        find_way(said(bootstrap=None), None)


@pytest.mark.parametrize("words", [{"federation": "Exercise"}, {"bootstrap": "b1:9093"}])
def test_names_that_are_not_well_formed_are_refused(words: dict[str, str]) -> None:
    with pytest.raises(BadName):
        find_way(said(**words), None)
