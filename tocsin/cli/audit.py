"""``tocsin audit``: check the whole record."""

import asyncio
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Final

import typer

from consumers.findings import Finding
from tocsin.auditing import AuditOptions, AuditReport, audit_folder
from tocsin.cli.app import app
from tocsin.cli.options import FolderOption, JsonOption, find_folder
from tocsin.cli.output import Output, progress_bar
from tocsin.exits import Exit
from tocsin.showing.plain import counted, thousands

SHOWN_OF_A_KIND: Final = 10

commands = typer.Typer(no_args_is_help=True, help="Check the record, trusting nobody.", rich_markup_mode=None)
app.add_typer(commands, name="audit")


WorkersOption = Annotated[
    int | None,
    typer.Option("--workers", min=1, help="How many processes share the work.", show_default="one a processor"),
]
StateOption = Annotated[
    Path | None,
    typer.Option(
        "--state",
        help="Keep the work in this file, and go on with it where an audit was interrupted; it goes when that is done.",
        dir_okay=False,
        show_default=False,
    ),
]
ContentOption = Annotated[
    bool,
    typer.Option(
        "--without-content",
        help="Check signatures, chains, digests, log and decisions, and decode no content: four times as fast. Then"
        " nobody has looked whether what was signed can be read, and is what its header commits to.",
    ),
]


@commands.command("check", epilog="Example: tocsin audit check --folder exercise --json")
def check(
    *,
    folder: FolderOption = None,
    workers: WorkersOption = None,
    state: StateOption = None,
    without_content: ContentOption = False,
    json: JsonOption = False,
) -> None:
    """Check every message, the log, and every node's database against both. Ends with 1 if something is wrong."""
    output = Output(json=json)
    options = AuditOptions(workers=workers, content=not without_content, state=state)
    with progress_bar("messages") as progress:
        report = asyncio.run(audit_folder(find_folder(folder), progress=progress, options=options))
    _say(output, report)
    output.document(report.document())
    if report.findings:
        raise typer.Exit(Exit.FINDINGS)


def _say(output: Output, report: AuditReport) -> None:
    output.say(
        f"{counted(report.messages, 'message')}, {counted(report.signatures, 'signature')} checked, "
        f"{report.repeated} repeated; nodes compared: {', '.join(report.nodes) or 'none'}."
    )
    output.say(_of_the_log(report))
    if report.not_compared:
        there_is = "There is no database to compare for"
        output.say(f"{there_is} {', '.join(report.not_compared)}: never used, or taken away.", style="bold")
    if not report.findings:
        output.say("No findings.", style="bold")
        return
    output.say(f"{counted(len(report.findings), 'finding')}:", style="bold")
    output.table(("code", "place", "what it means"), _rows(report.findings))


def _of_the_log(report: AuditReport) -> str:
    if report.appointed is None:
        return "This network has no notary, so there is no log: who cuts an end off is found by HEADS and nodes alone."
    unlogged = f"{counted(report.unlogged, 'message')} not in it yet"
    if not report.log_size:
        return f"The log shows nothing to check; {unlogged}."
    cosigned = f"cosigned by {report.witnesses} of {report.appointed} appointed"
    quorum = f"a quorum is {report.quorum}" if report.quorum else "nobody has to"
    return f"The log: {thousands(report.log_size)} entries, {cosigned}, {quorum}; {unlogged}."


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
