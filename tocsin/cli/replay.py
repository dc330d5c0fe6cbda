"""``tocsin audit replay``: decide again what was decided, and compare."""

import asyncio

import typer

from consumers.replay import Replayed
from tocsin.cli.audit import commands
from tocsin.cli.options import AsAuthority, FolderOption, JsonOption, find_folder, participant_in
from tocsin.cli.output import Output, progress_bar
from tocsin.exits import Exit
from tocsin.installation import open_node
from tocsin.replaying import replay as replay_decisions
from tocsin.showing.plain import counted


@commands.command("replay", epilog="Example: tocsin audit replay --as BE/police --folder exercise --json")
def replay(*, authority: AsAuthority, folder: FolderOption = None, json: JsonOption = False) -> None:
    """Decide again every decision about what an authority may have, or about what it sent, and compare.

    By the tables and the directory that each decision names. Ends with 1 if an outcome is not the one on record.
    """
    output = Output(json=json)
    with open_node(find_folder(folder), participant_in(authority)) as node, progress_bar("decisions") as progress:
        found = replay_decisions(node, asyncio.run(node.check_authority(authority)), progress=progress)
    _say(output, found)
    output.document(found)
    if found.findings:
        raise typer.Exit(Exit.FINDINGS)


def _say(output: Output, found: Replayed) -> None:
    output.say(
        f"{counted(found.decisions, 'decision')}, {found.replayed} decided again; "
        f"{found.without_content} about messages whose content is not here."
    )
    if not found.findings:
        output.say("Every one comes out as it is on record.", style="bold")
        return
    output.say(f"{counted(len(found.findings), 'finding')}:", style="bold")
    output.table(("code", "place", "what it means"), ((one.code, one.place, one.message) for one in found.findings))
