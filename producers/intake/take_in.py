"""Take rows in: each becomes a draft, or is refused with everything that is wrong with it; none is lost."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Final

import msgspec

from broker.errors import BadSettings, InvalidRecord
from broker.policy.profile import EffectiveMarking, Profile, Requested, apply_profile
from broker.records.checking import problems_in
from broker.types.names import Digest, Originator
from broker.types.vocabulary import Status
from producers.draft import Draft, RelatedReference, Sections, content_digest
from producers.intake.form import Combiner, Content, Form, NamedMessage, Surroundings, Writing
from producers.intake.forms.incident import INCIDENT
from producers.intake.marked import marked
from producers.intake.marking_request import read_marking, read_status
from producers.intake.naming import RelatedTo, find_named, read_related
from producers.intake.nested import read_asked, read_sections
from producers.intake.references import Reference, References
from producers.intake.rows import FieldProblem, Row

_LINES_NAMED: Final = 5
"""Of a record of many wrong rows; each of them says itself what is wrong with it."""


class Refused(msgspec.Struct, frozen=True):
    """A row that was not taken in, and why; it keeps the row as it was read, so that it can be mended."""

    row: Row
    problems: tuple[FieldProblem, ...]

    @property
    def line(self) -> int:
        """Where the row begins in its file, one-based."""
        return self.row.line

    def each(self) -> Iterator["Refused"]:
        """Yield the rows of a record that has several, each with what is wrong with it, or where else it is wrong."""
        if not self.row.parts:
            yield self
            return
        by_line: dict[int, list[FieldProblem]] = {}
        for one in self.problems:
            by_line.setdefault(one.line, []).append(msgspec.structs.replace(one, line=0))
        of_all = by_line.pop(0, [])
        more = f" and {len(by_line) - _LINES_NAMED} more lines" if len(by_line) > _LINES_NAMED else ""
        elsewhere = ", ".join(map(str, list(by_line)[:_LINES_NAMED]))
        says = f"its record is refused for what is wrong in line {elsewhere}{more}"
        other = FieldProblem("", "record-refused", says)
        for part in self.row.parts:
            yield Refused(part, (*of_all, *by_line.get(part.line, ())) or (other,))


class _Authorship(msgspec.Struct, frozen=True):
    authority: Originator
    profile: Profile
    authored_at: datetime
    status: Status
    form: Form
    surroundings: Surroundings


def take_in(
    rows: Iterable[Row],
    *,
    authority: Originator,
    profile: Profile,
    authored_at: datetime,
    status: Status = Status.ACTUAL,
    form: Form = INCIDENT,
    surroundings: Surroundings | None = None,
) -> Iterator[Draft | Refused]:
    """Yield a draft or a refusal for each of *rows*, in their order.

    Args:
        authority: Who reports; rows of another country are refused.
        profile: Its marking profile for records of the form's kind.
        authored_at: The present time, aware; dates after it are refused.
        status: What every row is unless it says otherwise; in an exercise no row may be actual.
        form: What kind of record the rows are, and how they are read.
        surroundings: The messages that rows may name, who takes part in the network, and the catalogue; None for no
            messages, anybody, and the catalogue that ships.

    Raises:
        BadSettings: The profile is another authority's, or for another kind of record.
    """
    if profile.authority != authority or profile.kind is not form.kind:
        raise BadSettings(f"the marking profile of {profile.authority} for {profile.kind.word} is not for {authority}")
    by = _Authorship(authority, profile, authored_at, status, form, surroundings or Surroundings())
    references = References()
    for row in rows:
        reference = references.of(row)
        found: list[FieldProblem] = []
        is_lost = any(part.is_unreadable for part in row.parts or (row,))
        found += _of_parts(row, {}) if is_lost else ()
        draft = None if is_lost else _draft(row, reference, references, by, found)
        problems = _only_what_counts(row, found)
        references.note(row, reference, is_refused=bool(problems))
        yield Refused(row, tuple(problems)) if problems or draft is None else draft


def _draft(
    row: Row, reference: Reference, references: References, by: _Authorship, problems: list[FieldProblem]
) -> Draft | None:
    """Return the draft of *row*, good only if no problem was noted."""
    status = read_status(row.values, by.status, problems)
    related = _related(row, references, by, problems)
    content, requested = _read(row, reference, by, problems)
    requested = _addressed(requested, content, by.profile)
    marking = _marking(by, requested, problems)
    if content is None:
        return None
    core = marked(content.sections.core, marking, is_flat=not _confirms(row))
    core = msgspec.structs.replace(core, related=core.related + related.known)
    content = msgspec.structs.replace(content, sections=msgspec.structs.replace(content.sections, core=core))
    problems += _broken_rules(content.sections, by.form, problems)
    return Draft(
        authority=by.authority,
        sections=content.sections,
        tlp=marking.tlp,
        status=status,
        authored_at=by.authored_at,
        content_digest=_digest(content, requested, marking, status, related.references),
        related_references=related.references,
        is_made=reference.is_made,
        line=row.line,
        questions=content.questions,
    )


def _confirms(row: Row) -> bool:
    """Say whether *row* itself says which countries may be told: a nested record that names any does."""
    core = row.sections.get("core") if row.sections else None
    return isinstance(core, Mapping) and bool(core.get("concerned"))


def _related(row: Row, references: References, by: _Authorship, problems: list[FieldProblem]) -> RelatedTo:
    if "line_role" in by.form.known.columns:
        return RelatedTo(references=references.related(row, problems))
    return read_related(row.values, by.surroundings.resolve, problems)


def _read(
    row: Row, reference: Reference, by: _Authorship, problems: list[FieldProblem]
) -> tuple[Content | None, Requested]:
    requested = read_marking(row.values, problems)
    if row.sections is not None:
        requested = read_asked(row.sections, requested, problems)
    writing = Writing(
        authority=by.authority,
        reference=reference.text,
        authored_at=by.authored_at,
        named=_named(row, by, problems),
        is_addressed=bool(requested.recipients or by.profile.recipients),
        surroundings=by.surroundings,
    )
    content: Content | None
    if row.parts and by.form.grouping is not None:
        content = _read_parts(row, by.form.grouping.combine, (by, writing), problems)
    elif row.sections is None:
        content = by.form.read(row.values, writing, problems)
    else:
        content = read_sections(row.sections, by.form, writing, problems)
    return content and by.form.finish(content, writing, problems), requested


def _read_parts(row: Row, combine: Combiner, by: tuple[_Authorship, Writing], problems: list[FieldProblem]) -> Content:
    """Return what the rows of a record say together."""
    authorship, writing = by
    found: dict[int, list[FieldProblem]] = {}
    contents = []
    for part in row.parts:
        noted = found.setdefault(part.line, [])
        content = authorship.form.read(part.values, writing, noted)
        asked = tuple(msgspec.structs.replace(one, line=part.line) for one in content.questions)
        contents.append(msgspec.structs.replace(content, questions=asked))
    problems += _of_parts(row, found)
    together: list[FieldProblem] = []
    combined = combine(contents, together)
    problems += (msgspec.structs.replace(one, line=row.parts[one.line - 1].line) for one in together)
    return combined


def _of_parts(row: Row, found: Mapping[int, list[FieldProblem]]) -> Iterator[FieldProblem]:
    """Yield what is wrong with the rows of a record, by line; what is wrong with all of them, once."""
    each = {part.line: _only_what_counts(part, found.get(part.line, [])) for part in row.parts}
    of_all = [one for one in next(iter(each.values()), []) if all(one in others for others in each.values())]
    yield from of_all
    for line, problems in each.items():
        yield from (msgspec.structs.replace(one, line=line) for one in problems if one not in of_all)


def _named(row: Row, by: _Authorship, problems: list[FieldProblem]) -> Mapping[str, NamedMessage]:
    if not by.form.names:
        return {}
    said, path = (row.values, "") if row.sections is None else (row.sections.get("core"), "core.")
    if not isinstance(said, Mapping):
        return {}
    return find_named(by.form, said, by.surroundings.resolve, problems, path=path)


def _addressed(requested: Requested, content: Content | None, profile: Profile) -> Requested:
    """Return *requested* with the recipients that follow from the record, where nobody says other ones."""
    if content is None or not content.addressed or requested.recipients is not None or profile.recipients:
        return requested
    return msgspec.structs.replace(requested, recipients=content.addressed)


def _marking(by: _Authorship, requested: Requested, problems: list[FieldProblem]) -> EffectiveMarking:
    try:
        return apply_profile(by.profile, requested, authored_at=by.authored_at)
    except InvalidRecord as error:
        problems.append(FieldProblem("marking", "marking-too-loose", str(error)))
        return apply_profile(by.profile, Requested(), authored_at=by.authored_at)


def _broken_rules(sections: Sections, form: Form, problems: list[FieldProblem]) -> list[FieldProblem]:
    """Return the rules that the record breaks, but those that only repeat what is wrong with a column."""
    noted = {problem.field for problem in problems}
    broken = []
    for name, section in sections.present().items():
        for problem in problems_in(section):
            path = f"{name}.{problem.field}"
            column = form.column_of(path)
            if not noted or (column is not None and column not in noted):
                broken.append(FieldProblem(column or path, problem.code, problem.message))
    return broken


def _only_what_counts(row: Row, found: list[FieldProblem]) -> list[FieldProblem]:
    """Return what the reader found wrong, and what was *found* in other fields than those.

    An aggregate has no other reason: mending them would not make it an incident.
    """
    wrong = {problem.field for problem in row.problems}
    problems = [*row.problems, *(problem for problem in found if problem.field not in wrong)]
    return [problem for problem in problems if problem.code == "aggregate"] or problems


def _digest(
    content: Content,
    requested: Requested,
    marking: EffectiveMarking,
    status: Status,
    related: tuple[RelatedReference, ...],
) -> Digest:
    """Return the digest of what the authority says; times that are counted from now on are not part of it."""
    core = content.sections.core
    said = msgspec.structs.replace(
        core.marking, release_after=requested.release_after, retain_until=requested.retain_until
    )
    counted = dict.fromkeys(content.counted)
    timeless = msgspec.structs.replace(content.sections, core=msgspec.structs.replace(core, marking=said, **counted))
    return content_digest(timeless, tlp=marking.tlp, status=status, related=related)
