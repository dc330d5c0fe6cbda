"""``tocsin directory trade`` and ``add trade``: for what governments ask notifications, and how long they wait."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from broker.errors import UnknownAuthority
from broker.policy.vocabulary import nearest
from broker.types.names import check_participant
from tocsin.administering import fetch_directory
from tocsin.cli.directory import adding, commands, find_administrator, say_entered
from tocsin.cli.options import AsParticipant, FolderOption, JsonOption, find_folder
from tocsin.cli.output import Output
from tocsin.installation import open_node
from tocsin.notifying.trade_file import known_substances, load_trade, trade_questions
from tocsin.notifying.trade_shown import trade_document, trade_lines


@adding.command("trade", epilog="Example: tocsin directory add trade trade.json --as NL --folder exercise")
def add_trade(
    file: Annotated[Path, typer.Argument(help="What is asked for, and the deadline rule, as JSON.", metavar="FILE")],
    *,
    participant: AsParticipant,
    folder: FolderOption = None,
    json: JsonOption = False,
) -> None:
    """Publish for what a government asks pre-export notifications, and by which rule it waits for answers."""
    entry = load_trade(file, check_participant(participant))
    output, administrator = Output(json=json), find_administrator(find_folder(folder), participant)
    with open_node(find_folder(folder), check_participant(participant)) as node:
        questions = list(trade_questions(entry, known_substances(node)))
    for says in questions:
        output.say(f"Look at this: {says}")
    names = asyncio.run(administrator.say([entry]))
    say_entered(output, names, f"What {participant} asks for, and its deadline rule, count now.")


@commands.command("trade", epilog="Example: tocsin directory trade BE --folder exercise")
def trade(
    participant: Annotated[
        str | None, typer.Argument(help="Its code, like BE; all of them if it is left out.", metavar="CODE")
    ] = None,
    *,
    folder: FolderOption = None,
    json: JsonOption = False,
) -> None:
    """Show for what governments ask pre-export notifications, and their deadline rules."""
    found = asyncio.run(fetch_directory(find_folder(folder)))
    codes = [one.code for one in found.participants()]
    if participant is not None and participant not in codes:
        hint = nearest(participant[:40], codes)
        raise UnknownAuthority(f"{participant[:40]!r} is no participant of {found.federation}", hint=hint)
    wanted = codes if participant is None else [participant]
    entries = {code: found.trade(code) for code in wanted}
    output = Output(json=json)
    for code, entry in entries.items():
        output.say(code, style="bold")
        output.lines(trade_lines(entry))
    output.document([trade_document(code, entry) for code, entry in entries.items()])
