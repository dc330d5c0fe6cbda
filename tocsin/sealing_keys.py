"""A node's own sealing keys: which it has, which it should have, and the end of those whose time has passed."""

from collections.abc import Iterator
from datetime import datetime
from enum import StrEnum

import msgspec

from broker.directory import EnrolledKey
from broker.errors import MissingKey
from broker.limits import SEALING_KEY_KEPT_AFTER
from broker.types.names import KeyId
from tocsin.installation import Node
from tocsin.key_files import destroy_key_file, make_store_key
from tocsin.keyring import load_store_key
from tocsin.node_log import node_log


class Stage(StrEnum):
    """Where a sealing key stands."""

    IN_USE = "in use"
    AHEAD = "not valid yet"
    STANDS_BY = "valid, and a newer one is in use"
    REVOKED = "revoked, kept to open what was sealed to it"
    ENDED = "ended, kept to open what comes late"
    OVERDUE = "to be destroyed now"
    DESTROYED = "destroyed"
    MISSING = "enrolled, and its private half is not here"
    LEFT_OVER = "not enrolled for this node"


class OwnKey(msgspec.Struct, frozen=True, kw_only=True):
    """A sealing key of a node, or a private half that lies with its keys.

    Attributes:
        file: The name of the file with its private half; None where that is not here.
        enrolled: As the directory has it; None for one that it does not have for this node.
    """

    id: KeyId
    stage: Stage
    file: str | None
    enrolled: EnrolledKey | None


def own_keys(node: Node, now: datetime) -> tuple[OwnKey, ...]:
    """Return the sealing keys of *node*: those enrolled, the newest first, then what else lies with its keys.

    Raises:
        BadSettings: A key file cannot be read.
    """
    files = {key.id: path.name for path, key in node.keyring.files().items()}
    used = node.directory.sealing_key(node.name, now)
    found = [
        OwnKey(
            id=key.id, stage=_stage(key, used, now, is_here=key.id in files), file=files.pop(key.id, None), enrolled=key
        )
        for key in node.directory.parts.sealing.get(node.name, ())
    ]
    rest = (OwnKey(id=key, stage=Stage.LEFT_OVER, file=file, enrolled=None) for key, file in files.items())
    return (*found, *rest)


def destroy_ended_keys(node: Node, now: datetime) -> tuple[KeyId, ...]:
    """Destroy the private halves whose time has passed: overwritten, taken away, and noted in the node's log.

    From then on nobody can open again what the bus keeps of messages that were released to them. One that the directory
    does not have stays: nobody knows its end.

    Raises:
        BadSettings: A key file cannot be read.
    """
    return tuple(_destroy_overdue(node, now))


def make_missing_store_key(node: Node) -> bool:
    """Make a store key for a node that never had one; return whether one was made.

    Raises:
        MissingKey: It had one, which sealed its key store; or its settings name a variable that is not set.
    """
    reference = node.settings.store_key
    path = reference.path(node.own_folder.root)
    if path is None or path.exists():
        load_store_key(reference, node.own_folder.root)
        return False
    store = node.own_folder.section_keys
    if store.exists():
        raise MissingKey(
            f"the store key of {node.name} is gone, and its key store {store.name} was sealed under it",
            hint=f"Bring it back from a copy. Without one: move {store.name} away, then tocsin keys new makes another, "
            "and the originators have to release their messages again.",
        )
    make_store_key(path)
    return True


def _destroy_overdue(node: Node, now: datetime) -> Iterator[KeyId]:
    for path, key in node.keyring.files().items():
        enrolled = node.directory.key(key.id)
        if enrolled is not None and _is_overdue(enrolled, now):
            destroy_key_file(path)
            node_log(node.name).info("sealing key destroyed", key=key.id.hex(), ended=f"{enrolled.valid_to:%Y-%m-%d}")
            yield key.id


def _stage(key: EnrolledKey, used: EnrolledKey | None, now: datetime, *, is_here: bool) -> Stage:
    if _is_overdue(key, now):
        return Stage.OVERDUE if is_here else Stage.DESTROYED
    if not is_here:
        return Stage.MISSING
    if key.revocation is not None:
        return Stage.REVOKED
    if now < key.valid_from:
        return Stage.AHEAD
    if key.valid_to <= now:
        return Stage.ENDED
    return Stage.IN_USE if used is not None and used.id == key.id else Stage.STANDS_BY


def _is_overdue(key: EnrolledKey, now: datetime) -> bool:
    return key.valid_to + SEALING_KEY_KEPT_AFTER <= now
