"""The keys of a node: there, private, in the directory, valid for a while."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from broker.directory import Directory
from broker.errors import BrokerError
from broker.signing.keys import SigningKey
from tocsin.doctor.check import Check, bad, care, good
from tocsin.installation import Node
from tocsin.secret import SecretReference

_SOON: Final = timedelta(days=60)
_FOR_OTHERS: Final = 0o077


def check_keys(node: Node) -> Iterator[Check]:
    """Look at the keys that the settings of *node* name."""
    yield from _check_key(node, "signing key", node.settings.signing_key, lambda: node.key)
    if node.settings.administrator_key is not None:
        yield from _check_key(
            node, "administrator key", node.settings.administrator_key, lambda: node.administrator_key
        )


def _check_key(node: Node, what: str, reference: SecretReference, load: Callable[[], SigningKey]) -> Iterator[Check]:
    subject = f"{node.participant} {what}"
    try:
        key = load()
    except BrokerError as error:
        yield bad(subject, str(error), "Restore the file, or enrol a new key: tocsin directory rotate.")
        return
    path = reference.path(node.own_folder.root)
    if path is not None:
        yield from _check_mode(subject, path)
    yield from check_validity(subject, key, node.directory, node.clock())


def check_validity(subject: str, key: SigningKey, directory: Directory, now: datetime) -> Iterator[Check]:
    """Look a key up in the directory."""
    enrolled = directory.key(key.id)
    name = key.id.hex()
    if enrolled is None:
        remedy = "Receive once, so that the directory is read; else enrol it: tocsin directory add key."
        yield bad(subject, f"key {name} is not in the directory that this node has read", remedy)
    elif enrolled.revocation is not None:
        yield bad(subject, f"key {name} was revoked", "Make a new one: tocsin directory rotate.")
    elif not enrolled.valid_from <= now < enrolled.valid_to:
        says = f"key {name} is valid from {enrolled.valid_from:%Y-%m-%d} to {enrolled.valid_to:%Y-%m-%d}"
        yield bad(subject, says, "Make a new one: tocsin directory rotate.")
    elif enrolled.valid_to - now < _SOON:
        says = f"key {name} ends on {enrolled.valid_to:%Y-%m-%d}"
        yield care(subject, says, "Make a new one before: tocsin directory rotate.")
    else:
        yield good(subject, f"key {name}, until {enrolled.valid_to:%Y-%m-%d}")


def _check_mode(subject: str, path: Path) -> Iterator[Check]:
    mode = path.stat().st_mode & 0o777
    if mode & _FOR_OTHERS:
        says = f"others on this machine may read {path.name} (mode {mode:o})"
        yield bad(subject, says, f"chmod 600 {path}")
