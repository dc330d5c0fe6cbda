"""The checklist: what an evidence file proves, step by step, to somebody who trusts one root digest and nobody else.

No network, no settings, no key. A step that fails says why; one that cannot be done because an earlier one failed says
that it was not checked. ``docs/evidence.md`` has the steps for whoever writes another verifier.
"""

from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import Any, Final

import msgspec

from broker.errors import BrokerError
from broker.types.names import Digest
from consumers.evidence import steps
from consumers.evidence.case import Case, NotChecked
from consumers.evidence.decided import decision
from consumers.evidence.evidence import Evidence


class Outcome(StrEnum):
    """What became of a step."""

    PASSED = "passed"
    FAILED = "failed"
    NOT_CHECKED = "not-checked"


class Step(msgspec.Struct, frozen=True):
    """One line of the checklist.

    Attributes:
        says: What it proves, why it failed, or why it was not checked.
        error: What was raised where it failed.
    """

    step: str
    outcome: Outcome
    says: str
    error: BrokerError | None = None

    def document(self) -> dict[str, Any]:
        """Return what ``audit verify --json`` prints of it."""
        return {"step": self.step, "outcome": self.outcome.value, "says": self.says}


class Checklist(msgspec.Struct, frozen=True):
    """All steps, in their order."""

    steps: tuple[Step, ...]

    @property
    def failed(self) -> tuple[Step, ...]:
        """The steps that failed."""
        return tuple(one for one in self.steps if one.outcome is Outcome.FAILED)

    @property
    def is_passed(self) -> bool:
        """Whether no step failed."""
        return not self.failed

    def step(self, name: str) -> Step:
        """Return a step by its name."""
        return next(one for one in self.steps if one.step == name)


class _Rule(msgspec.Struct, frozen=True):
    """How a step is done, and which others have to have passed for that."""

    name: str
    check: Callable[[Case], str]
    needs: tuple[str, ...] = ()


_RULES: Final[Sequence[_Rule]] = (
    _Rule("container", steps.container),
    _Rule("root", steps.root),
    _Rule("directory", steps.directory, ("root",)),
    _Rule("signers", steps.signers, ("directory",)),
    _Rule("signatures", steps.signatures, ("directory",)),
    _Rule("bodies", steps.bodies),
    _Rule("sections", steps.sections),
    _Rule("log", steps.log, ("directory",)),
    _Rule("witnesses", steps.witnesses, ("log",)),
    _Rule("decision", decision),
)
STEPS: Final = tuple(rule.name for rule in _RULES)
"""The names of the steps, in their order."""


def check_evidence(evidence: Evidence, root_digest: Digest) -> Checklist:
    """Go through all steps for an evidence file whose container holds.

    Args:
        root_digest: Header digest of the first root record of the federation, from a source that is trusted.
    """
    case = Case(evidence, root_digest)
    done: dict[str, Step] = {}
    for rule in _RULES:
        lacking = [name for name in rule.needs if done[name].outcome is not Outcome.PASSED]
        done[rule.name] = _step(rule, case, lacking)
    return Checklist(tuple(done.values()))


def _step(rule: _Rule, case: Case, lacking: Sequence[str]) -> Step:
    if lacking:
        return Step(rule.name, Outcome.NOT_CHECKED, f"Not checked: it rests on the step {lacking[0]}.")
    try:
        return Step(rule.name, Outcome.PASSED, rule.check(case))
    except NotChecked as reason:
        return Step(rule.name, Outcome.NOT_CHECKED, str(reason))
    except BrokerError as error:
        return Step(rule.name, Outcome.FAILED, f"{error} [{error.code}]", error)
