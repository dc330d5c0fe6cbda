"""Options that the forms share."""

from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from broker.types.vocabulary import Purpose
from tocsin.cli.moments import read_day

YearOption = Annotated[int | None, typer.Option("--year", help="The year that it is about.", min=1900, max=2200)]
FromOption = Annotated[str | None, typer.Option("--from", help="The first day, like 2025-01-01.", metavar="DAY")]
ToOption = Annotated[str | None, typer.Option("--to", help="The last day, like 2025-03-31.", metavar="DAY")]
CountryOption = Annotated[
    str | None, typer.Option("--country", help="Where it happened; without: your own country.", metavar="CODE")
]
ReporterOption = Annotated[
    str | None,
    typer.Option("--reporter", help="Whose reports; 'any' for all that you see; without: your own.", metavar="CODE"),
]
SectionOption = Annotated[
    list[str] | None,
    typer.Option("--section", help="Beside the core: operational, or nominal for reports of seizures. Repeatable."),
]
ExerciseOption = Annotated[
    bool, typer.Option("--exercise", help="For training: count what the exercise made up, and say so everywhere.")
]
PurposeOption = Annotated[
    str | None,
    typer.Option("--purpose", help=f"What the file is for: {', '.join(Purpose.words())}. Goes on record."),
]
OutputOption = Annotated[
    Path | None, typer.Option("--output", help="A new file; nothing is overwritten.", metavar="FILE")
]


def read_span(year: int | None, first: str | None, last: str | None, message: str = "") -> tuple[date, date]:
    """Return the first and the last day that the options name.

    Args:
        message: One message, which needs no days; empty for none.

    Raises:
        typer.BadParameter: They name none, too much, or an end before its beginning.
    """
    if year is not None and (first is not None or last is not None):
        raise typer.BadParameter("name the year, or the first and last day, and not both", param_hint="--year")
    if year is not None:
        return date(year, 1, 1), date(year, 12, 31)
    if message and first is None and last is None:
        return date.min, date.max
    from_day, to_day = read_day(first, "--from"), read_day(last, "--to")
    if from_day is None or to_day is None:
        raise typer.BadParameter("say of which time: --year, or --from and --to", param_hint="--year")
    if to_day < from_day:
        raise typer.BadParameter("the last day lies before the first", param_hint="--to")
    return from_day, to_day
