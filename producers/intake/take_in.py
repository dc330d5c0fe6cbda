"""Take rows in: each becomes a draft, or is refused with everything that is wrong with it; none is lost."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Final

import msgspec

from broker.errors import BadSettings, InvalidRecord
from broker.policy.profile import EffectiveMarking, Profile, Requested, apply_profile
from broker.records.checking import problems_in
from broker.types.names import Digest, Originator
from broker.types.vocabulary import RecordKind, Status
from producers.draft import Draft, RelatedReference, Sections, content_digest
from producers.intake.columns import COLUMNS
from producers.intake.incident import Incident, check_country, read_incident
from producers.intake.marked import marked
from producers.intake.marking_request import read_marking, read_status
from producers.intake.nested import country_of, read_asked, read_sections
from producers.intake.references import Reference, References
from producers.intake.rows import FieldProblem, Row

_UNREADABLE: Final = frozenset({"unreadable-row", "ragged-row"})
"""Where the cells are not known to stand under their columns, nothing else that they say counts."""


class Refused(msgspec.Struct, frozen=True):
    """A row that was not taken in, and why; it keeps the row as it was read, so that it can be mended."""

    row: Row
    problems: tuple[FieldProblem, ...]

    @property
    def line(self) -> int:
        """Where the row begins in its file, one-based."""
        return self.row.line


class _Authorship(msgspec.Struct, frozen=True):
    authority: Originator
    profile: Profile
    authored_at: datetime
    status: Status


def take_in(
    rows: Iterable[Row],
    *,
    authority: Originator,
    profile: Profile,
    authored_at: datetime,
    status: Status = Status.ACTUAL,
) -> Iterator[Draft | Refused]:
    """Yield a draft or a refusal for each of *rows*, in their order.

    Args:
        authority: Who reports; rows of another country are refused.
        profile: Its marking profile for incidents.
        authored_at: The present time, aware; dates after it are refused.
        status: What every row is unless it says otherwise; in an exercise no row may be actual.

    Raises:
        BadSettings: The profile is another authority's, or for another kind of record.
    """
    if profile.authority != authority or profile.kind is not RecordKind.INCIDENT:
        raise BadSettings(f"the marking profile of {profile.authority} for {profile.kind.word} is not for {authority}")
    by = _Authorship(authority, profile, authored_at, status)
    references = References()
    for row in rows:
        reference = references.of(row)
        found: list[FieldProblem] = []
        draft = None if _is_unreadable(row) else _draft(row, reference, references, by, found)
        problems = _only_what_counts(row, found)
        references.note(row, reference, is_refused=bool(problems))
        yield Refused(row, tuple(problems)) if problems or draft is None else draft


def _draft(
    row: Row, reference: Reference, references: References, by: _Authorship, problems: list[FieldProblem]
) -> Draft | None:
    """Return the draft of *row*, good only if no problem was noted."""
    status = read_status(row.values, by.status, problems)
    related = references.related(row, problems)
    incident, requested = _read(row, reference, by, problems)
    marking = _marking(by, requested, problems)
    if incident is None:
        return None
    core = marked(incident.core, marking, is_flat=row.sections is None)
    sections = Sections(
        core=core, operational=incident.operational, nominal=incident.nominal, evidence=incident.evidence
    )
    problems += _broken_rules(sections, problems)
    return Draft(
        authority=by.authority,
        sections=sections,
        tlp=marking.tlp,
        status=status,
        authored_at=by.authored_at,
        content_digest=_digest(sections, requested, marking, status, related),
        related_references=related,
        is_made=reference.is_made,
        line=row.line,
    )


def _read(
    row: Row, reference: Reference, by: _Authorship, problems: list[FieldProblem]
) -> tuple[Incident | None, Requested]:
    requested = read_marking(row.values, problems)
    if row.sections is None:
        check_country(row.values.get("reporting_country", ""), "reporting_country", by.authority, problems)
        return read_incident(row.values, reference.text, by.authored_at.date(), problems), requested
    check_country(country_of(row.sections), "core.places", by.authority, problems)
    requested = read_asked(row.sections, requested, problems)
    return read_sections(row.sections, reference.text, problems), requested


def _marking(by: _Authorship, requested: Requested, problems: list[FieldProblem]) -> EffectiveMarking:
    try:
        return apply_profile(by.profile, requested, authored_at=by.authored_at)
    except InvalidRecord as error:
        problems.append(FieldProblem("marking", "marking-too-loose", str(error)))
        return apply_profile(by.profile, Requested(), authored_at=by.authored_at)


def _broken_rules(sections: Sections, problems: list[FieldProblem]) -> list[FieldProblem]:
    """Return the rules that the record breaks, but those that only repeat what is wrong with a column."""
    noted = {problem.field for problem in problems}
    broken = []
    for name, section in sections.present().items():
        for problem in problems_in(section):
            path = f"{name}.{problem.field}"
            column = path.removeprefix("core.").removeprefix("marking.").partition("[")[0]
            is_column = column in COLUMNS
            if not noted or (is_column and column not in noted):
                broken.append(FieldProblem(column if is_column else path, problem.code, problem.message))
    return broken


def _is_unreadable(row: Row) -> bool:
    return any(problem.code in _UNREADABLE for problem in row.problems)


def _only_what_counts(row: Row, found: list[FieldProblem]) -> list[FieldProblem]:
    """Return what the reader found wrong, and what was *found* in other fields than those.

    An aggregate has no other reason: mending them would not make it an incident.
    """
    wrong = {problem.field for problem in row.problems}
    problems = [*row.problems, *(problem for problem in found if problem.field not in wrong)]
    return [problem for problem in problems if problem.code == "aggregate"] or problems


def _digest(
    sections: Sections,
    requested: Requested,
    marking: EffectiveMarking,
    status: Status,
    related: tuple[RelatedReference, ...],
) -> Digest:
    """Return the digest of what the authority says; times that the profile counts from now on are not part of it."""
    core = sections.core
    said = msgspec.structs.replace(
        core.marking, release_after=requested.release_after, retain_until=requested.retain_until
    )
    timeless = msgspec.structs.replace(sections, core=msgspec.structs.replace(core, marking=said))
    return content_digest(timeless, tlp=marking.tlp, status=status, related=related)
