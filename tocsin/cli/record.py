"""``tocsin record``: a single typed record, such as an agreement."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from tocsin.cli.app import app
from tocsin.cli.one_record import publish_one
from tocsin.cli.options import AsAuthority, FolderOption, JsonOption, find_folder, participant_in
from tocsin.cli.output import Output
from tocsin.cli.reading_back import count_here
from tocsin.exits import Exit
from tocsin.installation import open_node
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
        publication, code = publish_one(node, author, draft, output)
        if code is Exit.DONE:
            count_here(node, output)
        output.document(publication)
    raise typer.Exit(code)
