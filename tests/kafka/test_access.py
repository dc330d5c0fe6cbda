"""What the rules are worth: real clients do what they may, and nothing else."""

import asyncio
from collections.abc import AsyncIterator
from typing import Final

import pytest

from broker.bus.kafka.bus import open_kafka_bus
from broker.bus.kafka.connection import Connection, Pace
from broker.bus.port import Bus, Outgoing
from broker.errors import BusForbidden, BusUnavailable, UnknownTopic
from tests.kafka.administrator import CALL_S, Administrator, provision
from tests.support.kafka.cluster import Cluster
from tests.support.kafka.connecting import by_certificate, by_password, identities, with_identity
from tests.support.kafka.settings import ADMINISTRATOR
from tocsin.cluster.admin import ClusterAdmin
from tocsin.cluster.plan import PlannedTopic

MINE: Final = "exercise.msg.NL"


@pytest.fixture
def provisioned(secure: Cluster, namespace: str) -> Administrator:
    return provision(Administrator(secure, namespace))


class Doors:
    """Buses that are closed at the end."""

    def __init__(self, administrator: Administrator) -> None:
        self.administrator = administrator
        self.buses: list[Bus] = []

    def enter(self, connection: Connection) -> Bus:
        """Return the bus as whoever *connection* shows sees it."""
        self.buses.append(open_kafka_bus(connection))
        return self.buses[-1]

    def certified(self, code: str) -> Bus:
        """Return the bus as *code* sees it by its certificate."""
        return self.enter(by_certificate(self.administrator.cluster, code, self.administrator.namespace))


@pytest.fixture
async def doors(provisioned: Administrator) -> AsyncIterator[Doors]:
    made = Doors(provisioned)
    yield made
    for bus in made.buses:
        await bus.close()


async def test_each_writes_its_own_topic_and_everybody_reads_it(doors: Doors) -> None:
    await doors.certified("NL").send(MINE, [Outgoing("a", b"said")])
    for code in ("NL", "BE", "X-HUB", "X-AUDIT"):
        assert [b"said"] == [one.value for one in await doors.certified(code).read(MINE, start=0, most=9)]


@pytest.mark.parametrize("topic", ["exercise.msg.BE", "exercise.msg.FR"])
async def test_nobody_writes_anothers_topic(doors: Doors, topic: str) -> None:
    bus = doors.certified("NL")
    with pytest.raises(BusForbidden):
        await bus.send(topic, [Outgoing("a", b"forged")])
    await bus.send(MINE, [Outgoing("a", b"said")])
    assert 0 == await bus.end(topic)


async def test_all_administrators_write_the_directory_and_a_reader_does_not(doors: Doors) -> None:
    for code in ("NL", "BE", "X-HUB"):
        await doors.certified(code).send("exercise.directory", [Outgoing(code, b"said")])
    with pytest.raises(BusForbidden):
        await doors.certified("X-AUDIT").send("exercise.directory", [Outgoing("x", b"said")])


async def test_a_foreign_group_is_refused_and_the_own_one_is_not(doors: Doors) -> None:
    await doors.certified("BE").send("exercise.msg.BE", [Outgoing("a", b"said")])
    assert [b"said"] == await fetch_as_member(doors.certified("NL"), "node-NL-1")
    with pytest.raises(BusForbidden):
        await fetch_as_member(doors.certified("NL"), "node-BE-1")


async def fetch_as_member(bus: Bus, group: str) -> list[bytes]:
    """Return what a member of *group* is given of BE's topic."""
    member = bus.subscribe(group, ["exercise.msg.BE"])
    try:
        return [one.value for one in await member.fetch(most=9, wait=CALL_S)]
    finally:
        await member.close()


async def test_a_stranger_with_a_good_certificate_sees_nothing(doors: Doors) -> None:
    bus = doors.certified("SE")
    assert MINE not in await bus.topics()
    with pytest.raises((BusForbidden, UnknownTopic), match=r"exercise\.msg\.NL"):
        await bus.read(MINE, start=0, most=1)


async def test_a_password_opens_what_a_certificate_opens(doors: Doors) -> None:
    administrator = doors.administrator
    bus = doors.enter(by_password(administrator.cluster, "BE", administrator.namespace))
    await bus.send("exercise.msg.BE", [Outgoing("a", b"said")])
    with pytest.raises(BusForbidden):
        await bus.send(MINE, [Outgoing("a", b"forged")])


async def send_without_end(bus: Bus) -> None:
    async with asyncio.timeout(CALL_S):
        while True:
            await bus.send(MINE, [Outgoing("a", b"after")])


async def test_a_right_that_is_taken_away_bites_open_connections(doors: Doors) -> None:
    bus = doors.certified("NL")
    await bus.send(MINE, [Outgoing("a", b"before")])
    await asyncio.to_thread(doors.administrator.take, "User:NL")
    with pytest.raises(BusForbidden):
        await send_without_end(bus)


async def test_the_administrators_name_opens_nothing_where_participants_come_in(provisioned: Administrator) -> None:
    theirs = identities(provisioned.cluster).issue(ADMINISTRATOR)
    connection = with_identity(provisioned.cluster, theirs, provisioned.namespace, pace=Pace(call=3.0))
    with pytest.raises(BusUnavailable):
        await asyncio.to_thread(ClusterAdmin(connection).create_topic, PlannedTopic("x", 1, {}))
