"""``tocsin keys``: what a node opens with, and the end of it."""

import asyncio
from contextlib import suppress
from typing import Annotated, Any

import typer

from broker.errors import TransportError
from broker.limits import SEALING_KEY_KEPT_AFTER
from broker.types.names import check_participant
from tocsin.cli.app import app
from tocsin.cli.directory import find_administrator
from tocsin.cli.options import FolderOption, JsonOption, find_folder
from tocsin.cli.output import Output
from tocsin.enrolment import rotate_sealing_key
from tocsin.installation import Node, open_node
from tocsin.sealing_keys import OwnKey, Stage, destroy_ended_keys, make_missing_store_key, own_keys
from tocsin.showing.plain import counted

commands = typer.Typer(
    no_args_is_help=True, help="The keys that a node opens with, and their end.", rich_markup_mode=None
)
app.add_typer(commands, name="keys")

AsNode = Annotated[str, typer.Option("--as", help="The participant whose node it is, like NL.", metavar="CODE")]


@commands.command("show", epilog="Example: tocsin keys show --as NL --folder exercise")
def show(*, participant: AsNode, folder: FolderOption = None, json: JsonOption = False) -> None:
    """Show a node's sealing keys, where each stands, and how many section keys it keeps."""
    output = Output(json=json)
    with open_node(find_folder(folder), check_participant(participant)) as node:
        asyncio.run(_read_directory(node))
        mine = own_keys(node, node.clock())
        kept, tombstones = node.section_keys.count()
    output.table(("key", "how it stands", "valid until", "destroyed from", "file"), map(_row, mine))
    output.say(f"Key store: {counted(kept, 'section key')}, {counted(tombstones, 'tombstone')}.")
    output.document({"sealing_keys": [_document(one) for one in mine], "section_keys": kept, "tombstones": tombstones})


@commands.command("new", epilog="Example: tocsin keys new --as NL --folder exercise")
def new(*, participant: AsNode, folder: FolderOption = None, json: JsonOption = False) -> None:
    """Make what a node lacks to seal and to open: a store key, and a sealing key that is enrolled and valid now."""
    output = Output(json=json)
    found = find_folder(folder)
    names: list[object] = []
    with open_node(found, check_participant(participant)) as node:
        has_made = make_missing_store_key(node)
        output.say(f"The store key of {node.name} {'is made' if has_made else 'is there'}.")
        asyncio.run(_catch_up(node))
        if any(one.stage is Stage.IN_USE for one in own_keys(node, node.clock())):
            output.say("A sealing key is in use.")
        elif node.settings.administrator_key is None:
            output.say(
                "It has no sealing key in use, and the administrator works elsewhere. Ask for one to be enrolled:"
            )
            output.command(f"tocsin directory request {node.name} {node.own_folder.sealing_keys} FILE --sealing")
            node.own_folder.sealing_keys.mkdir(mode=0o700, exist_ok=True)
        else:
            names += asyncio.run(rotate_sealing_key(node, find_administrator(found, participant)))
            output.say("A new sealing key is made and enrolled.")
    output.document({"store_key_made": has_made, "messages": [str(name) for name in names]})


@commands.command("destroy", epilog="Example: tocsin keys destroy --as NL --folder exercise")
def destroy(*, participant: AsNode, folder: FolderOption = None, json: JsonOption = False) -> None:
    """Destroy the private halves whose time has passed, as every publish and receive does. There is no way back."""
    output = Output(json=json)
    with open_node(find_folder(folder), check_participant(participant)) as node:
        asyncio.run(_read_directory(node))
        gone = destroy_ended_keys(node, node.clock())
    for key in gone:
        output.say(f"Sealing key {key.hex()} is destroyed: what was sealed to it cannot be opened again from the bus.")
    if not gone:
        output.say(f"Nothing to destroy: a sealing key is kept for {SEALING_KEY_KEPT_AFTER.days} days after its end.")
    output.document({"destroyed": [key.hex() for key in gone]})


async def _read_directory(node: Node) -> None:
    with suppress(TransportError):  # what the node has read is enough to know its own keys by
        await _catch_up(node)


async def _catch_up(node: Node) -> None:
    async with node.bus() as bus:
        await node.follower.catch_up(bus)


def _row(key: OwnKey) -> tuple[str, ...]:
    if key.enrolled is None:
        return (key.id.hex(), key.stage, "", "", key.file or "")
    destroyed_from = key.enrolled.valid_to + SEALING_KEY_KEPT_AFTER
    return (key.id.hex(), key.stage, f"{key.enrolled.valid_to:%Y-%m-%d}", f"{destroyed_from:%Y-%m-%d}", key.file or "")


def _document(key: OwnKey) -> dict[str, Any]:
    enrolled = key.enrolled
    return {
        "id": key.id.hex(),
        "stage": key.stage.value,
        "file": key.file,
        "valid_from": None if enrolled is None else enrolled.valid_from.isoformat(),
        "valid_to": None if enrolled is None else enrolled.valid_to.isoformat(),
        "destroyed_from": None if enrolled is None else (enrolled.valid_to + SEALING_KEY_KEPT_AFTER).isoformat(),
    }
