"""``tocsin receive``: admit, decide, deliver what is on the bus."""

import asyncio
import sys
from collections.abc import Callable
from typing import Annotated, Any

import structlog
import typer

from broker.database import reading
from broker.types.names import Originator
from consumers.deliver import Taken
from consumers.inbox import Item, alerts
from consumers.opening import unopened
from tocsin.cli.app import app
from tocsin.cli.options import AsAuthority, FolderOption, JsonOption, find_folder, participant_in
from tocsin.cli.output import Output
from tocsin.exits import Exit
from tocsin.installation import Node, open_node
from tocsin.showing.items import banner, item_lines, title
from tocsin.showing.plain import counted


@app.command("receive", epilog="Example: tocsin receive --as BE/police --folder exercise --follow")
def receive(
    *,
    authority: AsAuthority,
    folder: FolderOption = None,
    follow: Annotated[bool, typer.Option("--follow", help="Go on until Ctrl-C.")] = False,
    json: JsonOption = False,
) -> None:
    """Take what has arrived for the node of an authority, decide about it, and show its new alerts.

    With --follow, --json prints one line of JSON for each new alert.
    """
    output = Output(json=json)
    with open_node(find_folder(folder), participant_in(authority)) as node:
        reader = asyncio.run(node.check_authority(authority))
        seen = {item.digest for item in _alerts(node, reader)}
        if follow:
            _say_unseen(output, len(seen), reader)
            asyncio.run(_follow(node, reader, seen, output))
            raise typer.Exit(Exit.DONE)
        taken = asyncio.run(_receive(node))
        _say_taken(output, taken)
        new = [item for item in _alerts(node, reader) if item.digest not in seen]
        for item in new:
            _say_alert(output, item, node)
        _say_unseen(output, len(seen), reader)
        if taken.inbox:
            output.say(f"Next: tocsin inbox --as {reader}")
        output.document({**_counts(taken), "alerts": [str(item.message) for item in new]})


async def _receive(node: Node) -> Taken:
    async with node.bus() as bus:
        return await node.receiver(bus).receive()


async def _follow(node: Node, reader: Originator, seen: set[bytes], output: Output) -> None:
    log = _node_log(node)
    async with node.bus() as bus:
        log.info("following", authority=reader)
        await node.receiver(bus).follow(_reporter(node, reader, seen, output))


def _reporter(node: Node, reader: Originator, seen: set[bytes], output: Output) -> Callable[[Taken], None]:
    """Return what is told of each batch: it writes the node's log, and shows each new alert once."""
    log = _node_log(node)

    def report(taken: Taken) -> None:
        if taken == Taken():
            return
        log.info("taken", **_counts(taken))
        for item in _alerts(node, reader):
            if item.digest not in seen:
                seen.add(item.digest)
                _say_alert(output, item, node)
                output.document_line({"alert": str(item.message), "tlp": item.tlp.word, "status": item.status.word})

    return report


def _node_log(node: Node) -> Any:
    """Return the node's own log, on standard error. It says what the node does: counts and names of authorities."""
    logger = structlog.wrap_logger(
        structlog.PrintLogger(sys.stderr),
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.LogfmtRenderer(key_order=["timestamp", "level", "event", "node"]),
        ],
    )
    return logger.bind(node=node.name)


def _alerts(node: Node, reader: Originator) -> list[Item]:
    with reading(node.engine) as connection:
        return [unopened(item) for item in alerts(connection, reader, node.clock())]


def _counts(taken: Taken) -> dict[str, int]:
    return {
        "messages": taken.messages,
        "inbox": taken.inbox,
        "raised": taken.alerts,
        "duplicates": taken.duplicates,
        "quarantined": taken.quarantined,
    }


def _say_taken(output: Output, taken: Taken) -> None:
    output.say(
        f"{counted(taken.messages, 'message')} received, {counted(taken.inbox, 'inbox row')} and "
        f"{counted(taken.alerts, 'alert')} for this node's authorities, "
        f"{counted(taken.duplicates, 'duplicate')} dropped."
    )
    if taken.quarantined:
        output.say(f"{taken.quarantined} could not be admitted and are kept: tocsin doctor says why.", style="bold")


def _say_unseen(output: Output, unseen: int, reader: Originator) -> None:
    """Say what another command took in before and nobody has looked at: it is not shown here a second time."""
    if unseen:
        says = f"{counted(unseen, 'earlier alert')} that nobody at {reader} has looked at"
        output.say(f"{says}: tocsin inbox alerts --as {reader}", style="bold red")


def _say_alert(output: Output, item: Item, node: Node) -> None:
    output.say()
    if banner(item):
        output.say(banner(item), style="bold")
    output.say(title(item), style="bold red")
    output.lines(item_lines(item, node.directory))
