"""Decide what a reader may have of a message: pure, section by section, by four tables that must all permit.

A rule applies if all its conditions hold; *never* beats *permit*; nothing permits by itself. For each section the
reader's purposes are tried in their order, and one that passes all four tables is enough. A fact outside its vocabulary
refuses the whole request: a newer writer may have meant something narrower.
"""

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Final, NamedTuple

import msgspec

from broker.policy.facts import Facts, point_without_section, purpose_bits, section_bits, unknown_fact
from broker.policy.rule import Effect, Rule
from broker.policy.space import clauses
from broker.policy.table import Layer, Table, table_digest
from broker.types.names import Digest
from broker.types.vocabulary import Action, Handling, Purpose, Relation, Section, Status, Tlp, Word

NOTHING_PERMITS: Final = "nothing-permits"
NO_PURPOSE: Final = "no-purpose"
UNKNOWN_FACT: Final = "unknown-fact"
REMEMBERED_DECISIONS: Final = 10_000

_NO_ONWARD_TLP: Final = frozenset({Tlp.AMBER, Tlp.AMBER_STRICT, Tlp.RED})
_ONWARD: Final = frozenset({Action.FORWARD, Action.EXPORT})
_POINTER_TLP: Final = frozenset({Tlp.AMBER_STRICT, Tlp.RED})


class Tables(msgspec.Struct, frozen=True, cache_hash=True):
    """The four tables of a decision, in the order in which refusals are named.

    ``house`` is the table that whoever decides keeps at home: a reader's house rules, or, where a sender decides who
    gets keys, its release rules.
    """

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
            (_home_layer(self.house), self.house),
        )


def _home_layer(table: Table) -> Layer:
    return Layer.RELEASE if table.layer is Layer.RELEASE else Layer.HOUSE


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
        outcomes = _refuse_all(tables, facts, UNKNOWN_FACT, says)
    elif not facts.purposes:
        says = "The reader has no purpose, and nothing is shared without one."
        outcomes = _refuse_all(tables, facts, NO_PURPOSE, says)
    else:
        outcomes = _decide_sections(tables, facts)
    return Decision(facts, outcomes, obligations_of(facts, outcomes), _compile_all(tables).digests)


_Clauses = Sequence[tuple[int, LayerOutcome]]
"""What each clause forbids, and the outcome that it leads to where it holds; every *never* before every *permit*."""
_Nothing = Mapping[Section, LayerOutcome]
"""The outcome for each section where no clause holds."""


class _Compiled(NamedTuple):
    """Four tables as bits."""

    layers: tuple[tuple[_Clauses, _Nothing], ...]
    digests: tuple[Digest, Digest, Digest, Digest]


@lru_cache(maxsize=1024)
def _compile_all(tables: Tables) -> _Compiled:
    return _Compiled(
        tuple(_compile(layer, table) for layer, table in tables.in_order),
        (
            table_digest(tables.marking),
            table_digest(tables.national),
            table_digest(tables.community),
            table_digest(tables.house),
        ),
    )


@lru_cache(maxsize=1024)
def _compile(layer: Layer, table: Table) -> tuple[_Clauses, _Nothing]:
    outcomes = [_outcome(layer, rule) for rule in table.rules]
    found = [(clause.effect, (clause.forbidden, outcomes[clause.rule])) for clause in clauses(table)]
    return (
        tuple(pair for wanted in (Effect.NEVER, Effect.PERMIT) for effect, pair in found if effect is wanted),
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
        case Layer.RELEASE:
            return f"No release rule of the sender opens {what}"


def _outcome(layer: Layer, rule: Rule) -> LayerOutcome:
    return LayerOutcome(layer, rule.id, rule.says, permitted=rule.effect is Effect.PERMIT)


def _ask(rules: _Clauses, nothing: _Nothing, point: int, section: Section) -> LayerOutcome:
    """Return what one table says of a point: the first *never* that holds, else the first *permit* that does."""
    for forbidden, outcome in rules:
        if not point & forbidden:
            return outcome
    return nothing[section]


def _decide_sections(tables: Tables, facts: Facts) -> tuple[SectionOutcome, ...]:
    common = point_without_section(facts)
    # Most clauses fail by facts that are the same for all sections and purposes: those are looked at once.
    compiled = [
        ([pair for pair in rules if not common & pair[0]], nothing) for rules, nothing in _compile_all(tables).layers
    ]
    attempts = [(purpose, common | purpose_bits(facts, purpose)) for purpose in facts.purposes]
    return tuple(
        _decide_section(
            compiled, [(purpose, bits | section_bits(facts, section, purpose)) for purpose, bits in attempts], section
        )
        for section in facts.sections
    )


def _decide_section(
    compiled: Sequence[tuple[_Clauses, _Nothing]],
    attempts: list[tuple[Purpose, int]],
    section: Section,
) -> SectionOutcome:
    """Try the purposes in turn; where none passes, keep the attempt that more layers permitted (the earlier of two)."""
    best: tuple[LayerOutcome, ...] = ()
    best_count = -1
    for purpose, point in attempts:
        layers = tuple([_ask(rules, nothing, point, section) for rules, nothing in compiled])
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


def _refuse_all(tables: Tables, facts: Facts, rule_id: str, says: str) -> tuple[SectionOutcome, ...]:
    """Refuse every section before any table is asked."""
    layers = tuple(LayerOutcome(layer, rule_id, says, permitted=False) for layer, _ in tables.in_order)
    return tuple(_section_outcome(section, None, layers[0], layers) for section in facts.sections)


def obligations_of(facts: Facts, outcomes: tuple[SectionOutcome, ...]) -> tuple[Obligation, ...]:
    """Return what goes with the permitted sections; a refusal obliges to nothing."""
    permitted = [(outcome.section, outcome.purpose) for outcome in outcomes if outcome.permitted]
    if not permitted:
        return ()
    own = Relation.OWN in facts.relation
    restricted = Handling.H2 in facts.handling or facts.tlp in _NO_ONWARD_TLP
    # A grant to receive or to open says nothing of passing on; one to pass on, of its own sections and purposes only.
    onward = facts.action in _ONWARD and facts.granted.issuperset(permitted)
    holds = (
        (Obligation.REDACT, len(permitted) < len(outcomes)),
        (Obligation.PURGE_BY, facts.expires),
        (Obligation.NO_ONWARD, restricted and not onward and not own),
        (Obligation.POINTER_ONLY, facts.tlp in _POINTER_TLP),
        (Obligation.EXERCISE_BANNER, facts.status is not Status.ACTUAL),
    )
    return tuple([obligation for obligation, applies in holds if applies])
