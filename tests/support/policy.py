"""Builders for policy tests: facts of an ordinary request, tables, and the facts at a point of the space."""

from collections.abc import Mapping
from typing import Any

from broker.policy.builtin import community_table, marking_table, open_house_table, open_national_table
from broker.policy.decide import Tables
from broker.policy.facts import Facts
from broker.policy.rule import Effect, OneOf, Rule
from broker.policy.space import VARIABLES, bit
from broker.policy.table import Layer, Table
from broker.types.vocabulary import Action, Handling, Purpose, RecordKind, Relation, Role, Section, Sector, Status, Tlp

ALL_PURPOSES = frozenset(Purpose.from_word(word) for word in Purpose.words())
ALL_SECTIONS = tuple(Section.from_word(word) for word in Section.words())
ALL_USES = frozenset((section, purpose) for section in ALL_SECTIONS for purpose in ALL_PURPOSES)

BASELINE = Tables(marking_table(), open_national_table("NL"), community_table(), open_house_table("BE/~1"))


def facts(**changes: Any) -> Facts:
    """Return the facts of police, named as recipient, receiving an actual TLP:AMBER incident for an investigation."""
    ordinary: dict[str, Any] = {
        "action": Action.RECEIVE,
        "kind": RecordKind.INCIDENT,
        "status": Status.ACTUAL,
        "tlp": Tlp.AMBER,
        "relation": frozenset({Relation.COMMUNITY, Relation.NAMED}),
        "sector": Sector.POLICE,
        "roles": frozenset({Role.SUBSCRIBER}),
        "purposes": (Purpose.INVESTIGATION,),
        "allowed_purposes": ALL_PURPOSES,
        "addressed": True,
        "takes_part": True,
        "embargoed": False,
        "handling": frozenset(),
        "granted": frozenset(),
        "sections": ALL_SECTIONS,
    }
    return Facts(**(ordinary | changes))


def a_rule(rule_id: str = "all", effect: Effect = Effect.PERMIT, says: str = "Because.", **when: list[str]) -> Rule:
    """Return a rule; conditions only on facts of one word, ``purpose_allowed`` for ``purpose-allowed``."""
    return Rule(rule_id, effect, says, tuple(OneOf(n.replace("_", "-"), tuple(words)) for n, words in when.items()))


def a_table(*rules: Rule, layer: Layer = Layer.HOUSE) -> Table:
    """Return a table of these rules."""
    return Table("a-table", layer, 1, "somebody", rules)


def point_bits(point: Mapping[str, str]) -> int:
    """Return a complete point as one integer."""
    return sum(bit(variable.name, point[variable.name]) for variable in VARIABLES)


def facts_at(point: Mapping[str, str]) -> Facts:
    """Return the facts of a request with one section and one purpose that stands at *point*, a complete one."""
    purpose = Purpose.from_word(point["purpose"])
    section = Section.from_word(point["section"])
    others = frozenset({next(one for one in sorted(ALL_PURPOSES) if one is not purpose)})
    here = frozenset({(section, purpose)})
    return Facts(
        action=Action.from_word(point["action"]),
        kind=RecordKind.from_word(point["kind"]),
        status=Status.from_word(point["status"]),
        tlp=Tlp.from_word(point["tlp"]),
        relation=frozenset(word for word in Relation if point.get(f"relation:{word.word}") == "yes"),
        sector=Sector.from_word(point["sector"]),
        roles=frozenset(word for word in Role if point.get(f"role:{word.word}") == "yes"),
        purposes=(purpose,),
        allowed_purposes=others | {purpose} if point["purpose-allowed"] == "yes" else others,
        addressed=point["addressed"] == "yes",
        takes_part=point["takes-part"] == "yes",
        embargoed=point["embargo"] == "before",
        handling=frozenset(word for word in Handling if point.get(f"handling:{word.word}") == "yes"),
        granted=here if point["grant"] == "valid" else ALL_USES - here,
        sections=(section,),
    )
