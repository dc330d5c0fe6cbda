"""``tocsin audit archive``: the record as a folder, to be audited elsewhere."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from tocsin.archive import archive_record
from tocsin.cli.audit import commands
from tocsin.cli.options import FolderOption, JsonOption, find_folder
from tocsin.cli.output import Output, progress_bar
from tocsin.installation import now
from tocsin.showing.plain import counted, thousands


@commands.command("archive", epilog="Example: tocsin audit archive for-the-auditor --folder exercise")
def archive(
    to: Annotated[Path, typer.Argument(help="Where it is made; not there yet, or empty.", metavar="DIR")],
    *,
    folder: FolderOption = None,
    json: JsonOption = False,
) -> None:
    """Copy topics and log into a folder that anybody can audit: no node, no key, nothing that is not on the bus.

    An auditor without a way into the bus checks it with tocsin audit check --folder DIR.
    """
    output = Output(json=json)
    with progress_bar("messages") as progress:
        copied = asyncio.run(archive_record(find_folder(folder), to, clock=now, progress=progress))
    output.say(
        f"{counted(copied.messages, 'message')} of {counted(copied.topics, 'topic')} are in {to}, "
        f"and a log of size {thousands(copied.log_size)}."
    )
    if copied.absent:
        output.say(f"The log lacks {counted(len(copied.absent), 'file')}, {copied.absent[0]} first.", style="bold")
    if copied.missing:
        parts = counted(len(copied.missing), "part")
        output.say(f"The bus does not give {parts} of topics, {copied.missing[0]} first.", style="bold")
    output.say("Tell whoever audits it the root digest by another way; in federation.toml it proves nothing.")
    output.say(f"Next: tocsin audit check --folder {to}")
    output.document(copied)
