"""What can be proved of a table. Each law returns nothing where it holds, and an example in words where it does not."""

from itertools import combinations, pairwise
from typing import Final

import msgspec

from broker.policy.diagram import Point, diagram, first_widening, fixed, without_rule
from broker.policy.rule import Effect
from broker.policy.space import VARIABLES, clauses
from broker.policy.table import Table
from broker.policy.vocabulary import FACTS
from broker.types.vocabulary import Handling, Tlp

NO_ONE: Final = False
"""The diagram that permits nothing."""


def in_words(point: Point) -> str:
    """Return *point* as a person would say it; what is left unsaid does not matter."""
    parts: list[str] = []
    for fact in FACTS:
        if not fact.is_set:
            parts += [f"{fact.name} {point[fact.name]}"] if fact.name in point else []
            continue
        answers = {word: point[f"{fact.name}:{word}"] for word in fact.words if f"{fact.name}:{word}" in point}
        there = [word for word, answer in answers.items() if answer == "yes"]
        absent = [f"not {word}" for word, answer in answers.items() if answer == "no"]
        parts += [f"{fact.name} {', '.join(there + absent)}"] if answers else []
    return "; ".join(parts) if parts else "any request at all"


def equal(one: Table, other: Table) -> bool:
    """Say whether two tables permit exactly the same."""
    return widens(one, other) is None and widens(other, one) is None


def widens(new: Table, old: Table) -> str | None:
    """Return a request that *new* permits and *old* did not, in words."""
    return _say(first_widening(diagram(old), diagram(new)))


def dead_rules(table: Table) -> tuple[str, ...]:
    """Return the rules without which *table*, taken one at a time, would permit exactly the same."""
    whole = diagram(table)
    found: list[str] = []
    for index, rule in enumerate(table.rules):
        rest = without_rule(table, index)
        if first_widening(whole, rest) is None and first_widening(rest, whole) is None:
            found.append(rule.id)
    return tuple(found)


def never_applying(table: Table) -> tuple[str, ...]:
    """Return the permits of which other rules forbid every request that they speak of."""
    nevers = tuple(rule for rule in table.rules if rule.effect is Effect.NEVER)
    permits = (rule for rule in table.rules if rule.effect is Effect.PERMIT)
    alone = ((rule.id, msgspec.structs.replace(table, rules=(rule, *nevers))) for rule in permits)
    return tuple(rule_id for rule_id, rest in alone if diagram(rest) is False)


def overlaps(table: Table) -> tuple[tuple[str, str], ...]:
    """Return the pairs of permits that some request meets both of, whatever else forbids it."""
    permits = [clause for clause in clauses(table) if clause.effect is Effect.PERMIT]
    pairs = {
        (one.rule, other.rule)
        for one, other in combinations(permits, 2)
        if one.rule != other.rule and _meets_something(one.forbidden | other.forbidden)
    }
    return tuple((table.rules[one].id, table.rules[other].id) for one, other in sorted(pairs))


def exclusion_always_wins(table: Table) -> str | None:
    """Return a request of an excluded reader, not of the own participant, that is permitted."""
    excluded = fixed(fixed(diagram(table), "relation:excluded", "yes"), "relation:own", "no")
    return _say(first_widening(NO_ONE, excluded))


def tightening_never_widens(table: Table) -> str | None:
    """Return a request that a tighter TLP label permits and the next looser one does not."""
    root = diagram(table)
    for loose, tight in pairwise(Tlp.words()):
        example = first_widening(fixed(root, "tlp", loose), fixed(root, "tlp", tight))
        if example is not None:
            return f"{_say(example)}: refused at TLP:{loose}, permitted at TLP:{tight}"
    return None


def adding_handling_never_widens(table: Table) -> str | None:
    """Return a request that one more handling code permits."""
    root = diagram(table)
    for code in Handling.words():
        name = f"handling:{code}"
        example = first_widening(fixed(root, name, "no"), fixed(root, name, "yes"))
        if example is not None:
            return f"{_say(example)}: refused without {code}, permitted with it"
    return None


def a_grant_never_narrows(table: Table) -> str | None:
    """Return a request that is permitted without a grant of the originator, and no longer with one."""
    root = diagram(table)
    return _say(first_widening(fixed(root, "grant", "valid"), fixed(root, "grant", "none")))


def embargo_always_holds(table: Table) -> str | None:
    """Return a request that is permitted before the release time, by neither the own participant nor a named group."""
    before = fixed(diagram(table), "embargo", "before")
    return _say(first_widening(NO_ONE, fixed(fixed(before, "relation:own", "no"), "relation:group", "no")))


def _say(example: Point | None) -> str | None:
    return None if example is None else in_words(example)


def _meets_something(forbidden: int) -> bool:
    return all(forbidden & variable.bits != variable.bits for variable in VARIABLES)
