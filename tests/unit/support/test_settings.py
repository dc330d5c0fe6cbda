"""The configuration of test brokers."""

from pathlib import Path

import pytest

from tests.support.kafka.settings import Listener, Place, Stores, format_properties, server_properties

PORTS = {name: 1000 + number for number, name in enumerate(Listener)}
PLACE = Place(2, PORTS, Path("/data"))
STORES = Stores(Path("/own"), Path("/nodes"), Path("/clients"))
VOTERS = {1: 11, 2: 12, 3: 13}


def test_a_plain_node_listens_in_the_clear_and_asks_nobody() -> None:
    made = server_properties(PLACE, VOTERS, None)
    assert {"PLAINTEXT"} == {entry.split(":")[1] for entry in made["listener.security.protocol.map"].split(",")}
    assert [] == [name for name in made if "ssl" in name or "authorizer" in name]


def test_a_secure_node_has_no_listener_in_the_clear() -> None:
    made = server_properties(PLACE, VOTERS, STORES)
    assert "CLIENT:SSL,SCRAM:SASL_SSL,INTERNAL:SSL,CONTROLLER:SSL" == made["listener.security.protocol.map"]


@pytest.mark.parametrize("stores", [None, STORES])
def test_clients_are_never_told_of_the_controllers(stores: Stores | None) -> None:
    made = server_properties(PLACE, VOTERS, stores)
    assert "CONTROLLER://" in made["listeners"]
    assert "CONTROLLER" not in made["advertised.listeners"]


@pytest.mark.parametrize(("voters", "copies"), [({1: 11}, ("1", "1")), (VOTERS, ("3", "2"))])
def test_there_are_as_many_copies_as_nodes_and_one_node_may_be_gone(
    voters: dict[int, int], copies: tuple[str, str]
) -> None:
    made = server_properties(PLACE, voters, None)
    assert copies == (made["default.replication.factor"], made["min.insync.replicas"])


def test_participants_and_nodes_are_vouched_for_by_different_authorities() -> None:
    made = server_properties(PLACE, VOTERS, STORES)
    names = ("ssl.truststore.location", "listener.name.client.ssl.truststore.location")
    assert ["/nodes", "/clients"] == [made[name] for name in names]


def test_properties_are_written_line_by_line() -> None:
    assert "a=1\nb.c=x,y\n" == format_properties({"a": "1", "b.c": "x,y"})
