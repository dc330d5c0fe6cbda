"""``tocsin directory``: who takes part, and with which keys; and what an administrator adds to it."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from broker.directory.entries import NodeEntry
from broker.errors import BadName, MissingFile, UnknownAuthority
from broker.types.names import (
    HUB,
    Originator,
    check_authority,
    check_originator,
    check_participant,
    is_office,
)
from broker.types.vocabulary import Purpose, Role, Sector
from tocsin.administering import Administrator, fetch_directory, hub_administrator
from tocsin.cli.app import app
from tocsin.cli.options import AsParticipant, FolderOption, IdentitiesOption, JsonOption, find_folder, read_word
from tocsin.cli.output import Output
from tocsin.cluster.exercise import IDENTITIES
from tocsin.enrolment import (
    check_rotates,
    enrol_participant,
    make_request,
    parse_request,
    request_entry,
    rotate_key,
    rotate_sealing_key,
)
from tocsin.folder import FederationFolder
from tocsin.founding_catalogue import CATALOGUE
from tocsin.installation import Node, now, open_node
from tocsin.letting_in import cluster_steps
from tocsin.members import Post, active_entry, usual_member
from tocsin.profiles import format_usual_profile
from tocsin.settings import EMBEDDED, load_federation
from tocsin.showing.directory import directory_document, directory_lines

commands = typer.Typer(no_args_is_help=True, help="Who takes part, and with which keys.", rich_markup_mode=None)
adding = typer.Typer(no_args_is_help=True, help="Add to the directory, as an administrator.", rich_markup_mode=None)
commands.add_typer(adding, name="add")
app.add_typer(commands, name="directory")

_CATALOGUE: Final = "The hub's administrator adds it, where it is not there yet: tocsin directory add catalogue"


@commands.command("show", epilog="Example: tocsin directory show --folder exercise")
def show(*, folder: FolderOption = None, json: JsonOption = False) -> None:
    """Show participants, authorities, nodes and keys as the bus has them, and what does not apply."""
    output = Output(json=json)
    directory = asyncio.run(fetch_directory(find_folder(folder)))
    output.lines(directory_lines(directory, now()), indent=0)
    output.document(directory_document(directory, now()))


@adding.command("participant", epilog="Example: tocsin directory add participant DE=Germany --folder exercise")
def add_participant(
    participant: Annotated[str, typer.Argument(help="CODE or CODE=NAME.", metavar="CODE")],
    *,
    bus_identities: IdentitiesOption = None,
    folder: FolderOption = None,
    json: JsonOption = False,
) -> None:
    """Let a participant take part: its administrator's key, a node here, the usual authorities, a topic.

    On a cluster the node shows the identity that --bus-identities holds for it; what is left to do there is printed.
    """
    found = find_folder(folder)
    member, settings = usual_member(participant), load_federation(found)
    if bus_identities is not None and settings.bus == EMBEDDED:
        raise typer.BadParameter("this network has no cluster to show it to", param_hint="--bus-identities")
    identities = bus_identities and bus_identities / IDENTITIES
    names, has_topic = asyncio.run(enrol_participant(found, member, identities=identities))
    steps = cluster_steps(found, settings, member.code, has_topic=has_topic, has_identity=identities is not None)
    says = f"{member.code} takes part now, with the node {member.code}/~1."
    say_entered(Output(json=json), names, says, steps=steps)


@adding.command(
    "authority", epilog="Example: tocsin directory add authority US/az-fusion --sector police --folder exercise"
)
def add_authority(
    name: Annotated[str, typer.Argument(help="Its name, like US/az-fusion.", metavar="NAME")],
    *,
    sector: Annotated[str, typer.Option("--sector", help=", ".join(Sector.words()), metavar="WORD")],
    purpose: Annotated[
        list[str] | None, typer.Option("--purpose", help="A standing purpose; again for each.", metavar="WORD")
    ] = None,
    role: Annotated[list[str] | None, typer.Option("--role", help=", ".join(Role.words()), metavar="WORD")] = None,
    parent: Annotated[str | None, typer.Option("--parent", help="The authority above it.", metavar="NAME")] = None,
    telephone: Annotated[str, typer.Option("--telephone", help="Of the desk that answers at any hour.")] = "",
    served_by: Annotated[
        str | None, typer.Option("--node", help="The node that serves it; else the one in this folder.", metavar="NAME")
    ] = None,
    folder: FolderOption = None,
    json: JsonOption = False,
) -> None:
    """Add an authority, or state one anew: its newest entry counts. It may publish at once."""
    authority = check_authority(name)
    code, _, label = authority.partition("/")
    if code == HUB:
        raise UnknownAuthority(f"{authority[:60]} cannot be added: {CATALOGUE} is the hub's only one", hint=_CATALOGUE)
    post = Post(name=label, sector=read_word(Sector, sector, "--sector"), **_given(role, purpose, telephone))
    found = find_folder(folder)
    with open_node(found, check_participant(code)) as node:
        elsewhere = served_by is not None and _check_node(served_by) != node.name
        entry = active_entry(post, code, served_by or node.name, parent=parent, active_from=now())
        administrator = find_administrator(found, code)
        if not elsewhere:
            check_rotates(node)
        names = asyncio.run(administrator.say([entry]))
        # A key names whom it speaks for, so a new authority of a node takes a new key of it.
        if not elsewhere:
            names += asyncio.run(rotate_key(node, administrator))
            _add_profile(node, authority)
    says = f"{authority} is in the directory, served by {entry.node}."
    anew = f"It publishes with a new key of that node: there, tocsin directory request {entry.node} KEY FILE"
    say_entered(Output(json=json), names, f"{says} {anew}" if elsewhere else says)


@adding.command("node", epilog="Example: tocsin directory add node NL/~2 --folder exercise")
def add_node(
    name: Annotated[str, typer.Argument(help="Its name, like NL/~2.", metavar="NAME")],
    *,
    operator: Annotated[str, typer.Option("--operator", help="Who runs it.")] = "",
    folder: FolderOption = None,
    json: JsonOption = False,
) -> None:
    """Add a node; its key is enrolled by itself, from where it lies: directory request, directory add key."""
    node = _check_node(name)
    code = check_participant(node.partition("/")[0])
    entry = NodeEntry(node=node, operator=operator or code, active_from=now(), active_to=None)
    names = asyncio.run(find_administrator(find_folder(folder), code).say([entry]))
    say_entered(Output(json=json), names, f"The node {node} is in the directory.")


def _check_node(name: str) -> Originator:
    """Return *name* as that of a node.

    Raises:
        BadName: It is none.
    """
    node = check_originator(name)
    if not is_office(node):
        raise BadName(f"{name} is no node: expected a name like NL/~2")
    return node


def _add_profile(node: Node, authority: Originator) -> None:
    if not any(one == authority for one, _ in node.profiles):
        path = node.own_folder.root / node.settings.profiles
        path.write_text(path.read_text("utf-8") + format_usual_profile(authority), "utf-8")


@commands.command("request", epilog="Example: tocsin directory request NL/~2 keys/node-2.pem request.json")
def request(
    node: Annotated[str, typer.Argument(help="The node that holds the key.", metavar="NODE")],
    key: Annotated[Path, typer.Argument(help="Where the private key is made.", metavar="KEY")],
    out: Annotated[Path, typer.Argument(help="What is handed to the administrator.", metavar="FILE")],
    *,
    federation: Annotated[str, typer.Option("--id", help="The network's name.")] = "exercise",
    sealing: Annotated[
        bool, typer.Option("--sealing", help="A key to seal; KEY is best the node's folder keys/sealing.")
    ] = False,
    json: JsonOption = False,
) -> None:
    """Make a key where it will be used, and a request that proves possession; the private half stays here."""
    made = make_request(check_originator(node), key, federation=federation, sealing=sealing)
    out.write_text(made, "utf-8")
    output = Output(json=json)
    output.say(f"The private key is in {key}. Hand {out} to the administrator, and tell the key's id by another way.")
    output.say(f"Key id: {parse_request(made).key.id.hex()}")
    output.document({"key": parse_request(made).key.id.hex()})


@adding.command("key", epilog="Example: tocsin directory add key request.json --as NL --folder exercise")
def add_key(
    file: Annotated[Path, typer.Argument(help="The request that the node made.", metavar="FILE")],
    *,
    participant: AsParticipant,
    folder: FolderOption = None,
    json: JsonOption = False,
) -> None:
    """Enrol a key by its request: to sign, for the authorities that its node serves, writers of its own; or to seal."""
    found = find_folder(folder)
    directory = asyncio.run(fetch_directory(found))
    wanted = parse_request(_read(file))
    names = asyncio.run(find_administrator(found, participant).say([request_entry(directory, wanted)]))
    say_entered(Output(json=json), names, f"Key {wanted.key.id.hex()} of {wanted.node} is enrolled.")


@commands.command("rotate", epilog="Example: tocsin directory rotate --as NL --folder exercise")
def rotate(
    *,
    participant: AsParticipant,
    sealing: Annotated[bool, typer.Option("--sealing", help="A new sealing key, and not a new signing key.")] = False,
    folder: FolderOption = None,
    json: JsonOption = False,
) -> None:
    """Give the node of a participant a new key, which opens streams of its own; the old one only stops being used."""
    found = find_folder(folder)
    if sealing and participant == HUB:
        raise typer.BadParameter("the node of the hub reads nothing: nobody seals to it", param_hint="--sealing")
    with open_node(found, check_participant(participant)) as node:
        administrator = find_administrator(found, participant)
        names = asyncio.run((rotate_sealing_key if sealing else rotate_key)(node, administrator))
    says = f"The node of {participant} signs with a new key now."
    if sealing:
        says = f"Others seal to a new key of the node of {participant} now; what was sealed to the old one still opens."
    say_entered(Output(json=json), names, says)


def _given(role: Sequence[str] | None, purpose: Sequence[str] | None, telephone: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if role:
        found["roles"] = tuple(read_word(Role, one, "--role") for one in role)
    if purpose:
        found["purposes"] = tuple(read_word(Purpose, one, "--purpose") for one in purpose)
    if telephone:
        found["telephone"] = telephone
    return found


def find_administrator(folder: FederationFolder, participant: str) -> Administrator:
    """Return the administrator of a participant that has a node in *folder*, or of the hub.

    Raises:
        UnknownAuthority: It has none.
        MissingFile, BadSettings: Its key cannot be had.
    """
    code = check_participant(participant)
    if code == HUB:
        return hub_administrator(folder)
    with open_node(folder, code) as node:
        return Administrator(folder, Originator(f"{code}/~admin"), node.administrator_key)


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise MissingFile(f"{file.name} cannot be read: {error.strerror}") from None


def say_entered(output: Output, names: Sequence[object], text: str, *, steps: Sequence[str] = ()) -> None:
    """Say what was entered into the directory, in which messages, and what is left to do on the cluster."""
    output.say(text)
    output.say(f"Directory messages: {', '.join(map(str, names))}")
    if steps:
        output.say("The cluster does not let it in yet. Its administrator, with the folder of certificates as DIR:")
    for step in steps:
        output.command(step)
    output.document({"messages": [str(name) for name in names], "left_to_do": list(steps)})
