"""Bring a cluster to its plan, step by step: what was done stays done when a later step fails."""

from collections.abc import Iterator
from itertools import groupby
from typing import TYPE_CHECKING

import msgspec

from tocsin.cluster.access import Rule
from tocsin.cluster.compare import Changes, SettingChange
from tocsin.cluster.plan import PlannedTopic

if TYPE_CHECKING:  # its library is large, and no node needs it
    from tocsin.cluster.admin import ClusterAdmin


class RulesOfOne(msgspec.Struct, frozen=True):
    """The rules that one principal lacks."""

    principal: str
    rules: tuple[Rule, ...]


Step = PlannedTopic | SettingChange | RulesOfOne


def steps(changes: Changes) -> Iterator[Step]:
    """Yield what is to be done, in the order in which it is useful: a topic before the right to it."""
    yield from changes.topics
    yield from changes.settings
    for principal, rules in groupby(changes.rules, key=lambda rule: rule.principal):
        yield RulesOfOne(principal, tuple(rules))


def perform(admin: "ClusterAdmin", step: Step) -> None:
    """Do one step; once more does no harm.

    Raises:
        BusUnavailable, BusForbidden, BusMisconfigured: It was not done, or not wholly.
    """
    match step:
        case PlannedTopic():
            admin.create_topic(step)
        case SettingChange():
            admin.set_topic(step)
        case RulesOfOne():
            admin.add_rules(step.rules)


def describe(step: Step) -> str:
    """Return what a step does, for people."""
    match step:
        case PlannedTopic():
            return f"make the topic {step.name}, on {step.replicas} broker{'s' if step.replicas > 1 else ''}"
        case SettingChange():
            listed = ", ".join(f"{name}={value}" for name, value in step.settings.items())
            return f"set {listed} of the topic {step.topic}"
        case RulesOfOne():
            return f"let {step.principal} {'; '.join(_gathered(step.rules))}"


def _gathered(rules: tuple[Rule, ...]) -> Iterator[str]:
    """Yield the rights that *rules* give, those over one thing together."""
    for (resource, name, prefixed), over_it in groupby(rules, key=lambda one: (one.resource, one.name, one.prefixed)):
        rights = " and ".join(sorted(one.right for one in over_it))
        yield f"{rights} {resource} {name}{'…' if prefixed else ''}"
