"""Administering a test cluster: who may do what in a namespace, and bringing all nodes back to health."""

import time
from collections.abc import Iterable, Sequence
from typing import Any, Final

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient
from confluent_kafka.admin._acl import AclBinding, AclBindingFilter, AclOperation, AclPermissionType
from confluent_kafka.admin._resource import ResourcePatternType, ResourceType
from confluent_kafka.cimpl import NewTopic

from broker.bus.kafka.connection import Address
from tests.support.kafka.cluster import START_SECONDS, Cluster, NodeFailed
from tests.support.kafka.settings import Listener

CALL_SECONDS: Final = 30.0
_LOOK_SECONDS: Final = 0.1
_RECOVER_SECONDS: Final = 30.0
"""What nodes get that were left as they were, before all are started anew."""


def administration(cluster: Cluster) -> dict[str, Any]:
    """Return the settings with which confluent-kafka administers *cluster*, as a super user where there are any."""
    settings: dict[str, Any] = {
        "bootstrap.servers": cluster.bootstrap(Listener.INTERNAL),
        "reconnect.backoff.ms": 50,
        "reconnect.backoff.max.ms": 500,
        "log_level": 0,
    }
    if cluster.identities is None:
        return settings
    identity = cluster.identities.administrator()
    return settings | {
        "security.protocol": "SSL",
        "ssl.ca.location": str(identity / "ca.pem"),
        "ssl.certificate.location": str(identity / "certificate.pem"),
        "ssl.key.location": str(identity / "key.pem"),
    }


def let_in(cluster: Cluster, namespace: str, participants: Iterable[str]) -> None:
    """Allow *participants* everything with topics and groups whose names begin with *namespace* and a full stop."""
    admin = AdminClient(administration(cluster))
    bindings = [
        AclBinding(
            kind,
            f"{namespace}.",
            ResourcePatternType.PREFIXED,
            f"User:{participant}",
            "*",
            AclOperation.ALL,
            AclPermissionType.ALLOW,
        )
        for participant in participants
        for kind in (ResourceType.TOPIC, ResourceType.GROUP)
    ]
    for done in admin.create_acls(bindings, request_timeout=CALL_SECONDS).values():
        done.result(CALL_SECONDS)
    last = time.monotonic() + CALL_SECONDS
    while not set(bindings) <= set(_rules(admin)):  # they are accepted before the nodes have heard of them
        if time.monotonic() > last:
            raise NodeFailed(f"the rules for {namespace} are not there after {CALL_SECONDS:g} seconds")
        time.sleep(_LOOK_SECONDS)


def make_topic(admin: AdminClient, topic: NewTopic) -> None:
    """Make *topic*; return when the brokers that are asked name it, with a leader for every part of it.

    Raises:
        KafkaException: It was not made.
        NodeFailed: It is not named.
    """
    admin.create_topics([topic])[topic.topic].result(CALL_SECONDS)
    last = time.monotonic() + CALL_SECONDS
    while not _is_led(admin, topic):  # it is made before the nodes have heard of it
        if time.monotonic() > last:
            raise NodeFailed(f"the topic {topic.topic} is not there after {CALL_SECONDS:g} seconds")
        time.sleep(_LOOK_SECONDS)


def _is_led(admin: AdminClient, topic: NewTopic) -> bool:
    try:
        seen = admin.list_topics(topic.topic, timeout=CALL_SECONDS).topics[topic.topic].partitions.values()
    except KafkaException:
        return False
    return len(seen) == topic.num_partitions and all(one.leader >= 0 for one in seen)


def remove_topics(broker: Address, namespace: str) -> None:
    """Remove the topics of *namespace* from a broker in the clear that others use too."""
    admin = AdminClient({"bootstrap.servers": ",".join(broker.brokers)})
    mine = [name for name in admin.list_topics(timeout=CALL_SECONDS).topics if name.startswith(f"{namespace}.")]
    for done in (admin.delete_topics(mine) if mine else {}).values():
        done.result(CALL_SECONDS)


def heal(cluster: Cluster) -> None:
    """Bring all nodes up as they were first started, with every copy of every partition in step.

    Raises:
        NodeFailed: A node does not come up, or copies stay behind.
    """
    for node in cluster.nodes:
        cluster.thaw(node)
    _start(cluster, [node for node in cluster.nodes if not cluster.is_running(node) or cluster.is_altered(node)])
    try:
        wait_whole(cluster, _RECOVER_SECONDS)
    except NodeFailed:
        # One that was frozen in the middle of its work may end, or stay deaf, once it goes on.
        _start(cluster, cluster.nodes)
        wait_whole(cluster)


def _start(cluster: Cluster, nodes: Sequence[int]) -> None:
    for node in nodes:
        cluster.restart(node)
    for node in nodes:
        cluster.wait_ready(node)


def wait_whole(cluster: Cluster, within: float = START_SECONDS) -> None:
    """Return when all nodes take part, and every partition has a leader and all its copies in step.

    Raises:
        NodeFailed: Something is still missing after *within* seconds.
    """
    admin, last = AdminClient(administration(cluster)), time.monotonic() + within
    while lacks := _lacks(admin, len(cluster.nodes)):
        if time.monotonic() > last:
            logs = "\n".join(f"node {node}: {cluster.log(node)[-2000:]}" for node in cluster.nodes)
            raise NodeFailed(f"the cluster is not whole after {within:g} seconds: {lacks}\n{logs}")
        time.sleep(_LOOK_SECONDS)


def _rules(admin: AdminClient) -> list[AclBinding]:
    whatever: Any = None  # as the library wants it, against its own annotation
    every = AclBindingFilter(
        ResourceType.ANY, whatever, ResourcePatternType.ANY, whatever, whatever, AclOperation.ANY, AclPermissionType.ANY
    )
    return list(admin.describe_acls(every, request_timeout=CALL_SECONDS).result(CALL_SECONDS))


def _lacks(admin: AdminClient, nodes: int) -> str:
    """Return what is not as it should be, empty for nothing."""
    try:
        seen = admin.list_topics(timeout=CALL_SECONDS)
    except KafkaException as error:
        return str(error)
    if len(seen.brokers) < nodes:
        return f"{len(seen.brokers)} of {nodes} nodes take part"
    behind = [
        f"{topic.topic}-{number}"
        for topic in seen.topics.values()
        for number, partition in topic.partitions.items()
        if partition.leader < 0 or len(partition.isrs) < len(partition.replicas)
    ]
    return f"copies are behind in {', '.join(behind[:5])}" if behind else ""
