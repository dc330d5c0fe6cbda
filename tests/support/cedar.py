"""An independent reading of decision tables: each rule as a policy of the Cedar language, decided by Cedar's engine."""

import json
from collections.abc import Iterable, Mapping, Sequence

import cedarpy

from broker.policy.rule import Condition, Effect, OneOf
from broker.policy.table import Table
from broker.policy.vocabulary import FACTS


def to_cedar(table: Table) -> str:
    """Return the policies that say what *table* says; every fact is an attribute of the request's context."""
    policies: list[str] = []
    for rule in table.rules:
        verb = "permit" if rule.effect is Effect.PERMIT else "forbid"
        condition = " && ".join(part for condition in rule.when for part in _tests(condition)) or "true"
        policies.append(f"@id({json.dumps(rule.id)})\n{verb} (principal, action, resource) when {{ {condition} }};")
    return "\n".join(policies)


def cedar_permits(table: Table, points: Iterable[Mapping[str, str]]) -> list[bool]:
    """Return Cedar's answer for each complete point; an answer that is no decision is an error of the test."""
    requests = [
        {"principal": 'Reader::"r"', "action": 'Action::"ask"', "resource": 'Message::"m"', "context": _context(point)}
        for point in points
    ]
    results = cedarpy.is_authorized_batch(requests, cedarpy.PolicySet.from_str(to_cedar(table)), [])
    for result in results:
        assert not result.diagnostics.errors, result.diagnostics.errors
        assert result.decision in {cedarpy.Decision.Allow, cedarpy.Decision.Deny}
    return [result.decision is cedarpy.Decision.Allow for result in results]


def _tests(condition: Condition) -> list[str]:
    attribute = f"context[{json.dumps(condition.fact)}]"
    if isinstance(condition, OneOf):
        return [f"({' || '.join(f'{attribute} == {json.dumps(word)}' for word in condition.words)})"]
    found: list[str] = []
    if condition.all_of:
        found.append(f"{attribute}.containsAll({_set(condition.all_of)})")
    if condition.any_of:
        found.append(f"{attribute}.containsAny({_set(condition.any_of)})")
    if condition.none_of:
        found.append(f"!{attribute}.containsAny({_set(condition.none_of)})")
    return found


def _set(words: Sequence[str]) -> str:
    return json.dumps(list(words))


def _context(point: Mapping[str, str]) -> dict[str, object]:
    return {
        fact.name: [word for word in fact.words if point[f"{fact.name}:{word}"] == "yes"]
        if fact.is_set
        else point[fact.name]
        for fact in FACTS
    }
