"""``tocsin release``: keys that go out after their messages."""

import asyncio
from typing import Annotated

import typer

from broker.errors import BrokerError
from broker.types.names import check_authority
from producers.recovery import let_go
from tocsin.cli.app import app
from tocsin.cli.options import AsAuthority, FolderOption, JsonOption, find_folder, participant_in
from tocsin.cli.output import Output
from tocsin.cli.publish import flush, flush_document, say_flush
from tocsin.exits import Exit, exit_of
from tocsin.installation import open_node
from tocsin.releasing import release_again
from tocsin.showing.plain import counted


@app.command("release", epilog="Example: tocsin release NL/customs/1#42 --as NL/customs --to BE/police")
def release(
    message: Annotated[
        str | None, typer.Argument(help="A message whose readers lost its keys, like NL/customs/1#42.")
    ] = None,
    *,
    authority: AsAuthority,
    to: Annotated[
        str | None, typer.Option("--to", help="Only to the node of this authority; else to all who may have it.")
    ] = None,
    due: Annotated[
        bool, typer.Option("--due", help="Release what is due: embargoes that ended, readers who are new.")
    ] = False,
    held: Annotated[
        bool, typer.Option("--held", help="Publish the drafts that are held because they may be on the bus already.")
    ] = False,
    folder: FolderOption = None,
    json: JsonOption = False,
) -> None:
    """Give the keys of messages to those who may have them and do not have them: by the policy of today."""
    if sum((message is not None, due, held)) != 1:
        raise typer.BadParameter("name one message, or say --due or --held")
    if to is not None and message is None:
        raise typer.BadParameter("--to belongs to a message", param_hint="--to")
    output = Output(json=json)
    with open_node(find_folder(folder), participant_in(authority)) as node:
        issuer = asyncio.run(node.check_authority(authority))
        again = None
        if message is not None:
            reader = None if to is None else check_authority(to)
            again = asyncio.run(release_again(node, message, issuer, reader))
            sections = ", ".join(again.sections)
            output.say(f"{again.message}: {sections} for {counted(len(again.nodes), 'node')}.")
        elif held:
            output.say(f"{counted(let_go(node.engine, issuer), 'held draft')} may go out now.")
        flushed = flush(node)
        say_flush(output, flushed)
        output.document({"again": again, "flush": flush_document(flushed)})
    raise typer.Exit(exit_of(flushed) if isinstance(flushed, BrokerError) else Exit.DONE)
