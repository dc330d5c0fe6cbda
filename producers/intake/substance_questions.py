"""What is asked about a row's substances: whether name, id, CAS number and status fit the catalogue."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from functools import lru_cache
from typing import Final

from broker.catalogue.cas import cas_questions
from broker.catalogue.catalogue import Catalogue
from broker.catalogue.matching import Certainty, Match, match_name
from broker.catalogue.standing import UN_1988
from broker.records.dates import DateKind, DateStatement
from broker.records.substances import Substance
from producers.intake.rows import FieldProblem

_SURE: Final = frozenset({Certainty.EXACT, Certainty.CLOSE, Certainty.AMBIGUOUS})
_NOT_LISTED: Final = frozenset({"not_scheduled", "not_scheduled_then"})
_NOW: Final[Mapping[str, str]] = {"date_unknown(now I)": "I", "date_unknown(now II)": "II"}
_TABLES: Final = frozenset({"I", "II"})
_REMEMBERED: Final = 2_048
"""Answers of the catalogue that are kept: an upload names few substances, and a misspelt name takes milliseconds."""


def read_cas(
    catalogue: Catalogue, values: Mapping[str, str], substances: Sequence[Substance], problems: list[FieldProblem]
) -> Iterator[FieldProblem]:
    """Yield what is doubtful about the row's CAS numbers; a wrong check digit is noted in *problems*."""
    written = values.get("cas", "")
    if not written:
        return
    for question in cas_questions(catalogue, written, ids_of(substances)):
        found = FieldProblem("cas", question.problem.word, question.message)
        if question.is_refused:
            problems.append(found)
        else:
            yield found


def questions_about_names(catalogue: Catalogue, substances: Sequence[Substance]) -> Iterator[FieldProblem]:
    """Yield ids that the catalogue does not have, and a name that it knows as another substance's."""
    ids = ids_of(substances)
    for one in ids:
        if one not in catalogue.substances:
            yield FieldProblem("substance_id", "unknown-substance", f"the catalogue has no substance {one[:40]!r}")
    known = [one for one in ids if one in catalogue.substances]
    written = substances[0].as_written if substances else ""
    if not known or not written:
        return
    match = _match(catalogue, written)
    meant = {one.id for one in match.candidates}
    if match.certainty in _SURE and meant.isdisjoint(known):
        names = " or ".join(catalogue.name_of(one) for one in sorted(meant))
        said = ", ".join(catalogue.name_of(one) for one in known)
        message = f"{written[:60]!r} is a name of {names} in the catalogue, and the id is that of {said}"
        yield FieldProblem("substance_id", "substance-differs", message)


def questions_about_status(
    catalogue: Catalogue,
    values: Mapping[str, str],
    substances: Sequence[Substance],
    dates: Sequence[DateStatement],
    today: date,
) -> Iterator[FieldProblem]:
    """Yield each status under the 1988 Convention that the catalogue does not know for the day of the incident."""
    said = [part.strip() for part in values.get("status_1988_at_date", "").split("|")]
    ids = [one.substance_id for one in substances]
    if len(said) != len(ids):
        return
    for one, status in zip(ids, said, strict=True):
        if one is not None and one in catalogue.substances:
            yield from _about_status(catalogue, one, status, _days(status, dates, today))


def ids_of(substances: Sequence[Substance]) -> tuple[str, ...]:
    """Return the ids of *substances*, without those that have none."""
    return tuple(one.substance_id for one in substances if one.substance_id is not None)


@lru_cache(maxsize=_REMEMBERED)
def _match(catalogue: Catalogue, written: str) -> Match:
    return match_name(catalogue, written)


def _days(status: str, dates: Sequence[DateStatement], today: date) -> tuple[date, ...]:
    """Return the days for which *status* is said: the first and last of the incident, or the present one."""
    if status in _NOW:
        return (today,)
    occurred = [one for one in dates if one.kind is DateKind.OCCURRED]
    days = [day for one in occurred for day in (one.earliest, one.latest) if day is not None]
    return tuple(dict.fromkeys(days))


def _about_status(catalogue: Catalogue, substance: str, status: str, days: Sequence[date]) -> Iterator[FieldProblem]:
    expected = None if status in _NOT_LISTED else _NOW.get(status, status)
    if not days or (expected is not None and expected not in _TABLES):
        return
    classes = [class_name for day in days for class_name in _classes(catalogue, substance, day)]
    if expected in classes:
        return
    known = " or ".join(dict.fromkeys(map(_in_words, classes)))
    name = catalogue.name_of(substance)
    message = f"the row says that {name} was {_in_words(expected)}, and the catalogue that it was {known}"
    yield FieldProblem("status_1988_at_date", "status-differs", f"{message} ({days[0]})")


@lru_cache(maxsize=_REMEMBERED)
def _classes(catalogue: Catalogue, substance: str, day: date) -> tuple[str | None, ...]:
    """Return the Table in which the substance was on *day*, or None; both where it changed and the day is not known."""
    standings = catalogue.status_on(substance, day)
    return tuple(one.class_name for one in standings if one.scheme == UN_1988)


def _in_words(class_name: str | None) -> str:
    return "not in the Tables" if class_name is None else f"in Table {class_name}"
