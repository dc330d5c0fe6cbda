"""A draft as the outbox stores it: its sections encoded, every rule checked, every size known to fit."""

from typing import Final, cast

import msgspec

from broker import avro, limits
from broker.envelope.body import body_size
from broker.errors import BadName, InvalidRecord, TooLarge, UnknownSchema
from broker.records.checking import problems_in
from broker.records.core import Related, RelatedAs
from broker.records.recall import RecallCore, RecallKind
from broker.records.registry import path_of, record_type
from broker.types import names
from broker.types.vocabulary import Status, Tlp
from producers.draft import Draft, DraftCore
from producers.intake.rows import FieldProblem
from producers.outbox import SectionBytes

ENVELOPE_OVERHEAD_BYTES: Final = limits.MAX_HEADER_BYTES + 1024
"""Header, signature and framing of an envelope, at most."""


class Encoded(msgspec.Struct, frozen=True):
    """A draft that can be signed as it is.

    Attributes:
        sections: The core first.
    """

    draft: Draft
    sections: tuple[SectionBytes, ...]


def encode_draft(draft: Draft, *, actual: bool) -> Encoded | tuple[FieldProblem, ...]:
    """Return *draft* encoded, or everything that keeps it from being published.

    Args:
        actual: Whether the network carries messages about the world; in all others every reader refuses them.
    """
    problems = [*_head_problems(draft), *_record_problems(draft)]
    if draft.status is Status.ACTUAL and not actual:
        message = "the record is about the world, and its network is an exercise or a test: no reader would take it"
        problems.append(FieldProblem("status", "wrong-status", message))
    if problems:
        return tuple(problems)
    sections: list[SectionBytes] = []
    for name, record in draft.sections.present().items():
        try:
            sections.append(encode_section(name, record))
        except InvalidRecord as error:
            problems.append(FieldProblem(name, error.code, str(error)))
    problems += _size_problems(sections, draft)
    return tuple(problems) or Encoded(draft, tuple(sections))


def encode_section(name: str, record: msgspec.Struct) -> SectionBytes:
    """Return one section's bytes.

    Raises:
        InvalidRecord: A value is not what its type says.
    """
    schema = avro.schema(path_of(record))
    return SectionBytes(name, schema.id, avro.encode(schema, record))


def decode_core(section: SectionBytes) -> DraftCore:
    """Return the record of a core section that we encoded ourselves."""
    schema = avro.schema_by_id(section.schema_id)
    return cast("DraftCore", avro.decode(schema, section.avro, record_type(schema.path)))


def with_reference(draft: Draft, national_reference: str) -> Draft:
    """Return *draft* under another national reference; its content digest stays that of what it says."""
    core = msgspec.structs.replace(draft.core, national_reference=national_reference)
    return msgspec.structs.replace(draft, sections=msgspec.structs.replace(draft.sections, core=core))


def with_related(core: DraftCore, related: tuple[Related, ...]) -> DraftCore:
    """Return *core* that also names *related*, once each; a correction is replaced by what it follows."""
    new = tuple(one for one in dict.fromkeys(related) if one not in core.related)
    core = msgspec.structs.replace(core, related=core.related + new)
    if not isinstance(core, RecallCore) or core.kind is not RecallKind.CORRECTION:
        return core
    followed = next((one.digest for one in new if one.relation is RelatedAs.FOLLOWS), core.replaced_by)
    return msgspec.structs.replace(core, replaced_by=followed)


def _head_problems(draft: Draft) -> list[FieldProblem]:
    problems: list[FieldProblem] = []
    try:
        names.check_authority(draft.authority)
    except BadName as error:
        problems.append(FieldProblem("authority", error.code, str(error)))
    if draft.tlp is Tlp.UNKNOWN or draft.status is Status.UNKNOWN:
        problems.append(FieldProblem("tlp" if draft.tlp is Tlp.UNKNOWN else "status", "unknown-word", "says nothing"))
    if draft.authored_at.tzinfo is None:
        problems.append(FieldProblem("authored_at", "bad-time", "has no time zone"))
    for place, related in enumerate(draft.related_references):
        if related.national_reference == draft.national_reference:
            message = "the report is related to itself; name the other report"
            problems.append(FieldProblem(f"related[{place}]", "self-reference", message))
    return problems


def _record_problems(draft: Draft) -> list[FieldProblem]:
    found: list[FieldProblem] = []
    kind = path_of(draft.core).partition("/")[0]
    for name, record in draft.sections.present().items():
        try:
            path = path_of(record)
        except UnknownSchema as error:
            found.append(FieldProblem(name, error.code, str(error)))
            continue
        if path != f"{kind}/{name}":
            found.append(FieldProblem(name, "wrong-kind", f"holds a {path} in a record of kind {kind}"))
        for problem in problems_in(record):
            placed = problem.under(name)
            found.append(FieldProblem(placed.field, placed.code, placed.message))
    return found


def _size_problems(sections: list[SectionBytes], draft: Draft) -> list[FieldProblem]:
    # Each related reference becomes a digest and a relation in the core when the draft is signed.
    growth = 40 * len(draft.related_references)
    problems: list[FieldProblem] = []
    total = ENVELOPE_OVERHEAD_BYTES
    for section in sections:
        room = growth if section.name == "core" else 0
        try:
            total += body_size(len(section.avro) + room)
        except TooLarge as error:
            problems.append(FieldProblem(section.name, error.code, str(error)))
    if total > limits.MAX_ENVELOPE_BYTES:
        message = f"the message would have {total} bytes; the limit is {limits.MAX_ENVELOPE_BYTES}"
        problems.append(FieldProblem("", TooLarge.code, message))
    return problems
