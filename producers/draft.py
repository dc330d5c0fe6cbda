"""Drafts: typed records on their way out, not yet signed, each under its national reference."""

import hashlib
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import NamedTuple, TypeAlias

import msgspec

from broker.records.answer import AnswerNominal, AnswerOperational
from broker.records.core import RelatedAs
from broker.records.evidence import IncidentEvidence
from broker.records.forward import ForwardCore, ForwardEvidence, ForwardNominal, ForwardOperational, ForwardTrade
from broker.records.inquiry import InquiryNominal, InquiryOperational
from broker.records.nominal import IncidentNominal
from broker.records.notification import NotificationTrade
from broker.records.operational import IncidentOperational
from broker.records.registry import AnyCore, kind_of, path_of
from broker.records.substance_warning import SubstanceWarningEvidence
from broker.types.names import Digest, Originator
from broker.types.vocabulary import RecordKind, Status, Tlp
from producers.intake.rows import FieldProblem

DraftCore: TypeAlias = AnyCore | ForwardCore
"""The core section of anything that an authority may send."""


class RelatedReference(NamedTuple):
    """Another draft or message of the same authority, by its national reference, and what this one is to it."""

    national_reference: str
    relation: RelatedAs


class Sections(msgspec.Struct, frozen=True, kw_only=True):
    """The sections of one record; None where the record has no such section."""

    core: DraftCore
    operational: IncidentOperational | InquiryOperational | AnswerOperational | ForwardOperational | None = None
    nominal: IncidentNominal | InquiryNominal | AnswerNominal | ForwardNominal | None = None
    evidence: IncidentEvidence | SubstanceWarningEvidence | ForwardEvidence | None = None
    trade: NotificationTrade | ForwardTrade | None = None

    def present(self) -> Mapping[str, msgspec.Struct]:
        """Return the sections that are there, by their names on the wire, the core first."""
        named = {name: getattr(self, name) for name in self.__struct_fields__}
        return {name: section for name, section in named.items() if section is not None}


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """One record that an authority means to publish.

    Args:
        is_made: The national reference was made from the content, because the file has none.
        related_references: Resolved to header digests when the draft is signed; ``core.related`` holds those known.
        content_digest: SHA-256 over what the authority says: the same content gives the same digest at any time.
        line: Where it stands in its file; zero where it comes from none.
        questions: What looks wrong and may be right: it keeps nothing back, and a person should look at it.
    """

    authority: Originator
    sections: Sections
    tlp: Tlp
    status: Status
    authored_at: datetime
    content_digest: Digest
    related_references: tuple[RelatedReference, ...] = ()
    is_made: bool = False
    line: int = 0
    questions: tuple[FieldProblem, ...] = ()

    @property
    def kind(self) -> RecordKind:
        """What the record reports; a forward, what the message does that it passes on."""
        return kind_of(self.sections.core)

    @property
    def national_reference(self) -> str:
        """The authority's own case number, under which a record is published once."""
        return self.sections.core.national_reference

    @property
    def core(self) -> DraftCore:
        """The core section, which every record has."""
        return self.sections.core


def draft_record(core: AnyCore, *, authority: Originator, tlp: Tlp, status: Status, authored_at: datetime) -> Draft:
    """Return the draft of a record that comes from no file and has a core only: an agreement, a grant …"""
    return draft_sections(Sections(core=core), authority=authority, tlp=tlp, status=status, authored_at=authored_at)


def draft_sections(
    sections: Sections, *, authority: Originator, tlp: Tlp, status: Status, authored_at: datetime
) -> Draft:
    """Return the draft of a record that comes from no file."""
    digest = content_digest(sections, tlp=tlp, status=status)
    return Draft(
        authority=authority,
        sections=sections,
        tlp=tlp,
        status=status,
        authored_at=authored_at,
        content_digest=digest,
    )


def content_digest(sections: Sections, *, tlp: Tlp, status: Status, related: Iterable[RelatedReference] = ()) -> Digest:
    """Return the SHA-256 digest of a record's content, independent of when it was authored."""
    content = {
        "kind": path_of(sections.core),
        "sections": sections.present(),
        "tlp": tlp,
        "status": status,
        "related": sorted(tuple(one) for one in related),
    }
    return Digest(hashlib.sha256(msgspec.json.encode(content, order="deterministic")).digest())
