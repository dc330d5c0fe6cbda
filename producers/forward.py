"""Forwards: the draft by which an authority passes on what another one has sent. Pure."""

from collections.abc import Mapping
from typing import TypeVar

import msgspec

from broker.envelope.body import Content
from broker.envelope.message import Opened
from broker.records.core import Related, RelatedAs
from broker.records.forward import (
    ForwardCore,
    ForwardedSection,
    ForwardEvidence,
    ForwardNominal,
    ForwardOperational,
    ForwardTrade,
)
from broker.records.forwarded import without_bodies
from broker.records.marking import Marking
from broker.types.names import Digest
from broker.types.vocabulary import Section
from producers.draft import Sections

F = TypeVar("F", bound=ForwardedSection)


class Passing(msgspec.Struct, frozen=True, kw_only=True):
    """How a message is passed on.

    Attributes:
        marking: The forwarder's; readers follow the strictest of it and the author's.
        grant: Header digest of the grant that allows it; None if it needs none.
    """

    marking: Marking
    national_reference: str
    grant: Digest | None


def forward_sections(original: Opened, contents: Mapping[Section, Content], passing: Passing) -> Sections:
    """Return the sections of a record that passes *original* on.

    Args:
        original: The message as it was signed; its bodies are left out.
        contents: What is passed on of it, the core among them, exactly as its author committed to it.
    """
    core = contents[Section.CORE]
    return Sections(
        core=ForwardCore(
            marking=passing.marking,
            national_reference=passing.national_reference,
            related=(Related(digest=original.digest, relation=RelatedAs.FORWARDS),),
            original=without_bodies(original),
            grant=passing.grant,
            salt=Digest(core.salt),
            schema_id=Digest(core.schema_id),
            avro=core.avro,
        ),
        operational=_carried(ForwardOperational, contents.get(Section.OPERATIONAL)),
        nominal=_carried(ForwardNominal, contents.get(Section.NOMINAL)),
        evidence=_carried(ForwardEvidence, contents.get(Section.EVIDENCE)),
        trade=_carried(ForwardTrade, contents.get(Section.TRADE)),
    )


def _carried(kind: type[F], content: Content | None) -> F | None:
    if content is None:
        return None
    return kind(salt=Digest(content.salt), schema_id=Digest(content.schema_id), avro=content.avro)
