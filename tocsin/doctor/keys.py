"""The keys of a node: there, private, in the directory, valid for a while."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

import msgspec

from broker.directory import Directory
from broker.errors import BrokerError
from broker.signing.keys import SigningKey
from tocsin.doctor.check import Check, bad, care, good
from tocsin.installation import Node
from tocsin.secret import SecretReference

_SOON: Final = timedelta(days=60)
_FOR_OTHERS: Final = 0o077
_BY_THE_HUB: Final = "ask the hub to name another administrator's key; until then nothing is added to the directory"


def check_keys(node: Node) -> Iterator[Check]:
    """Look at the keys that the settings of *node* name."""
    owner = f"{node.participant}/~admin"
    anew = f"make a new one: tocsin directory rotate --as {node.participant}"
    yield from _check_key(
        node, NamedKey(f"{node.participant} signing key", node.name, node.settings.signing_key, anew), lambda: node.key
    )
    if node.settings.administrator_key is not None:
        named = NamedKey(f"{node.participant} administrator key", owner, node.settings.administrator_key, _BY_THE_HUB)
        yield from _check_key(node, named, lambda: node.administrator_key)


class NamedKey(msgspec.Struct, frozen=True):
    """A key that the settings name.

    Attributes:
        owner: Whose it should be.
        anew: How one gets another, as the second half of a sentence.
    """

    subject: str
    owner: str
    reference: SecretReference
    anew: str


def _check_key(node: Node, named: NamedKey, load: Callable[[], SigningKey]) -> Iterator[Check]:
    try:
        key = load()
    except BrokerError as error:
        yield bad(named.subject, str(error), f"Bring it back from a copy; else {named.anew}.")
        return
    path = named.reference.path(node.own_folder.root)
    if path is not None:
        yield from check_mode(named.subject, path)
    yield from check_validity(named, key, node.directory, node.clock())


def check_validity(named: NamedKey, key: SigningKey, directory: Directory, now: datetime) -> Iterator[Check]:
    """Look a key up in the directory."""
    subject, anew = named.subject, named.anew
    remedy = anew[0].upper() + anew[1:] + "."
    enrolled = directory.key(key.id)
    name = key.id.hex()
    if enrolled is None:
        yield bad(subject, f"key {name} is not in the directory that this node has read", remedy)
    elif enrolled.owner != named.owner:
        says = f"key {name} belongs to {enrolled.owner} and not to {named.owner}"
        yield bad(subject, says, f"Name the right file in node.toml; else {anew}.")
    elif enrolled.revocation is not None:
        when = f"{enrolled.revocation.revoked_at:%Y-%m-%d}"
        yield bad(subject, f"key {name} was revoked on {when}; nobody believes it", remedy)
    elif now < enrolled.valid_from:
        says = f"key {name} is not valid before {enrolled.valid_from:%Y-%m-%d %H:%M} UTC"
        yield bad(subject, says, "Wait until then; if that is past, the clock of this machine is wrong.")
    elif now >= enrolled.valid_to:
        yield bad(subject, f"key {name} is not valid any more, since {enrolled.valid_to:%Y-%m-%d}", remedy)
    elif enrolled.valid_to - now < _SOON:
        says = f"key {name} is valid for {(enrolled.valid_to - now).days} days more, until {enrolled.valid_to:%Y-%m-%d}"
        yield care(subject, says, f"Before then, {anew}.")
    else:
        yield good(subject, f"key {name}, until {enrolled.valid_to:%Y-%m-%d}")


def check_mode(subject: str, path: Path) -> Iterator[Check]:
    """Look at who on this machine may read a private key."""
    mode = path.stat().st_mode & 0o777
    if mode & _FOR_OTHERS:
        says = f"others on this machine may read {path.name} (mode {mode:o})"
        yield bad(subject, says, f"chmod 600 {path}")
