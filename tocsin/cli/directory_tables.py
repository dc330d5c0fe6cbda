"""``tocsin directory add conditions`` and ``add table``: policy tables that bind others, as signed entries."""

import asyncio
import hashlib
from pathlib import Path
from typing import Annotated

import typer

from broker.directory.entries import ConditionsEntry, TableEntry
from broker.errors import BadTable
from broker.policy.check import check_table
from broker.policy.table import Layer, Table, format_table
from broker.types.names import Digest
from tocsin.administering import hub_administrator
from tocsin.cli.directory import adding, find_administrator, say_entered
from tocsin.cli.options import AsParticipant, FolderOption, JsonOption, find_folder
from tocsin.cli.output import Output
from tocsin.installation import load_table


@adding.command("conditions", epilog="Example: tocsin directory add conditions strict.json --as NL --folder exercise")
def add_conditions(
    file: Annotated[Path, typer.Argument(help="A national table, as JSON; try policy check first.", metavar="FILE")],
    *,
    participant: AsParticipant,
    folder: FolderOption = None,
    json: JsonOption = False,
) -> None:
    """Publish the conditions that bind everybody who reads what a participant says."""
    table = load_table(file, Layer.NATIONAL)
    _check_conditions(table, participant)
    text = format_table(table)
    digest = Digest(hashlib.sha256(text.encode()).digest())
    entry = ConditionsEntry(participant=participant, table=text, digest=digest)
    names = asyncio.run(find_administrator(find_folder(folder), participant).say([entry]))
    say_entered(
        Output(json=json), names, f"The conditions {table.name}, version {table.version}, of {participant} count now."
    )


@adding.command("table", epilog="Example: tocsin directory add table community-2.json --folder exercise")
def add_table(
    file: Annotated[Path, typer.Argument(help="A community table, as JSON; try policy check first.", metavar="FILE")],
    *,
    folder: FolderOption = None,
    json: JsonOption = False,
) -> None:
    """Publish a community table, as the hub. It counts for nobody until a root record names it."""
    entry = table_entry(file)
    names = asyncio.run(hub_administrator(find_folder(folder)).say([entry]))
    says = f"The table {entry.digest.hex()} is in the directory, and in force once the root's keys have signed:"
    say_entered(Output(json=json), names, f"{says} tocsin directory root propose PROPOSAL --table {file}")


def table_entry(file: Path) -> TableEntry:
    """Return the directory entry of the community table in *file*.

    Raises:
        MissingFile, BadTable: It has a mistake, or is a table of another layer.
    """
    table = load_table(file, Layer.COMMUNITY)
    _check_table(table)
    text = format_table(table)
    return TableEntry(table=text, digest=Digest(hashlib.sha256(text.encode()).digest()))


def _check_conditions(table: Table, participant: str) -> None:
    if table.author != participant:
        raise BadTable(f"{table.name} names {table.author!r} as its author, and these are conditions of {participant}")
    _check_table(table)


def _check_table(table: Table) -> None:
    wrong = [f"{one.rule_id or table.name}: {one.message}" for one in check_table(table) if one.level == "error"]
    if wrong:
        raise BadTable(f"nothing was sent: {'; '.join(wrong)}", hint="tocsin policy check says more.")
