"""The hub's catalogue authority, entered into a network that was founded without one."""

import shutil

from broker.directory.entries import Entry
from broker.directory.writing import state_key
from broker.errors import AlreadyThere, BrokerError, TransportError
from broker.signing.keys import SigningKey
from broker.types.names import HUB, MessageName
from broker.types.vocabulary import KeyUse
from tocsin.administering import add_topic, fetch_directory, hub_administrator
from tocsin.first_node import FIRST_WRITERS, KEYS_VALID_FOR, node_key_entry
from tocsin.folder import FederationFolder
from tocsin.founding_catalogue import (
    CATALOGUE,
    CATALOGUE_NODE,
    catalogue_entry,
    catalogue_node_entry,
    make_catalogue_node_folder,
)
from tocsin.installation import now
from tocsin.key_files import make_key
from tocsin.secret import load_key
from tocsin.settings import load_federation, load_node


async def enter_catalogue(folder: FederationFolder) -> tuple[list[MessageName], bool]:
    """Enter the catalogue authority, its node in this folder and the node's key.

    A folder and key that an earlier attempt left, and that the directory does not know, are used.

    Returns:
        The messages that say so, and whether its topic is there: on some clusters somebody else has to make it.

    Raises:
        AlreadyThere: The directory has it, or the folder of its node holds something else.
        MissingFile: This is not where the hub's administrator works.
        BrokerError: The directory would not take it; then nothing is left but an empty topic.
        TransportError: The bus does not answer; the key may be enrolled after all, and stays.
    """
    settings = load_federation(folder)
    directory = await fetch_directory(folder)
    if directory.authority(CATALOGUE) is not None:
        raise AlreadyThere(f"{CATALOGUE} is in the directory already", hint="Look: tocsin directory show")
    hub = hub_administrator(folder)
    # First: an attempt that ends here can be made again, and once the directory has said it, none can.
    has_topic = await add_topic(folder, HUB)
    was_there = folder.node(HUB).root.exists()
    key, at = _key(folder), now()
    statement = state_key(
        key, federation=settings.id, owner=CATALOGUE_NODE, use=KeyUse.SIGN,
        valid_from=at, valid_to=at + KEYS_VALID_FOR,
    )  # fmt: skip
    entries: list[Entry] = [
        catalogue_node_entry(at),
        catalogue_entry(at),
        node_key_entry(statement, CATALOGUE_NODE, [CATALOGUE, CATALOGUE_NODE], FIRST_WRITERS),
    ]
    try:
        said = await hub.say(entries)
    except TransportError:
        raise
    except BrokerError:
        if not was_there:
            shutil.rmtree(folder.node(HUB).root)
        raise
    return said, has_topic


def _key(folder: FederationFolder) -> SigningKey:
    """Return the key of the hub's node in *folder*; the node is made where it is not there yet."""
    node = folder.node(HUB)
    if node.settings_file.is_file():
        return load_key(load_node(folder, HUB).signing_key, node.root)
    if node.root.exists():
        raise AlreadyThere(f"{node.root} holds what an attempt left that did not end, and no node", hint="Delete it.")
    key = make_key(node.keys / "node.pem")
    make_catalogue_node_folder(folder)
    return key
