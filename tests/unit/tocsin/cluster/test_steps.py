"""What provisioning does, step by step, and what a cluster's refusals mean."""

import msgspec
import pytest
from confluent_kafka import KafkaError

from broker.errors import BadIdentity, BrokerError, BusForbidden, BusMisconfigured, BusUnavailable
from tests.unit.tocsin.cluster.clusters import SHELL, a_cluster, a_rule, held
from tocsin.cluster.access import Resource, Right, Rule
from tocsin.cluster.bindings import binding_of, rule_of
from tocsin.cluster.compare import Changes, SettingChange
from tocsin.cluster.failures import translate
from tocsin.cluster.plan import PlannedTopic, Quota
from tocsin.cluster.provision import RulesOfOne, describe, steps

TOPIC = PlannedTopic("exercise.msg.NL", 3, {})


def test_steps_make_topics_first_and_rules_by_principal_last() -> None:
    state = msgspec.structs.replace(a_cluster(), topics={}, rules=frozenset())
    to_do = list(steps(held(state).changes))
    assert [PlannedTopic] * 4 + [RulesOfOne] * 4 == [type(one) for one in to_do]
    rules = [one for one in to_do if isinstance(one, RulesOfOne)]
    assert ["User:BE", "User:NL", "User:X-AUDIT", "User:X-HUB"] == [one.principal for one in rules]
    assert held(state).plan.rules == {rule for one in rules for rule in one.rules}


def test_nothing_to_do_has_no_steps() -> None:
    assert [] == list(steps(Changes()))


@pytest.mark.parametrize(
    ("step", "says"),
    [
        (TOPIC, "make the topic exercise.msg.NL, on 3 brokers"),
        (PlannedTopic("t", 1, {}), "make the topic t, on 1 broker"),
        (SettingChange("t", {"retention.ms": "-1"}), "set retention.ms=-1 of the topic t"),
        (
            RulesOfOne(
                "User:NL",
                (
                    a_rule("NL", Right.READ, "node-NL-", Resource.GROUP, prefixed=True),
                    a_rule("NL", Right.DESCRIBE, "t"),
                    a_rule("NL", Right.WRITE, "t"),
                ),
            ),
            "let User:NL Read group node-NL-…; Describe and Write topic t",
        ),
    ],
)
def test_a_step_says_what_it_does(step: PlannedTopic | SettingChange | RulesOfOne, says: str) -> None:
    assert says == describe(step)


@pytest.mark.parametrize("resource", [one for one in Resource if one is not Resource.UNKNOWN])
@pytest.mark.parametrize("right", [one for one in Right if one is not Right.UNKNOWN])
@pytest.mark.parametrize(("prefixed", "allow"), [(True, True), (False, False)])
def test_a_rule_comes_back_from_the_client_as_it_went(
    resource: Resource, right: Right, prefixed: bool, allow: bool
) -> None:
    rule = Rule(
        principal="User:NL", resource=resource, name="n", prefixed=prefixed, right=right, host="10.0.0.1", allow=allow
    )
    assert rule == rule_of(binding_of(rule))


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (KafkaError.CLUSTER_AUTHORIZATION_FAILED, BusForbidden),
        (KafkaError.TOPIC_AUTHORIZATION_FAILED, BusForbidden),
        (KafkaError.SASL_AUTHENTICATION_FAILED, BusForbidden),
        (KafkaError._SSL, BadIdentity),
        (KafkaError._INVALID_ARG, BadIdentity),
        (KafkaError.SECURITY_DISABLED, BusMisconfigured),
        (KafkaError.INVALID_REPLICATION_FACTOR, BusMisconfigured),
        (KafkaError.TOPIC_EXCEPTION, BusMisconfigured),
        (KafkaError._TRANSPORT, BusUnavailable),
        (KafkaError._TIMED_OUT, BusUnavailable),
        (KafkaError.UNKNOWN, BusUnavailable),
    ],
)
def test_a_refusal_becomes_an_error_of_ours_with_what_to_do(code: int, kind: type[BrokerError]) -> None:
    error = translate(KafkaError(code, "says so"), doing="making a topic")
    assert (kind, "making a topic: says so") == (type(error), str(error))
    assert error.hint


def test_silence_is_told_with_what_was_heard_last() -> None:
    error = translate(None, doing="asking", heard="connection refused")
    assert (BusUnavailable, "asking: no answer in time (connection refused)") == (type(error), str(error))


def test_what_was_heard_is_not_said_twice() -> None:
    error = translate(KafkaError(KafkaError._TRANSPORT, "lost: refused"), doing="asking", heard="refused")
    assert "asking: lost: refused" == str(error)


def test_commands_are_ready_to_be_pasted() -> None:
    start = "--bootstrap-server b1:9093 --command-config admin.properties"
    assert f"kafka-topics.sh {start} --describe --topic t" == SHELL.show_topic("t")
    settings = "--add-config consumer_byte_rate=2,producer_byte_rate=1"
    assert f"kafka-configs.sh {start} --entity-type users --entity-name NL --alter {settings}" == SHELL.set_quota(
        Quota("NL", 1, 2)
    )
    rule = a_rule("*", Right.ALTER, "kafka-cluster", Resource.CLUSTER)
    taken = "--remove --force --allow-principal 'User:*' --operation Alter --cluster"
    assert f"kafka-acls.sh {start} {taken}" == SHELL.remove_rule(rule)
    denied = msgspec.structs.replace(a_rule("NL", Right.READ, "g", Resource.GROUP, prefixed=True), allow=False)
    taken = "--remove --force --deny-principal User:NL --operation Read --group g --resource-pattern-type prefixed"
    assert f"kafka-acls.sh {start} {taken}" == SHELL.remove_rule(denied)
