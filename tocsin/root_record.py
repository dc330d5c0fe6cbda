"""The root record of a network: proposed by the hub, signed by the keepers of its keys, sent into the directory."""

from collections.abc import Sequence

from broker.bus.port import Outgoing
from broker.directory import apply, fold
from broker.directory.entries import RootEntry
from broker.directory.proposal import (
    Checked,
    Proposal,
    check_next,
    check_proposal,
    finish_proposal,
    join_proposals,
    propose,
    root_chain,
)
from broker.directory.root import ROOT_STREAM
from broker.directory.root_change import RootChange, change_root
from broker.directory.succession import check_hub_stays
from broker.errors import UnknownKey
from broker.types.names import KeyId, MessageName, directory_topic
from broker.types.time import Clock
from tocsin.administering import alone, fetch_directory, read_directory, read_directory_messages
from tocsin.buses import open_bus
from tocsin.folder import FederationFolder
from tocsin.installation import RANDOMNESS, now
from tocsin.settings import load_federation


async def propose_root(
    folder: FederationFolder,
    change: RootChange,
    signers: Sequence[str] = (),
    *,
    ends_hub_entries: bool = False,
    clock: Clock = now,
) -> Checked:
    """Return the proposal of the root record that follows the newest one on the bus.

    Args:
        signers: The beginnings of the ids of the keys that are to sign; the usual ones where nobody is named.
        ends_hub_entries: What only a key that leaves has said for the hub may end with it.

    Raises:
        BrokerError: What :func:`broker.directory.root_change.change_root`,
            :func:`broker.directory.proposal.propose` and
            :func:`broker.directory.succession.check_hub_stays` raise.
        TransportError: The bus does not answer.
    """
    settings = load_federation(folder)
    async with open_bus(folder, settings, clock=clock) as bus:
        messages = await read_directory_messages(bus, settings)
    directory = fold(messages, settings.root_digest, settings.id)
    chain = root_chain(messages, settings.root_digest, settings.id)
    after = change_root(directory.root, change)
    named = [_root_key(one, (directory.root, after)) for one in signers]
    made = propose(directory, chain, after, named, issued_at=clock(), salt=RANDOMNESS(32))
    checked = check_proposal(made, settings.root_digest)
    if not ends_hub_entries:
        check_hub_stays(checked.header, after, directory)
    return checked


async def publish_root(
    folder: FederationFolder, copies: Sequence[Proposal], *, ends_hub_entries: bool = False, clock: Clock = now
) -> tuple[MessageName, RootEntry]:
    """Send the root record of which *copies* together have all signatures; return its message and what it says.

    Args:
        ends_hub_entries: What only a key that leaves has said for the hub may end with it.

    Raises:
        BadFile: They are not copies of one proposal.
        ThresholdNotMet: A signature is missing.
        AlreadyThere: It is in force.
        BrokenChain: The network has had another root record since.
        BrokerError: The directory would not take it; then nothing is sent.
        TransportError: The bus does not answer.
    """
    settings = load_federation(folder)
    checked = check_proposal(join_proposals(copies), settings.root_digest)
    opened = finish_proposal(checked)
    with alone(folder.root):
        async with open_bus(folder, settings, clock=clock) as bus:
            directory = await read_directory(bus, settings)
            check_next(checked, directory)
            if not ends_hub_entries:
                # Again: an administrator may have written with the key that leaves since this was proposed.
                check_hub_stays(checked.header, checked.after, directory)
            apply(directory, opened)
            await bus.send(directory_topic(settings.id), [Outgoing(str(ROOT_STREAM), opened.raw)])
    return opened.header.name, checked.after


async def fetch_root(folder: FederationFolder) -> RootEntry:
    """Return the root record in force, as the bus has it.

    Raises:
        UntrustedRoot: The bus has none of this network.
        TransportError: The bus does not answer.
    """
    return (await fetch_directory(folder)).root


def _root_key(beginning: str, roots: Sequence[RootEntry]) -> KeyId:
    known = dict.fromkeys(one.id for root in roots for one in root.root_keys)
    found = [one for one in known if one.hex().startswith(beginning.lower().rstrip("…"))]
    if len(found) != 1 or not beginning:
        those = ", ".join(one.hex()[:12] for one in known)
        raise UnknownKey(f"{beginning[:40]!r} is not one root key", hint=f"The present and the new ones: {those}.")
    return found[0]
