"""A real cluster is held against its plan: each difference that can be made is found, and nothing else."""

from pathlib import Path

import pytest

from tests.cli.commands import run
from tests.kafka.administrator import EXERCISE, MEMBERS, Administrator, provision
from tests.support.kafka.cluster import Cluster
from tocsin.cluster.access import Resource, Right, Rule
from tocsin.cluster.compare import SettingChange


@pytest.fixture
def administrator(secure: Cluster, namespace: str) -> Administrator:
    return Administrator(secure, namespace)


@pytest.fixture
def provisioned(secure: Cluster, namespace: str) -> Administrator:
    return provision(Administrator(secure, namespace))


def test_a_provisioned_cluster_has_no_finding(provisioned: Administrator) -> None:
    ran = provisioned.run("check")
    assert (0, [], []) == (ran.code, ran.document()["findings"], ran.document()["unseen"]), ran.err


def test_what_brokers_hide_is_said_where_no_file_shows_it(provisioned: Administrator, tmp_path: Path) -> None:
    file = tmp_path / "server.properties"
    file.write_text("node.id=1\n")
    ran = provisioned.run("check", settings=file)
    assert 0 == ran.code
    assert ["broker 1, super.users", "broker 1, allow.everyone.if.no.acl.found"] == ran.document()["unseen"]


def test_an_empty_cluster_lacks_everything(administrator: Administrator) -> None:
    assert {"topic-missing", "rule-missing"} == set(administrator.codes())


def _rule(right: Right, name: str, principal: str = "User:NL", resource: Resource = Resource.TOPIC) -> Rule:
    return Rule(principal=principal, resource=resource, name=name, right=right)


@pytest.mark.parametrize(
    ("code", "right", "topic", "principal"),
    [
        ("rule-writes", Right.WRITE, "exercise.msg.BE", "User:NL"),
        ("rule-administers", Right.ALTER_CONFIGS, "exercise.msg.NL", "User:NL"),
        ("rule-stranger", Right.READ, "exercise.msg.NL", "User:SE"),
        ("rule-for-everybody", Right.READ, "exercise.msg.NL", "User:*"),
        ("rule-extra", Right.DESCRIBE_CONFIGS, "exercise.directory", "User:X-AUDIT"),
    ],
)
def test_a_right_too_many_is_found(
    provisioned: Administrator, code: str, right: Right, topic: str, principal: str
) -> None:
    provisioned.give(_rule(right, f"{provisioned.namespace}.{topic}", principal))
    assert [code] == provisioned.codes()
    assert "Nothing to do." in provisioned.run("provision").err


def test_a_foreign_groups_reader_is_found(provisioned: Administrator) -> None:
    provisioned.give(_rule(Right.READ, f"{provisioned.namespace}.node-BE-1", resource=Resource.GROUP))
    assert ["rule-group"] == provisioned.codes()


def test_a_right_that_was_taken_is_found_and_given_again(provisioned: Administrator) -> None:
    provisioned.take("User:DE")
    assert {"rule-missing"} == set(provisioned.codes())
    provisioned.run("provision")
    assert [] == provisioned.codes()


def test_a_topic_that_somebody_changed_is_found_and_set_again(provisioned: Administrator) -> None:
    topic = f"{provisioned.namespace}.exercise.msg.NL"
    provisioned.connect().set_topic(SettingChange(topic, {"retention.ms": "1000", "compression.type": "zstd"}))
    assert ["topic-setting", "topic-setting"] == provisioned.codes()
    assert 0 == provisioned.run("provision").code
    assert [] == provisioned.codes()


def test_a_topic_of_several_partitions_is_named_and_never_touched(administrator: Administrator) -> None:
    administrator.make_topic(f"{administrator.namespace}.exercise.msg.NL", partitions=3)
    administrator.run("provision")
    assert ["several-partitions"] == administrator.codes()


def test_a_topic_that_is_nobodys_is_named(provisioned: Administrator) -> None:
    provisioned.make_topic(f"{provisioned.namespace}.exercise.msg.SE")
    assert ["topic-stranger"] == provisioned.codes()


def test_a_password_that_is_nobodys_is_named(provisioned: Administrator) -> None:
    members = tuple(code for code in MEMBERS if code != "FR")
    assert "password-user" in provisioned.codes(members=members)


def test_a_cluster_in_the_clear_has_no_secrets_to_keep(plain_broker: object, kafka_address: str) -> None:
    words = ("--id", EXERCISE, "-p", "NL", "--allow-plaintext", "--json", "--bootstrap", kafka_address)
    assert 0 == run("kafka", "provision", *words).code
    found = {one["code"] for one in run("kafka", "check", *words).document()["findings"]}
    assert {"no-authorizer", "plaintext-listener"} <= found
    assert {"topic-missing", "rule-missing"} & found == set()
