"""What to tell the person who wrote a table, before it is signed."""

from collections.abc import Iterable, Iterator
from typing import Literal

import msgspec

from broker.policy.diagram import diagram
from broker.policy.laws import (
    a_grant_never_narrows,
    adding_handling_never_widens,
    dead_rules,
    embargo_always_holds,
    exclusion_always_wins,
    never_applying,
    overlaps,
    tightening_never_widens,
    widens,
)
from broker.policy.rule import Condition, Effect, OneOf, Rule
from broker.policy.table import Layer, Table

Level = Literal["error", "warning", "info"]


class Remark(msgspec.Struct, frozen=True):
    """One thing to know of a table; ``rule_id`` is empty where it is about the whole."""

    level: Level
    rule_id: str
    message: str


def check_table(table: Table, against: Table | None = None) -> list[Remark]:
    """Return all remarks on *table*, and on what it changes *against* the table in force; errors first."""
    remarks = [
        *_whole(table),
        *_rules_that_do_nothing(table),
        *_laws(table),
        *(_changes(table, against) if against is not None else ()),
        *_in_words(table),
        *_overlaps(table),
    ]
    return in_order(remarks)


def in_order(remarks: Iterable[Remark]) -> list[Remark]:
    """Return *remarks*, the worst first."""
    order: tuple[Level, ...] = ("error", "warning", "info")
    return sorted(remarks, key=lambda remark: order.index(remark.level))


def rule_in_words(rule: Rule) -> str:
    """Return the conditions of *rule* as a person would say them."""
    return "; ".join(_condition_in_words(condition) for condition in rule.when) if rule.when else "always"


def _condition_in_words(condition: Condition) -> str:
    if isinstance(condition, OneOf):
        return f"{condition.fact} {' or '.join(condition.words)}"
    parts = [" and ".join(condition.all_of), " or ".join(condition.any_of)]
    parts.append(" and ".join(f"not {word}" for word in condition.none_of))
    return f"{condition.fact} {', '.join(part for part in parts if part)}"


def _whole(table: Table) -> Iterator[Remark]:
    if diagram(table) is False:
        yield Remark("error", "", "this table permits nothing to anybody")
    for rule in table.rules:
        if not rule.when and rule.effect is Effect.PERMIT:
            yield Remark("warning", rule.id, "permits everything: it has no condition")
        if not rule.when and rule.effect is Effect.NEVER:
            yield Remark("error", rule.id, "forbids everything: it has no condition")


def _rules_that_do_nothing(table: Table) -> Iterator[Remark]:
    never = never_applying(table)
    effects = {rule.id: rule.effect for rule in table.rules}
    for rule_id in never:
        yield Remark("warning", rule_id, "never applies: other rules forbid all that it permits")
    for rule_id in dead_rules(table):
        if rule_id in never:
            continue
        if effects[rule_id] is Effect.PERMIT:
            yield Remark("warning", rule_id, "changes nothing: other rules permit all that it does")
        else:
            yield Remark(
                "warning", rule_id, "changes nothing: no rule permits what it forbids, or others forbid it too"
            )


def _laws(table: Table) -> Iterator[Remark]:
    """Yield the laws that *table* breaks. The community's table has to keep them all: the others rest on it."""
    level: Level = "error" if table.layer is Layer.COMMUNITY else "warning"
    if table.layer in {Layer.COMMUNITY, Layer.MARKING} and (example := exclusion_always_wins(table)):
        yield Remark(level, "", f"an excluded reader is permitted: {example}")
    if table.layer in {Layer.COMMUNITY, Layer.MARKING} and (example := embargo_always_holds(table)):
        yield Remark(level, "", f"somebody is permitted before the release time: {example}")
    if example := a_grant_never_narrows(table):
        yield Remark(level, "", f"a grant of the originator takes something away: {example}")
    if example := tightening_never_widens(table):
        yield Remark(level, "", f"a tighter TLP permits more: {example}")
    if example := adding_handling_never_widens(table):
        yield Remark(level, "", f"one more handling code permits more: {example}")


def _changes(table: Table, against: Table) -> Iterator[Remark]:
    if table.layer is not against.layer:
        message = f"a {table.layer.word} table cannot take the place of a {against.layer.word} table"
        yield Remark("error", "", message)
        return
    wider, narrower = widens(table, against), widens(against, table)
    name = f"{against.name} version {against.version}"
    if wider:
        yield Remark("warning", "", f"permits what {name} does not, for example: {wider}")
    if narrower:
        yield Remark("info", "", f"no longer permits what {name} does, for example: {narrower}")
    if not wider and not narrower:
        yield Remark("info", "", f"permits exactly what {name} does")


def _in_words(table: Table) -> Iterator[Remark]:
    for rule in table.rules:
        verb = "permits" if rule.effect is Effect.PERMIT else "never"
        yield Remark("info", rule.id, f"{verb}: {rule_in_words(rule)} ({rule.says})")


def _overlaps(table: Table) -> Iterator[Remark]:
    others: dict[str, list[str]] = {}
    for one, other in overlaps(table):
        others.setdefault(one, []).append(other)
    for one, several in others.items():
        yield Remark("info", one, f"some requests are permitted by this rule and also by {', '.join(several)}")
