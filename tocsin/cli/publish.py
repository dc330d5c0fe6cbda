"""``tocsin publish``: a file of reports, from the spreadsheet to the bus."""

import asyncio
from pathlib import Path
from typing import Annotated, Final

import typer

from broker.errors import (
    BadIdentity,
    BadTable,
    BrokerError,
    BusForbidden,
    BusMisconfigured,
    KeyNotValid,
    KeyRevoked,
    MissingKey,
    TransportError,
    UnknownKey,
    VerificationError,
)
from broker.policy.vocabulary import nearest
from broker.types.vocabulary import RecordKind
from producers.flush import FlushReport
from producers.intake.form import Form
from producers.intake.forms import FORMS, form_of
from producers.intake.mapping import NO_MAPPING, load_mapping
from tocsin.casework.keeping import keep_index
from tocsin.cli.app import app
from tocsin.cli.heads import give_account_of
from tocsin.cli.log_said import look_at_log
from tocsin.cli.options import FolderOption, JsonOption, find_folder, participant_in
from tocsin.cli.output import Output, progress_bar, report_error
from tocsin.cli.reading_back import count_here
from tocsin.exits import Exit, exit_of
from tocsin.installation import Node, open_node
from tocsin.previewing import preview_file
from tocsin.publishing import Order, Outcome, Publication, Question, RefusedLine, name_messages, publish_file
from tocsin.purging import purge_node
from tocsin.sealing_keys import destroy_ended_keys
from tocsin.showing.audience import audience_rows, names
from tocsin.showing.columns import column_rows, columns_document
from tocsin.showing.plain import counted, plain, thousands

REFUSED_SHOWN: Final = 20
_AGAIN: Final = "Then publish the same file again: what waits goes out, nothing goes out twice."
_KIND: Final = RecordKind.INCIDENT.word
_KINDS: Final = tuple(kind.word for kind in FORMS)


@app.command(
    "publish", epilog="Example: tocsin publish shipments.xlsx --kind shipment --as NL/regulator --folder exercise"
)
def publish(
    file: Annotated[
        Path | None, typer.Argument(help="CSV, XLSX, JSON Lines, or one record as JSON.", metavar="FILE")
    ] = None,
    *,
    authority: Annotated[
        str | None, typer.Option("--as", help="The authority you act for, like NL/customs.", metavar="NAME")
    ] = None,
    folder: FolderOption = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show what would go to whom, and why.")] = False,
    columns: Annotated[
        bool, typer.Option("--columns", help="Only list the columns that a file of that --kind may have.")
    ] = False,
    mapping: Annotated[
        Path | None, typer.Option("--mapping", help="A TOML file that says your columns and words in ours.")
    ] = None,
    persons: Annotated[
        Path | None, typer.Option("--persons", help="A CSV with persons and companies, by national_reference.")
    ] = None,
    sheet: Annotated[str | None, typer.Option("--sheet", help="The sheet of a workbook; else its first.")] = None,
    new: Annotated[bool, typer.Option("--new", help="Rows equal to those of another file are other events.")] = False,
    kind: Annotated[str, typer.Option("--kind", help=f"What the rows report: {', '.join(_KINDS)}.")] = _KIND,
    json: JsonOption = False,
) -> None:
    """Take records in, sign them and send them. Rows that are refused are kept in a file to be mended."""
    form = _form(kind)
    output = Output(json=json)
    if columns:
        say_columns(form, output)
        return
    if file is None or authority is None:
        missing = "FILE" if file is None else "--as"
        raise typer.BadParameter("needed, unless --columns asks what a file may have", param_hint=missing)
    found = find_folder(folder)
    with open_node(found, participant_in(authority)) as node:
        order = Order(
            path=file,
            authority=asyncio.run(node.check_authority(authority)),
            kind=form.kind,
            mapping=NO_MAPPING if mapping is None else load_mapping(mapping, form.known),
            persons=persons,
            sheet=sheet,
            new=new,
        )
        code = _preview(node, order, output) if dry_run else _publish(node, order, output)
    raise typer.Exit(code)


def _form(kind: str) -> Form:
    if kind in _KINDS:
        return form_of(RecordKind.from_word(kind))
    hint = "; for others: tocsin record publish" if kind in RecordKind.words() else ""
    raise typer.BadParameter(f"{kind[:40]!r}: {nearest(kind[:40], _KINDS)}{hint}", param_hint="--kind")


def say_columns(form: Form, output: Output) -> None:
    """List the columns that a file of the *form*'s kind may have."""
    output.table(("column", "", "says"), column_rows(form))
    output.say(f"A nested record has {', '.join(form.known.sections)}. docs/intake.md tells the rest.")
    output.document(columns_document(form))


def _publish(node: Node, order: Order, output: Output) -> Exit:
    with progress_bar("taking in") as progress:
        outcome = publish_file(node, order, progress=progress)
    flushed = flush(node)
    publication = name_messages(node, order.authority, outcome.publication)
    _say_outcome(output, Outcome(publication, outcome.files))
    _say_questions(output, publication.questions)
    say_flush(output, flushed)
    output.document(publication)
    if isinstance(flushed, BrokerError):
        return exit_of(flushed)
    if order.kind is RecordKind.NOTIFICATION and flushed.sent:
        # Shipments against it are told to the countries that it names.
        count_here(node, output)
    return Exit.REFUSED if publication.refused else Exit.DONE


def flush(node: Node) -> FlushReport | BrokerError:
    """Sign and send what waits in the outbox of *node*; return why not, if something stays there."""
    try:
        return asyncio.run(_flush(node))
    except (UnknownKey, KeyNotValid, KeyRevoked) as error:
        error.hint = error.hint or f"Make a new key: tocsin directory rotate --as {node.participant}. {_AGAIN}"
        return error
    except VerificationError as error:
        return error
    except (TransportError, BusForbidden, BusMisconfigured, BadIdentity, MissingKey, BadTable) as error:
        error.hint = error.hint or _AGAIN
        return error


async def _flush(node: Node) -> FlushReport:
    destroy_ended_keys(node, node.clock())
    purge_node(node)
    async with node.bus() as bus:
        flushed = await node.flusher(bus).flush()
        await give_account_of(node, bus)
        await look_at_log(node)
        keep_index(node)
        return flushed


def say_flush(output: Output, flushed: FlushReport | BrokerError) -> None:
    """Say what was sent, what waits, and why."""
    if isinstance(flushed, BrokerError):
        output.say("NOT SENT yet. Nothing is lost: what was taken in waits in the outbox.", style="bold")
        report_error(flushed)
        return
    _say_report(output, flushed)


def flush_document(flushed: FlushReport | BrokerError) -> dict[str, object]:
    """Return what ``--json`` prints of a flush."""
    if isinstance(flushed, BrokerError):
        return {"error": flushed.code}
    return {
        "sent": flushed.sent,
        "released": flushed.released,
        "nodes": flushed.nodes,
        "unreached": flushed.unreached,
        "findings": [{"code": one.code, "stream": str(one.stream), "says": one.says} for one in flushed.findings],
    }


def _say_report(output: Output, report: FlushReport) -> None:
    if report.sent or not report.released:
        output.say(f"{counted(report.sent, 'message')} sent.")
    if report.released:
        output.say(f"Keys of {counted(report.released, 'message')} released to {counted(report.nodes, 'node')}.")
    if report.unreached:
        who = names(report.unreached)
        output.say(f"Not reached, for their nodes have no sealing key yet: {who}. They get the keys when there is one.")
    for one in report.parked[:REFUSED_SHOWN]:
        output.say(f"  {plain(one.national_reference)} waits for {plain(one.waits_for)}, which is not published yet")
    if len(report.parked) > REFUSED_SHOWN:
        output.say(f"  and {len(report.parked) - REFUSED_SHOWN} more wait")
    for finding in report.findings:
        output.say(f"  {finding.code} {finding.stream}: {plain(finding.says)}", style="bold")


def _say_refused(output: Output, refused: tuple[RefusedLine, ...], *, rest: str) -> None:
    """List refused rows, the first of many; *rest* says where the others are."""
    rows = [
        (str(one.line), reason.field or "row", reason.code, reason.message)
        for one in refused[:REFUSED_SHOWN]
        for reason in one.reasons
    ]
    output.table(("line", "field", "code", "what is wrong"), rows)
    if len(refused) > REFUSED_SHOWN:
        output.say(f"and {counted(len(refused) - REFUSED_SHOWN, 'more row')}: {rest}")


def _say_questions(output: Output, questions: tuple[Question, ...]) -> None:
    if not questions:
        return
    output.say(f"{counted(len(questions), 'question')}, which kept nothing back; please look:")
    rows = [(str(one.line), one.field or "row", one.code, one.message) for one in questions[:REFUSED_SHOWN]]
    output.table(("line", "field", "code", "what looks wrong"), rows)
    if len(questions) > REFUSED_SHOWN:
        output.say(f"and {counted(len(questions) - REFUSED_SHOWN, 'more question')}: --json lists all of them")


def _say_outcome(output: Output, outcome: Outcome) -> None:
    publication = outcome.publication
    output.say(
        f"{thousands(len(publication.published))} taken in, {thousands(len(publication.already))} already there, "
        f"{thousands(len(publication.refused))} refused."
    )
    _say_messages(output, publication)
    if publication.refused:
        _say_refused(output, publication.refused, rest="the file of refused rows has all of them, with reasons")
        for path in outcome.files:
            output.say(f"Refused rows, to be mended: {path}")
        output.say("Mend that file and publish it; only what is new or mended goes out.")


def _say_messages(output: Output, publication: Publication) -> None:
    for one in publication.published[:REFUSED_SHOWN]:
        name = one.message or "not sent yet"
        output.say(f"  line {one.line:<5} {name:<20} your reference {plain(one.national_reference)}")
    if len(publication.published) > REFUSED_SHOWN:
        output.say(f"  and {thousands(len(publication.published) - REFUSED_SHOWN)} more")
    for one in publication.already[:REFUSED_SHOWN]:
        name = one.message or "not sent yet"
        output.say(f"  line {one.line:<5} {name:<20} your reference {plain(one.national_reference)}, already there")
    if len(publication.already) > REFUSED_SHOWN:
        output.say(f"  and {thousands(len(publication.already) - REFUSED_SHOWN)} more that are already there")


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
        if group.audience.unreached:
            output.say(f"Cannot be reached now, for want of a sealing key: {names(group.audience.unreached)}.")
    if previewed.refused:
        output.say(f"{counted(len(previewed.refused), 'row')} would be refused:")
        _say_refused(output, previewed.refused, rest="--json lists all of them")
    _say_questions(output, previewed.questions)
    output.document(previewed.document())
    return Exit.REFUSED if previewed.refused else Exit.DONE
