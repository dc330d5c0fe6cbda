"""``tocsin form``: yearly figures, and reports of single incidents as files."""

import asyncio
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import typer

from broker.figures.sieve import Scope
from broker.policy.vocabulary import nearest
from broker.types.names import Originator, participant_of
from broker.types.vocabulary import Purpose, Section, Status
from tocsin.cli.app import app
from tocsin.cli.form_options import (
    CountryOption,
    ExerciseOption,
    FromOption,
    OutputOption,
    PurposeOption,
    ReporterOption,
    SectionOption,
    ToOption,
    YearOption,
    read_span,
)
from tocsin.cli.form_said import say_departure, say_form, say_list, say_opened, say_purposes
from tocsin.cli.one_record import publish_one
from tocsin.cli.options import AsAuthority, FolderOption, JsonOption, find_folder, participant_in, read_word
from tocsin.cli.output import Output, progress_bar
from tocsin.exits import Exit
from tocsin.forms.exports import (
    SEIZURES,
    Span,
    Written,
    find_reports,
    rows_csv,
    rows_parquet,
    seizures_html,
    seizures_json,
    stix_json,
)
from tocsin.forms.files import check_ending, json_bytes, write_new_bytes
from tocsin.forms.form_documents import (
    COLUMNS,
    leaving_document,
    line_cells,
    opened_document,
    screen_document,
)
from tocsin.forms.leaving import Leaving, decide_leaving
from tocsin.forms.tables import csv_bytes
from tocsin.forms.yearly import Wish, YearForm, check_publisher, draft_statistics, leaving_form, year_form
from tocsin.installation import Node, open_node
from tocsin.onward_files import check_new

commands = typer.Typer(
    no_args_is_help=True,
    help="Yearly figures (INCB Form D), seizure reports, STIX, CSV and Parquet; what leaves is decided and on record.",
    rich_markup_mode=None,
)
app.add_typer(commands, name="form")


@commands.command(
    "d",
    epilog="Example: tocsin form d --as NL/regulator --year 2025 --open AA; "
    "then: tocsin form d --as NL/regulator --year 2025 --output form-d-2025.json",
)
def form_d(
    *,
    authority: AsAuthority,
    year: Annotated[int, typer.Option("--year", help="The year that it is about.", min=1900, max=2200)],
    country: CountryOption = None,
    reporter: ReporterOption = None,
    none_of: Annotated[
        list[str] | None,
        typer.Option("--none", help="You say that there was none of it: reported as zero. Repeatable.", metavar="ID"),
    ] = None,
    drafts: Annotated[bool, typer.Option("--drafts", help="Count drafts that are not sent yet as well.")] = False,
    exercise: ExerciseOption = False,
    open_: Annotated[
        str | None, typer.Option("--open", help="Show the messages behind a figure, and those left out.", metavar="ID")
    ] = None,
    purpose: PurposeOption = None,
    output_file: OutputOption = None,
    publish: Annotated[bool, typer.Option("--publish", help="Send the figures as a record of your country.")] = False,
    recipient: Annotated[
        list[str] | None, typer.Option("--recipient", help="Who is to have the record. Repeatable.", metavar="NAME")
    ] = None,
    reference: Annotated[str, typer.Option("--reference", help="Your reference for the record.", metavar="TEXT")] = "",
    folder: FolderOption = None,
    json: JsonOption = False,
) -> None:
    """Make INCB Form D of a year: amounts, cases, origins and remarks, each figure with the messages behind it."""
    output = Output(json=json)
    ending = _check_file(output_file, (".json", ".csv"))
    with open_node(find_folder(folder), participant_in(authority)) as node:
        reader = asyncio.run(node.check_authority(authority))
        if publish:
            check_publisher(node, reader)
        where = country or str(participant_of(reader))
        scope = Scope(country=where, year=year, reporter=where if reporter is None else _any(reporter),
                      status=_status(node, exercise=exercise), drafts=drafts)  # fmt: skip
        made = year_form(node, Wish(reader=reader, scope=scope, none_of=tuple(none_of or ())))
        why = _purpose(purpose, Purpose.TRAINING if exercise else Purpose.STATISTICS)
        if output_file is not None or publish:
            with progress_bar("deciding what may leave", len(made.form.counted)) as advance:
                made = leaving_form(node, made, why, advance)
        if open_ is not None:
            say_opened(output, made, open_)
        else:
            say_form(output, made, node)
        if output_file is not None:
            _write_form(made, output_file, ending, _Use(reader, why, node))
            output.say(f"Written: {output_file}. Its first lines say how it is to be handled.")
        code = Exit.DONE
        published: Mapping[str, Any] = {}
        if publish:
            draft = draft_statistics(
                node, made, reference=reference or f"form-d-{where}-{year}", recipients=tuple(recipient or ())
            )
            say_purposes(output, made)
            publication, code = publish_one(node, reader, draft, output)
            published = {"publication": publication}
        shown = screen_document(made) if open_ is None else opened_document(made, open_)
        file = {} if output_file is None else {"file": str(output_file)}
        output.document({**shown, **file, **published})
    raise typer.Exit(code)


@commands.command(
    "seizures",
    epilog="Example: tocsin form seizures --as NL/customs --year 2025 --purpose regulation --output seizures.html",
)
def seizures(
    *,
    authority: AsAuthority,
    year: YearOption = None,
    first: FromOption = None,
    last: ToOption = None,
    message: Annotated[
        str, typer.Option("--message", help="One message alone, like NL/customs/1#42.", metavar="MESSAGE")
    ] = "",
    reporter: ReporterOption = None,
    section: SectionOption = None,
    exercise: ExerciseOption = False,
    purpose: PurposeOption = None,
    output_file: OutputOption = None,
    folder: FolderOption = None,
    json: JsonOption = False,
) -> None:
    """List seizures, or write their individual reports: JSON or a page, by the ending of the file."""
    asked = _Asked(authority, read_span(year, first, last, message), message, reporter, section, exercise, purpose)
    kinds = {".json": seizures_json, ".html": seizures_html}
    _export(asked, _Form(kinds, only_seizures=True, persons=True), output_file, folder, Output(json=json))


@commands.command(
    "stix", epilog="Example: tocsin form stix --as NL/customs --year 2025 --purpose prevention --output x.json"
)
def stix(
    *,
    authority: AsAuthority,
    year: YearOption = None,
    first: FromOption = None,
    last: ToOption = None,
    reporter: ReporterOption = None,
    section: SectionOption = None,
    exercise: ExerciseOption = False,
    purpose: PurposeOption = None,
    output_file: OutputOption = None,
    folder: FolderOption = None,
    json: JsonOption = False,
) -> None:
    """List incidents, or write them as a STIX 2.1 bundle with TLP 2.0 markings."""
    asked = _Asked(authority, read_span(year, first, last), "", reporter, section, exercise, purpose)
    _export(asked, _Form({".json": stix_json}), output_file, folder, Output(json=json))


@commands.command(
    "csv",
    epilog="Example: tocsin form csv --as NL/customs --from 2025-01-01 --to 2025-03-31 --purpose regulation "
    "--output q1.csv",
)
def csv(
    *,
    authority: AsAuthority,
    year: YearOption = None,
    first: FromOption = None,
    last: ToOption = None,
    reporter: ReporterOption = None,
    section: SectionOption = None,
    exercise: ExerciseOption = False,
    purpose: PurposeOption = None,
    output_file: OutputOption = None,
    folder: FolderOption = None,
    json: JsonOption = False,
) -> None:
    """List incidents, or write them as CSV: a row an amount, each row with its marking."""
    asked = _Asked(authority, read_span(year, first, last), "", reporter, section, exercise, purpose)
    _export(asked, _Form({".csv": rows_csv}), output_file, folder, Output(json=json))


@commands.command(
    "parquet",
    epilog="Example: tocsin form parquet --as NL/customs --year 2025 --purpose regulation --output y.parquet",
)
def parquet(
    *,
    authority: AsAuthority,
    year: YearOption = None,
    first: FromOption = None,
    last: ToOption = None,
    reporter: ReporterOption = None,
    section: SectionOption = None,
    exercise: ExerciseOption = False,
    purpose: PurposeOption = None,
    output_file: OutputOption = None,
    folder: FolderOption = None,
    json: JsonOption = False,
) -> None:
    """List incidents, or write them as Parquet: typed columns, the marking in the file's metadata."""
    asked = _Asked(authority, read_span(year, first, last), "", reporter, section, exercise, purpose)
    _export(asked, _Form({".parquet": rows_parquet}), output_file, folder, Output(json=json))


class _Use(NamedTuple):
    reader: Originator
    purpose: Purpose
    node: Node


class _Asked(NamedTuple):
    """What the options say."""

    authority: str
    span: tuple[date, date]
    message: str
    reporter: str | None
    section: list[str] | None
    exercise: bool
    purpose: str | None


class _Form(NamedTuple):
    """How a form is written, by the ending of the file, and what may stand in it."""

    written: Mapping[str, Written]
    only_seizures: bool = False
    persons: bool = False


def _export(asked: _Asked, form: _Form, file: Path | None, folder: Path | None, output: Output) -> None:
    sections = _sections(asked.section, persons=form.persons)
    ending = _check_file(file, tuple(form.written))
    if file is not None and asked.purpose is None:
        raise typer.BadParameter(f"say what the file is for: {', '.join(Purpose.words())}", param_hint="--purpose")
    with open_node(find_folder(folder), participant_in(asked.authority)) as node:
        reader = asyncio.run(node.check_authority(asked.authority))
        own = (
            str(participant_of(reader))
            if asked.reporter is None and not asked.message
            else _any(asked.reporter or "any")
        )
        span = Span(
            reader=reader, first=asked.span[0], last=asked.span[1], reporter=own, message=asked.message,
            types=SEIZURES if form.only_seizures else (), status=_status(node, exercise=asked.exercise),
        )  # fmt: skip
        reports = find_reports(node, span)
        if file is None:
            say_list(output, reports, span.status)
            return
        leaving = Leaving(reader=reader, purpose=_purpose(asked.purpose, Purpose.STATISTICS), sections=sections)
        with progress_bar("deciding what may leave", len(reports)) as advance:
            departure = decide_leaving(node, leaving, reports, advance)
        departure.check_some(leaving)
        write_new_bytes(file, form.written[ending](departure, node.clock()))
        say_departure(output, departure, file)


def _write_form(made: YearForm, file: Path, ending: str, use: _Use) -> None:
    at = use.node.clock().isoformat()
    document = leaving_document(made, by=use.reader, purpose=use.purpose.word, at=at)
    if ending == ".json":
        write_new_bytes(file, json_bytes(document))
        return
    says = document["handling"]["says"]
    rows = [(*line_cells(one), says) for one in made.form.lines]
    write_new_bytes(file, csv_bytes((*COLUMNS, "handling"), rows))


def _check_file(file: Path | None, endings: tuple[str, ...]) -> str:
    if file is None:
        return ""
    check_new(file)
    return check_ending(file, endings)


def _sections(words: list[str] | None, *, persons: bool) -> tuple[Section, ...]:
    may = (Section.OPERATIONAL, Section.NOMINAL) if persons else (Section.OPERATIONAL,)
    found = tuple(dict.fromkeys(read_word(Section, word, "--section") for word in words or ()))
    for one in found:
        if one not in may:
            known = nearest(one.word, [each.word for each in may])
            raise typer.BadParameter(f"{one.word} never stands in this form; {known}", param_hint="--section")
    return found


def _any(reporter: str) -> str:
    return "" if reporter == "any" else reporter


def _status(node: Node, *, exercise: bool) -> Status:
    """Return what is counted: what happened, unless somebody asks for a form for training."""
    if not exercise:
        return Status.ACTUAL
    return Status.EXERCISE if node.is_actual else node.directory.root.status


def _purpose(word: str | None, usual: Purpose) -> Purpose:
    return usual if word is None else read_word(Purpose, word, "--purpose")
