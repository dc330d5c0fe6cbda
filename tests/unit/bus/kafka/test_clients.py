import logging
from pathlib import Path

import pytest

from broker.bus.kafka.bus import open_kafka_bus
from broker.bus.kafka.clients import Clients
from broker.bus.kafka.connection import Address, Connection, Pace
from broker.errors import BadIdentity, BusClosed
from tests.unit.bus.kafka.folders import a_folder, files

CONNECTION = Connection(address=Address(("localhost:1",), "exercise"), pace=Pace(call=8.0, session=20.0))


async def test_members_of_one_process_do_not_share_what_they_owned() -> None:
    clients = Clients(CONNECTION)
    members = [clients.member("g"), clients.member("g")]
    one, two = (member._partition_assignment_strategy[0] for member in members)
    for member in members:
        await member.stop()
    assert "sticky" == one.name == two.name
    assert one is not two


async def test_a_group_is_named_inside_the_namespace() -> None:
    member = Clients(CONNECTION).member("node-NL-1")
    await member.stop()
    assert "exercise.node-NL-1" == member._group_id


async def test_a_request_to_join_may_take_as_long_as_the_others_may_take_to_come_back() -> None:
    clients = Clients(CONNECTION)
    member = clients.member("g")
    await member.stop()
    connecting = member._client._request_timeout_ms
    clients.be_patient(member)
    assert connecting < 1000 * CONNECTION.pace.call / 2
    assert member._client._request_timeout_ms > member._rebalance_timeout_ms > 1000 * CONNECTION.pace.rebalance


def test_the_library_keeps_its_thoughts_to_itself_unless_somebody_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    log = logging.getLogger("aiokafka")
    monkeypatch.setattr(log, "level", logging.NOTSET)
    Clients(CONNECTION)
    assert not log.isEnabledFor(logging.CRITICAL)
    monkeypatch.setattr(log, "level", logging.DEBUG)
    Clients(CONNECTION)
    assert logging.DEBUG == log.level


def test_opening_looks_at_the_identity_before_anything_connects(tmp_path: Path) -> None:
    with pytest.raises(BadIdentity, match=r"ca\.pem"):
        open_kafka_bus(Connection(address=CONNECTION.address, tls=files(tmp_path / "nothing")))
    open_kafka_bus(Connection(address=CONNECTION.address, tls=files(a_folder(tmp_path / "NL"))))


async def test_a_bus_that_never_connected_closes_and_then_refuses() -> None:
    bus = open_kafka_bus(CONNECTION)
    subscription = bus.subscribe("g", ["a"])
    await bus.close()
    await bus.close()
    with pytest.raises(BusClosed):
        await bus.topics()
    with pytest.raises(BusClosed):
        await subscription.fetch(most=1, wait=0)
