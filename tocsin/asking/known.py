"""Whom a node knows of: before anybody is called unknown, the directory is read once more."""

from collections.abc import Iterable

from broker.types.names import Originator
from tocsin.installation import Node
from tocsin.publishing import known_names


async def learn_of(node: Node, authority: Originator, names: Iterable[str]) -> None:
    """Read the directory anew if one of *names* is not in it as far as the node has read it.

    Raises:
        TransportError: The node does not know one and cannot ask the bus.
    """
    known = known_names(node, authority)
    if all(known.has(name) for name in names):
        return
    async with node.bus() as bus:
        await node.follower.catch_up(bus)
