"""``tocsin policy``: what a table permits, what it would change, and why an authority may or may not have a message."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, time
from pathlib import Path
from typing import Annotated

import typer

from broker.errors import BadTable, MissingFile, MissingItem
from broker.policy.check import check_table, in_order
from broker.policy.table import Layer, Table, parse_table
from broker.types.names import Originator, Participant, check_authority, check_participant, participant_of
from tocsin import environment
from tocsin.administering import fetch_directory
from tocsin.checking import Present, present, shipped
from tocsin.cli.app import app
from tocsin.cli.moments import read_day
from tocsin.cli.options import AsAuthority, FolderOption, JsonOption, find_folder, participant_in
from tocsin.cli.output import Output
from tocsin.exits import Exit
from tocsin.explaining import Explained, Judged, explain_received, explain_sent
from tocsin.folder import FederationFolder
from tocsin.installation import Node, open_node
from tocsin.showing.plain import counted, moment, plain
from tocsin.trying import Change, Trial, try_table

commands = typer.Typer(no_args_is_help=True, help="Check, try and explain decision tables.", rich_markup_mode=None)
app.add_typer(commands, name="policy")

TableArgument = Annotated[Path, typer.Argument(help="A decision table, as JSON.", metavar="FILE")]
_SHOWN_MESSAGES = 3


@commands.command("check", epilog="Example: tocsin policy check conditions.json --against NL --folder exercise")
def check(
    file: TableArgument,
    *,
    against: Annotated[
        str | None,
        typer.Option("--against", help="Compare with what is in force at this participant.", metavar="CODE"),
    ] = None,
    folder: FolderOption = None,
    json: JsonOption = False,
) -> None:
    """Say what a table permits, which rules never apply, and what it changes against the one in force."""
    table = _load(file)
    output = Output(json=json)
    place = _place(table, against, folder)
    remarks = in_order([*check_table(table, place.table), *place.remarks])
    output.say(f"{table.name}, version {table.version}: a {table.layer.word} table of {plain(table.author)}")
    output.table(("", "rule", "remark"), ((one.level, one.rule_id, one.message) for one in remarks))
    wrong = [one for one in remarks if one.level == "error"]
    output.say(f"NOT to be used: {counted(len(wrong), 'error')}." if wrong else "It can be used.", style="bold")
    output.document({"table": table.name, "layer": table.layer.word, "remarks": remarks})
    if wrong:
        raise typer.Exit(Exit.REFUSED)


@commands.command(
    "try", epilog="Example: tocsin policy try conditions.json --as NL --since 2026-01-01 --folder exercise"
)
def try_(
    file: TableArgument,
    *,
    participant: Annotated[
        str | None,
        typer.Option("--as", help="Whose node has the messages; may be left out where there is one.", metavar="CODE"),
    ] = None,
    since: Annotated[
        str | None, typer.Option("--since", help="Only what it has received since then.", metavar="DATE")
    ] = None,
    folder: FolderOption = None,
    json: JsonOption = False,
) -> None:
    """Decide about a node's messages by a table that nobody has signed yet; say what would change, for whom.

    Own messages as their sender decides, for every authority; others as the node reads them. Nothing is written.
    """
    table, output = _load(file), Output(json=json)
    home = find_folder(folder)
    with open_node(home, _whose_node(home, participant)) as node:
        trial = try_table(node, table, since=_moment(since))
    _say_trial(output, trial)
    output.document(trial.document())


@commands.command("explain", epilog="Example: tocsin policy explain NL/customs/1#42 --as BE/police --folder exercise")
def explain(
    message: Annotated[
        str, typer.Argument(help="Its name, like NL/customs/1#42, or the beginning of its digest.", metavar="MESSAGE")
    ],
    *,
    authority: AsAuthority,
    at: Annotated[
        str | None, typer.Option("--at", help="Whose node to ask; else the sender's if it is here.", metavar="CODE")
    ] = None,
    folder: FolderOption = None,
    json: JsonOption = False,
) -> None:
    """Say why an authority may or may not have a message: what was decided, and what would be decided now.

    The sender's node answers for every authority of the network; a reader's node for its own, and what it denies looks
    as if it were not there.
    """
    reader = check_authority(authority)
    home = find_folder(folder)
    sender = check_participant(participant_of(message)) if "#" in message else None
    with open_node(home, _asked(home, sender, reader, at)) as node:
        explained = _explain(node, message, reader, sender)
    output = Output(json=json)
    for line in _explanation(explained):
        output.say(line)
    output.document(explained.document())


def _load(file: Path) -> Table:
    try:
        return parse_table(file.read_text("utf-8"), source=file.name)
    except FileNotFoundError:
        raise MissingFile(f"there is no file {file.name}") from None
    except (OSError, UnicodeDecodeError) as error:
        raise BadTable(f"{file.name} cannot be read: {error}") from None


def _place(table: Table, participant: str | None, folder: Path | None) -> Present:
    """Return the table whose place it would take, and what only a node knows of it."""
    named = folder is not None or environment.HOME in environment.overrides()
    if participant is not None or (named and table.layer is Layer.COMMUNITY):
        home = find_folder(folder)
        return present(table, home, asyncio.run(fetch_directory(home)), participant)
    return Present(shipped(table.layer), ())


def _whose_node(home: FederationFolder, participant: str | None) -> Participant:
    if participant is not None:
        return participant_in(participant)
    here = home.participants()
    if len(here) != 1:
        raise typer.BadParameter(f"name one of the nodes here: {', '.join(here) or 'there is none'}", param_hint="--as")
    return here[0]


def _moment(since: str | None) -> datetime | None:
    """Return the beginning of the day that ``--since`` names."""
    day = read_day(since, "--since")
    return None if day is None else datetime.combine(day, time(), UTC)


def _say_trial(output: Output, trial: Trial) -> None:
    output.say(f"{counted(trial.messages, 'message')} decided about by the table in force and by this one.")
    if trial.without_content:
        output.say(f"{trial.without_content} more could not be: they are purged, or sealed from here.")
    if not trial.changes:
        output.say("Nothing would change.", style="bold")
        return
    output.say(f"{counted(len(trial.changes), 'section')} would be seen by more or by fewer:", style="bold")
    output.table(("authorities", "section", "would", "messages", "because"), _grouped(trial.changes))


def _grouped(changes: tuple[Change, ...]) -> Iterator[tuple[str, str, str, str, str]]:
    """Yield one line for all authorities and messages of which the same is to be said."""
    alike: dict[tuple[Originator, str, bool, str, str], list[str]] = {}
    for one in changes:
        key = (one.reader, one.section.word, one.gains, one.rule, one.says)
        alike.setdefault(key, []).append(str(one.message))
    readers: dict[tuple[str, bool, str, str, tuple[str, ...]], list[str]] = {}
    for (reader, section, gains, rule, says), messages in alike.items():
        readers.setdefault((section, gains, rule, says, tuple(messages)), []).append(reader)
    for (section, gains, rule, says, named), names in readers.items():
        shown = ", ".join(named[:_SHOWN_MESSAGES]) + (f" and {len(named) - _SHOWN_MESSAGES} more" if named[3:] else "")
        would = "see it besides" if gains else "no longer see it"
        yield ", ".join(names), section, would, shown, f"“{plain(says)}” (rule {rule})"


def _asked(home: FederationFolder, sender: Participant | None, reader: Originator, at: str | None) -> Participant:
    """Return whose node to ask: the sender's where it is here, else the reader's, else the one that is here."""
    if at is not None:
        return participant_in(at)
    here = home.participants()
    wanted = (sender, participant_of(reader))
    return next((code for code in wanted if code in here), here[0] if len(here) == 1 else participant_of(reader))


def _explain(node: Node, message: str, reader: Originator, sender: Participant | None) -> Explained:
    if sender in {None, node.participant}:
        try:
            return explain_sent(node, message, reader)
        except MissingItem:
            if sender is not None or participant_of(reader) != node.participant:
                raise
    return explain_received(node, message, asyncio.run(node.check_authority(reader)))


def _explanation(explained: Explained) -> Iterator[str]:
    by = "its sender decided" if explained.view == "sender" else "its reader's node decided"
    yield f"{explained.message} and {explained.reader}: what {by}."
    yield from _told("On record", explained.recorded, "nothing: no decision about this authority is there")
    recorded, now = explained.recorded, explained.now
    if recorded is not None and now is not None and recorded.decision == now.decision:
        yield f"Now, {moment(now.at)}: the same would be decided."
        return
    yield from _told("Now", now, "not to be said: the content is not here any more")


def _told(when: str, judged: Judged | None, otherwise: str) -> Iterator[str]:
    if judged is None:
        yield f"{when}: {otherwise}."
        return
    yield f"{when}, {moment(judged.at)}:"
    for line in judged.text.splitlines():
        yield f"  {plain(line)}" if not line.startswith("  ") else f"    {plain(line.strip())}"
