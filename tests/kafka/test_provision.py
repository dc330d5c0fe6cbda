"""A real cluster is brought to its plan: once, wholly, and without ever taking anything away."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from broker.bus.kafka.bus import open_kafka_bus
from broker.bus.kafka.connection import Connection, parse_address
from broker.bus.port import Outgoing
from broker.errors import BusUnavailable
from broker.types.names import Digest, Participant, directory_topic
from broker.types.vocabulary import Status
from tests.cli.commands import run
from tests.kafka.administrator import EXERCISE, MEMBERS, Administrator, provision
from tests.support.federation import FOUNDED, HUB_STREAM, Federation, a_federation, a_participant
from tests.support.kafka.cluster import Cluster
from tests.support.kafka.connecting import identities, with_identity
from tests.support.kafka.settings import Listener
from tocsin.cluster.members import Members, read_members
from tocsin.cluster.plan import make_plan
from tocsin.folder import FederationFolder
from tocsin.settings import FederationSettings, format_federation


@pytest.fixture
def administrator(secure: Cluster, namespace: str) -> Administrator:
    return Administrator(secure, namespace)


@pytest.fixture
def provisioned(secure: Cluster, namespace: str) -> Administrator:
    return provision(Administrator(secure, namespace))


def test_everything_is_made_once(administrator: Administrator) -> None:
    plan = make_plan(administrator.network, brokers=1)
    first = administrator.run("provision").document()
    topics, rules = administrator.state()
    assert {one.name for one in plan.topics} == set(first["topics"]) == set(topics)
    assert plan.rules == frozenset(rules)
    assert first["done"] == len(first["steps"])
    second = administrator.run("provision")
    assert ([], [], []) == tuple(second.document()[key] for key in ("topics", "settings", "rules"))
    assert "Nothing to do." in second.err


def test_a_dry_run_says_everything_and_does_nothing(administrator: Administrator) -> None:
    ran = administrator.run("provision", "--dry-run")
    assert (0, 0, True) == (ran.code, ran.document()["done"], ran.document()["dry_run"])
    assert len(make_plan(administrator.network, brokers=1).rules) == len(ran.document()["rules"])
    assert ([], []) == tuple(map(list, administrator.state()))


def test_a_new_participant_gets_what_it_needs_and_nobody_loses_anything(provisioned: Administrator) -> None:
    before = frozenset(provisioned.state()[1])
    document = provisioned.run("provision", members=("NL", "SE")).document()
    assert [f"{provisioned.namespace}.exercise.msg.SE"] == document["topics"]
    assert before < frozenset(provisioned.state()[1])


def test_quotas_are_printed_for_the_tool_that_can_set_them(administrator: Administrator) -> None:
    lines = administrator.run("provision", "--dry-run").document()["quotas"]
    assert len(MEMBERS) + 2 == len(lines)
    assert all(line.startswith("kafka-configs.sh ") and "producer_byte_rate=" in line for line in lines)


def test_a_participant_cannot_provision(administrator: Administrator) -> None:
    ran = run(
        *("kafka", "provision", "--id", EXERCISE, "-p", "NL"),
        *("--bootstrap", administrator.cluster.address(administrator.namespace)),
        *("--identity", identities(administrator.cluster).participant("NL")),
    )
    assert 3 == ran.code
    assert "--identity" in ran.err


def test_what_fails_in_the_middle_is_told_with_what_was_done(administrator: Administrator) -> None:
    # Kafka takes "a_b" and "a.b" for one name in its measurements, and refuses the second.
    administrator.make_topic(f"{administrator.namespace}.exercise.msg_FR")
    ran = administrator.run("provision")
    assert 3 == ran.code, ran.err
    document = ran.document()
    assert document["failed"]["code"]
    assert 0 < document["done"] < len(document["steps"])
    assert "not done:" in ran.err


def test_three_brokers_keep_three_copies(three: Cluster, namespace: str) -> None:
    administrator = provision(Administrator(three, namespace))
    state = administrator.connect().read(administrator.network.topics)
    assert {(1, 3, "2")} == {
        (one.partitions, one.replicas, one.settings["min.insync.replicas"]) for one in state.topics.values()
    }
    assert [] == administrator.codes()


def test_a_broker_that_is_down_makes_nothing_smaller(three: Cluster, namespace: str) -> None:
    administrator = Administrator(three, namespace)
    assert 0 == administrator.run("provision", members=("NL",)).code
    three.kill(3)
    wait_until(lambda: brokers_seen(administrator) == 2)
    again = administrator.run("provision", members=("NL",))
    assert (0, []) == (again.code, again.document()["settings"])
    assert 0 == administrator.run("provision", members=("NL", "BE")).code
    topics = administrator.connect().read(administrator.network.topics).topics
    assert {3} == {one.replicas for one in topics.values()}


def brokers_seen(administrator: Administrator) -> int:
    """Return how many brokers there are; 0 while one of them is away and the others have not noticed."""
    try:
        return len(administrator.connect().read(administrator.network.topics).brokers)
    except BusUnavailable:
        return 0


def wait_until(holds: Callable[[], bool]) -> None:
    """Wait until the cluster has noticed; at most a minute."""
    deadline = datetime.now(UTC) + timedelta(minutes=1)
    while not holds():
        assert datetime.now(UTC) < deadline


def the_settings(federation: Federation, address: str) -> FederationSettings:
    digest = Digest(federation.root_digest)
    return FederationSettings(id=federation.name, status=Status.EXERCISE, bus=address, root_digest=digest)


def a_federation_that_be_has_left() -> Federation:
    federation = a_federation(("NL", "BE"))
    ends = FOUNDED + timedelta(days=9)
    federation.say(a_participant("BE", [federation.admin_keys["BE"]], active_to=ends), HUB_STREAM)
    return federation


async def put_on_the_bus(federation: Federation, connection: Connection) -> None:
    bus = open_kafka_bus(connection)
    try:
        topic = directory_topic(federation.name)
        await bus.create_topics([topic])
        await bus.send(topic, [Outgoing("x", raw) for raw in federation.messages])
    finally:
        await bus.close()


async def test_who_takes_part_is_read_from_the_directory(kafka_address: str) -> None:
    connection, federation = Connection(address=parse_address(kafka_address)), a_federation_that_be_has_left()
    settings, at = the_settings(federation, kafka_address), FOUNDED + timedelta(days=30)
    assert Members() == await read_members(connection, settings, at)
    await put_on_the_bus(federation, connection)
    expected = Members(active=(Participant("NL"),), left=(Participant("BE"),))
    assert expected == await read_members(connection, settings, at)


async def test_the_rights_of_one_who_left_are_named_with_what_takes_them_away(
    administrator: Administrator, tmp_path: Path
) -> None:
    cluster, federation = administrator.cluster, a_federation_that_be_has_left()
    identity = identities(cluster).administrator()
    inside = cluster.address(administrator.namespace, Listener.INTERNAL)
    shown = msgspec.structs.replace(with_identity(cluster, identity), address=inside)
    settings = the_settings(federation, str(cluster.address(administrator.namespace)))
    FederationFolder(tmp_path).federation_file.write_text(format_federation(settings), "utf-8")
    words = ("--identity", identity, "--bootstrap", f"kafka://{cluster.bootstrap(Listener.INTERNAL)}")
    before = await asyncio.to_thread(run, "kafka", "provision", "-p", "NL", "-p", "BE", *words, folder=tmp_path)
    assert 0 == before.code, before.err
    await put_on_the_bus(federation, shown)
    found = (await asyncio.to_thread(run, "kafka", "check", "--json", *words, folder=tmp_path)).document()["findings"]
    left = [one for one in found if one["code"] == "rule-left"]
    assert 9 == len(left)
    assert all("--remove" in one["remedy"] and "User:BE" in one["remedy"] for one in left)
    assert {"rule-left", "password-user"} == {one["code"] for one in found}
