"""Marking profiles: what an authority's marking says where a record says nothing, and how far a record may loosen it.

No spreadsheet has columns for handling codes or purposes. A profile gives them per authority and kind of record; a
record may tighten what it gives, and loosen only within the profile's bounds.
"""

from datetime import datetime, timedelta
from typing import Final, TypeVar

import msgspec

from broker.errors import InvalidRecord
from broker.types.vocabulary import Handling, Purpose, RecordKind, Tlp

SOURCES: Final = ("A", "B", "C", "X")
INFORMATION: Final = ("1", "2", "3", "4")
BASES: Final = ("fact", "assessment")
CONCERNED_ROLES: Final = ("seized-in", "made-in", "sent-from", "transit", "destination")
_T = TypeVar("_T")
_TLP_ORDER: Final = tuple(tlp for tlp in Tlp if tlp is not Tlp.UNKNOWN)


class Bounds(msgspec.Struct, frozen=True, kw_only=True):
    """How loose a record may be marked: the loosest label, the codes it must carry, the purposes it may allow.

    ``recipients`` are those a record may name; empty means any.
    """

    loosest_tlp: Tlp
    required_handling: tuple[Handling, ...]
    purposes: tuple[Purpose, ...]
    recipients: tuple[str, ...]


class Profile(msgspec.Struct, frozen=True, kw_only=True):
    """The defaults of one authority for one kind of record.

    ``release_after`` and ``retain_for`` count from when the record is authored. ``tell`` are the roles in which a
    country concerned is confirmed as one that may be told.
    """

    authority: str
    kind: RecordKind
    tlp: Tlp
    handling: tuple[Handling, ...]
    handling_text: str
    purposes: tuple[Purpose, ...]
    source: str
    information: str
    basis: str
    recipients: tuple[str, ...]
    excluded: tuple[str, ...]
    release_after: timedelta | None
    retain_for: timedelta | None
    tell: tuple[str, ...]
    bounds: Bounds


class Requested(msgspec.Struct, frozen=True, kw_only=True):
    """What a record itself says of its marking; ``None`` where it says nothing."""

    tlp: Tlp | None = None
    handling: tuple[Handling, ...] | None = None
    handling_text: str | None = None
    purposes: tuple[Purpose, ...] | None = None
    source: str | None = None
    information: str | None = None
    basis: str | None = None
    recipients: tuple[str, ...] | None = None
    excluded: tuple[str, ...] | None = None
    release_after: datetime | None = None
    retain_until: datetime | None = None
    tell: tuple[str, ...] | None = None


class EffectiveMarking(msgspec.Struct, frozen=True, kw_only=True):
    """The marking that a record gets, in words and enums; drafting turns it into the record's own types."""

    tlp: Tlp
    handling: tuple[Handling, ...]
    handling_text: str
    purposes: tuple[Purpose, ...]
    source: str
    information: str
    basis: str
    recipients: tuple[str, ...]
    excluded: tuple[str, ...]
    release_after: datetime | None
    retain_until: datetime | None
    tell: tuple[str, ...]


def apply_profile(profile: Profile, requested: Requested, *, authored_at: datetime) -> EffectiveMarking:
    """Return the marking of a record: what it asks for, else what *profile* says.

    Raises:
        InvalidRecord: The record loosens the profile beyond its bounds; the message names everything that does.
    """
    marking = _merge(profile, requested, authored_at)
    problems = _loosened(profile, marking, authored_at)
    if problems:
        where = f"the marking of this {profile.kind.word} is looser than the profile of {profile.authority} allows"
        raise InvalidRecord(f"{where}: {'; '.join(problems)}")
    return marking


def _merge(profile: Profile, asked: Requested, authored_at: datetime) -> EffectiveMarking:
    return EffectiveMarking(
        tlp=_first(asked.tlp, profile.tlp),
        handling=tuple(code for code in Handling if code in _first(asked.handling, profile.handling)),
        handling_text=_first(asked.handling_text, profile.handling_text),
        purposes=_first(asked.purposes, profile.purposes),
        source=_first(asked.source, profile.source),
        information=_first(asked.information, profile.information),
        basis=_first(asked.basis, profile.basis),
        recipients=_first(asked.recipients, profile.recipients),
        excluded=_first(asked.excluded, profile.excluded),
        release_after=_first(asked.release_after, _after(authored_at, profile.release_after)),
        retain_until=_first(asked.retain_until, _after(authored_at, profile.retain_for)),
        tell=_first(asked.tell, profile.tell),
    )


def beyond_bounds(marking: Profile | EffectiveMarking, bounds: Bounds) -> list[str]:
    """Return in what *marking* is looser than *bounds*; a profile's own defaults have to be within its bounds too."""
    problems: list[str] = []
    if _TLP_ORDER.index(marking.tlp) < _TLP_ORDER.index(bounds.loosest_tlp):
        problems.append(f"TLP:{marking.tlp.word}, and TLP:{bounds.loosest_tlp.word} is the loosest allowed")
    missing = [code.word for code in bounds.required_handling if code not in marking.handling]
    if missing:
        problems.append(f"handling code {', '.join(missing)} is required")
    if Handling.H3 in marking.handling and not marking.handling_text:
        problems.append("handling code H3 needs its text")
    added = [purpose.word for purpose in marking.purposes if purpose not in bounds.purposes]
    if added or not marking.purposes:
        problems.append(f"purpose {', '.join(added)} is not allowed" if added else "no purpose is left")
    strangers = [name for name in marking.recipients if bounds.recipients and name not in bounds.recipients]
    if strangers:
        problems.append(f"recipient {', '.join(strangers)} is not allowed")
    if bounds.recipients and not marking.recipients:
        problems.append("it has to name its recipients")
    return problems


def _loosened(profile: Profile, marking: EffectiveMarking, authored_at: datetime) -> list[str]:
    """Return everything in which *marking* is looser than *profile* and its bounds allow."""
    problems = beyond_bounds(marking, profile.bounds)
    again = [name for name in profile.excluded if name not in marking.excluded]
    if again:
        problems.append(f"{', '.join(again)} stays excluded")
    told = [role for role in marking.tell if role not in profile.tell]
    if told:
        problems.append(f"a country concerned as {', '.join(told)} is not to be told")
    release, retain = _after(authored_at, profile.release_after), _after(authored_at, profile.retain_for)
    if release is not None and (marking.release_after is None or marking.release_after < release):
        problems.append(f"it may not be released before {release.isoformat()}")
    if retain is not None and (marking.retain_until is None or marking.retain_until > retain):
        problems.append(f"it may not be kept after {retain.isoformat()}")
    return problems


def _after(authored_at: datetime, span: timedelta | None) -> datetime | None:
    return None if span is None else authored_at + span


def _first(asked: _T | None, default: _T) -> _T:
    return default if asked is None else asked
