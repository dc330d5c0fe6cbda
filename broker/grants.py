"""Grants: what an originator has permitted one authority to do with one message, until when.

A permission, or the refusal of one, comes from the originator of the message that it names, or from a focal point of
its participant; what anybody else says of it counts for nothing. The newest answer about a use is the one that counts,
so a refusal withdraws what was granted before. A use is one section, for one purpose, with one recipient if the message
is to be passed on: several answers, each about some uses, stand side by side.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Final, Self

import msgspec

from broker.records.grant import GrantCore, GrantOutcome
from broker.types.names import Digest, Originator, participant_of
from broker.types.vocabulary import Action, Purpose, Section


class Use(msgspec.Struct, frozen=True, kw_only=True):
    """What an authority wants to do with a message, and when.

    Attributes:
        originator: Whose message it is.
        purposes: One of these is enough.
        recipients: To whom the message would be passed on; all of them have to be granted. Empty, where it would be
            passed on: whether anybody at all is.
    """

    message: Digest
    originator: Originator
    grantee: Originator
    action: Action
    purposes: tuple[Purpose, ...]
    recipients: tuple[str, ...]
    now: datetime


class StandingGrant(msgspec.Struct, frozen=True, kw_only=True):
    """One answer: a permission, or a refusal that takes one back.

    Attributes:
        by: Who says so.
        message: Header digest of the message that it is about.
        sections: It speaks of these only.
        recipients: Participants and authorities to whom the message may be passed on; in a refusal, empty for anybody.
        purposes: It speaks of these only.
        until: The first moment at which it no longer holds; None for a refusal.
        given: Whether it permits.
        issued_at: When it was said; of two the later counts.
        record: Header digest of the record that says it; zeros where it comes from none.
        request: Header digest of the request that it answers; None where nobody asked.
    """

    by: Originator
    message: Digest
    action: Action
    grantee: Originator
    sections: frozenset[Section]
    recipients: frozenset[str]
    purposes: frozenset[Purpose]
    until: datetime | None
    issued_at: datetime
    given: bool = True
    record: Digest = Digest(bytes(32))
    request: Digest | None = None

    @classmethod
    def of(cls, by: Originator, core: GrantCore, *, record: Digest, issued_at: datetime) -> Self:
        """Return what a grant record of *by* says."""
        return cls(
            by=by,
            message=core.message,
            action=core.action,
            grantee=Originator(core.grantee),
            sections=frozenset(core.sections),
            recipients=frozenset(core.recipients),
            purposes=frozenset(core.purposes),
            until=core.until,
            issued_at=issued_at,
            given=core.outcome is GrantOutcome.GRANTED,
            record=record,
            request=core.request,
        )

    def speaks_of(self, use: Use, section: Section, purpose: Purpose, recipient: str | None) -> bool:
        """Say whether it is an answer about just this."""
        return (
            self.message == use.message
            and self.grantee == use.grantee
            and _covers(self.action, use.action)
            and section in self.sections
            and purpose in self.purposes
            and (recipient is None or self._names(recipient))
        )

    def is_open(self, now: datetime) -> bool:
        """Say whether it permits, and its end has not come."""
        return self.given and self.until is not None and now < self.until

    def _names(self, recipient: str) -> bool:
        named = recipient in self.recipients or participant_of(recipient) in self.recipients
        return named or (not self.given and not self.recipients)


class Grants(msgspec.Struct, frozen=True):
    """All answers that a node knows of, by the message that they are about, the newest first."""

    named: Mapping[Digest, tuple[StandingGrant, ...]] = {}

    @classmethod
    def of(cls, several: Iterable[StandingGrant]) -> Self:
        """Return *several* in their order; of two that were issued at once, all nodes take the same for the newer."""
        named: dict[Digest, list[StandingGrant]] = {}
        for one in sorted(several, key=lambda one: (one.issued_at, one.record), reverse=True):
            named.setdefault(one.message, []).append(one)
        return cls({message: tuple(found) for message, found in named.items()})

    def about_seeing(self) -> tuple[StandingGrant, ...]:
        """Return the answers by which somebody gets keys, in the same order for the same answers."""
        several = [one for named in self.named.values() for one in named if one.action in _SEEING]
        return tuple(sorted(several, key=lambda one: (one.issued_at, one.record)))

    def uses(self, use: Use, focal_points: frozenset[Originator]) -> frozenset[tuple[Section, Purpose]]:
        """Return the sections of a message for which a permission for just this *use* holds, each with its purpose.

        Args:
            focal_points: Of all participants; they speak for the other authorities of theirs.
        """
        heard = self._heard(use, focal_points)
        return frozenset(
            (section, purpose)
            for section in {section for one in heard for section in one.sections}
            for purpose in use.purposes
            if _permitted(heard, use, section, purpose)
        )

    def deciding(self, use: Use, section: Section, focal_points: frozenset[Originator]) -> tuple[StandingGrant, ...]:
        """Return the newest answer for each recipient and purpose of *use* as far as there is one; for explanations."""
        heard = self._heard(use, focal_points)
        found = (
            _newest(heard, use, section, purpose, recipient)
            for purpose in use.purposes
            for recipient in use.recipients or (None,)
        )
        return tuple(dict.fromkeys(one for one in found if one is not None))

    def lack(self, use: Use, section: Section, focal_points: frozenset[Originator]) -> str:
        """Say why the answers there are do not permit *use* of a section; empty where none is about its action."""
        heard = [
            one
            for one in self._heard(use, focal_points)
            if one.grantee == use.grantee and _covers(one.action, use.action)
        ]
        for recipient in use.recipients or (None,):
            if found := _lack(heard, use, section, recipient):
                return found
        return ""

    def _heard(self, use: Use, focal_points: frozenset[Originator]) -> tuple[StandingGrant, ...]:
        several = self.named.get(use.message, ())
        return tuple(one for one in several if may_speak(one.by, use.originator, focal_points))


def may_speak(by: Originator, originator: Originator, focal_points: frozenset[Originator]) -> bool:
    """Say whether *by* may grant, recall or correct what *originator* has sent."""
    return by == originator or (by in focal_points and participant_of(by) == participant_of(originator))


def _permitted(heard: tuple[StandingGrant, ...], use: Use, section: Section, purpose: Purpose) -> bool:
    """Say whether the newest answer permits, for every recipient."""
    if use.action is Action.FORWARD and not use.recipients:
        named = {recipient for one in heard for recipient in one.recipients}
        return any(_is_open(heard, use, section, purpose, recipient) for recipient in named)
    return all(_is_open(heard, use, section, purpose, recipient) for recipient in use.recipients or (None,))


def _is_open(
    heard: tuple[StandingGrant, ...], use: Use, section: Section, purpose: Purpose, recipient: str | None
) -> bool:
    newest = _newest(heard, use, section, purpose, recipient)
    return newest is not None and newest.is_open(use.now)


def _lack(heard: list[StandingGrant], use: Use, section: Section, recipient: str | None) -> str:
    about = [one for purpose in use.purposes if (one := _newest(heard, use, section, purpose, recipient)) is not None]
    if any(one.is_open(use.now) for one in about):
        return ""
    for one in about:
        if one.given and one.until is not None:
            return f"the permission of {one.by} ended on {one.until:%Y-%m-%d %H:%M} UTC"
        return f"{one.by} refused it, or took the permission back, on {one.issued_at:%Y-%m-%d %H:%M} UTC"
    given = [one for one in heard if one.given]
    if not given:
        return ""
    return f"the permission of {given[0].by} is for {_limits(given, use, section, recipient)}"


def _limits(given: list[StandingGrant], use: Use, section: Section, recipient: str | None) -> str:
    """Say what the permissions are for, and what of the use they are not for; the section first."""
    fitting = [one for one in given if section in one.sections]
    if not fitting:
        named = sorted({one.word for grant in given for one in grant.sections})
        return f"the section {', '.join(named)}, not for {section.word}"
    for_purpose = [one for one in fitting if not one.purposes.isdisjoint(use.purposes)]
    if not for_purpose:
        named = sorted({one.word for grant in fitting for one in grant.purposes})
        return f"{', '.join(named)}, not for {', '.join(one.word for one in use.purposes)}"
    named = sorted({one for grant in for_purpose for one in grant.recipients})
    return f"passing it on to {', '.join(named)}, not to {recipient}"


def _newest(
    heard: Iterable[StandingGrant], use: Use, section: Section, purpose: Purpose, recipient: str | None
) -> StandingGrant | None:
    return next((one for one in heard if one.speaks_of(use, section, purpose, recipient)), None)


NO_GRANTS: Final = Grants()

_SEEING: Final = frozenset({Action.RECEIVE, Action.OPEN})


def _covers(granted: Action, wanted: Action) -> bool:
    """Whoever may receive a section may open it, and has to receive it to do so."""
    return granted is wanted or (granted in _SEEING and wanted in _SEEING)
