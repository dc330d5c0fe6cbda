"""What is asked of a warning before it is sent: that a person read it, and that it says no more than its parts let."""

import re
from collections.abc import Iterator
from typing import Final

from broker.records.checking import problems_in
from broker.records.core import RelatedAs
from broker.records.problems import Problem, refuse
from broker.records.substance_warning import SubstanceWarningCore
from broker.types.names import Originator
from producers.draft import Draft, Sections, draft_sections
from tocsin.early_warning.parts import load_parts, wider
from tocsin.early_warning.warning_file import WarningFile
from tocsin.installation import Node

_MAIL: Final = re.compile(r"[^\s@]+@[^\s@]+\.[^\s@]+")
_TELEPHONE: Final = re.compile(r"\+\d[\d ()/-]{6,}\d")
_OPEN: Final = ("title", "says", "method", "parameters")
"""Fields that everybody reads who gets the warning, and that notices may quote."""


def draft_warning(node: Node, authority: Originator, warning: WarningFile) -> Draft:
    """Return the draft of a warning.

    Raises:
        InvalidRecord: Nobody has checked it; it has mistakes; it looks as if it named somebody; or it allows more than
            the messages that it rests on. All is said at once.
        MissingItem: It rests on a message that *authority* has not, or may not use any more.
    """
    core = warning.core
    refuse(
        [*_unchecked(warning), *_groundless(core), *(one.under("core") for one in problems_in(core)), *_personal(core)]
    )
    if warning.evidence is not None:
        refuse(one.under("evidence") for one in problems_in(warning.evidence))
    parts = load_parts(node, authority, [one.digest for one in core.related if one.relation is RelatedAs.FOLLOWS])
    if parts:
        refuse(wider(core.marking, warning.tlp, core.concerned, parts))
    return draft_sections(
        Sections(core=core, evidence=warning.evidence),
        authority=authority,
        tlp=warning.tlp,
        status=node.federation.status,
        authored_at=node.clock(),
    )


def _unchecked(warning: WarningFile) -> Iterator[Problem]:
    if not warning.checked:
        says = "read it, take out names and anything on how something is made, then set it to true"
        yield Problem("checked", "missing", says)


def _groundless(core: SubstanceWarningCore) -> Iterator[Problem]:
    """Yield that a method was applied to nothing: what a warning rests on is what limits who may have it."""
    if core.method and all(one.relation is not RelatedAs.FOLLOWS for one in core.related):
        says = "a warning by a method names the messages that it rests on; without the method it is a person's"
        yield Problem("core.related", "missing", says)


def _personal(core: SubstanceWarningCore) -> Iterator[Problem]:
    for field in _OPEN:
        text = getattr(core, field)
        if _MAIL.search(text) or _TELEPHONE.search(text):
            # What it is, is not repeated: it would get into logs.
            yield Problem(f"core.{field}", "personal-data", "has an e-mail address or a telephone number")
