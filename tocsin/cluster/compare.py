"""A plan held against a cluster: what to add, what to set, and what only people should mend."""

from collections.abc import Iterator, Mapping

import msgspec

from tocsin.cluster.access import Rule
from tocsin.cluster.check_brokers import HIDDEN, USUAL_SUPER_USERS, Expected, broker_findings
from tocsin.cluster.check_rules import rule_findings
from tocsin.cluster.check_topics import topic_findings, wrong_settings
from tocsin.cluster.finding import Finding
from tocsin.cluster.plan import Network, Plan, PlannedTopic, make_plan
from tocsin.cluster.shell import Shell
from tocsin.cluster.state import ClusterState

_PROVISION = "tocsin kafka provision"


class SettingChange(msgspec.Struct, frozen=True):
    """Settings of a topic, as they should be."""

    topic: str
    settings: Mapping[str, str]


class Changes(msgspec.Struct, frozen=True):
    """What provisioning does. Nothing is ever taken away."""

    topics: tuple[PlannedTopic, ...] = ()
    settings: tuple[SettingChange, ...] = ()
    rules: tuple[Rule, ...] = ()

    @property
    def is_nothing(self) -> bool:
        """Whether the cluster has all that the plan needs."""
        return not (self.topics or self.settings or self.rules)


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """What a cluster lacks, and what is wrong with it.

    Attributes:
        unseen: Settings that no broker shows, for people to look at.
        shell: Where Kafka's own tools reach the cluster.
    """

    shell: Shell
    plan: Plan
    changes: Changes
    findings: tuple[Finding, ...]
    unseen: tuple[str, ...]


def compare(
    network: Network, state: ClusterState, *, shell: Shell, super_users: tuple[str, ...] = USUAL_SUPER_USERS
) -> Comparison:
    """Hold a cluster against what *network* needs of it."""
    plan = make_plan(network, state.size)
    return Comparison(
        shell=shell,
        plan=plan,
        changes=_changes(plan, state),
        findings=tuple(_findings(network, plan, state, _expected(network, state, shell, super_users))),
        unseen=tuple(_unseen(state)),
    )


def missing(changes: Changes) -> Iterator[Finding]:
    """Yield what provisioning would do, as findings."""
    for topic in changes.topics:
        yield Finding("topic-missing", topic.name, "is not there", _PROVISION)
    for change in changes.settings:
        for name, value in change.settings.items():
            yield Finding("topic-setting", f"{change.topic}, {name}", f"is not {value}", _PROVISION)
    for rule in changes.rules:
        yield Finding("rule-missing", str(rule), "is not there", _PROVISION)


def _changes(plan: Plan, state: ClusterState) -> Changes:
    held = [(one, state.topics[one.name]) for one in plan.topics if one.name in state.topics]
    wrong = ((topic.name, wrong_settings(one, topic)) for one, topic in held)
    return Changes(
        topics=tuple(one for one in plan.topics if one.name not in state.topics),
        settings=tuple(SettingChange(name, settings) for name, settings in wrong if settings),
        rules=() if state.rules is None else tuple(sorted(plan.rules - state.rules)),
    )


def _expected(network: Network, state: ClusterState, shell: Shell, super_users: tuple[str, ...]) -> Expected:
    return Expected(participants=network.everybody, brokers=state.size, super_users=super_users, shell=shell)


def _findings(network: Network, plan: Plan, state: ClusterState, expected: Expected) -> Iterator[Finding]:
    for broker in state.brokers:
        yield from broker_findings(broker, expected)
    yield from topic_findings(network, plan.topics, state.topics, expected.shell)
    if state.rules is not None:
        yield from rule_findings(network, plan.rules, state.rules, expected.shell)
    for user in sorted(set(state.users) - set(network.everybody)):
        yield Finding(
            "password-user",
            user,
            "has a password for the cluster and is nobody of the network",
            expected.shell.remove_password(user),
        )


def _unseen(state: ClusterState) -> Iterator[str]:
    for broker in state.brokers:
        for name in HIDDEN:
            if name in broker.hidden and name not in broker.settings:
                yield f"broker {broker.id}, {name}"
