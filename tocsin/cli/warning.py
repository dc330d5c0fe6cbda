"""``tocsin warning``: find what is new or unusual, draft a warning of it, send it, and list what others warn of."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Final

import msgspec
import typer

from broker.database import reading
from broker.signals.find import Findings
from broker.signals.observation import Window
from broker.signals.parameters import USUAL, Method, Parameters
from broker.signals.periods import Grain
from broker.types.names import Originator
from broker.types.vocabulary import RecordKind
from consumers.inbox import Item, items_of_kind
from tocsin.cli.app import app
from tocsin.cli.moments import read_day
from tocsin.cli.one_record import publish_one
from tocsin.cli.options import AsAuthority, FolderOption, JsonOption, find_folder, participant_in, read_word
from tocsin.cli.output import Output
from tocsin.early_warning import drafting, observing
from tocsin.early_warning.parts import load_parts
from tocsin.early_warning.sending import draft_warning
from tocsin.early_warning.showing import (
    SIGNAL_COLUMNS,
    WARNING_COLUMNS,
    findings_document,
    methods,
    signal_document,
    signal_rows,
    warning_document,
    warning_rows,
)
from tocsin.early_warning.warning_file import WarningFile, read_warning, write_warning
from tocsin.installation import Node, open_node
from tocsin.showing.items import BANNER
from tocsin.showing.plain import counted, plain

commands = typer.Typer(
    no_args_is_help=True,
    help="Early warning: find what is new or unusual, draft a warning, send it, list those of others.",
    rich_markup_mode=None,
)
app.add_typer(commands, name="warning")

_USUAL_DAYS: Final = 30
SinceOption = Annotated[
    str | None,
    typer.Option("--since", help="The first day of the window; else 30 days ago.", metavar="DAY", show_default=False),
]
MethodOption = Annotated[
    str, typer.Option("--method", help=f"How counts are judged: {', '.join(Method.words())}.", metavar="WORD")
]
ByOption = Annotated[
    str, typer.Option("--by", help=f"Steps in which EARS counts: {', '.join(Grain.words())}.", metavar="WORD")
]


@commands.command("find", epilog="Example: tocsin warning find --as NL/police --since 2026-01-01")
def find(
    *,
    authority: AsAuthority,
    since: SinceOption = None,
    method: MethodOption = Method.AUTO.word,
    by: ByOption = Grain.WEEK.word,
    folder: FolderOption = None,
    json: JsonOption = False,
) -> None:
    """Find first sightings, unusual counts and amounts, new routes and concealments over all that an authority sees."""
    output = Output(json=json)
    parameters = _parameters(method, by)
    with open_node(find_folder(folder), participant_in(authority)) as node:
        reader = asyncio.run(node.check_authority(authority))
        window = _window(node, since)
        findings = observing.find(node, reader, window, parameters)
        _say_findings(output, node, findings, window, authority)
        output.document(findings_document(findings, window))


@commands.command("draft", epilog="Example: tocsin warning draft 3f9c0a --as NL/police --out warning.json")
def draft(
    signal: Annotated[str, typer.Argument(help="A signal of tocsin warning find, or its beginning.", metavar="SIGNAL")],
    *,
    authority: AsAuthority,
    out: Annotated[
        Path | None, typer.Option("--out", help="The file that is written; else warning-SIGNAL.json.", metavar="FILE")
    ] = None,
    since: SinceOption = None,
    method: MethodOption = Method.AUTO.word,
    by: ByOption = Grain.WEEK.word,
    folder: FolderOption = None,
    json: JsonOption = False,
) -> None:
    """Write a draft of a warning to a file, for a person to read and change. Nothing is sent."""
    output = Output(json=json)
    parameters = _parameters(method, by)
    with open_node(find_folder(folder), participant_in(authority)) as node:
        author = asyncio.run(node.check_authority(authority))
        found = drafting.choose(observing.find(node, author, _window(node, since), parameters), signal)
        parts = load_parts(node, author, found.digests)
        core = drafting.draft_core(found, parts, node.clock().date())
        path = out or Path(f"warning-{found.id}.json")
        write_warning(path, WarningFile(checked=False, tlp=drafting.label(parts), core=core))
        output.say(f"{path} is a draft; nothing is sent. Read it: what it says, and whom it names.")
        output.say(f'Then set "checked" to true, and: tocsin warning send {path} --as {authority}')
        output.document({"file": str(path), "signal": signal_document(found), "tlp": drafting.label(parts).word})


@commands.command("send", epilog="Example: tocsin warning send warning.json --as NL/police")
def send(
    file: Annotated[Path, typer.Argument(help="A draft that a person has checked.", metavar="FILE")],
    *,
    authority: AsAuthority,
    folder: FolderOption = None,
    json: JsonOption = False,
) -> None:
    """Send a warning that a person has checked; one that allows more than what it rests on is refused."""
    output = Output(json=json)
    with open_node(find_folder(folder), participant_in(authority)) as node:
        author = asyncio.run(node.check_authority(authority))
        publication, code = publish_one(node, author, draft_warning(node, author, read_warning(file)), output)
        output.document(publication)
    raise typer.Exit(code)


@commands.command("list", epilog="Example: tocsin warning list --as NL/police --folder exercise")
def list_(*, authority: AsAuthority, folder: FolderOption = None, json: JsonOption = False) -> None:
    """List the warnings that an authority has, newest first."""
    output = Output(json=json)
    with open_node(find_folder(folder), participant_in(authority)) as node:
        found = _warnings(node, asyncio.run(node.check_authority(authority)))
        if not found:
            output.say(f"No warnings for {authority}. Has the node received? tocsin receive --as {authority}")
        else:
            _say_banner(output, node)
            output.table(WARNING_COLUMNS, warning_rows(found))
        output.document([warning_document(one) for one in found])


def _warnings(node: Node, authority: Originator) -> Sequence[Item]:
    with reading(node.engine) as connection:
        kind = RecordKind.SUBSTANCE_WARNING
        found = items_of_kind(connection, node.section_keys, authority, kind, node.clock())
        return sorted(found, key=lambda one: one.issued_at, reverse=True)


def _say_findings(output: Output, node: Node, findings: Findings, window: Window, authority: str) -> None:
    _say_banner(output, node)
    if findings.signals:
        output.table(SIGNAL_COLUMNS, signal_rows(findings.signals))
        for one in methods(findings.signals):
            output.say(f"by {plain(one)}", style="dim")
        output.say(f"Next: tocsin warning draft {findings.signals[0].id} --as {authority} --since {window.first}")
    else:
        output.say(f"Nothing new or unusual since {window.first}.")
    looked = f"{counted(findings.incidents, 'incident')} looked at, {counted(findings.left_out, 'report')} left out"
    output.say(f"{looked} (second reports, parts, goods counted before, other status).")
    for note in findings.notes:
        output.say(note)


def _say_banner(output: Output, node: Node) -> None:
    if (text := BANNER.get(node.federation.status)) is not None:
        output.say(text, style="bold red")


def _window(node: Node, since: str | None) -> Window:
    """Return the days to look at, to today.

    Raises:
        typer.BadParameter: The first is none, or still to come.
    """
    today = node.clock().date()
    first = read_day(since, "--since")
    if first is None:
        return Window(today - timedelta(days=_USUAL_DAYS), today)
    if first > today:
        raise typer.BadParameter(f"{first} is still to come", param_hint="--since")
    return Window(first, today)


def _parameters(method: str, by: str) -> Parameters:
    return msgspec.structs.replace(
        USUAL, method=read_word(Method, method, "--method"), grain=read_word(Grain, by, "--by")
    )
