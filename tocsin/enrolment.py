"""New keys and new participants of a federation that is already there.

A key is enrolled with proof that its owner holds the private half, and with writers of its own, so that two keys never
write one stream. A key entry cannot be stated anew: what changes takes a new key.
"""

import shutil
from datetime import datetime
from pathlib import Path
from typing import Final

import msgspec

from broker.directory import Directory
from broker.directory.entries import Entry, KeyEntry, KeyStatement, NodeEntry, ParticipantEntry
from broker.directory.writing import sealing_key_entry, state_key, state_sealing_key
from broker.errors import AlreadyThere, BadFile, BadSettings, BrokerError, TransportError
from broker.signing.keys import SigningKey
from broker.types.names import MessageName, Originator, check_federation, check_originator, check_participant
from broker.types.vocabulary import Algorithm, KeyUse
from tocsin.administering import (
    Administrator,
    add_topic,
    fetch_directory,
    hub_administrator,
    next_writers,
    served_by,
)
from tocsin.bus_identities import check_identities, copy_identities
from tocsin.first_node import (
    FIRST_WRITERS,
    KEYS_VALID_FOR,
    make_node_folder,
    make_sealing_halves,
    node_key_entry,
    node_name,
)
from tocsin.folder import FederationFolder
from tocsin.installation import Node, now
from tocsin.key_files import destroy_key_file, make_key, make_sealing_key_file
from tocsin.members import Member, active_entry
from tocsin.settings import load_federation
from tocsin.settings_file import replace_setting

_WRITERS: Final = FIRST_WRITERS[1]


class KeyRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the holder of a new key hands to the administrator: only its public half, and the proof."""

    node: Originator
    key: KeyStatement


def make_request(node: Originator, path: Path, *, federation: str, sealing: bool = False) -> str:
    """Make a new private key in the file *path*; return the request to enrol it, as JSON.

    Args:
        sealing: A key to seal; *path* may be a folder then.

    Raises:
        AlreadyThere: There is such a file.
        BadName: That is no name of a federation.
    """
    check_federation(federation)
    if sealing:
        _, sealer, possession = make_sealing_key_file(path, federation=federation, owner=node)
        statement = state_sealing_key(sealer.public, possession, valid_from=now())
    else:
        statement = _sign_statement(make_key(path), federation, node, now())
    request = KeyRequest(node, statement)
    return msgspec.json.format(msgspec.json.encode(request)).decode() + "\n"


def parse_request(text: str | bytes) -> KeyRequest:
    """Parse a request to enrol a key; whether the proof holds is checked when it is enrolled.

    Raises:
        BadFile: It is no such request.
        BadName: It names no node.
    """
    try:
        request = msgspec.json.decode(text, type=KeyRequest)
    except msgspec.DecodeError as error:
        raise BadFile(f"this is no request to enrol a key: {error}") from None
    check_originator(request.node)
    return request


def request_entry(directory: Directory, request: KeyRequest) -> KeyEntry:
    """Return the entry that enrols the key of *request*, for its node and the authorities that the node serves."""
    if request.key.algorithm is Algorithm.X25519:
        return sealing_key_entry(request.key, request.node)
    return _key_entry(directory, request.node, request.key)


async def rotate_key(node: Node, administrator: Administrator) -> list[MessageName]:
    """Make and enrol a new key for *node*, and set it as the one that signs.

    The old key stays enrolled: revoking it would take back everything that it has signed.

    Raises:
        BrokerError: The directory would not take it; the old key is still the one that signs.
        BadSettings: The key is no file of the node's own.
    """
    check_rotates(node)
    directory = await fetch_directory(node.folder)
    at = node.clock()
    name = f"keys/node-{at:%Y%m%dT%H%M%S%f}.pem"
    key = make_key(node.own_folder.root / name)
    statement = _sign_statement(key, node.federation.id, node.name, at)
    try:
        said = await administrator.say([_key_entry(directory, node.name, statement)])
    except BaseException:
        (node.own_folder.root / name).unlink()
        raise
    replace_setting(node.own_folder.settings_file, "signing_key", f"file:{name}")
    return said


async def rotate_sealing_key(node: Node, administrator: Administrator) -> list[MessageName]:
    """Make and enrol a new sealing key for *node*, which others seal to from now on.

    The old key stays until its end: what was sealed to it has to be opened.

    Raises:
        BrokerError: The directory would not take it; nothing is left of the new key, unless the bus failed: then the
            key may be enrolled after all.
    """
    folder = node.own_folder.sealing_keys
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    # The private half first: as soon as the key is enrolled, somebody may seal to it.
    file, key, possession = make_sealing_key_file(folder, federation=node.federation.id, owner=node.name)
    statement = state_sealing_key(key.public, possession, valid_from=node.clock())
    try:
        return await administrator.say([sealing_key_entry(statement, node.name)])
    except TransportError:
        raise
    except BrokerError:
        destroy_key_file(file)
        raise


def check_rotates(node: Node) -> None:
    """Check that a new key of *node* can be put where its settings look for it.

    Raises:
        BadSettings: They name a variable.
    """
    if node.settings.signing_key.kind != "file":
        raise BadSettings(
            f"the signing key of {node.name} is a variable, and is set elsewhere",
            hint="Make a key with tocsin directory request, enrol it with directory add key, then set the variable.",
        )


async def enrol_participant(
    folder: FederationFolder, member: Member, *, identities: Path | None = None
) -> tuple[list[MessageName], bool]:
    """Let *member* take part, with an administrator, a node in this folder and its authorities.

    Args:
        identities: A folder with what each participant shows to the cluster, by code; None where nothing is given.

    Returns:
        The messages that say so, and whether its topic is there: on some clusters somebody else has to make it.

    Raises:
        AlreadyThere: It takes part already, or its folder is there.
        MissingFile: Its identity for the bus is not there; then nothing is made or said.
        BrokerError: The directory would not take it; then nothing is left but an empty topic.
        TransportError: The bus does not answer; it may be in the directory after all, and its keys stay.
    """
    settings = load_federation(folder)
    if identities is not None:
        check_identities(identities, [member.code])
    _check_absent(folder, member, await fetch_directory(folder))
    at, keys, node = now(), folder.node(member.code).keys, node_name(member.code)
    administrator = f"{member.code}/~admin"
    # Before anything is made: a folder that is left behind would look like a participant.
    hub = hub_administrator(folder)
    # And before anything is said: once the directory has it, the attempt cannot be made again.
    has_topic = await add_topic(folder, check_participant(member.code))
    admin_key, key = make_key(keys / "admin.pem"), make_key(keys / "node.pem")
    public, possession = make_sealing_halves(folder, member.code, federation=settings.id)
    statement = state_key(
        admin_key, federation=settings.id, owner=administrator, use=KeyUse.ADMINISTRATE,
        valid_from=at, valid_to=at + KEYS_VALID_FOR,
    )  # fmt: skip
    participant = ParticipantEntry(
        code=member.code, name=member.name, administrators=(statement,), active_from=at, active_to=None
    )
    try:
        said = await hub.say([participant])
    except TransportError:
        raise
    except BrokerError:
        shutil.rmtree(folder.node(member.code).root)
        raise
    names = [f"{member.code}/{post.name}" for post in member.authorities]
    entries: list[Entry] = [
        NodeEntry(node=node, operator=member.name, active_from=at, active_to=None),
        *(active_entry(post, member.code, node, active_from=at) for post in member.authorities),
        node_key_entry(_sign_statement(key, settings.id, node, at), node, [*names, node], FIRST_WRITERS),
        sealing_key_entry(state_sealing_key(public, possession, valid_from=at), node),
    ]
    said += await Administrator(folder, Originator(administrator), admin_key).say(entries)
    make_node_folder(folder, member)
    if identities is not None:
        copy_identities(folder, identities, [member.code])
    return said, has_topic


def _check_absent(folder: FederationFolder, member: Member, directory: Directory) -> None:
    """Raise AlreadyThere if *member* takes part, or an earlier attempt has left its folder."""
    if directory.participant(member.code) is not None:
        raise AlreadyThere(f"{member.code} takes part already")
    root = folder.node(member.code).root
    if root.exists():
        says = f"{member.code} takes no part yet, and {root} holds what an attempt left that did not end"
        raise AlreadyThere(says, hint="Move it away, and try again.")


def _key_entry(directory: Directory, node: str, statement: KeyStatement) -> KeyEntry:
    originators = [*served_by(directory, node), node]
    return node_key_entry(statement, node, originators, next_writers(directory, node, count=_WRITERS))


def _sign_statement(key: SigningKey, federation: str, node: str, at: datetime) -> KeyStatement:
    return state_key(
        key, federation=federation, owner=node, use=KeyUse.SIGN, valid_from=at, valid_to=at + KEYS_VALID_FOR
    )
