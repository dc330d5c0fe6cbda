"""Which cluster is meant and what is shown to it: what the command line says, and else the federation's settings."""

from pathlib import Path

import msgspec

from broker.bus.kafka.connection import Address, Connection, parse_address
from broker.errors import BadSettings
from broker.types.names import check_federation
from tocsin.buses import connection_of
from tocsin.folder import FederationFolder
from tocsin.identity import identity_files
from tocsin.settings import EMBEDDED, FederationSettings, load_federation


class Said(msgspec.Struct, frozen=True, kw_only=True):
    """What the command line says.

    Attributes:
        federation: Its id, where there is no folder yet.
        bootstrap: The address of the listener for administration.
        identity: A folder with the administrator's certificate.
    """

    federation: str | None = None
    bootstrap: str | None = None
    identity: Path | None = None
    allow_plaintext: bool = False


class Way(msgspec.Struct, frozen=True):
    """A cluster, how to get in, and the network that it is for.

    Attributes:
        settings: None where there is no folder; then nobody can read the directory.
    """

    federation: str
    connection: Connection
    settings: FederationSettings | None


def find_way(said: Said, folder: FederationFolder | None) -> Way:
    """Return which cluster is meant.

    Args:
        folder: None where none is named.

    Raises:
        BadSettings: It is not said, or two things contradict each other, or would be sent in the clear.
        BadName: An address or id is not well formed.
    """
    settings = load_federation(folder) if folder is not None else None
    federation = _federation(said, settings)
    address = _address(said, settings)
    if folder is not None and settings is not None and said.identity is None and not said.allow_plaintext:
        if settings.bus == EMBEDDED:
            raise _in_the_clear(address)
        known = connection_of(folder, settings, None)
        return Way(federation, msgspec.structs.replace(known, address=address), settings)
    if said.identity is None and not said.allow_plaintext:
        raise _in_the_clear(address)
    tls = identity_files(said.identity) if said.identity is not None else None
    return Way(federation, Connection(address=address, tls=tls, client=f"tocsin-{federation}-administrator"), settings)


def _federation(said: Said, settings: FederationSettings | None) -> str:
    if said.federation is None and settings is None:
        raise BadSettings(
            "which network is meant is not said", hint="Name its folder with --folder, or its id with --id."
        )
    if settings is not None and said.federation not in (None, settings.id):
        raise BadSettings(f"the folder is that of {settings.id}, not of {said.federation}")
    return settings.id if settings is not None else check_federation(said.federation or "")


def _address(said: Said, settings: FederationSettings | None) -> Address:
    """Return the address; a namespace that the settings know holds for another listener too."""
    known = parse_address(settings.bus) if settings is not None and settings.bus != EMBEDDED else None
    if said.bootstrap is None:
        if known is None:
            raise BadSettings("which cluster is meant is not said", hint="Name it: --bootstrap kafka://HOST:PORT")
        return known
    named = parse_address(said.bootstrap)
    if known is None or named.namespace == known.namespace:
        return named
    if named.namespace:
        raise BadSettings(f"the network's namespace is {known.namespace or 'none'}, not {named.namespace}")
    return msgspec.structs.replace(named, namespace=known.namespace)


def _in_the_clear(address: Address) -> BadSettings:
    return BadSettings(
        f"{address} would be administered in the clear",
        hint="Name the administrator's certificate with --identity DIR; or --allow-plaintext, on this machine alone.",
    )
