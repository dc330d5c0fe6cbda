"""``tocsin receipts`` and ``tocsin inbox who-read``: what readers confirm to originators."""

import asyncio
from collections.abc import Iterator

from broker.types.names import check_participant
from producers.flush import FlushReport
from tocsin.accounting import Receipts, send_receipts
from tocsin.cli.app import app
from tocsin.cli.inbox import MessageArgument, commands
from tocsin.cli.options import AsAuthority, AsParticipant, FolderOption, JsonOption, find_folder, participant_in
from tocsin.cli.output import Output
from tocsin.cli.publish import say_flush
from tocsin.installation import Node, open_node
from tocsin.showing.plain import counted, moment
from tocsin.who_read import Readership, WhoRead, who_read

_COLUMNS = ("authority", "may have", "key sent", "delivered", "opened by persons", "removed", "")


@app.command("receipts", epilog="Example: tocsin receipts --as BE --folder exercise")
def receipts(*, participant: AsParticipant, folder: FolderOption = None, json: JsonOption = False) -> None:
    """Confirm to originators what was done with their messages here: delivered, opened and why, removed. Never by whom.

    A node does so once a day by itself, whenever it publishes or receives.
    """
    output = Output(json=json)
    with open_node(find_folder(folder), check_participant(participant)) as node:
        written, flushed = asyncio.run(_send(node))
    if written.drafts:
        confirmed = f"{counted(written.entries, 'confirmation')} to {', '.join(written.to)}"
        output.say(f"{confirmed}, in {counted(len(written.drafts), 'sealed record')} of one size.")
    else:
        output.say("Nothing is owed to anybody.")
    if flushed is not None:
        say_flush(output, flushed)
    output.document({"to": list(written.to), "entries": written.entries, "records": len(written.drafts)})


async def _send(node: Node) -> tuple[Receipts, FlushReport | None]:
    async with node.bus() as bus:
        await node.follower.catch_up(bus)
        return await send_receipts(node, bus)


@commands.command("who-read", epilog="Example: tocsin inbox who-read NL/customs/1#42 --as NL/customs --folder exercise")
def who_read_(
    message: MessageArgument, *, authority: AsAuthority, folder: FolderOption = None, json: JsonOption = False
) -> None:
    """Say who has a message that you sent: whose nodes got its keys, what they have confirmed, who has not answered."""
    output = Output(json=json)
    with open_node(find_folder(folder), participant_in(authority)) as node:
        found = who_read(node, asyncio.run(node.check_authority(authority)), message)
    _say(output, found)
    output.document(found.document())


def _say(output: Output, found: WhoRead) -> None:
    output.say(f"{found.message}, sent {moment(found.issued_at)}:", style="bold")
    for one in found.passed_on:
        to = f" to {', '.join(one.to)}" if one.to else ""
        output.say(f"Passed on by {one.by}{to} on {moment(one.issued_at)}: {one.message}")
    if not found.readers:
        output.say("No authority of another participant may have it, and none has confirmed anything.")
        return
    output.table(_COLUMNS, _rows(found.readers))
    silent = sum(one.key_sent_at is not None and not one.has_answered for one in found.readers)
    if silent:
        output.say(f"Got the key and has not answered yet: {silent} of {len(found.readers)}.")
    output.say("Receipts come once a day. What nodes confirm is what they say of themselves.")


def _rows(readers: tuple[Readership, ...]) -> Iterator[tuple[str, ...]]:
    for one in readers:
        yield (
            one.authority,
            ", ".join(one.sections),
            "" if one.key_sent_at is None else moment(one.key_sent_at),
            "" if one.delivered_at is None else moment(one.delivered_at),
            "; ".join(f"{moment(opening.at)} for {opening.purpose}" for opening in one.opened),
            "" if one.purged_at is None else f"{moment(one.purged_at)}, {one.purged_because}".rstrip(", "),
            "" if one.has_answered else ("not answered yet" if one.key_sent_at is not None else "no key sent"),
        )
