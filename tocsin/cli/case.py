"""``tocsin case``: search, suggest what may be the same event, show a case across messages."""

import asyncio
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Final

import msgspec
import typer

from broker.catalogue import Catalogue
from broker.records.incident import IncidentType
from broker.types.names import Originator
from broker.types.vocabulary import Status
from consumers.search.finding import Query
from tocsin.casework.case_view import Case, case_of, cases
from tocsin.casework.one_incident import find_draft, find_incident
from tocsin.casework.search import MOST_FOUND, Search, open_search
from tocsin.casework.showing import (
    CASE_COLUMNS,
    FOUND_COLUMNS,
    case_document,
    case_lines,
    case_row,
    found_document,
    found_row,
    suggestion_document,
    suggestion_lines,
)
from tocsin.casework.suggesting import suggest as suggest_for
from tocsin.cataloguing import catalogue_at
from tocsin.cli.app import app
from tocsin.cli.inbox import MessageArgument
from tocsin.cli.moments import read_day
from tocsin.cli.options import AsAuthority, FolderOption, JsonOption, find_folder, participant_in, read_word
from tocsin.cli.output import Output, errors, progress_bar
from tocsin.installation import Node, open_node
from tocsin.naming import names_in
from tocsin.showing.items import BANNER
from tocsin.showing.plain import counted
from tocsin.substances import unknown

commands = typer.Typer(
    no_args_is_help=True,
    help="Cases: search, what may be the same event, one view across messages, matches, tracing back.",
    rich_markup_mode=None,
)
app.add_typer(commands, name="case")

SubstanceOption = Annotated[
    list[str] | None,
    typer.Option("--substance", help="Our id or an exact name; may be repeated.", metavar="NAME"),
]
CountryOption = Annotated[
    list[str] | None,
    typer.Option("--country", help="Any country that it names, like BG; may be repeated.", metavar="CODE"),
]
TypeOption = Annotated[
    list[str] | None,
    typer.Option("--type", help=f"May be repeated: {', '.join(IncidentType.words())}.", metavar="WORD"),
]
FromOption = Annotated[str | None, typer.Option("--from", help="It may have happened on this day or later.")]
UntilOption = Annotated[str | None, typer.Option("--to", help="It may have happened on this day or earlier.")]
MostOption = Annotated[int, typer.Option("--most", help="How many are shown, the latest first.", min=1, max=10_000)]
RENAMED: Final = "A newer edition of the catalogue has come: the index is named by it anew, which takes a while."


@contextmanager
def searching(authority: str, folder: Path | None) -> Iterator[tuple[Node, Search, Originator]]:
    """Give a node, its index and the authority that asks."""
    with open_node(find_folder(folder), participant_in(authority)) as node:
        reader = asyncio.run(node.check_authority(authority))
        with open_search(node) as search:
            if search.is_behind():
                errors().print(RENAMED, soft_wrap=True)
            with progress_bar("Taking into the index") as progress:
                search.catch_up(progress)
            yield node, search, reader


@commands.command(
    "search", epilog="Example: tocsin case search --as NL/customs --substance AA --country BG --from 2026-01-01"
)
def search_(
    *,
    authority: AsAuthority,
    substance: SubstanceOption = None,
    country: CountryOption = None,
    from_: FromOption = None,
    to: UntilOption = None,
    type_: TypeOption = None,
    most: MostOption = MOST_FOUND,
    folder: FolderOption = None,
    json: JsonOption = False,
) -> None:
    """Find incidents that an authority may see, its own drafts too: by substance, country, day and type."""
    query = Query(
        countries=tuple(_country(one) for one in country or ()),
        first=read_day(from_, "--from"),
        last=read_day(to, "--to"),
        types=tuple(read_word(IncidentType, one, "--type") for one in type_ or ()),
    )
    output = Output(json=json)
    with searching(authority, folder) as (node, search, reader):
        catalogue = catalogue_at(node, reader)
        ids = tuple(one for text in substance or () for one in _ids(catalogue, text))
        found = search.find(reader, msgspec.structs.replace(query, substances=ids), most=most)
        _say_banner(output, (one.facts.status for one in found))
        if found:
            output.table(FOUND_COLUMNS, (found_row(one) for one in found))
            more = f"; more may be there, see --most {most}" if len(found) == most else ""
            output.say(f"{counted(len(found), 'incident')}{more}.")
        else:
            output.say(
                f"No such incidents for {reader}, sent or received. Has the node received? tocsin receive --as {reader}"
            )
        output.document([found_document(one) for one in found])


@commands.command("suggest", epilog="Example: tocsin case suggest NL/customs/1#42 --as NL/customs --folder exercise")
def suggest(
    message: Annotated[str, typer.Argument(help="The report, like NL/customs/1#42.", metavar="MESSAGE")] = "",
    *,
    authority: AsAuthority,
    draft: Annotated[str, typer.Option("--draft", help="Or: your reference of a record that is not sent yet.")] = "",
    folder: FolderOption = None,
    json: JsonOption = False,
) -> None:
    """Suggest which incidents may be the same event, or the whole of which one is a part, with reasons."""
    if bool(message) == bool(draft):
        raise typer.BadParameter("name the message, or the --draft by its reference", param_hint="MESSAGE")
    output = Output(json=json)
    with searching(authority, folder) as (node, search, reader):
        one = find_draft(search, reader, draft) if draft else find_incident(node, search, reader, message)
        suggestions = suggest_for(search, reader, one.facts, but=one)
        _say_banner(output, (each.found.facts.status for each in suggestions))
        for suggestion in suggestions:
            output.lines(suggestion_lines(suggestion))
        if suggestions:
            output.say(f"{counted(len(suggestions), 'suggestion')}; nothing is linked by it. A person says so:")
            output.say("tocsin case link MESSAGE --to OTHER --as-relation duplicates")
        else:
            output.say("Nothing that is alike enough to suggest.")
        output.document([suggestion_document(suggestion) for suggestion in suggestions])


@commands.command("show", epilog="Example: tocsin case show NL/customs/1#42 --as BE/police --folder exercise")
def show(
    message: MessageArgument, *, authority: AsAuthority, folder: FolderOption = None, json: JsonOption = False
) -> None:
    """Show the case that a message is of, as far as the authority may see it: what happened, what is owed, how much."""
    output = Output(json=json)
    with searching(authority, folder) as (node, search, reader):
        case = case_of(node, search, reader, message)
        _say_case(output, node, reader, case)
        output.document(case_document(case))


@commands.command("list", epilog="Example: tocsin case list --as NL/customs --folder exercise")
def list_(*, authority: AsAuthority, folder: FolderOption = None, json: JsonOption = False) -> None:
    """List the cases of more than one message."""
    output = Output(json=json)
    with searching(authority, folder) as (node, search, reader):
        found = cases(node, search, reader)
        _say_banner(output, (part.item.status for one in found for part in one.parts))
        if found:
            output.table(CASE_COLUMNS, (case_row(one) for one in found))
            first = found[-1].parts[0].item.message
            output.say(f"{counted(len(found), 'case')}. Next: tocsin case show {first} --as {reader}")
        else:
            output.say(f"No message speaks of another one that {reader} may see.")
        output.document([case_document(one) for one in found])


def _say_case(output: Output, node: Node, reader: Originator, case: Case) -> None:
    items = [part.item for part in case.parts]
    _say_banner(output, (one.status for one in items))
    names = {**names_in(node, reader, items), **{one.original: one.message for one in items}}
    output.lines(case_lines(case, names))


def _say_banner(output: Output, statuses: Iterable[Status]) -> None:
    """Say above a list what in it is no real case."""
    for text in dict.fromkeys(filter(None, map(BANNER.get, statuses))):
        output.say(text, style="bold")


def _ids(catalogue: Catalogue, text: str) -> tuple[str, ...]:
    if text in catalogue.ids:
        return (text,)
    found = catalogue.exact_ids(text)
    if len(found) == 1:
        return found
    says = f"{text[:40]!r} may be {', '.join(found)}: name one" if found else _unknown(catalogue, text)
    raise typer.BadParameter(says, param_hint="--substance")


def _unknown(catalogue: Catalogue, text: str) -> str:
    error = unknown(catalogue, text)
    return f"{text[:40]!r} is no substance by id or exact name. {error.hint}"


def _country(text: str) -> str:
    if len(text) == 2 and text.isascii() and text.isupper():
        return text
    raise typer.BadParameter(
        f"{text[:40]!r} is no country code; expected two capitals, like NL", param_hint="--country"
    )
