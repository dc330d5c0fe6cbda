"""``tocsin receive``: admit, decide, deliver what is on the bus."""

import asyncio
from typing import Annotated

import typer

from consumers.deliver import Taken
from tocsin.casework.keeping import keep_index
from tocsin.cli.app import app
from tocsin.cli.following import Manner, run_following
from tocsin.cli.heads import give_account_of
from tocsin.cli.log_said import look_at_log, say_restored, say_stale
from tocsin.cli.options import AsAuthority, FolderOption, JsonOption, find_folder, participant_in
from tocsin.cli.output import Output
from tocsin.cli.taken import (
    alerts_of,
    counts,
    reads_first,
    say_alerts,
    say_history,
    say_taken,
    say_unseen,
    told_as,
)
from tocsin.exits import Exit
from tocsin.installation import Node, open_node
from tocsin.purging import purge_node
from tocsin.sealing_keys import destroy_ended_keys
from tocsin.showing.plain import counted


@app.command("receive", epilog="Example: tocsin receive --as BE/police --folder exercise --follow")
def receive(
    *,
    authority: AsAuthority,
    folder: FolderOption = None,
    follow: Annotated[bool, typer.Option("--follow", help="Go on until Ctrl-C.")] = False,
    metrics: Annotated[
        str | None,
        typer.Option("--metrics", help="With --follow: serve metrics for Prometheus there.", metavar="[HOST:]PORT"),
    ] = None,
    accept_loss: Annotated[
        str | None,
        typer.Option(
            "--accept-loss", help="Go on behind what the bus has deleted of this topic for good.", metavar="TOPIC"
        ),
    ] = None,
    json: JsonOption = False,
) -> None:
    """Take what has arrived for the node of an authority, decide about it, and show its new alerts.

    With --follow, --json prints one line of JSON for each new alert.
    """
    output = Output(json=json)
    if metrics is not None and not follow:
        raise typer.BadParameter("metrics are served while following; add --follow", param_hint="--metrics")
    with open_node(find_folder(folder), participant_in(authority)) as node:
        if follow:
            run_following(node, authority, Manner(metrics, accept_loss), output)
            raise typer.Exit(Exit.DONE)
        destroy_ended_keys(node, node.clock())
        reader = asyncio.run(node.check_authority(authority))
        seen = {told_as(item) for item in alerts_of(node, reader)}
        is_first = reads_first(node)
        taken = asyncio.run(_receive(node, accept_loss, output))
        purge_node(node)
        say_taken(output, taken)
        new = [item for item in alerts_of(node, reader) if told_as(item) not in seen]
        say_alerts(output, new, node, reader)
        say_unseen(output, len(seen), reader)
        if is_first and taken.inbox:
            say_history(output, node, reader)
        say_stale(node)
        # Behind what was asked for: nobody waits for the log.
        proven = _take_proven(node)
        if proven.inbox:
            say_taken(output, proven)
            more = [
                item for item in alerts_of(node, reader) if told_as(item) not in seen | {told_as(one) for one in new}
            ]
            say_alerts(output, more, node, reader)
            taken, new = taken + proven, new + more
        keep_index(node)
        if taken.inbox:
            output.say(f"Next: tocsin inbox --as {reader}")
        output.document({**counts(taken), "alerts": [str(item.message) for item in new]})


def _take_proven(node: Node) -> Taken:
    """Read the log on, and take the messages of revoked keys that it proves to be older."""
    watch = asyncio.run(look_at_log(node))
    if watch.advance is None or watch.advance.before == watch.state.size:
        return Taken()
    return node.deliverer.retry_unproven(node.clock())


async def _receive(node: Node, accept_loss: str | None, output: Output) -> Taken:
    async with node.bus() as bus:
        receiver = node.receiver(bus)
        if accept_loss is not None:
            given_up = await receiver.accept_loss(accept_loss)
            output.say(f"{accept_loss}: {counted(given_up, 'place')} given up, as far as the bus has deleted it.")
        taken = await receiver.receive()
        say_restored(node)
        await give_account_of(node, bus)
        return taken
