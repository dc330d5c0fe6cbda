"""A cluster as it should be, and ways in which it is not."""

from collections.abc import Mapping

import msgspec

from broker.types.names import Participant
from tocsin.cluster.access import Resource, Right, Rule
from tocsin.cluster.compare import Comparison, compare
from tocsin.cluster.plan import Network, make_plan
from tocsin.cluster.shell import Shell
from tocsin.cluster.state import BrokerState, ClusterState, TopicState

SHELL = Shell("b1:9093")

SAFE: Mapping[str, str] = {
    "listeners": "CLIENT://:9092,SCRAM://:9094,INTERNAL://:9093,CONTROLLER://:9095",
    "listener.security.protocol.map": "CLIENT:SSL,SCRAM:SASL_SSL,INTERNAL:SSL,CONTROLLER:SSL",
    "inter.broker.listener.name": "INTERNAL",
    "controller.listener.names": "CONTROLLER",
    "ssl.client.auth": "required",
    "ssl.truststore.location": "nodes.pem",
    "ssl.principal.mapping.rules": "RULE:^CN=(kafka-node|admin)$/$1/",
    "listener.name.client.ssl.truststore.location": "clients.pem",
    "listener.name.client.ssl.principal.mapping.rules": "RULE:^CN=([A-Z]{2}|X-[A-Z]{2,16})$/$1/",
    "listener.name.scram.ssl.client.auth": "none",
    "listener.name.scram.sasl.enabled.mechanisms": "SCRAM-SHA-512",
    "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
    "super.users": "User:kafka-node;User:admin",
    "allow.everyone.if.no.acl.found": "false",
    "auto.create.topics.enable": "false",
    "unclean.leader.election.enable": "false",
    "socket.request.max.bytes": "104857600",
    "min.insync.replicas": "2",
    "default.replication.factor": "3",
    "offsets.topic.replication.factor": "3",
}


def a_network(**changes: object) -> Network:
    """Return a network of NL and BE, which an auditor reads, and which FR has left."""
    usual = Network(
        federation="exercise",
        participants=(Participant("NL"), Participant("BE")),
        readers=(Participant("X-AUDIT"),),
        left=(Participant("FR"),),
    )
    return msgspec.structs.replace(usual, **changes)


def a_broker(number: int, brokers: int) -> BrokerState:
    """Return a broker as it should be in a cluster of so many *brokers*."""
    return BrokerState(number, {**SAFE, "default.replication.factor": str(min(3, brokers))})


def a_cluster(network: Network | None = None, *, brokers: int = 3) -> ClusterState:
    """Return a cluster that has all that *network* needs, and FR's topic."""
    network = network or a_network()
    plan = make_plan(network, brokers)
    topics = {one.name: TopicState(one.name, 1, one.replicas, one.settings) for one in plan.topics}
    theirs = network.own_topic("FR")
    return ClusterState(
        brokers=tuple(a_broker(number, brokers) for number in range(1, brokers + 1)),
        topics={**topics, theirs: TopicState(theirs, 1, 1, {})},
        rules=plan.rules,
        users=("NL",),
    )


def with_setting(name: str, value: str | None, *, brokers: int = 3) -> ClusterState:
    """Return the cluster with one setting of its first broker changed, or taken away."""
    state = a_cluster(brokers=brokers)
    settings = {**state.brokers[0].settings, name: value}
    first = BrokerState(1, {key: one for key, one in settings.items() if one is not None})
    return msgspec.structs.replace(state, brokers=(first, *state.brokers[1:]))


def with_rule(rule: Rule, network: Network | None = None) -> ClusterState:
    """Return the cluster with one rule more."""
    state = a_cluster(network)
    assert state.rules is not None
    return msgspec.structs.replace(state, rules=state.rules | {rule})


def with_topic(topic: TopicState) -> ClusterState:
    """Return the cluster with one topic more, or another."""
    state = a_cluster()
    return msgspec.structs.replace(state, topics={**state.topics, topic.name: topic})


def a_rule(
    principal: str, right: Right, name: str, resource: Resource = Resource.TOPIC, *, prefixed: bool = False
) -> Rule:
    """Return a rule that allows."""
    return Rule(principal=f"User:{principal}", resource=resource, name=name, right=right, prefixed=prefixed)


def held(state: ClusterState, network: Network | None = None) -> Comparison:
    """Hold *state* against what the network needs."""
    return compare(network or a_network(), state, shell=SHELL)


def codes(state: ClusterState, network: Network | None = None) -> list[str]:
    """Return the codes of what is found."""
    return [one.code for one in held(state, network).findings]
