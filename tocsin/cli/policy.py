"""``tocsin policy``: say in words what a table permits, before it is signed."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from broker.deciders import tables_in_force
from broker.directory import Directory
from broker.errors import BadTable, MissingFile, UnknownAuthority
from broker.policy.builtin import community_table, marking_table, open_house_table
from broker.policy.check import check_table
from broker.policy.table import Layer, Table, parse_table
from broker.policy.vocabulary import nearest
from broker.types.names import Participant, check_participant
from tocsin import environment
from tocsin.administering import fetch_directory
from tocsin.cli.app import app
from tocsin.cli.options import FolderOption, JsonOption, find_folder
from tocsin.cli.output import Output
from tocsin.exits import Exit
from tocsin.showing.plain import counted

commands = typer.Typer(no_args_is_help=True, help="Check decision tables.", rich_markup_mode=None)
app.add_typer(commands, name="policy")


@commands.command("check", epilog="Example: tocsin policy check conditions.json --against NL --folder exercise")
def check(
    file: Annotated[Path, typer.Argument(help="A decision table, as JSON.", metavar="FILE")],
    *,
    against: Annotated[
        str | None, typer.Option("--against", help="Compare with the conditions of this participant.", metavar="CODE")
    ] = None,
    folder: FolderOption = None,
    json: JsonOption = False,
) -> None:
    """Say what a table permits, which rules never apply, and what it changes against the one in force."""
    table = _load(file)
    output = Output(json=json)
    remarks = check_table(table, _in_force(table, against, folder))
    output.say(f"{table.name}, version {table.version}: a {table.layer.word} table of {table.author}")
    output.table(("", "rule", "remark"), ((one.level, one.rule_id, one.message) for one in remarks))
    wrong = [one for one in remarks if one.level == "error"]
    output.say(f"NOT to be used: {counted(len(wrong), 'error')}." if wrong else "It can be used.", style="bold")
    output.document({"table": table.name, "layer": table.layer.word, "remarks": remarks})
    if wrong:
        raise typer.Exit(Exit.REFUSED)


def _load(file: Path) -> Table:
    try:
        return parse_table(file.read_text("utf-8"), source=file.name)
    except FileNotFoundError:
        raise MissingFile(f"there is no file {file.name}") from None
    except (OSError, UnicodeDecodeError) as error:
        raise BadTable(f"{file.name} cannot be read: {error}") from None


def _in_force(table: Table, participant: str | None, folder: Path | None) -> Table | None:
    """Return the table whose place it would take; what ships where there is no folder."""
    named = folder is not None or environment.HOME in environment.overrides()
    match table.layer:
        case Layer.MARKING:
            return marking_table()
        case Layer.HOUSE:
            return open_house_table("the node")
        case Layer.COMMUNITY if not named:
            return community_table()
        case Layer.NATIONAL if participant is None:
            return None
    directory = asyncio.run(fetch_directory(find_folder(folder)))
    code = Participant("ZZ") if participant is None else _known(directory, participant)
    community, national = tables_in_force(directory, code)
    return community if table.layer is Layer.COMMUNITY else national


def _known(directory: Directory, participant: str) -> Participant:
    """Return the participant: against one that is not there, every change would look like none."""
    known = [one.code for one in directory.participants()]
    if participant not in known:
        hint = nearest(participant[:40], known)
        raise UnknownAuthority(f"{participant[:40]!r} is no participant of {directory.federation}", hint=hint)
    return check_participant(participant)
