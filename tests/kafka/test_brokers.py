"""The brokers that tests run against: they come up, fall and heal as told, and let in only whom they should."""

import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiokafka.admin import AIOKafkaAdminClient  # type: ignore[import-untyped]
from aiokafka.errors import KafkaError  # type: ignore[import-untyped]
from aiokafka.helpers import create_ssl_context  # type: ignore[import-untyped]
from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from tests.support.kafka import health
from tests.support.kafka.cluster import Cluster, NodeFailed, Shape
from tests.support.kafka.connecting import identities
from tests.support.kafka.fixtures import MakeCluster
from tests.support.kafka.health import administration, heal, let_in, wait_whole
from tests.support.kafka.identities import password
from tests.support.kafka.ports import Ports
from tests.support.kafka.settings import ADMINISTRATOR, NODE_PRINCIPAL, Listener
from tocsin.cluster.certificates import Authority

OVER = timedelta(days=-2)


async def topics_seen(cluster: Cluster, listener: Listener, **shown: Any) -> set[str]:
    """Ask a listener, showing what aiokafka's settings *shown* say.

    Raises:
        KafkaError: That one is not let in.
    """
    client = AIOKafkaAdminClient(bootstrap_servers=cluster.bootstrap(listener), request_timeout_ms=20_000, **shown)
    try:
        await client.start()
        return set(await client.list_topics())
    finally:
        await client.close()


def with_tls(identity: Path) -> dict[str, Any]:
    """Return the settings that show the identity in a folder, or nobody's where only ``ca.pem`` is in it."""
    own = (identity / "certificate.pem").exists()
    context = create_ssl_context(
        cafile=str(identity / "ca.pem"),
        certfile=str(identity / "certificate.pem") if own else None,
        keyfile=str(identity / "key.pem") if own else None,
    )
    return {"security_protocol": "SSL", "ssl_context": context}


def make_topic(cluster: Cluster, name: str) -> None:
    admin = AdminClient(administration(cluster))
    copies = len(cluster.nodes)
    health.make_topic(admin, NewTopic(name, num_partitions=1, replication_factor=copies))
    known_leader(cluster, name)


def known_leader(cluster: Cluster, topic: str) -> int:
    """Return the node that leads a topic, once the node that is asked knows it."""
    while (found := leader(cluster, topic)) < 1:
        time.sleep(0.05)
    return found


def leader(cluster: Cluster, topic: str) -> int:
    """Return the node that leads a topic, as some node has it; -1 where that one knows none yet, or is away itself."""
    try:
        partitions = AdminClient(administration(cluster)).list_topics(topic, timeout=10).topics[topic].partitions
    except KafkaException:
        return -1
    return int(partitions[0].leader) if 0 in partitions else -1


def brokers(cluster: Cluster) -> set[int]:
    return set(AdminClient(administration(cluster)).list_topics(timeout=30).brokers)


# ── they come up ─────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_the_chosen_broker_answers_in_the_clear(kafka_address: str) -> None:
    client = AIOKafkaAdminClient(bootstrap_servers=kafka_address.split("/")[2])
    await client.start()
    assert isinstance(await client.list_topics(), list)
    await client.close()


@pytest.mark.parametrize("which", ["secure", "three"])
def test_all_nodes_take_part(which: str, request: pytest.FixtureRequest) -> None:
    cluster: Cluster = request.getfixturevalue(which)
    assert set(cluster.nodes) == brokers(cluster)


def test_a_topic_has_a_copy_on_each_of_three_nodes(three: Cluster, namespace: str) -> None:
    make_topic(three, f"{namespace}.a")
    wait_whole(three)
    until(lambda: all((three.data(node) / f"{namespace}.a-0").is_dir() for node in three.nodes))


def test_a_node_that_does_not_come_up_is_told_with_its_log(secure: Cluster) -> None:
    secure.restart(1, properties={"num.network.threads": "none"})
    with pytest.raises(NodeFailed, match=r"node 1 ended with status 1\n(.*\n)*.*num\.network\.threads"):
        secure.wait_ready(1)


def test_a_cluster_that_cannot_be_made_is_told_and_leaves_nothing(make_cluster: MakeCluster) -> None:
    begun = clusters_of_this_process()
    with pytest.raises(NodeFailed, match=r"node 1 has no data folder: (.*\n)*.*num\.network\.threads"):
        make_cluster(Shape(properties={"num.network.threads": "none"}))
    assert begun == clusters_of_this_process()


# ── who is let in ────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_participant_enters_by_certificate_and_sees_what_it_may(secure: Cluster, namespace: str) -> None:
    make_topic(secure, f"{namespace}.a")
    let_in(secure, namespace, ["X-HUB"])
    folders = [identities(secure).participant(name) for name in ("X-HUB", "BE")]
    seen = [await topics_seen(secure, Listener.CLIENT, **with_tls(folder)) for folder in folders]
    assert [True, False] == [f"{namespace}.a" in topics for topics in seen]


async def test_a_participant_enters_by_password_and_sees_what_it_may(secure: Cluster, namespace: str) -> None:
    make_topic(secure, f"{namespace}.a")
    let_in(secure, namespace, ["NL"])

    async def seen_by(participant: str, secret: str) -> set[str]:
        tls = with_tls(identities(secure).authorities_only()) | {"security_protocol": "SASL_SSL"}
        scram = {"sasl_mechanism": "SCRAM-SHA-512", "sasl_plain_username": participant, "sasl_plain_password": secret}
        return await topics_seen(secure, Listener.SCRAM, **tls, **scram)

    assert f"{namespace}.a" in await seen_by("NL", password("NL"))
    assert f"{namespace}.a" not in await seen_by("BE", password("BE"))
    with pytest.raises(KafkaError):
        await seen_by("NL", password("BE"))


Shown = Callable[[Cluster], dict[str, Any]]
"""What somebody shows at the door of a cluster."""


def called(name: str) -> Shown:
    return lambda cluster: with_tls(identities(cluster).issue(name))


NOBODY: dict[str, Shown] = {
    **{
        f"the name {name}": called(name) for name in (NODE_PRINCIPAL, ADMINISTRATOR, "nl", "NLD", "X-", "X-" + 17 * "A")
    },
    "another subject": lambda cluster: with_tls(identities(cluster).issue("NL", organisation="x")),
    "expired": lambda cluster: with_tls(identities(cluster).issue("NL", valid_from=OVER)),
    "a rogue authority": lambda cluster: with_tls(identities(cluster).issue("NL", by=rogue())),
    "the nodes' authority": lambda cluster: with_tls(identities(cluster).issue("NL", by=identities(cluster).nodes)),
    "no certificate": lambda cluster: with_tls(identities(cluster).authorities_only()),
    "in the clear": lambda _: {},
}


def rogue() -> Authority:
    return Authority.make("clients", now=datetime.now(UTC), days=1)


@pytest.mark.parametrize("shown", NOBODY.values(), ids=NOBODY)
async def test_nobody_else_enters_at_the_participants_door(secure: Cluster, shown: Shown) -> None:
    known = with_tls(identities(secure).participant("NL"))
    await topics_seen(secure, Listener.CLIENT, **known)
    with pytest.raises(KafkaError):
        await topics_seen(secure, Listener.CLIENT, **shown(secure))
    await topics_seen(secure, Listener.CLIENT, **known)


async def test_a_participant_does_not_enter_at_the_administrators_door(secure: Cluster) -> None:
    await topics_seen(secure, Listener.INTERNAL, **with_tls(identities(secure).administrator()))
    with pytest.raises(KafkaError):
        await topics_seen(secure, Listener.INTERNAL, **with_tls(identities(secure).participant("NL")))


# ── what happens to them ─────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("end", [Cluster.kill, Cluster.terminate, Cluster.freeze])
def test_a_leader_that_is_gone_is_replaced_and_comes_back(
    three: Cluster, namespace: str, end: Callable[[Cluster, int], None]
) -> None:
    topic = f"{namespace}.a"
    make_topic(three, topic)
    first = known_leader(three, topic)
    end(three, first)
    until(lambda: leader(three, topic) not in (first, -1))
    heal(three)
    assert {1, 2, 3} == brokers(three)


def test_two_of_three_nodes_fall_and_heal(three: Cluster, namespace: str) -> None:
    make_topic(three, f"{namespace}.a")
    three.kill(1)
    three.kill(3)
    assert [False, True, False] == [three.is_running(node) for node in three.nodes]
    heal(three)
    assert {1, 2, 3} == brokers(three)


def test_a_node_lives_once_with_another_setting_and_is_healed_of_it(secure: Cluster) -> None:
    secure.restart(1, environment={"TOLD": "so"}, properties={"background.threads": "3"})
    secure.wait_ready(1)
    assert (True, True) == (secure.is_altered(1), "background.threads = 3" in secure.log(1))
    heal(secure)
    assert not secure.is_altered(1)


def test_two_clusters_keep_apart(make_cluster: MakeCluster) -> None:
    one, other = make_cluster(Shape()), make_cluster(Shape())
    make_topic(one, "only-here")
    seen = [AdminClient(administration(cluster)).list_topics(timeout=30).topics for cluster in (one, other)]
    assert [True, False] == ["only-here" in topics for topics in seen]


def test_two_blocks_of_ports_have_none_in_common() -> None:
    with ExitStack() as stack:
        blocks = [Ports() for _ in range(20)]
        for block in blocks:
            stack.callback(block.close)
        assert 20 == len({block[0] for block in blocks})


_PARENT = """
import sys
from tests.support.kafka.cluster import Cluster, Shape
from tests.support.kafka.distribution import obtain
cluster = Cluster(Shape(), obtain())
cluster.start()
print(cluster.folder, cluster.bootstrap(), flush=True)
cluster.freeze(1)
sys.stdin.read()
"""


def test_a_cluster_ends_with_the_process_that_started_it_even_if_that_is_killed(make_cluster: MakeCluster) -> None:
    command = [sys.executable, "-c", _PARENT]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        folder, address = parent.stdout.readline().split()
        assert Path(folder).is_dir()
        parent.kill()
    until(lambda: not Path(folder).exists() and not listens(address))


def listens(address: str) -> bool:
    host, _, port = address.partition(":")
    with socket.socket() as probe:
        return 0 == probe.connect_ex((host, int(port)))


def clusters_of_this_process() -> set[Path]:
    return set(Path(tempfile.gettempdir()).glob(f"kafka-{os.getpid()}-*"))


def until(holds: Callable[[], bool]) -> None:
    """Return when it holds; the test's time limit ends a wait that is in vain."""
    while not holds():
        time.sleep(0.05)
