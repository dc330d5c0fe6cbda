"""A cluster as it should be has no finding; each thing that can be wrong is planted once and found."""

import shlex

import msgspec
import pytest

from tests.unit.tocsin.cluster.clusters import (
    SAFE,
    a_cluster,
    a_network,
    a_rule,
    codes,
    held,
    with_rule,
    with_setting,
    with_topic,
)
from tocsin.cluster.access import Resource, Right, Rule
from tocsin.cluster.check_brokers import USUAL_SUPER_USERS
from tocsin.cluster.compare import Changes, compare, missing
from tocsin.cluster.listeners import Use, listeners_of
from tocsin.cluster.shell import Shell
from tocsin.cluster.state import BrokerState, ClusterState, TopicState

ON_CLIENT = "listener.name.client.ssl.principal.mapping.rules"
PROTOCOLS = "listener.security.protocol.map"


@pytest.mark.parametrize("brokers", [1, 2, 3, 5])
def test_a_cluster_as_it_should_be_has_no_finding(brokers: int) -> None:
    found = held(a_cluster(brokers=brokers))
    assert ((), Changes(), ()) == (found.findings, found.changes, found.unseen)


def test_an_empty_cluster_lacks_everything() -> None:
    state = msgspec.structs.replace(a_cluster(), topics={}, rules=frozenset())
    found = held(state)
    assert found.plan.topics == found.changes.topics
    assert found.plan.rules == frozenset(found.changes.rules)
    assert {"topic-missing", "rule-missing"} == {one.code for one in missing(found.changes)}


def test_a_setting_that_differs_is_set_and_the_others_are_left() -> None:
    state = a_cluster()
    wrong = {**state.topics["exercise.msg.NL"].settings, "retention.ms": "604800000", "segment.ms": "5"}
    found = held(with_topic(TopicState("exercise.msg.NL", 1, 3, wrong)))
    [change] = found.changes.settings
    assert ("exercise.msg.NL", {"retention.ms": "-1"}) == (change.topic, change.settings)
    assert ["topic-setting"] == [one.code for one in missing(found.changes)]


@pytest.mark.parametrize("name", sorted(a_cluster().topics["exercise.msg.NL"].settings))
def test_every_setting_of_a_topic_is_compared(name: str) -> None:
    settings = {**a_cluster().topics["exercise.msg.NL"].settings, name: "other"}
    found = held(with_topic(TopicState("exercise.msg.NL", 1, 3, settings)))
    assert [f"exercise.msg.NL, {name}"] == [one.place for one in missing(found.changes)]


def test_a_topic_of_several_partitions_is_named_and_not_touched() -> None:
    settings = a_cluster().topics["exercise.msg.NL"].settings
    found = held(with_topic(TopicState("exercise.msg.NL", 4, 3, settings)))
    assert ["several-partitions"] == [one.code for one in found.findings]
    assert found.changes.is_nothing


def test_a_topic_on_too_few_brokers_is_named() -> None:
    settings = a_cluster().topics["exercise.msg.NL"].settings
    assert ["few-replicas"] == codes(with_topic(TopicState("exercise.msg.NL", 1, 2, settings)))


def test_a_topic_that_is_nobodys_is_named_and_one_of_a_participant_that_left_is_not() -> None:
    assert ["topic-stranger"] == codes(with_topic(TopicState("exercise.msg.XX", 1, 3, {})))


BROKER_SETTINGS = [
    ("plaintext-listener", PROTOCOLS, "CLIENT:PLAINTEXT,SCRAM:SASL_SSL,INTERNAL:SSL,CONTROLLER:SSL"),
    ("plaintext-listener", PROTOCOLS, "CLIENT:SSL,SCRAM:SASL_PLAINTEXT,INTERNAL:SSL,CONTROLLER:SSL"),
    ("plaintext-listener", PROTOCOLS, "CLIENT:SSL,SCRAM:SASL_SSL,INTERNAL:PLAINTEXT,CONTROLLER:SSL"),
    ("plaintext-listener", PROTOCOLS, "CLIENT:SSL,SCRAM:SASL_SSL,INTERNAL:SSL,CONTROLLER:PLAINTEXT"),
    ("client-auth", "listener.name.client.ssl.client.auth", "requested"),
    ("client-auth", "listener.name.internal.ssl.client.auth", "none"),
    ("subject-rule", ON_CLIENT, "DEFAULT"),
    ("subject-rule", ON_CLIENT, "RULE:^CN=([^,]+).*$/$1/"),
    ("subject-rule", ON_CLIENT, "RULE:^CN=([A-Z]{2}|admin)$/$1/"),
    ("subject-rule", ON_CLIENT, "RULE:^CN=([A-Z]{2})$/$1/"),
    ("subject-rule", ON_CLIENT, "rubbish"),
    ("shared-authorities", "listener.name.client.ssl.truststore.location", "nodes.pem"),
    ("shared-listener", "listeners", "INTERNAL://:9093,CONTROLLER://:9095"),
    ("password-mechanism", "listener.name.scram.sasl.enabled.mechanisms", "SCRAM-SHA-512,PLAIN"),
    ("no-authorizer", "authorizer.class.name", ""),
    ("everyone-allowed", "allow.everyone.if.no.acl.found", "true"),
    ("super-user", "super.users", "User:kafka-node;User:admin;User:NL"),
    ("auto-create", "auto.create.topics.enable", "true"),
    ("unclean-election", "unclean.leader.election.enable", "true"),
    ("request-size", "socket.request.max.bytes", "1000000"),
    ("in-sync-replicas", "min.insync.replicas", "1"),
    ("default-replicas", "default.replication.factor", "1"),
    ("offsets-replicas", "offsets.topic.replication.factor", "1"),
]


@pytest.mark.parametrize(("code", "name", "value"), BROKER_SETTINGS)
def test_a_broker_that_is_set_up_unsafely_is_found(code: str, name: str, value: str) -> None:
    [found] = held(with_setting(name, value)).findings
    assert code == found.code
    assert found.place.startswith("broker 1")
    assert found.remedy


def test_a_client_listener_takes_the_general_settings_where_it_has_none_of_its_own() -> None:
    assert ["subject-rule"] == codes(with_setting(ON_CLIENT, None))
    assert ["shared-authorities"] == codes(with_setting("listener.name.client.ssl.truststore.location", None))


def test_a_broker_that_says_nothing_of_listeners_speaks_in_the_clear() -> None:
    state = msgspec.structs.replace(a_cluster(brokers=1), brokers=(BrokerState(1, {}),))
    assert {"no-authorizer", "shared-listener", "plaintext-listener"} == set(codes(state))


def test_brokers_may_speak_to_each_other_by_a_protocol_instead_of_a_listener() -> None:
    usual = {key: one for key, one in SAFE.items() if key != "inter.broker.listener.name"}
    settings = {
        **usual,
        "default.replication.factor": "1",
        "security.inter.broker.protocol": "SASL_SSL",
        "listeners": "CLIENT://:9092,SCRAM://:9094,CONTROLLER://:9095",
    }
    listeners = listeners_of(BrokerState(1, settings))
    assert [Use.PARTICIPANTS, Use.BROKERS, Use.CONTROLLERS] == [one.use for one in listeners]


def test_one_broker_is_not_asked_for_what_takes_three() -> None:
    for name in ("min.insync.replicas", "default.replication.factor", "offsets.topic.replication.factor"):
        assert [] == codes(with_setting(name, "1", brokers=1))


def test_a_cluster_counts_the_brokers_that_are_down() -> None:
    state = a_cluster()
    fewer = msgspec.structs.replace(state, brokers=state.brokers[:2])
    assert (3, Changes()) == (fewer.size, held(fewer).changes)


def test_super_users_may_be_others_if_somebody_says_so() -> None:
    state = with_setting("super.users", "User:root")
    state = msgspec.structs.replace(state, brokers=state.brokers[:1])
    assert () == compare(a_network(), state, shell=Shell("b:1"), super_users=("User:root",)).findings


def test_no_certificate_of_participants_may_become_a_super_user_of_another_name() -> None:
    state = with_setting(ON_CLIENT, "RULE:^CN=([A-Z]{2}|X-[A-Z]{2,16}|root)$/$1/", brokers=1)
    [found] = compare(a_network(), state, shell=Shell("b:1"), super_users=("User:root", *USUAL_SUPER_USERS)).findings
    assert ("subject-rule", "a certificate with the subject CN=root becomes User:root") == (found.code, found.says)


def test_what_no_broker_shows_is_said() -> None:
    shown = {key: one for key, one in SAFE.items() if key not in ("super.users", "allow.everyone.if.no.acl.found")}
    hidden = frozenset(("super.users", "listener.name.scram.scram-sha-512.sasl.jaas.config"))
    state = msgspec.structs.replace(a_cluster(), brokers=(BrokerState(1, shown, hidden),))
    found = held(state)
    assert ((), ("broker 1, super.users",)) == (found.findings, found.unseen)


def test_without_an_authorizer_no_rule_is_asked_for() -> None:
    state = msgspec.structs.replace(a_cluster(), rules=None)
    assert held(state).changes.is_nothing


RULES = [
    ("rule-for-everybody", a_rule("*", Right.READ, "exercise.msg.NL")),
    ("rule-for-everybody", a_rule("*", Right.DESCRIBE, "kafka-cluster", Resource.CLUSTER)),
    ("rule-administers", a_rule("NL", Right.ALTER_CONFIGS, "exercise.msg.NL")),
    ("rule-administers", a_rule("NL", Right.DELETE, "exercise.msg.NL")),
    ("rule-administers", a_rule("NL", Right.ALL, "exercise.msg.NL")),
    ("rule-administers", a_rule("NL", Right.ALTER, "kafka-cluster", Resource.CLUSTER)),
    ("rule-administers", a_rule("NL", Right.CLUSTER_ACTION, "kafka-cluster", Resource.CLUSTER)),
    ("rule-writes", a_rule("NL", Right.WRITE, "exercise.msg.BE")),
    ("rule-writes", a_rule("NL", Right.WRITE, "exercise.msg.", prefixed=True)),
    ("rule-writes", a_rule("NL", Right.WRITE, "exercise.msg.NL", prefixed=True)),
    ("rule-writes", a_rule("NL", Right.WRITE, "ex", prefixed=True)),
    ("rule-writes", a_rule("NL", Right.WRITE, "*")),
    ("rule-writes", a_rule("X-AUDIT", Right.WRITE, "exercise.directory")),
    ("rule-writes", a_rule("NL", Right.WRITE, "__consumer_offsets")),
    ("rule-administers", a_rule("NL", Right.DELETE, "__", prefixed=True)),
    ("rule-stranger", a_rule("XX", Right.WRITE, "__transaction_state")),
    ("rule-group", a_rule("NL", Right.READ, "node-BE-", Resource.GROUP, prefixed=True)),
    ("rule-group", a_rule("NL", Right.READ, "*", Resource.GROUP)),
    ("rule-left", a_rule("FR", Right.READ, "exercise.msg.", prefixed=True)),
    ("rule-left", a_rule("FR", Right.WRITE, "exercise.msg.FR")),
    ("rule-stranger", a_rule("XX", Right.READ, "exercise.msg.NL")),
    ("rule-stranger", a_rule("XX", Right.ALTER, "kafka-cluster", Resource.CLUSTER)),
    ("rule-extra", a_rule("NL", Right.DESCRIBE_CONFIGS, "exercise.msg.NL")),
    ("rule-extra", a_rule("NL", Right.IDEMPOTENT_WRITE, "kafka-cluster", Resource.CLUSTER)),
    ("rule-extra", a_rule("NL", Right.WRITE, "t", Resource.TRANSACTION)),
    ("rule-forbids", msgspec.structs.replace(a_rule("NL", Right.READ, "exercise.directory"), allow=False)),
    ("rule-forbids", msgspec.structs.replace(a_rule("*", Right.READ, "*"), allow=False)),
]


@pytest.mark.parametrize(("code", "rule"), RULES, ids=str)
def test_a_right_that_nobody_planned_is_found_with_what_takes_it_away(code: str, rule: Rule) -> None:
    found = held(with_rule(rule))
    assert [(code, str(rule))] == [(one.code, one.place) for one in found.findings]
    assert found.changes.is_nothing
    words = shlex.split(found.findings[0].remedy)
    assert {"--remove", rule.principal, rule.right, "b1:9093"} <= set(words)


@pytest.mark.parametrize(
    "rule",
    [
        a_rule("XX", Right.WRITE, "other.topic"),
        a_rule("NL", Right.WRITE, "other.topic"),
        a_rule("XX", Right.READ, "__consumer_offsets"),
        a_rule("XX", Right.READ, "other-group", Resource.GROUP),
        a_rule("XX", Right.DESCRIBE, "kafka-cluster", Resource.CLUSTER),
        a_rule("XX", Right.WRITE, "t", Resource.TRANSACTION),
    ],
    ids=str,
)
def test_what_others_do_on_a_shared_cluster_is_no_business_of_ours(rule: Rule) -> None:
    assert [] == codes(with_rule(rule))


def test_another_namespace_is_no_business_of_ours() -> None:
    network = a_network(namespace="one")
    assert [] == codes(with_rule(a_rule("XX", Right.WRITE, "two.exercise.msg.NL"), network), network)
    assert ["rule-stranger"] == codes(with_rule(a_rule("XX", Right.WRITE, "one.exercise.msg.NL"), network), network)


def test_a_password_that_is_nobodys_is_found() -> None:
    state = msgspec.structs.replace(a_cluster(), users=("NL", "admin"))
    [found] = held(state).findings
    assert ("password-user", "admin") == (found.code, found.place)


def test_each_broker_is_looked_at() -> None:
    state: ClusterState = a_cluster()
    brokers = tuple(BrokerState(one.id, {**SAFE, "auto.create.topics.enable": "true"}) for one in state.brokers)
    places = [one.place for one in held(msgspec.structs.replace(state, brokers=brokers)).findings]
    assert [f"broker {number}, auto.create.topics.enable" for number in (1, 2, 3)] == places


def test_a_rule_from_one_place_is_taken_away_there() -> None:
    rule = msgspec.structs.replace(a_rule("NL", Right.WRITE, "*"), host="10.0.0.1")
    [found] = held(with_rule(rule)).findings
    expected = (
        "kafka-acls.sh --bootstrap-server b1:9093 --command-config admin.properties --remove --force "
        "--allow-principal User:NL --operation Write --allow-host 10.0.0.1 --topic '*' --resource-pattern-type literal"
    )
    assert expected == found.remedy
