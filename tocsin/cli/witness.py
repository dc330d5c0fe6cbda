"""``tocsin witness``: cosign the log's checkpoints for those who ask, and look at what was cosigned."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from functools import partial
from typing import Annotated, Any, Final, TypeAlias

import typer

from broker.errors import NoLog, NotConsistent, SplitView, TransportError, UntrustedRoot
from broker.log.note import NoteKey, format_note_key
from broker.log_trust import log_trust
from broker.types.names import check_participant
from tocsin.appointing import witness_name
from tocsin.cli.app import app
from tocsin.cli.options import FolderOption, JsonOption, find_folder
from tocsin.cli.output import Output
from tocsin.installation import Node, open_node
from tocsin.node_log import node_log
from tocsin.witnessing.opening import DirectoryLogs, open_witness
from tocsin.witnessing.state import CosignedHead, RefusedCheckpoint, WitnessState
from tocsin.witnessing.witness import Event, Witness

_HERE: Final = "127.0.0.1"
_PORT: Final = 8470

commands = typer.Typer(
    no_args_is_help=True, help="Cosign the checkpoints of the log, as the root record appoints.", rich_markup_mode=None
)
app.add_typer(commands, name="witness")

Tell: TypeAlias = Callable[[Event], None]
AsNode = Annotated[str, typer.Option("--as", help="The participant whose node it is, like BE.", metavar="CODE")]


@commands.command("run", epilog="Example: tocsin witness run --as BE --folder exercise --port 8470")
def run(
    *,
    participant: AsNode,
    folder: FolderOption = None,
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="0: any that is free.")] = _PORT,
    host: Annotated[
        str, typer.Option("--host", help="The address to answer at; for others than this machine put TLS before it.")
    ] = _HERE,
    prefix: Annotated[str, typer.Option("--prefix", help="A path before /add-checkpoint.", metavar="PATH")] = "",
    json: JsonOption = False,
) -> None:
    """Answer over HTTP until Ctrl-C: cosign what grew out of what was seen last, and remember it before.

    Whoever asks is believed nothing but the notary's signature. The protocol is C2SP tlog-witness.
    """
    from tocsin.cli.answering import Place, answer_requests  # noqa: PLC0415 - a server, which no other command loads

    output = Output(json=json)
    with open_node(find_folder(folder), check_participant(participant)) as node:
        asyncio.run(_read_directory(node))
        log = node_log(node.name)
        with _open_witness(node, partial(_tell, log)) as (witness, state), Place(host, port, prefix) as place:
            key = format_note_key(witness.note_key)
            output.say(f"{witness.name} answers at {place.address}; Ctrl-C ends it. Its verifier key:")
            output.command(key)
            _say_how_it_stands(output, node, witness, state)
            output.document_line({"witness": witness.name, "address": place.address, "key": key})
            answer_requests(node, witness, place, log)


def _say_how_it_stands(output: Output, node: Node, witness: Witness, state: WitnessState) -> None:
    if not _is_appointed(node, witness.note_key):
        output.say(_standing(is_appointed=False))
    if not state.heads():
        output.say("It remembers nothing yet, so it believes the first checkpoint of the log that it is shown.")


@commands.command("show", epilog="Example: tocsin witness show --as BE --folder exercise")
def show(*, participant: AsNode, folder: FolderOption = None, json: JsonOption = False) -> None:
    """Show a witness's verifier key, what it cosigned last, and what it refused that may be proof of a fault.

    With --json the refused requests and what had been cosigned before are in it, whole, to be shown to others.
    """
    output = Output(json=json)
    with open_node(find_folder(folder), check_participant(participant)) as node:
        asyncio.run(_read_directory(node))
        with _open_witness(node) as (witness, state):
            heads, refused, is_appointed = state.heads(), state.refused(), _is_appointed(node, witness.note_key)
    output.say(format_note_key(witness.note_key))
    output.say(_standing(is_appointed=is_appointed))
    output.table(("log", "size", "root", "cosigned at"), map(_head_row, heads))
    if not heads:
        output.say("It has cosigned nothing yet.")
    for one in refused:
        output.say(f"Refused at {_time(one.at)}: {one.origin} of size {one.head.size}, root {one.head.root.hex()}.")
        output.say(f"  {one.code}: {_MEANS[one.code]}")
    output.document(
        {
            "witness": witness.name,
            "key": format_note_key(witness.note_key),
            "appointed": is_appointed,
            "heads": [_head_document(one) for one in heads],
            "refused": [_refused_document(one) for one in refused],
        }
    )


_MEANS: Final = {
    SplitView.code: "the notary signed two trees of one size. Show both notes (--json) to every participant.",
    NotConsistent.code: "nobody showed that it grew out of what was cosigned before; ask the notary for the proof.",
}


async def _read_directory(node: Node) -> None:
    with suppress(TransportError):  # what the node has read is enough to begin with
        async with node.bus() as bus:
            await node.follower.catch_up(bus)


@contextmanager
def _open_witness(node: Node, tell: Tell = lambda _event: None) -> Iterator[tuple[Witness, WitnessState]]:
    logs = DirectoryLogs(node.engine, federation=node.federation.id, root_digest=node.federation.root_digest)
    name = witness_name(node.federation.id, node.participant)
    with open_witness(node.own_folder, node.settings, name=name, logs=logs, clock=node.clock, tell=tell) as found:
        yield found


def _tell(log: Any, event: Event) -> None:
    if event.at is not None:
        log.info("cosigned", origin=event.origin, size=event.size, root=event.root, at=event.at)
        return
    tell = log.warning if event.suspicion else log.info
    about = {"code": event.suspicion, "size": event.size, "root": event.root} if event.suspicion else {}
    tell("refused", status=event.status, says=event.says, **about)


def _is_appointed(node: Node, key: NoteKey) -> bool:
    try:
        return key in log_trust(node.directory).witnesses
    except (NoLog, UntrustedRoot):
        return False


def _standing(*, is_appointed: bool) -> str:
    if is_appointed:
        return "The root record appoints it."
    return "The root record, as far as this node has read it, does not appoint it: nobody counts what it cosigns."


def _head_row(one: CosignedHead) -> tuple[str, ...]:
    return (one.origin, str(one.head.size), one.head.root.hex(), _time(one.at))


def _head_document(one: CosignedHead) -> dict[str, Any]:
    return {"origin": one.origin, "size": one.head.size, "root": one.head.root.hex(), "cosigned_at": _time(one.at)}


def _refused_document(one: RefusedCheckpoint) -> dict[str, Any]:
    return {
        "origin": one.origin,
        "code": one.code,
        "size": one.head.size,
        "root": one.head.root.hex(),
        "refused_at": _time(one.at),
        "request": one.request.decode(),
        "cosigned_note": one.cosigned_note.decode(),
    }


def _time(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat()
