"""``tocsin publish``: a file of reports, from the spreadsheet to the bus."""

import asyncio
from pathlib import Path
from typing import Annotated, Final

import typer

from broker.errors import TransportError
from broker.types.vocabulary import RecordKind
from producers.flush import FlushReport
from producers.intake.mapping import NO_MAPPING, load_mapping
from tocsin.cli.app import app
from tocsin.cli.options import AsAuthority, FolderOption, JsonOption, find_folder, participant_in
from tocsin.cli.output import Output, counted, progress_bar, report_error
from tocsin.exits import Exit, exit_of
from tocsin.installation import Node, open_node
from tocsin.previewing import preview_file
from tocsin.publishing import Order, Outcome, Publication, RefusedLine, name_messages, publish_file
from tocsin.showing.audience import audience_rows
from tocsin.showing.plain import plain

REFUSED_SHOWN: Final = 20
_KIND = RecordKind.INCIDENT.word


@app.command("publish", epilog="Example: tocsin publish seizures.csv --as NL/customs --folder exercise")
def publish(
    file: Annotated[Path, typer.Argument(help="CSV, XLSX, JSON Lines, or one record as JSON.", metavar="FILE")],
    *,
    authority: AsAuthority,
    folder: FolderOption = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show what would go to whom, and why.")] = False,
    mapping: Annotated[
        Path | None, typer.Option("--mapping", help="A TOML file that says your columns and words in ours.")
    ] = None,
    persons: Annotated[
        Path | None, typer.Option("--persons", help="A CSV with persons and companies, by national_reference.")
    ] = None,
    sheet: Annotated[str | None, typer.Option("--sheet", help="The sheet of a workbook; else its first.")] = None,
    new: Annotated[bool, typer.Option("--new", help="Rows equal to those of another file are other events.")] = False,
    kind: Annotated[str, typer.Option("--kind", help="What the rows report; files hold incidents.")] = _KIND,
    json: JsonOption = False,
) -> None:
    """Take reports in, sign them and send them. Rows that are refused are kept in a file to be mended."""
    if kind != _KIND:
        raise typer.BadParameter(f"files hold records of kind {_KIND}; for others: tocsin record publish")
    found = find_folder(folder)
    output = Output(json=json)
    with open_node(found, participant_in(authority)) as node:
        order = Order(
            path=file,
            authority=asyncio.run(node.check_authority(authority)),
            mapping=NO_MAPPING if mapping is None else load_mapping(mapping),
            persons=persons,
            sheet=sheet,
            new=new,
        )
        code = _preview(node, order, output) if dry_run else _publish(node, order, output)
    raise typer.Exit(code)


def _publish(node: Node, order: Order, output: Output) -> Exit:
    with progress_bar("taking in") as progress:
        outcome = publish_file(node, order, progress=progress)
    code = Exit.REFUSED if outcome.publication.refused else Exit.DONE
    error: TransportError | None = None
    report: FlushReport | None = None
    try:
        report = asyncio.run(flush(node))
    except TransportError as caught:
        error, code = caught, exit_of(caught)
    publication = name_messages(node, order.authority, outcome.publication)
    _say_outcome(output, Outcome(publication, outcome.files))
    if report is not None:
        say_flush(output, report)
    if error is not None:
        output.say("Not sent yet. Nothing is lost: what was taken in is in the outbox.", style="bold")
        report_error(error)
    output.document(publication)
    return code


async def flush(node: Node) -> FlushReport:
    """Sign and send what waits in the outbox of *node*.

    Raises:
        TransportError: The bus is away; the drafts stay.
        VerificationError: The key may not sign for some authority.
    """
    async with node.bus() as bus:
        return await node.flusher(bus).flush()


def say_flush(output: Output, report: FlushReport) -> None:
    """Say what was sent, and what waits."""
    output.say(f"{counted(report.sent, 'message')} sent.")
    for one in report.parked[:REFUSED_SHOWN]:
        output.say(f"  {plain(one.national_reference)} waits for {plain(one.waits_for)}, which is not published yet")
    if len(report.parked) > REFUSED_SHOWN:
        output.say(f"  and {len(report.parked) - REFUSED_SHOWN} more wait")
    for finding in report.findings:
        output.say(f"  {finding.code} {finding.stream}: {plain(finding.says)}", style="bold")


def say_refused(output: Output, refused: tuple[RefusedLine, ...]) -> None:
    """List refused rows, the first of many."""
    rows = [
        (str(one.line), reason.field or "row", reason.code, reason.message)
        for one in refused[:REFUSED_SHOWN]
        for reason in one.reasons
    ]
    output.table(("line", "field", "code", "what is wrong"), rows)
    if len(refused) > REFUSED_SHOWN:
        output.say(f"and {len(refused) - REFUSED_SHOWN} more rows, all in the file of refused rows")


def _say_outcome(output: Output, outcome: Outcome) -> None:
    publication = outcome.publication
    output.say(
        f"{len(publication.published)} taken in, {len(publication.already)} already there, "
        f"{len(publication.refused)} refused."
    )
    _say_messages(output, publication)
    if publication.refused:
        say_refused(output, publication.refused)
        for path in outcome.files:
            output.say(f"Refused rows: {path}")
        output.say("Mend that file and publish it; only what is new or mended goes out.")


def _say_messages(output: Output, publication: Publication) -> None:
    for one in publication.published[:REFUSED_SHOWN]:
        name = one.message or "not sent yet"
        output.say(f"  line {one.line:<5} {name:<20} your reference {plain(one.national_reference)}")
    for one in publication.already[:REFUSED_SHOWN]:
        name = one.message or "not sent yet"
        output.say(f"  line {one.line:<5} {name:<20} your reference {plain(one.national_reference)}, already there")
    if len(publication.published) > REFUSED_SHOWN:
        output.say(f"  and {len(publication.published) - REFUSED_SHOWN} more")


def _preview(node: Node, order: Order, output: Output) -> Exit:
    previewed = preview_file(node, order)
    output.say("Dry run: nothing is taken in, nothing is sent.", style="bold")
    for group in previewed.groups:
        lines = ", ".join(str(line) for line in group.lines[:REFUSED_SHOWN])
        more = f" and {len(group.lines) - REFUSED_SHOWN} more" if len(group.lines) > REFUSED_SHOWN else ""
        output.say(
            f"Lines {lines}{more} (TLP:{group.tlp.word}):"
            if group.lines[1:]
            else f"Line {lines} (TLP:{group.tlp.word}):"
        )
        output.table(("section", "seen by", "because"), audience_rows(group.audience))
        told = ", ".join(group.audience.alerted) or "nobody"
        output.say(f"Alerted: {told}.")
    if previewed.refused:
        output.say(f"{len(previewed.refused)} would be refused:")
        say_refused(output, previewed.refused)
    output.document(previewed.document())
    return Exit.REFUSED if previewed.refused else Exit.DONE
