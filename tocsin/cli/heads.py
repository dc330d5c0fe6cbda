"""``tocsin heads``: say what this node has sent and seen, signed."""

import asyncio

from rich.text import Text

from broker.bus.port import Bus
from broker.errors import BrokerError
from broker.log.checkpoint import parse_checkpoint
from broker.log.note import parse_note
from broker.types.names import check_participant
from producers.heads import Announcement
from tocsin.accounting import give_account
from tocsin.cli.app import app
from tocsin.cli.log_said import look_at_log
from tocsin.cli.options import AsParticipant, FolderOption, JsonOption, find_folder
from tocsin.cli.output import Output, errors
from tocsin.installation import Node, open_node
from tocsin.showing.plain import counted, plain


@app.command("heads", epilog="Example: tocsin heads --as NL --folder exercise")
def heads(*, participant: AsParticipant, folder: FolderOption = None, json: JsonOption = False) -> None:
    """Send the HEADS of a participant's node now: where its streams stand, its directory, the root over its decisions.

    A node sends them once a day by itself, and after bursts, whenever it publishes or receives.
    """
    output = Output(json=json)
    with open_node(find_folder(folder), check_participant(participant)) as node:
        written = asyncio.run(_announce(node))
        if written is not None:
            _say(output, written)
            output.document(_document(written))


async def give_account_of(node: Node, bus: Bus) -> None:
    """Send HEADS and receipts if it is time; what stands in the way is said, and tried again the next time.

    It comes beside what somebody asked for, which must not fail because of it.
    """
    try:
        await give_account(node, bus)
    except BrokerError as error:
        errors().print(Text(f"HEADS and receipts of {node.name} wait: {plain(str(error))}"), soft_wrap=True)


async def _announce(node: Node) -> Announcement | None:
    async with node.bus() as bus:
        await node.follower.catch_up(bus)
        await look_at_log(node)  # first, so that they speak of the newest checkpoint
        return await node.announcer(bus).announce(forced=True)


def _say(output: Output, written: Announcement) -> None:
    said = written.heads
    output.say(f"{written.message} sent: everybody can see from it whether something is missing.")
    rows = ((str(one.stream), str(one.sequence), "ended" if one.frozen else "") for one in said.streams)
    output.table(("stream", "newest number", ""), rows)
    output.say(f"Directory {said.directory_digest.hex()[:16]}…")
    size = _size_of(said.checkpoint)
    output.say("No checkpoint of the log was seen yet." if size is None else f"Log of {counted(size, 'message')}.")
    output.say(f"{counted(said.decisions_count, 'decision')} under the root {said.decisions_root.hex()[:16]}…")


def _size_of(checkpoint: bytes | None) -> int | None:
    return None if checkpoint is None else parse_checkpoint(parse_note(checkpoint).text).size


def _document(written: Announcement) -> dict[str, object]:
    said = written.heads
    return {
        "message": str(written.message),
        "streams": [
            {
                "stream": str(one.stream),
                "sequence": one.sequence,
                "digest": one.digest.hex(),
                "frozen": one.frozen,
            }
            for one in said.streams
        ],
        "directory_digest": said.directory_digest.hex(),
        "log_size": _size_of(said.checkpoint),
        "decisions": {"count": said.decisions_count, "root": said.decisions_root.hex()},
    }
