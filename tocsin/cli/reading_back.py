"""What a command does after it has published: the node reads it back, and from then on goes by it."""

import asyncio

from broker.errors import BrokerError
from tocsin.cli.output import Output, report_error
from tocsin.installation import Node


def count_here(node: Node, output: Output) -> None:
    """Let the node read what it has just sent: from now on it decides by it, and before that nothing does."""
    try:
        asyncio.run(_receive(node))
    except BrokerError as error:
        output.say(f"It is sent, and counts at node {node.name} as soon as tocsin receive has read it back.")
        report_error(error)


async def _receive(node: Node) -> None:
    async with node.bus() as bus:
        await node.receiver(bus).receive()
