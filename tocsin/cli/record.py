"""``tocsin record``: a single typed record, such as an agreement."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from broker.errors import BrokerError
from producers.intake.rows import FieldProblem
from producers.named import name_problems
from producers.publish import Already, Declined, Outcome, Taken, Terms, take
from tocsin.cli.app import app
from tocsin.cli.options import AsAuthority, FolderOption, JsonOption, find_folder, participant_in
from tocsin.cli.output import Output
from tocsin.cli.publish import flush, say_flush
from tocsin.exits import Exit, exit_of
from tocsin.installation import Node, open_node
from tocsin.publishing import Publication, PublishedRow, RefusedLine, known_names, name_messages
from tocsin.record_file import read_record
from tocsin.showing.plain import plain

commands = typer.Typer(
    no_args_is_help=True, help="Agreements, groups and contacts, one a JSON file.", rich_markup_mode=None
)
app.add_typer(commands, name="record")


@commands.command("publish", epilog="Example: tocsin record publish agreement.json --as NL/customs --folder exercise")
def publish(
    file: Annotated[Path, typer.Argument(help="The record: kind, tlp, core.", metavar="FILE")],
    *,
    authority: AsAuthority,
    folder: FolderOption = None,
    json: JsonOption = False,
) -> None:
    """Publish one agreement, group or contact."""
    output = Output(json=json)
    with open_node(find_folder(folder), participant_in(authority)) as node:
        author = asyncio.run(node.check_authority(authority))
        draft = read_record(file, authority=author, authored_at=node.clock(), status=node.federation.status)
        unknown = name_problems(draft.core.marking, known_names(node, author))
        if unknown:
            outcome: Outcome = Declined(0, draft.national_reference, unknown)
        else:
            (outcome,) = take(node.engine, lambda: [draft], Terms(actual=node.is_actual))
        flushed = flush(node)
        publication = name_messages(node, author, _publication(outcome))
        _say(output, publication, node)
        say_flush(output, flushed)
        output.document(publication)
    if isinstance(flushed, BrokerError):
        raise typer.Exit(exit_of(flushed))
    raise typer.Exit(Exit.REFUSED if publication.refused else Exit.DONE)


def _publication(outcome: Outcome) -> Publication:
    match outcome:
        case Taken():
            return Publication((PublishedRow(0, None, outcome.national_reference),), (), ())
        case Already():
            name = None if outcome.message is None else str(outcome.message)
            return Publication((), (), (PublishedRow(0, name, outcome.national_reference),))
        case Declined():
            problems: tuple[FieldProblem, ...] = outcome.problems
            return Publication((), (RefusedLine(0, problems),), ())


def _say(output: Output, publication: Publication, node: Node) -> None:
    for one in publication.published:
        became = f"published as {one.message} by node {node.name}" if one.message else "taken in, and not signed yet"
        output.say(f"Your record {plain(one.national_reference)} is {became}.")
    for one in publication.already:
        became = f"published as {one.message}" if one.message else "taken in, and not signed yet"
        output.say(f"Your record {plain(one.national_reference)} was there before, {became}; it is not taken in again.")
    for reason in (reason for line in publication.refused for reason in line.reasons):
        output.say(f"Refused, {reason.code}: {plain(reason.field or 'record')}: {plain(reason.message)}", style="bold")
