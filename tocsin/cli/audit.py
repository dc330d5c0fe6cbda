"""``tocsin audit``: check the whole record."""

import asyncio
from collections.abc import Iterator, Sequence
from typing import Final

import typer

from consumers.findings import Finding
from tocsin.auditing import AuditReport, audit_folder
from tocsin.cli.app import app
from tocsin.cli.options import FolderOption, JsonOption, find_folder
from tocsin.cli.output import Output, progress_bar
from tocsin.exits import Exit
from tocsin.showing.plain import counted

SHOWN_OF_A_KIND: Final = 10

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
    if report.not_compared:
        there_is = "There is no database to compare for"
        output.say(f"{there_is} {', '.join(report.not_compared)}: never used, or taken away.", style="bold")
    if not report.findings:
        output.say("No findings.", style="bold")
        return
    output.say(f"{counted(len(report.findings), 'finding')}:", style="bold")
    output.table(("code", "place", "what it means"), _rows(report.findings))


def _rows(findings: Sequence[Finding]) -> Iterator[tuple[str, str, str]]:
    """Yield the findings, and for one that repeats itself many times the first few and their number."""
    alike: dict[str, list[Finding]] = {}
    for one in findings:
        alike.setdefault(one.code, []).append(one)
    for code, several in alike.items():
        yield from ((one.code, one.place, one.message) for one in several[:SHOWN_OF_A_KIND])
        if len(several) > SHOWN_OF_A_KIND:
            yield (
                code,
                f"and {len(several) - SHOWN_OF_A_KIND} more",
                "all of them are in the document that --json prints",
            )
