"""The administrator of one network, in a namespace of its own on a secure test cluster."""

import time
from collections.abc import Collection
from pathlib import Path
from typing import Any, Final

import msgspec
from confluent_kafka.admin import AdminClient
from confluent_kafka.admin._acl import AclBindingFilter
from confluent_kafka.cimpl import NewTopic

from broker.types.names import Participant
from tests.cli.commands import Ran, run
from tests.support.kafka.cluster import Cluster
from tests.support.kafka.connecting import identities, with_identity
from tests.support.kafka.health import administration, make_topic
from tests.support.kafka.identities import PARTICIPANTS
from tests.support.kafka.settings import Listener
from tocsin.cluster.access import Rule
from tocsin.cluster.admin import ClusterAdmin
from tocsin.cluster.bindings import binding_of
from tocsin.cluster.plan import Network

CALL_S: Final = 30
EXERCISE: Final = "exercise"
MEMBERS: Final = tuple(code for code in PARTICIPANTS if code != "X-HUB")


class Administrator:
    """The administrator of one network in a namespace of its own."""

    def __init__(self, cluster: Cluster, namespace: str) -> None:
        self.cluster = cluster
        self.namespace = namespace
        self.network = Network(
            federation=EXERCISE,
            namespace=namespace,
            participants=tuple(map(Participant, MEMBERS)),
            readers=(Participant("X-AUDIT"),),
        )
        self.client = AdminClient(administration(cluster))

    def run(self, *words: str, members: Collection[str] = MEMBERS, settings: Path | None = None) -> Ran:
        """Run ``tocsin kafka`` with *words* for *members*."""
        named = [word for code in members for word in ("--participant", code)]
        file = settings or self.cluster.folder / "node-1.properties"
        more = ["--properties", file] if words[0] == "check" else []
        return run(
            "kafka",
            *words,
            *("--id", EXERCISE, "--reader", "X-AUDIT", "--json", *named, *more),
            *("--bootstrap", self.cluster.address(self.namespace, Listener.INTERNAL)),
            *("--identity", identities(self.cluster).administrator()),
        )

    def codes(self, **named: Any) -> list[str]:
        """Return the codes of what ``check`` finds."""
        return [one["code"] for one in self.run("check", **named).document()["findings"]]

    def state(self) -> tuple[Collection[str], Collection[Rule]]:
        """Return the network's topics and rules as the cluster has them."""
        state = self.connect().read(self.network.topics)
        assert state.rules is not None
        return state.topics, [one for one in state.rules if one.name.startswith(f"{self.namespace}.")]

    def connect(self) -> ClusterAdmin:
        """Return the administrator's own connection."""
        identity = identities(self.cluster).administrator()
        return ClusterAdmin(
            msgspec.structs.replace(
                with_identity(self.cluster, identity, self.namespace),
                address=self.cluster.address(self.namespace, Listener.INTERNAL),
            )
        )

    def give(self, *rules: Rule) -> None:
        """Add rules that nobody planned."""
        self.connect().add_rules(rules)

    def take(self, principal: str) -> None:
        """Take every rule of *principal* in the network away."""
        mine = [one for one in self.state()[1] if one.principal == principal]
        filters = [AclBindingFilter(*_fields(one)) for one in mine]
        for done in self.client.delete_acls(filters).values():
            done.result(CALL_S)
        last = time.monotonic() + CALL_S
        while any(one.principal == principal for one in self.state()[1]):  # gone before the brokers have heard of it
            assert time.monotonic() < last, f"{principal} still has rights"

    def make_topic(self, name: str, partitions: int = 1) -> None:
        """Make a topic that is not as it should be."""
        make_topic(self.client, NewTopic(name, partitions, 1))


def _fields(rule: Rule) -> tuple[Any, ...]:
    one: Any = binding_of(rule)
    kind, pattern = one.restype, one.resource_pattern_type
    return kind, one.name, pattern, one.principal, one.host, one.operation, one.permission_type


def provision(administrator: Administrator) -> Administrator:
    """Return *administrator* when the cluster has all that the network needs."""
    ran = administrator.run("provision")
    assert ran.code == 0, ran.err
    return administrator
