"""``tocsin inbox``: list, show, explain."""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from broker.database import reading, writing
from broker.deciders import Deciders, tables_in_force
from broker.policy.explain import explain as explain_decision
from broker.policy.table import Layer
from broker.types.names import Originator, participant_of
from broker.types.vocabulary import Purpose
from consumers.inbox import Item, alerts, item, items, mark_seen
from consumers.opening import Opener, listed, open_item, reader_of, unopened
from tocsin.cli.app import app
from tocsin.cli.log_said import say_quorum
from tocsin.cli.options import AsAuthority, FolderOption, JsonOption, find_folder, participant_in, read_word
from tocsin.cli.output import Output
from tocsin.installation import Node, open_node
from tocsin.naming import names_in
from tocsin.showing.items import LIST_COLUMNS, banner, contact, document, item_lines, list_row, notice, title, warning
from tocsin.showing.plain import counted
from tocsin.withdrawn import Doubt, doubts_about

commands = typer.Typer(
    help="What an authority may see of what has arrived: list, show, explain.",
    invoke_without_command=True,
    rich_markup_mode=None,
    epilog="Example: tocsin inbox --as BE/police --folder exercise",
)
app.add_typer(commands, name="inbox")

MessageArgument = Annotated[
    str, typer.Argument(help="Its name, like NL/customs/1#42, or the beginning of its digest.", metavar="MESSAGE")
]
PurposeOption = Annotated[
    str | None,
    typer.Option("--purpose", help=f"Why you open it: {', '.join(Purpose.words())}. Goes on record.", metavar="WORD"),
]
OptionalAuthority = Annotated[
    str | None, typer.Option("--as", help="The authority you act for, like NL/customs.", metavar="NAME")
]


@commands.callback(invoke_without_command=True)
def inbox(
    context: typer.Context,
    *,
    authority: OptionalAuthority = None,
    folder: FolderOption = None,
    json: JsonOption = False,
) -> None:
    """List what an authority may see, oldest first. Persons are shown by show --purpose only."""
    if context.invoked_subcommand is not None:
        return
    if authority is None:
        raise typer.BadParameter("name the authority you act for: --as NL/customs", param_hint="--as")
    with _reader(authority, folder) as (node, reader):
        _list(node, reader, Output(json=json), only_alerts=False)


@commands.command("list", epilog="Example: tocsin inbox list --as BE/police --folder exercise --json")
def list_(*, authority: AsAuthority, folder: FolderOption = None, json: JsonOption = False) -> None:
    """List what an authority may see, oldest first."""
    with _reader(authority, folder) as (node, reader):
        _list(node, reader, Output(json=json), only_alerts=False)


@commands.command("alerts", epilog="Example: tocsin inbox alerts --as BE/police --folder exercise")
def alerts_(*, authority: AsAuthority, folder: FolderOption = None, json: JsonOption = False) -> None:
    """List the alerts that nobody at the authority has looked at yet."""
    with _reader(authority, folder) as (node, reader):
        _list(node, reader, Output(json=json), only_alerts=True)


@commands.command("show", epilog="Example: tocsin inbox show NL/customs/1#42 --as BE/police --purpose investigation")
def show(
    message: MessageArgument,
    *,
    authority: AsAuthority,
    purpose: PurposeOption = None,
    folder: FolderOption = None,
    json: JsonOption = False,
) -> None:
    """Show one message, as far as the authority may see it. An alert that is shown counts as seen."""
    wanted = None if purpose is None else read_word(Purpose, purpose, "--purpose")
    output = Output(json=json)
    with _reader(authority, folder) as (node, reader):
        found = _open(node, reader, message, wanted)
        doubt = _doubts(node, [found])[0]
        _say_above(output, found, doubt)
        output.say(title(found), style="bold")
        output.lines(item_lines(found, node.directory, doubt, names=names_in(node, reader, [found])))
        output.document(document(found, doubt))
        say_quorum(node)


@commands.command("explain", epilog="Example: tocsin inbox explain NL/customs/1#42 --as BE/police")
def explain(
    message: MessageArgument, *, authority: AsAuthority, folder: FolderOption = None, json: JsonOption = False
) -> None:
    """Say why a message is shown as it is: which rule said so, who wrote it, and whom to call."""
    output = Output(json=json)
    with _reader(authority, folder) as (node, reader):
        with reading(node.engine) as connection:
            found = item(connection, node.section_keys, reader, message, node.clock())
        text = explain_decision(
            found.decision,
            reader=reader,
            originator=found.originator,
            author_of=_authors(node, found),
            contact=contact(node.directory, found.originator),
        )
        _say_above(output, found, _doubts(node, [found])[0])
        for line in text.splitlines():
            output.say(line)
        outcomes = [
            {"section": one.section.word, "permitted": one.permitted, "rule": one.rule_id, "layer": one.layer.word,
             "says": one.says}
            for one in found.decision.outcomes
        ]  # fmt: skip
        output.document(
            {"message": str(found.message), "outcome": found.decision.outcome, "sections": outcomes, "text": text}
        )


@contextmanager
def _reader(authority: str, folder: Path | None) -> Iterator[tuple[Node, Originator]]:
    with open_node(find_folder(folder), participant_in(authority)) as node:
        yield node, asyncio.run(node.check_authority(authority))


def _list(node: Node, reader: Originator, output: Output, *, only_alerts: bool) -> None:
    with reading(node.engine) as connection:
        wanted = (alerts if only_alerts else items)(connection, node.section_keys, reader, node.clock())
        found = [listed(one) for one in wanted]
    for text in dict.fromkeys(filter(None, map(banner, found))):
        output.say(text, style="bold")
    doubts = _doubts(node, found)
    if found:
        names = names_in(node, reader, found)
        output.table(LIST_COLUMNS, (list_row(one, why, names) for one, why in zip(found, doubts, strict=True)))
        output.say(f"{counted(len(found), 'message')}. Next: tocsin inbox show {found[-1].message} --as {reader}")
    elif only_alerts:
        output.say(f"No alert that nobody at {reader} has looked at. New ones come with: tocsin receive --as {reader}")
    else:
        output.say(f"Nothing for {reader}. Has the node received? tocsin receive --as {reader}")
    output.document([document(one, why) for one, why in zip(found, doubts, strict=True)])
    say_quorum(node)


def _doubts(node: Node, found: Sequence[Item]) -> list[Doubt | None]:
    with reading(node.engine) as connection:
        return doubts_about(connection, node.directory, found)


def _say_above(output: Output, found: Item, doubt: Doubt | None) -> None:
    if banner(found):
        output.say(banner(found), style="bold")
    if doubt is not None:
        output.say(warning(found, doubt), style="bold red")
    if notice(found):
        output.say(notice(found), style="bold red")


def _open(node: Node, reader: Originator, message: str, purpose: Purpose | None) -> Item:
    now = node.clock()
    with writing(node.engine) as connection:
        found = item(connection, node.section_keys, reader, message, now)
        mark_seen(connection, reader, found.digest, now)
        if purpose is None:
            return unopened(found)
        opener = Opener(reader_of(node.directory, reader, now), purpose, node.directory, Deciders(node.house), now)
        return open_item(connection, node.section_keys, found, opener)


def _authors(node: Node, found: Item) -> dict[Layer, str]:
    """Return who wrote the tables that are in force now; the decision's own may have been older ones."""
    community, national = tables_in_force(node.directory, participant_of(found.originator))
    tables = {Layer.NATIONAL: national, Layer.COMMUNITY: community, Layer.HOUSE: node.house}
    return {layer: table.author for layer, table in tables.items()} | {Layer.MARKING: found.originator}
