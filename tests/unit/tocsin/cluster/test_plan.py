import msgspec
import pytest

from broker import limits
from broker.errors import BadName
from broker.types.names import Participant
from tests.unit.tocsin.cluster.clusters import a_network
from tocsin.cluster.access import ADMINISTERING, Resource, Right, Rule
from tocsin.cluster.plan import Network, make_plan


def may(rules: frozenset[Rule], code: str, right: Right, resource: Resource, name: str) -> bool:
    """Say whether *rules* let *code* do that, as the cluster would decide."""
    mine = (one for one in rules if one.principal == f"User:{code}" and one.resource is resource and one.right is right)
    return any(one.allow and one.covers(name) for one in mine)


RULES = make_plan(a_network(), 3).rules
TOPICS = ("exercise.directory", "exercise.msg.NL", "exercise.msg.BE", "exercise.msg.FR")
GROUPS = ("node-NL-1", "node-BE-1", "node-X-AUDIT-1", "node-X-HUB-1", "node-FR-1", "node-N")

WRITES = {
    "NL": {"exercise.directory", "exercise.msg.NL"},
    "BE": {"exercise.directory", "exercise.msg.BE"},
    "X-HUB": {"exercise.directory"},
    "X-AUDIT": set(),
    "FR": set(),
    "*": set(),
}


@pytest.mark.parametrize("code", WRITES)
def test_each_writes_its_own_topic_and_the_directory(code: str) -> None:
    assert WRITES[code] == {name for name in TOPICS if may(RULES, code, Right.WRITE, Resource.TOPIC, name)}


@pytest.mark.parametrize("code", WRITES)
def test_all_who_take_part_read_every_topic_and_nobody_else_any(code: str) -> None:
    expected = set() if code in ("FR", "*") else set(TOPICS)
    for right in (Right.READ, Right.DESCRIBE):
        assert expected == {name for name in TOPICS if may(RULES, code, right, Resource.TOPIC, name)}


@pytest.mark.parametrize("code", WRITES)
def test_each_has_its_own_groups_alone(code: str) -> None:
    expected = set() if code in ("FR", "*") else {f"node-{code}-1"}
    for right in (Right.READ, Right.DESCRIBE):
        assert expected == {name for name in GROUPS if may(RULES, code, right, Resource.GROUP, name)}


def test_nobody_administers_and_every_rule_allows() -> None:
    assert set() == {rule.right for rule in RULES} & ADMINISTERING
    assert all(rule.allow for rule in RULES)


def test_one_that_was_left_out_later_loses_nothing_but_is_not_planned() -> None:
    fewer = make_plan(a_network(participants=(Participant("NL"),)), 3).rules
    assert {"User:BE"} == {rule.principal for rule in RULES - fewer}


def test_topics_are_the_directory_one_of_each_participant_and_the_hubs() -> None:
    plan = make_plan(a_network(), 3)
    assert ["exercise.directory", "exercise.msg.BE", "exercise.msg.NL", "exercise.msg.X-HUB"] == [
        one.name for one in plan.topics
    ]
    assert {3} == {one.replicas for one in plan.topics}


def test_topics_keep_everything_and_take_the_largest_record() -> None:
    for topic in make_plan(a_network(), 3).topics:
        assert "-1" == topic.settings["retention.ms"] == topic.settings["retention.bytes"]
        assert "delete" == topic.settings["cleanup.policy"]
        assert int(topic.settings["max.message.bytes"]) > limits.MAX_RECORD_BYTES


@pytest.mark.parametrize(("brokers", "replicas", "in_sync"), [(1, 1, "1"), (2, 2, "2"), (3, 3, "2"), (9, 3, "2")])
def test_a_small_cluster_has_fewer_copies(brokers: int, replicas: int, in_sync: str) -> None:
    topic = make_plan(a_network(), brokers).topics[0]
    assert (replicas, in_sync) == (topic.replicas, topic.settings["min.insync.replicas"])


def test_a_namespace_stands_before_every_name() -> None:
    plan = make_plan(a_network(namespace="shared.one"), 3)
    names = [one.name for one in plan.topics] + [rule.name for rule in plan.rules]
    assert all(name.startswith("shared.one.") for name in names)


def test_each_with_a_right_has_a_quota() -> None:
    assert ["BE", "NL", "X-AUDIT", "X-HUB"] == [quota.user for quota in make_plan(a_network(), 3).quotas]


def test_the_hub_may_be_named_as_a_participant_which_changes_nothing() -> None:
    named = make_plan(a_network(participants=(Participant("X-HUB"), Participant("NL"), Participant("BE"))), 3)
    assert make_plan(a_network(), 3).rules == named.rules
    assert make_plan(a_network(), 3).topics == named.topics


def test_a_name_that_kafka_would_not_take_is_refused() -> None:
    long = Network(federation="e" * 63, namespace="n" * 250, participants=(Participant("NL"),))
    with pytest.raises(BadName):
        make_plan(long, 3)


@pytest.mark.parametrize(
    ("rule", "name", "covers"),
    [
        (("exercise.msg.", True), "exercise.msg.NL", True),
        (("exercise.msg.", True), "exercise.directory", False),
        (("exercise.msg.N", False), "exercise.msg.NL", False),
        (("*", False), "anything", True),
        (("*", True), "anything", False),
    ],
)
def test_a_rule_is_about_names_as_the_cluster_reads_it(rule: tuple[str, bool], name: str, covers: bool) -> None:
    made = Rule(principal="User:NL", resource=Resource.TOPIC, name=rule[0], prefixed=rule[1], right=Right.READ)
    assert covers is made.covers(name)


@pytest.mark.parametrize(
    ("name", "prefixed", "reaches"),
    [
        ("*", False, True),
        ("exercise.x", False, True),
        ("other.x", False, False),
        ("exercise", False, False),
        ("exer", True, True),
        ("", True, True),
        ("exercise.msg.", True, True),
        ("exercise2", True, False),
    ],
)
def test_a_rule_reaches_a_network_by_its_names(name: str, prefixed: bool, reaches: bool) -> None:
    made = Rule(principal="User:NL", resource=Resource.TOPIC, name=name, prefixed=prefixed, right=Right.READ)
    assert reaches is made.reaches("exercise.")


def test_a_rule_says_itself() -> None:
    made = Rule(principal="User:NL", resource=Resource.TOPIC, name="a.", prefixed=True, right=Right.READ)
    assert "User:NL Read topic a.…" == str(made)
    assert "User:NL NOT Read topic a.… from 10.0.0.1" == str(
        msgspec.structs.replace(made, allow=False, host="10.0.0.1")
    )
