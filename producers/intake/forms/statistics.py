"""The form of yearly figures: a row is a line of a record; rows of one ``record`` are one, others each their own."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Final

import msgspec

from broker.records.statistics import StatisticsCore, StatisticsLine
from broker.types.vocabulary import RecordKind
from producers.draft import Sections
from producers.intake.columns import MARKED, REFERENCE, ColumnSet, some
from producers.intake.form import UNMARKED, Content, Form, Grouping, Writing
from producers.intake.quantities import UNITS, read_quantities, read_substances
from producers.intake.rows import FieldProblem
from producers.intake.substance_questions import questions_about_names
from producers.intake.values import (
    YES_NO,
    check_own_country,
    need_text,
    read_count,
    read_countries,
    read_country,
    read_day,
    read_language,
)
from producers.intake.words import read_word

_COLUMNS: Final[Mapping[str, str]] = {
    **REFERENCE,
    "record": "rows with the same word here are one record, a figure each; it is its number where that is empty",
    "form": "the form that the figures are for: INCB Form D",
    "country": "whose figures, ISO 3166-1 alpha-2",
    "starts_on": "first day of the period: 2025-01-01",
    "ends_on": "last day of the period: 2025-12-31",
    "substance_as_reported": "the substance as the form calls it",
    "substance_id": "our id of it",
    "scheduled": "yes where it stood in Table I or II at that time, no where it did not",
    "quantity_value": "the amount as a number, with a decimal point; 0 for none, empty for not told",
    **some("quantity_unit"),
    "cases": "number of cases",
    "origins": "countries of origin; several separated by ;",
    "line_remarks": "what is to be said of this figure",
    "method": "how the figures were made",
    "remarks": "what is to be said of the whole",
    **MARKED,
}
_OF_LINES: Final = frozenset(
    {
        *("substance_as_reported", "substance_id", "scheduled", "quantity_value", "quantity_unit", "cases", "origins"),
        "line_remarks",
    }
)
_NO_DAY: Final = date(1900, 1, 1)
"""Holds the place of a day in a row that is refused for having none."""


def _read(values: Mapping[str, str], writing: Writing, problems: list[FieldProblem]) -> Content:
    questions = tuple(questions_about_names(writing.surroundings.catalogue, read_substances(values, [])))
    core = StatisticsCore(
        marking=UNMARKED,
        national_reference=writing.reference,
        form=need_text("form", values, "which form? For example INCB Form D", problems),
        country=_country(values, problems),
        starts_on=_need_day("starts_on", values, problems),
        ends_on=_need_day("ends_on", values, problems),
        lines=(_read_line(values, problems),),
        method=values.get("method", ""),
        remarks=values.get("remarks", ""),
        language=read_language(values, problems),
    )
    return Content(Sections(core=core), questions=questions)


def _country(values: Mapping[str, str], problems: list[FieldProblem]) -> str:
    need_text("country", values, "whose figures are these? ISO 3166-1, like NL", problems)
    return read_country("country", values, problems)


def _need_day(field: str, values: Mapping[str, str], problems: list[FieldProblem]) -> date:
    need_text(field, values, "which day? Like 2025-12-31", problems)
    return read_day(field, values, problems) or _NO_DAY


def _read_line(values: Mapping[str, str], problems: list[FieldProblem]) -> StatisticsLine:
    written = need_text("substance_as_reported", values, "of which substance?", problems)
    substances = read_substances(values, problems)
    if len(substances) > 1:
        message = "a figure is of one substance; several need a row each"
        problems.append(FieldProblem("substance_id", "bad-substance", message))
    if "scheduled" not in values:
        problems.append(FieldProblem("scheduled", "missing", "did it stand in Table I or II? yes or no"))
    if "quantity_unit" not in values:
        problems.append(FieldProblem("quantity_unit", "missing", f"in which unit? Known are {', '.join(UNITS)}"))
    amounts = {name: values[name] for name in ("quantity_value", "quantity_unit") if name in values}
    quantity = next(iter(read_quantities({"quantity_value": "0", **amounts}, 0, problems)), None)
    return StatisticsLine(
        substance_id=substances[0].substance_id if substances else None,
        as_written=written,
        is_scheduled=read_word("scheduled", values, YES_NO, absent=False, problems=problems),
        amount=None if quantity is None or "quantity_value" not in values else quantity.value,
        unit=UNITS["kg"] if quantity is None else quantity.unit,
        cases=read_count("cases", values, problems),
        origins=read_countries("origins", values, problems),
        remarks=values.get("line_remarks", ""),
    )


def _finish(content: Content, writing: Writing, problems: list[FieldProblem]) -> Content:
    core = content.sections.core
    if isinstance(core, StatisticsCore):
        check_own_country("country", core.country, writing.authority, problems)
        if core.ends_on > writing.authored_at.date():
            message = f"{core.ends_on} lies in the future: the period is not over"
            problems.append(FieldProblem("ends_on", "future-date", message))
    return content


def _combine(contents: Sequence[Content], problems: list[FieldProblem]) -> Content:
    """Return one record with the figures of all rows; the same figure twice contradicts itself."""
    first = contents[0].sections.core
    lines = [
        line for one in contents if isinstance(one.sections.core, StatisticsCore) for line in one.sections.core.lines
    ]
    known: dict[tuple[object, ...], int] = {}
    for place, line in enumerate(lines, start=1):
        what = (line.substance_id or line.as_written.casefold(), line.unit, line.is_scheduled, line.origins)
        if known.setdefault(what, place) != place:
            message = f"a figure of {line.as_written[:40]!r} in {line.unit.word} is in its record already"
            problems.append(FieldProblem("substance_as_reported", "contradiction", message, place))
    core = msgspec.structs.replace(first, lines=tuple(lines))
    questions = tuple(question for one in contents for question in one.questions)
    return Content(Sections(core=core), questions=questions)


STATISTICS: Final = Form(
    kind=RecordKind.STATISTICS,
    known=ColumnSet(
        _COLUMNS,
        ("form", "country", "starts_on", "ends_on", "substance_as_reported", "scheduled", "quantity_unit"),
        ("core",),
    ),
    types={"core": StatisticsCore},
    read=_read,
    finish=_finish,
    grouping=Grouping(column="record", own=_OF_LINES, combine=_combine),
)
