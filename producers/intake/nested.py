"""Nested records: the typed sections of a record, as JSON has them."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final, TypeVar, get_args

import msgspec

from broker.policy.profile import Requested
from broker.records.marking import Basis, InformationEvaluation, SourceEvaluation
from broker.types.vocabulary import Handling, Purpose, Word
from producers.draft import Sections
from producers.intake.form import UNMARKED, Content, Form, Writing
from producers.intake.naming import with_digests
from producers.intake.nearest import did_you_mean
from producers.intake.record_questions import questions_about_record
from producers.intake.rows import FieldProblem

T = TypeVar("T", bound=msgspec.Struct)
_WRONG: Final = re.compile(r"(Invalid enum value|Object contains unknown field) ['`](?P<word>.*)['`]")
_FIELD: Final = re.compile(r"[a-z_]+")
_NAMING: Final = ("nominal", "trade")
"""Sections that name persons and companies."""
_AT: Final = re.compile(r"(?P<what>.*?)(?: - at `\$\.?(?P<path>[^`]*)`)?", re.DOTALL)


class _Asked(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A marking of which anything may be left out."""

    handling: tuple[Handling, ...] | None = None
    handling_text: str | None = None
    purposes: tuple[Purpose, ...] | None = None
    source_evaluation: SourceEvaluation | None = None
    information_evaluation: InformationEvaluation | None = None
    basis: Basis | None = None
    recipients: tuple[str, ...] | None = None
    excluded: tuple[str, ...] | None = None
    release_after: datetime | None = None
    retain_until: datetime | None = None


def read_sections(
    sections: Mapping[str, Any], form: Form, writing: Writing, problems: list[FieldProblem]
) -> Content | None:
    """Return the sections of a nested record, still unmarked, or None where one does not fit its type."""
    core = sections.get("core")
    if not isinstance(core, Mapping):
        problems.append(FieldProblem("core", "missing", "a record needs its core section, an object"))
        return None
    prepared = form.prepare(core, writing, problems)
    digested = with_digests(prepared, writing.named, writing.surroundings.resolve, problems)
    whole = {**digested, "marking": msgspec.to_builtins(UNMARKED), "national_reference": writing.reference}
    typed: dict[str, Any] = {"core": _convert("core", whole, form.types["core"], problems)}
    for name in form.known.sections[1:]:
        typed[name] = _convert(name, sections.get(name), form.types[name], problems)
    if typed["core"] is None:
        return None
    catalogue = writing.surroundings.catalogue
    asked = questions_about_record(typed["core"], catalogue, problems, is_amount_read=form.is_amount_read)
    return Content(
        Sections(**typed),
        questions=tuple(asked),
        counted=tuple(name for name in prepared if name not in core),
    )


def read_asked(sections: Mapping[str, Any], requested: Requested, problems: list[FieldProblem]) -> Requested:
    """Return what a nested record says of its marking, on top of what it says beside its sections."""
    core = sections.get("core")
    marking = core.get("marking") if isinstance(core, Mapping) else None
    asked = _convert("core.marking", marking, _Asked, problems)
    if asked is None:
        return requested
    return Requested(
        tlp=requested.tlp,
        handling=asked.handling,
        handling_text=asked.handling_text,
        purposes=asked.purposes,
        source=asked.source_evaluation and asked.source_evaluation.word,
        information=asked.information_evaluation and asked.information_evaluation.word,
        basis=asked.basis and asked.basis.word,
        recipients=asked.recipients,
        excluded=asked.excluded,
        release_after=asked.release_after,
        retain_until=asked.retain_until,
    )


def _convert(path: str, value: Any, into: type[T], problems: list[FieldProblem]) -> T | None:
    if value is None:
        return None
    try:
        return msgspec.convert(value, into)
    except msgspec.ValidationError as error:
        found = _AT.fullmatch(str(error))
        where = f"{path}.{found['path']}" if found and found["path"] else path
        # Names in these sections must not reach a listing by way of a message.
        what = "does not fit its type" if path in _NAMING or found is None else _with_hint(found, into)
        problems.append(FieldProblem(where, "bad-record", what))
        return None


def _with_hint(found: re.Match[str], into: type[msgspec.Struct]) -> str:
    """Return what msgspec found wrong, with the known word or field that is nearest to one that is not known."""
    what = found["what"]
    wrong = _WRONG.fullmatch(what)
    if wrong is None:
        return what
    kind = _type_at(into, _FIELD.findall(found["path"] or ""))
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        return what + did_you_mean(wrong["word"], kind.__struct_fields__)
    if isinstance(kind, type) and issubclass(kind, Word):
        return what + did_you_mean(wrong["word"], [member.value for member in kind if member.value != "UNKNOWN"])
    return what


def _type_at(kind: Any, path: Sequence[str]) -> Any:
    """Return the type of the field that *path* leads to from a record's type, that of an element for a list."""
    for name in path:
        fields = {field.name: field.type for field in msgspec.structs.fields(kind)}
        kind = fields[name]
        while inner := get_args(kind):
            kind = inner[0]
    return kind
