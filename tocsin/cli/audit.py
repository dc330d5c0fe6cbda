"""``tocsin audit``: check the whole record."""

import asyncio

import typer

from tocsin.auditing import AuditReport, audit_folder
from tocsin.cli.app import app
from tocsin.cli.options import FolderOption, JsonOption, find_folder
from tocsin.cli.output import Output, progress_bar
from tocsin.exits import Exit
from tocsin.showing.plain import counted

commands = typer.Typer(no_args_is_help=True, help="Check the record, trusting nobody.", rich_markup_mode=None)
app.add_typer(commands, name="audit")


@commands.command("check", epilog="Example: tocsin audit check --folder exercise --json")
def check(*, folder: FolderOption = None, json: JsonOption = False) -> None:
    """Check every message on the bus, and every node's database against it. Ends with 1 if something is wrong."""
    output = Output(json=json)
    with progress_bar("messages") as progress:
        report = asyncio.run(audit_folder(find_folder(folder), progress=progress))
    _say(output, report)
    output.document(report.document())
    if report.findings:
        raise typer.Exit(Exit.FINDINGS)


def _say(output: Output, report: AuditReport) -> None:
    output.say(
        f"{counted(report.messages, 'message')}, {counted(report.signatures, 'signature')} checked, "
        f"{report.repeated} repeated; nodes compared: {', '.join(report.nodes) or 'none'}."
    )
    if not report.findings:
        output.say("No findings.", style="bold")
        return
    output.say(f"{counted(len(report.findings), 'finding')}:", style="bold")
    rows = ((one.code, one.place, one.message) for one in report.findings)
    output.table(("code", "place", "what it means"), rows)
