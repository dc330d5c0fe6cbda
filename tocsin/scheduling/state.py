"""How far a decision to schedule is, and each country with it, as of a day: a pure fold over the steps, in any order.

Only an organisation says what an international scheme decides, and only a country what it implements itself. What
others say of either is shown as theirs and counts for nothing.
"""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Final

import msgspec

from broker.records.scheduling import SchedulingCore, SchedulingStage
from broker.types.names import Digest, Originator, Participant, participant_of
from broker.types.vocabulary import Word

UN_1988: Final = "UN-1988"
EFFECTIVE_AFTER: Final = timedelta(days=180)
"""From the notification of a decision to its effect. Source: 1988 Convention, article 12(6)."""
_ORGANISATION: Final = "X-"


class CountryStage(Word):
    """How far a country is with a decision."""

    UNKNOWN = "UNKNOWN"
    IMPLEMENTED = "IMPLEMENTED"
    WITH_RESERVATION = "WITH_RESERVATION"
    PLANNED = "PLANNED"
    OVERDUE = "OVERDUE"
    NOT_YET_DUE = "NOT_YET_DUE"


class Said(msgspec.Struct, frozen=True, kw_only=True):
    """A step of scheduling, and who says so.

    Attributes:
        digest: Header digest of the message.
    """

    digest: Digest
    by: Originator
    issued_at: datetime
    core: SchedulingCore

    @property
    def counts(self) -> bool:
        """Whether whoever says it may: see :func:`may_say`."""
        return may_say(participant_of(self.by), self.core)


class CountryState(msgspec.Struct, frozen=True, kw_only=True):
    """A country and a decision, as of a day.

    Attributes:
        since: The day from which its own law applies; None where it has not said.
        overdue_days: Since the decision took effect, while its own law does not apply yet; else 0.
        record: What it said; None for silence.
    """

    country: Participant
    stage: CountryStage
    since: date | None = None
    overdue_days: int = 0
    record: Said | None = None


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """A proposal or a decision, with everything that was said of it.

    Attributes:
        said: The decision; where there is only a proposal, that.
        proposal: What the decision follows; None where it is not known.
        notification: The newest that counts.
        effective_on: From when on it binds countries; None while it is not notified.
        implementations: The newest of each country, by country.
        foreign: Steps that do not count: said by those who may not.
    """

    said: Said
    proposal: Said | None = None
    notification: Said | None = None
    effective_on: date | None = None
    implementations: tuple[Said, ...] = ()
    foreign: tuple[Said, ...] = ()

    @property
    def is_decided(self) -> bool:
        """Whether somebody who may has decided it."""
        return self.said.core.stage is SchedulingStage.DECISION and self.said.counts

    def stage_on(self, day: date) -> str:
        """Return how far it is on *day*, in a word."""
        decided_on = self.said.core.decided_on
        if not self.is_decided:
            return "not decided" if self.said.core.stage is SchedulingStage.DECISION else "proposed"
        if decided_on is not None and day < decided_on:
            return "proposed"
        if self.effective_on is not None and day >= self.effective_on:
            return "in effect"
        notified_on = _notified_on(self)
        return "notified" if notified_on is not None and day >= notified_on else "decided"

    def country_on(self, country: Participant, day: date) -> CountryState:
        """Return how far *country* is on *day*; what it has not said is not done."""
        record = next((one for one in self.implementations if one.core.country == country), None)
        overdue = 0 if self.effective_on is None or day <= self.effective_on else (day - self.effective_on).days
        if record is None:
            stage = CountryStage.OVERDUE if overdue else CountryStage.NOT_YET_DUE
            return CountryState(country=country, stage=stage, overdue_days=overdue)
        since = record.core.effective_on or record.issued_at.date()
        if since > day:
            return CountryState(
                country=country, stage=CountryStage.PLANNED, since=since, overdue_days=overdue, record=record
            )
        stage = CountryStage.WITH_RESERVATION if record.core.reservation.strip() else CountryStage.IMPLEMENTED
        return CountryState(country=country, stage=stage, since=since, record=record)


def may_say(participant: Participant, core: SchedulingCore) -> bool:
    """Say whether a participant may say a step.

    Anybody may propose. An implementation is a country's own. Of a scheme that is called after a country (``NL-…``),
    that country decides; of all others, such as ``UN-1988``, an organisation (``X-…``) alone.
    """
    match core.stage:
        case SchedulingStage.PROPOSAL:
            return True
        case SchedulingStage.IMPLEMENTATION:
            return core.country == participant
        case SchedulingStage.DECISION | SchedulingStage.NOTIFICATION:
            return is_organisation(participant) or core.scheme.partition("-")[0] == participant
        case _:
            return False


def is_organisation(participant: str) -> bool:
    """Say whether a participant is an organisation and no country."""
    return participant.startswith(_ORGANISATION)


def decisions_in(steps: Iterable[Said]) -> tuple[Decision, ...]:
    """Return the proposals and decisions that *steps* speak of, oldest first; the same for any order of them.

    A proposal that was decided is shown with its decision.
    """
    known = {one.digest: one for one in steps}
    ordered = sorted(known.values(), key=_order)
    heads = [one for one in ordered if one.core.stage in (SchedulingStage.PROPOSAL, SchedulingStage.DECISION)]
    decided = {one.core.decision for one in heads if one.core.stage is SchedulingStage.DECISION and one.counts}
    return tuple(
        _decision(one, known.get(_digest(one.core.decision)), ordered) for one in heads if one.digest not in decided
    )


def default_effect(scheme: str, notified_on: date) -> date | None:
    """Return when a decision that was notified on a day takes effect; None where that is not for us to say."""
    return notified_on + EFFECTIVE_AFTER if scheme == UN_1988 else None


def _decision(said: Said, proposal: Said | None, steps: list[Said]) -> Decision:
    about = [one for one in steps if one.core.decision == said.digest and one.digest != said.digest]
    speaking = [one for one in about if one.counts and _is_same_scheme(one, said)]
    notification = _newest(speaking, SchedulingStage.NOTIFICATION)
    newest: dict[str, Said] = {}
    for one in speaking:
        if one.core.stage is SchedulingStage.IMPLEMENTATION:
            newest[one.core.country] = one
    return Decision(
        said=said,
        proposal=proposal,
        notification=notification,
        effective_on=_effective_on(said, notification),
        implementations=tuple(newest[country] for country in sorted(newest)),
        foreign=tuple(one for one in about if one not in speaking),
    )


def _effective_on(said: Said, notification: Said | None) -> date | None:
    if said.core.stage is not SchedulingStage.DECISION or not said.counts:
        return None
    for one in (notification, said):
        if one is None:
            continue
        if one.core.effective_on is not None:
            return one.core.effective_on
        if one.core.notified_on is not None:
            return default_effect(said.core.scheme, one.core.notified_on)
    return None


def _notified_on(decision: Decision) -> date | None:
    spoken = decision.notification.core.notified_on if decision.notification is not None else None
    return spoken or decision.said.core.notified_on


def _is_same_scheme(one: Said, said: Said) -> bool:
    """Say whether a step speaks of the scheme of its decision: an implementation is under national law."""
    return one.core.stage is SchedulingStage.IMPLEMENTATION or one.core.scheme == said.core.scheme


def _newest(steps: list[Said], stage: SchedulingStage) -> Said | None:
    return next((one for one in reversed(steps) if one.core.stage is stage), None)


def _order(said: Said) -> tuple[datetime, Digest]:
    return said.issued_at, said.digest


def _digest(digest: bytes | None) -> Digest:
    return Digest(digest or b"")
