"""``tocsin record``: a single typed record, such as an agreement."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from broker.errors import TransportError
from producers.intake.rows import FieldProblem
from producers.publish import Already, Declined, Taken, take
from tocsin.cli.app import app
from tocsin.cli.options import AsAuthority, FolderOption, JsonOption, find_folder, participant_in
from tocsin.cli.output import Output, report_error
from tocsin.cli.publish import flush, say_flush, say_refused
from tocsin.exits import Exit, exit_of
from tocsin.installation import Node, open_node
from tocsin.publishing import Publication, PublishedRow, RefusedLine, name_messages
from tocsin.record_file import read_record

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
        (outcome,) = take(node.engine, lambda: [draft])
        code = Exit.REFUSED if isinstance(outcome, Declined) else Exit.DONE
        try:
            say_flush(output, asyncio.run(flush(node)))
        except TransportError as error:
            output.say("Not sent yet. Nothing is lost: it is in the outbox.", style="bold")
            report_error(error)
            code = exit_of(error)
        publication = name_messages(node, author, _publication(outcome))
        _say(output, publication, node)
        output.document(publication)
    raise typer.Exit(code)


def _publication(outcome: Taken | Already | Declined) -> Publication:
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
        output.say(f"Published as {one.message or 'not sent yet'} by node {node.name}.")
    for one in publication.already:
        output.say(f"Already there as {one.message or 'not sent yet'}: nothing was done.")
    if publication.refused:
        say_refused(output, publication.refused)
