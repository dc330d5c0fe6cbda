"""The bus: whether it answers, and whether what is shown to it will be believed tomorrow as well."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from broker.errors import BrokerError
from broker.types.names import HUB
from tocsin.administering import read_directory
from tocsin.buses import identity_folder, open_bus
from tocsin.cluster.certificates import KEY_FILE
from tocsin.doctor.check import Check, bad, care, good, of_error
from tocsin.folder import FederationFolder
from tocsin.identity import read_identity
from tocsin.installation import Node, now
from tocsin.settings import EMBEDDED, FederationSettings, load_federation
from tocsin.showing.plain import counted

_SOON: Final = timedelta(days=30)
_FOR_OTHERS: Final = 0o077
_ANEW: Final = "Get a new certificate from whoever runs the bus's clients authority; no restart is needed."
_IN_THE_CLEAR: Final = "Fine on this machine alone. Over a network set bus_identity, and take allow_plaintext out."


async def check_bus(folder: FederationFolder) -> list[Check]:
    """Look at the bus, by the way in of the federation's own settings."""
    try:
        settings = load_federation(folder)
    except BrokerError as error:
        return [of_error("bus", error)]
    # The identity first: where the bus does not answer, it may be why.
    checks = list(_check_federation(folder, settings))
    try:
        async with open_bus(folder, settings, clock=now) as bus:
            directory = await read_directory(bus, settings)
            topics = await bus.topics()
            status = directory.root.status.word
    except BrokerError as error:
        return [*checks, of_error("bus", error)]
    return [*checks, good("bus", f"{settings.bus}, {counted(len(topics), 'topic')}, {status} network {settings.id}")]


def check_way_in(node: Node) -> Iterator[Check]:
    """Look at what a node shows of its own to be let in."""
    folder = identity_folder(node.folder, node.federation, node.settings)
    shared = identity_folder(node.folder, node.federation, None)
    if node.federation.bus == EMBEDDED or folder is None or folder == shared:
        return
    if node.settings.way_in.bus_user:
        yield good(f"{node.participant} bus identity", f"password of {node.settings.way_in.bus_user}")
        return
    yield from check_identity(f"{node.participant} bus identity", folder, node.participant, node.clock())


def check_identity(subject: str, folder: Path, owner: str, moment: datetime) -> Iterator[Check]:
    """Look at a certificate that is shown to the bus."""
    try:
        facts = read_identity(folder)
    except BrokerError as error:
        yield bad(subject, str(error), _ANEW)
        return
    key = folder / KEY_FILE
    if key.exists() and key.stat().st_mode & _FOR_OTHERS:
        yield bad(subject, f"others on this machine may read {key}", f"chmod 600 {key}")
    left = facts.not_after - moment
    until = f"{facts.not_after:%Y-%m-%d %H:%M} UTC"
    if facts.common_name != owner:
        yield bad(subject, f"the certificate is {facts.common_name}'s and not {owner}'s", "Name the right folder.")
    elif moment < facts.not_before:
        yield bad(subject, f"not valid before {facts.not_before:%Y-%m-%d %H:%M} UTC", "Is this machine's clock right?")
    elif left <= timedelta():
        yield bad(subject, f"expired on {until}: the bus lets nobody in with it", _ANEW)
    elif left < _SOON:
        yield care(subject, f"expires in {counted(left.days, 'day')}, on {until}", _ANEW)
    else:
        yield good(subject, f"{facts.common_name}, until {until}")


def _check_federation(folder: FederationFolder, settings: FederationSettings) -> Iterator[Check]:
    if settings.bus == EMBEDDED:
        return
    identity = identity_folder(folder, settings, None)
    if identity is None:
        if settings.way_in.allow_plaintext:
            yield care("bus", "spoken to in the clear: whoever listens reads along", _IN_THE_CLEAR)
    elif not settings.way_in.bus_user:
        yield from check_identity("bus identity", identity, _at_home(folder), now())


def _at_home(folder: FederationFolder) -> str:
    """Return whose folder it is: the hub's where its keys lie, else that of the participant whose node is here."""
    here = folder.participants()
    return HUB if folder.hub_keys.is_dir() or len(here) != 1 else here[0]
