"""What is wrong with the rules of a cluster: rights that somebody has and the plan does not give."""

from collections.abc import Iterator
from typing import Final

import msgspec

from tocsin.cluster.access import (
    ADMINISTERING,
    EVERYBODY,
    WRITING,
    Resource,
    Right,
    Rule,
    principal_of,
)
from tocsin.cluster.finding import Finding
from tocsin.cluster.plan import Network
from tocsin.cluster.shell import Shell

_OF_THE_CLUSTER: Final = ("__consumer_offsets", "__transaction_state")
"""Topics in which the cluster keeps how far everybody has read: with the right to write there, it can be forged."""
_READING_GROUPS: Final = frozenset((Right.READ, Right.DELETE, Right.ALL, Right.UNKNOWN))


class _Case(msgspec.Struct, frozen=True):
    code: str
    says: str


def rule_findings(
    network: Network, planned: frozenset[Rule], rules: frozenset[Rule], shell: Shell
) -> Iterator[Finding]:
    """Yield each rule that is there, is not planned, and touches the network; the gravest reason of each alone."""
    for rule in sorted(rules - planned):
        found = _case(network, rule)
        if found is not None:
            yield Finding(found.code, str(rule), found.says, shell.remove_rule(rule))


def touches(network: Network, rule: Rule) -> bool:
    """Say whether *rule* may be about the network: not that of a stranger about other topics of a shared cluster."""
    match rule.resource:
        case Resource.TOPIC:
            return rule.reaches(network.topics) or _is_over_the_cluster(rule)
        case Resource.GROUP:
            return rule.reaches(network.groups)
        case Resource.CLUSTER:
            return True
        case Resource.TRANSACTION | Resource.UNKNOWN:
            return rule.principal in {EVERYBODY, *(principal_of(code) for code in (*network.everybody, *network.left))}


def _is_over_the_cluster(rule: Rule) -> bool:
    return rule.right in WRITING | ADMINISTERING and any(rule.covers(name) for name in _OF_THE_CLUSTER)


def _case(network: Network, rule: Rule) -> _Case | None:
    """Return why *rule* should not be there; None where it is no business of the network."""
    if not touches(network, rule):
        return None
    if not rule.allow:
        return _Case("rule-forbids", "beats every rule that allows: somebody of the network may be shut out")
    if rule.principal == EVERYBODY:
        return _Case("rule-for-everybody", "holds for everybody who gets in, strangers too")
    if rule.principal in {principal_of(code) for code in network.left}:
        return _Case("rule-left", "belongs to one who does not take part any more")
    if rule.principal not in {principal_of(code) for code in network.everybody}:
        return _stranger(rule)
    return _member(rule)


def _stranger(rule: Rule) -> _Case | None:
    if rule.resource is Resource.CLUSTER and rule.right not in ADMINISTERING:
        return None
    return _Case("rule-stranger", "belongs to nobody of the network")


def _member(rule: Rule) -> _Case:
    code = rule.principal.removeprefix("User:")
    if rule.right in ADMINISTERING:
        return _Case("rule-administers", "lets a participant change the cluster, its topics or its rules")
    if rule.resource is Resource.TOPIC and rule.right in WRITING:
        return _Case("rule-writes", f"lets {code} write where others do; messages stay signed, order and space do not")
    if rule.resource is Resource.GROUP and rule.right in _READING_GROUPS:
        return _Case("rule-group", f"lets {code} take over how far others have read, so that they miss messages")
    return _Case("rule-extra", "is needed for nothing")
