"""The drafts of the steps of scheduling: propose, decide, notify, implement."""

from collections.abc import Iterator
from datetime import date
from typing import Final

import msgspec

from broker.records.checking import problems_in
from broker.records.core import Related, RelatedAs
from broker.records.marking import Marking
from broker.records.problems import Problem, refuse
from broker.records.scheduling import SchedulingCore, SchedulingStage
from broker.records.substances import Substance
from broker.types.names import Originator, participant_of
from broker.types.vocabulary import Purpose, Tlp
from producers.draft import Draft, draft_record
from producers.encoded import with_reference
from tocsin.installation import Node
from tocsin.scheduling.reading import find_decision
from tocsin.scheduling.state import Decision, Said, default_effect, is_organisation, may_say

_UNNAMED: Final = "-"
_REFERENCE_SHOWN: Final = 8
"""Bytes of a digest in the reference of a record that its author gave none."""
_PURPOSES: Final = tuple(one for one in Purpose if one is not Purpose.UNKNOWN)
"""What is law is for everybody, whatever they need it for."""


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be said.

    Attributes:
        about: The name of the proposal or the decision that it is about; empty for a beginning.
        scheme, substances, from_class, to_class: Empty for those of the message that it is about.
        effective_on: None for the day that the scheme's law gives.
        reference: The author's own; empty for one made of the content.
    """

    stage: SchedulingStage
    about: str = ""
    scheme: str = ""
    substances: tuple[Substance, ...] = ()
    from_class: str = ""
    to_class: str = ""
    instrument: str = ""
    country: str = ""
    decided_on: date | None = None
    notified_on: date | None = None
    effective_on: date | None = None
    scope: str = ""
    reservation: str = ""
    remarks: str = ""
    tlp: Tlp = Tlp.CLEAR
    reference: str = ""


def draft_step(node: Node, author: Originator, step: Step) -> Draft:
    """Return the draft of a step.

    Raises:
        MissingItem: The author has no such message.
        InvalidRecord: It is not the author's to say; or it contradicts what it is about.
    """
    about = find_decision(node, author, step.about)[0] if step.about else None
    ground = None if about is None else _ground(about, step)
    core = _core(author, step, ground)
    refuse([*_author_problems(author, core), *_about_problems(about, step, core), *problems_in(core)])
    status = node.federation.status
    draft = draft_record(core, authority=author, tlp=step.tlp, status=status, authored_at=node.clock())
    if step.reference:
        return draft
    return with_reference(draft, f"{step.stage.word}-{draft.content_digest[:_REFERENCE_SHOWN].hex()}")


def _ground(about: Decision, step: Step) -> Said:
    """Return the step that is spoken of: a decision follows a proposal, all others are about the decision."""
    if step.stage is SchedulingStage.DECISION:
        return about.proposal or about.said
    return about.said


def _core(author: Originator, step: Step, ground: Said | None) -> SchedulingCore:
    there = None if ground is None else ground.core
    scheme = step.scheme or (there.scheme if there is not None else "")
    effective_on = step.effective_on
    if effective_on is None and step.stage is SchedulingStage.NOTIFICATION and step.notified_on is not None:
        effective_on = default_effect(scheme, step.notified_on)
    is_own = step.stage is SchedulingStage.IMPLEMENTATION and not step.country
    return SchedulingCore(
        marking=Marking(purposes=_PURPOSES),
        national_reference=step.reference or _UNNAMED,
        related=() if ground is None else (Related(digest=ground.digest, relation=RelatedAs.FOLLOWS),),
        stage=step.stage,
        scheme=scheme,
        substances=step.substances or (there.substances if there is not None else ()),
        from_class=step.from_class or (there.from_class if there is not None else ""),
        to_class=step.to_class or (there.to_class if there is not None else ""),
        instrument=step.instrument.strip(),
        decision=None if ground is None else ground.digest,
        country=participant_of(author) if is_own else step.country,
        decided_on=step.decided_on,
        notified_on=step.notified_on,
        effective_on=effective_on,
        scope=step.scope,
        reservation=step.reservation,
        remarks=step.remarks,
    )


def _author_problems(author: Originator, core: SchedulingCore) -> Iterator[Problem]:
    own = participant_of(author)
    if may_say(own, core):
        if core.stage is SchedulingStage.IMPLEMENTATION and is_organisation(own):
            yield Problem("as", "not-a-country", f"{own} is no country: it implements nothing")
        return
    if core.stage is SchedulingStage.IMPLEMENTATION:
        says = f"{author} says what {own} implements; what {core.country[:10]} does is for {core.country[:10]} to say"
        yield Problem("country", "foreign", says)
    else:
        says = f"{core.scheme[:40]} is no scheme of {own}: only an organisation (X-…) says what it decides"
        yield Problem("as", "not-the-hub", says)


def _about_problems(about: Decision | None, step: Step, core: SchedulingCore) -> Iterator[Problem]:
    if step.stage in (SchedulingStage.NOTIFICATION, SchedulingStage.IMPLEMENTATION):
        if about is None or about.said.core.stage is not SchedulingStage.DECISION:
            yield Problem("decision", "not-decided", "it is about a decision, and this is none yet")
        elif not about.is_decided:
            yield Problem("decision", "not-the-hub", f"{about.said.by} may not say what this scheme decides")
    if step.stage is SchedulingStage.NOTIFICATION:
        decided = None if about is None else about.said.core.decided_on
        if decided is not None and step.notified_on is not None and step.notified_on < decided:
            yield Problem("notified-on", "contradiction", f"it was decided on {decided} only")
        if core.effective_on is None:
            says = f"when a decision of {core.scheme[:40]} takes effect is for you to say"
            yield Problem("effective-on", "missing", says)
    if not (core.from_class or core.to_class):
        yield Problem("to-class", "missing", "to which class, or from which?")
