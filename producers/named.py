"""Whether those whom a marking names exist: a mistyped name would exclude nobody, or be told nothing."""

import difflib
from collections.abc import Collection

import msgspec

from broker.records.answer import AnswerCore
from broker.records.marking import Marking
from producers.draft import DraftCore
from producers.intake.rows import FieldProblem


class Known(msgspec.Struct, frozen=True):
    """Whom a marking may name, as far as this node knows: from its directory, and from the groups it has received."""

    participants: Collection[str]
    authorities: Collection[str]
    groups: Collection[str]

    def has(self, name: str) -> bool:
        """Say whether *name* is one of them."""
        return name in self._alike(name)

    def nearest(self, name: str) -> str:
        """Return the known name of the same kind that looks most like *name*; empty where none does."""
        return next(iter(difflib.get_close_matches(name, list(self._alike(name)), n=1, cutoff=0.6)), "")

    def _alike(self, name: str) -> Collection[str]:
        if name.startswith("@"):
            return self.groups
        return self.authorities if "/" in name else self.participants


def name_problems(marking: Marking, known: Known) -> tuple[FieldProblem, ...]:
    """Return a problem for each recipient or excluded reader that *known* does not have."""
    named = [("recipients", name) for name in marking.recipients] + [("excluded", name) for name in marking.excluded]
    return tuple(_problem(field, name, known) for field, name in named if not known.has(name))


def core_name_problems(core: DraftCore, known: Known) -> tuple[FieldProblem, ...]:
    """Return a problem for each of those whom a record names and *known* does not have, in its marking or beside it."""
    asked = core.ask_next if isinstance(core, AnswerCore) else ()
    strangers = (_problem("ask_next", name, known) for name in asked if not known.has(name))
    return (*name_problems(core.marking, known), *strangers)


def _problem(field: str, name: str, known: Known) -> FieldProblem:
    near = known.nearest(name)
    advice = f"did you mean {near!r}?" if near else "see tocsin directory show"
    if name.startswith("@") and not near:
        advice = "a group has to be received by this node before a marking names it"
    return FieldProblem(field, "unknown-name", f"{name[:60]!r} is nobody that this node knows: {advice}")
