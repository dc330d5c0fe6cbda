"""Decide what a reader may have of a message: pure, section by section, by four tables that must all permit.

A rule applies if all its conditions hold; *never* beats *permit*; nothing permits by itself. For each section the
reader's purposes are tried in their order, and one that passes all four tables is enough. A fact outside its vocabulary
refuses the whole request: a newer writer may have meant something narrower.
"""

from collections import OrderedDict
from collections.abc import Mapping
from functools import lru_cache
from typing import Final, NamedTuple

import msgspec

from broker.policy.facts import Facts, point_without_section, purpose_bits, section_bits, unknown_fact
from broker.policy.rule import Effect, Rule
from broker.policy.space import clauses
from broker.policy.table import Layer, Table, table_digest
from broker.types.names import Digest
from broker.types.vocabulary import Handling, Purpose, Relation, Section, Status, Tlp, Word

NOTHING_PERMITS: Final = "nothing-permits"
NO_PURPOSE: Final = "no-purpose"
UNKNOWN_FACT: Final = "unknown-fact"
REMEMBERED_DECISIONS: Final = 10_000

_NO_ONWARD_TLP: Final = frozenset({Tlp.AMBER, Tlp.AMBER_STRICT, Tlp.RED})
_POINTER_TLP: Final = frozenset({Tlp.AMBER_STRICT, Tlp.RED})


class Tables(msgspec.Struct, frozen=True):
    """The four tables of a decision, in the order in which refusals are named."""

    marking: Table
    national: Table
    community: Table
    house: Table

    @property
    def in_order(self) -> tuple[tuple[Layer, Table], ...]:
        """The tables with their layers."""
        return (
            (Layer.MARKING, self.marking),
            (Layer.NATIONAL, self.national),
            (Layer.COMMUNITY, self.community),
            (Layer.HOUSE, self.house),
        )


class Obligation(Word):
    """What whoever shows or keeps the permitted sections has to do."""

    REDACT = "REDACT"
    """Some sections stay closed: say that they exist, and whom to call."""
    PURGE_BY = "PURGE_BY"
    """Remove the content when the marking's ``retain_until`` comes."""
    NO_ONWARD = "NO_ONWARD"
    """Not to be passed on without a grant of the originator."""
    POINTER_ONLY = "POINTER_ONLY"
    """A notice that leaves the node says only that there is a message, and whom to call."""
    EXERCISE_BANNER = "EXERCISE_BANNER"
    """Show on every page that this is no real case."""


class LayerOutcome(msgspec.Struct, frozen=True):
    """What one table said, and by which rule."""

    layer: Layer
    rule_id: str
    says: str
    permitted: bool


class SectionOutcome(msgspec.Struct, frozen=True):
    """What was decided for one section.

    ``layer``, ``rule_id`` and ``says`` name the determining rule: for a refusal that of the first layer that refused,
    for a permission the community's. ``purpose`` is the one that was permitted.
    """

    section: Section
    permitted: bool
    purpose: Purpose | None
    layer: Layer
    rule_id: str
    says: str
    layers: tuple[LayerOutcome, ...]


class Decision(msgspec.Struct, frozen=True):
    """A decision, with everything it rests on; it can be decided again from ``facts`` and the tables of ``digests``."""

    facts: Facts
    outcomes: tuple[SectionOutcome, ...]
    obligations: tuple[Obligation, ...]
    digests: tuple[Digest, Digest, Digest, Digest]

    @property
    def permitted(self) -> tuple[Section, ...]:
        """The sections that the reader may have."""
        return tuple(outcome.section for outcome in self.outcomes if outcome.permitted)

    @property
    def refused(self) -> tuple[Section, ...]:
        """The sections that the reader may not have."""
        return tuple(outcome.section for outcome in self.outcomes if not outcome.permitted)

    @property
    def outcome(self) -> str:
        """``released`` (all sections), ``redacted`` (some) or ``denied`` (none)."""
        if not self.permitted:
            return "denied"
        return "redacted" if self.refused else "released"

    def says(self) -> str:
        """Return the sentence of the rule that decided: of the first refusal, else of the first permission."""
        deciding = sorted(self.outcomes, key=lambda outcome: outcome.permitted)
        return deciding[0].says if deciding else "The message has no section to decide about."


class Decider:
    """Decides by one set of tables, and remembers the decisions for equal facts (a bounded number of them)."""

    def __init__(self, tables: Tables, *, remembered: int = REMEMBERED_DECISIONS) -> None:
        self._tables = tables
        self._remembered = remembered
        self._decisions: OrderedDict[Facts, Decision] = OrderedDict()

    @property
    def tables(self) -> Tables:
        """The tables it decides by."""
        return self._tables

    def decide(self, facts: Facts) -> Decision:
        """Return what :func:`decide` returns for these facts."""
        known = self._decisions.get(facts)
        if known is not None:
            return known
        decision = decide(self._tables, facts)
        self._decisions[facts] = decision
        if len(self._decisions) > self._remembered:
            self._decisions.popitem(last=False)
        return decision


def decide(tables: Tables, facts: Facts) -> Decision:
    """Decide for each section of *facts* whether the reader may have it."""
    unknown = unknown_fact(facts)
    if unknown:
        says = f"The fact {unknown!r} says something that this version does not know, so nothing is permitted."
        outcomes = _refuse_all(facts, UNKNOWN_FACT, says)
    elif not facts.purposes:
        outcomes = _refuse_all(facts, NO_PURPOSE, "The reader has no purpose, and nothing is shared without one.")
    else:
        outcomes = _decide_sections(tables, facts)
    digests = (
        table_digest(tables.marking),
        table_digest(tables.national),
        table_digest(tables.community),
        table_digest(tables.house),
    )
    return Decision(facts, outcomes, obligations_of(facts, outcomes), digests)


class _Compiled(NamedTuple):
    """A table's clauses as bits, each with the outcome it leads to."""

    nevers: tuple[tuple[int, LayerOutcome], ...]
    permits: tuple[tuple[int, LayerOutcome], ...]
    nothing: Mapping[Section, LayerOutcome]


@lru_cache(maxsize=1024)
def _compile(layer: Layer, table: Table) -> _Compiled:
    outcomes = [_outcome(layer, rule) for rule in table.rules]
    found = [(clause.effect, (clause.forbidden, outcomes[clause.rule])) for clause in clauses(table)]
    return _Compiled(
        tuple(pair for effect, pair in found if effect is Effect.NEVER),
        tuple(pair for effect, pair in found if effect is Effect.PERMIT),
        {
            section: LayerOutcome(layer, NOTHING_PERMITS, _nothing(layer, section), permitted=False)
            for section in Section
        },
    )


def _nothing(layer: Layer, section: Section) -> str:
    """Return the sentence for a section that no rule of a layer opens."""
    what = f"the {section.word} section to this reader."
    match layer:
        case Layer.MARKING:
            return "The author named the recipients, and this reader is not among them."
        case Layer.NATIONAL:
            return f"No condition of the author's country opens {what}"
        case Layer.COMMUNITY:
            return f"No rule of the community opens {what}"
        case Layer.HOUSE:
            return f"No house rule of this node opens {what}"


def _outcome(layer: Layer, rule: Rule) -> LayerOutcome:
    return LayerOutcome(layer, rule.id, rule.says, permitted=rule.effect is Effect.PERMIT)


def _ask(compiled: _Compiled, point: int, section: Section) -> LayerOutcome:
    """Return what one table says of a point: the first *never* that holds, else the first *permit* that does."""
    for forbidden, outcome in compiled.nevers:
        if not point & forbidden:
            return outcome
    for forbidden, outcome in compiled.permits:
        if not point & forbidden:
            return outcome
    return compiled.nothing[section]


def _decide_sections(tables: Tables, facts: Facts) -> tuple[SectionOutcome, ...]:
    compiled = [_compile(layer, table) for layer, table in tables.in_order]
    common = point_without_section(facts)
    attempts = [(purpose, common | purpose_bits(facts, purpose)) for purpose in facts.purposes]
    return tuple(_decide_section(compiled, attempts, section) for section in facts.sections)


def _decide_section(compiled: list[_Compiled], attempts: list[tuple[Purpose, int]], section: Section) -> SectionOutcome:
    """Try the purposes in turn; where none passes, keep the attempt that more layers permitted (the earlier of two)."""
    best: tuple[LayerOutcome, ...] = ()
    best_count = -1
    for purpose, bits in attempts:
        point = bits | section_bits(section)
        layers = tuple([_ask(table, point, section) for table in compiled])
        count = sum([layer.permitted for layer in layers])
        if count == len(layers):
            decisive = layers[2]  # the community's: it says why, where the others mostly say "no objection"
            return _section_outcome(section, purpose, decisive, layers)
        if count > best_count:
            best, best_count = layers, count
    first = next(layer for layer in best if not layer.permitted)
    return _section_outcome(section, None, first, best)


def _section_outcome(
    section: Section, purpose: Purpose | None, decisive: LayerOutcome, layers: tuple[LayerOutcome, ...]
) -> SectionOutcome:
    return SectionOutcome(section, decisive.permitted, purpose, decisive.layer, decisive.rule_id, decisive.says, layers)


def _refuse_all(facts: Facts, rule_id: str, says: str) -> tuple[SectionOutcome, ...]:
    """Refuse every section before any table is asked."""
    layers = tuple(LayerOutcome(layer, rule_id, says, permitted=False) for layer in Layer)
    return tuple(_section_outcome(section, None, layers[0], layers) for section in facts.sections)


def obligations_of(facts: Facts, outcomes: tuple[SectionOutcome, ...]) -> tuple[Obligation, ...]:
    """Return what goes with the permitted sections; a refusal obliges to nothing."""
    if not any(outcome.permitted for outcome in outcomes):
        return ()
    own = Relation.OWN in facts.relation
    restricted = Handling.H2 in facts.handling or facts.tlp in _NO_ONWARD_TLP
    holds = {
        Obligation.REDACT: not all(outcome.permitted for outcome in outcomes),
        Obligation.PURGE_BY: facts.expires,
        Obligation.NO_ONWARD: restricted and not facts.granted and not own,
        Obligation.POINTER_ONLY: facts.tlp in _POINTER_TLP,
        Obligation.EXERCISE_BANNER: facts.status is not Status.ACTUAL,
    }
    return tuple(obligation for obligation, applies in holds.items() if applies)
