"""``tocsin recall`` and ``tocsin correct``: take a message back, or put another one in its place."""

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated

import typer

from broker.errors import BrokerError
from broker.types.names import MessageName
from broker.types.vocabulary import RecordKind
from producers.intake.forms import form_of
from producers.intake.mapping import NO_MAPPING, load_mapping
from producers.outbox import message_names
from tocsin.cli.app import app
from tocsin.cli.inbox import MessageArgument
from tocsin.cli.options import AsAuthority, FolderOption, JsonOption, find_folder, participant_in
from tocsin.cli.output import Output
from tocsin.cli.publish import flush, say_flush
from tocsin.correcting import check_reference, take_replacement
from tocsin.exits import Exit, exit_of
from tocsin.installation import Node, open_node
from tocsin.named_messages import Messages
from tocsin.publishing import Order
from tocsin.purging import purge_node
from tocsin.recalling import Retraction, find_target, holders, retract
from tocsin.showing.plain import counted, plain

ReasonOption = Annotated[
    str, typer.Option("--reason", help="Why, for everybody who has it: no names here.", metavar="TEXT")
]


@app.command(
    "recall",
    epilog='Example: tocsin recall NL/customs/1#42 --as NL/customs --reason "The laboratory found table salt."',
)
def recall(
    message: MessageArgument,
    *,
    authority: AsAuthority,
    reason: ReasonOption,
    folder: FolderOption = None,
    json: JsonOption = False,
) -> None:
    """Take a message back. Whoever has one of its keys is told, and every node removes its content and keys."""
    output = Output(json=json)
    with open_node(find_folder(folder), participant_in(authority)) as node:
        by = asyncio.run(node.check_authority(authority))
        retraction = Retraction(target=find_target(node, by, message), by=by, reason=reason)
        code = _publish(node, retraction, output)
    raise typer.Exit(code)


@app.command(
    "correct",
    epilog='Example: tocsin correct NL/customs/1#42 mended.csv --as NL/customs --reason "The weight was wrong."',
)
def correct(
    message: MessageArgument,
    file: Annotated[
        Path | None, typer.Argument(help="A file with the one row, of the same kind, that replaces it.", metavar="FILE")
    ] = None,
    *,
    authority: AsAuthority,
    reason: ReasonOption,
    reference: Annotated[
        str | None, typer.Option("--reference", help="Or: your reference of a record that you have published.")
    ] = None,
    mapping: Annotated[
        Path | None, typer.Option("--mapping", help="A TOML file that says your columns and words in ours.")
    ] = None,
    persons: Annotated[
        Path | None, typer.Option("--persons", help="A CSV with persons and companies, by national_reference.")
    ] = None,
    folder: FolderOption = None,
    json: JsonOption = False,
) -> None:
    """Put another record in the place of a message. Readers keep the old one, marked, without persons and companies."""
    if (file is None) == (reference is None):
        raise typer.BadParameter("name the file with the row that replaces it, or the --reference of a record")
    output = Output(json=json)
    with open_node(find_folder(folder), participant_in(authority)) as node:
        by = asyncio.run(node.check_authority(authority))
        target = find_target(node, by, message)
        if file is not None:
            known = Messages(node, by).find(target.digest.hex())
            form = form_of(RecordKind.INCIDENT if known is None else known.kind)
            columns = NO_MAPPING if mapping is None else load_mapping(mapping, form.known)
            order = Order(path=file, authority=by, kind=form.kind, mapping=columns, persons=persons)
            replacement = take_replacement(node, order, target.digest)
        else:
            replacement = reference or ""
            check_reference(node, by, replacement)
        retraction = Retraction(target=target, by=by, reason=reason, replaced_by=replacement)
        code = _publish(node, retraction, output)
    raise typer.Exit(code)


def _publish(node: Node, retraction: Retraction, output: Output) -> Exit:
    readers = holders(node, retraction.target)
    already = retract(node, retraction)
    flushed = flush(node)
    names = message_names(node.engine, retraction.by, [retraction.reference, retraction.replaced_by or ""])
    if not isinstance(flushed, BrokerError):
        purge_node(node)
    _say(output, retraction, names, readers, already=already)
    say_flush(output, flushed)
    record, new = names.get(retraction.reference), names.get(retraction.replaced_by or "")
    output.document(
        {
            "message": str(retraction.target.header.name),
            "kind": retraction.kind.word,
            "record": None if record is None else str(record),
            "replaced_by": None if new is None else str(new),
            "readers": readers,
        }
    )
    return exit_of(flushed) if isinstance(flushed, BrokerError) else Exit.DONE


def _say(
    output: Output,
    retraction: Retraction,
    names: Mapping[str, MessageName],
    readers: Sequence[str],
    *,
    already: bool,
) -> None:
    message = retraction.target.header.name
    record = names.get(retraction.reference)
    became = "in the outbox, not sent yet" if record is None else f"message {record}"
    before = " before" if already else ""
    if retraction.replaced_by is None:
        output.say(f"{message} was taken back{before}: {became}.", style="bold")
        goes = "its content and keys"
    else:
        new = names.get(retraction.replaced_by)
        output.say(f"{message} was corrected{before} by {new or 'a record not sent yet'}: {became}.", style="bold")
        goes = "persons and companies in it, and their keys"
    output.say(f"Goes to {_whom(readers)}. When this arrives, every node that has {message} removes {goes}.")
    output.say(f"Who has done so: tocsin inbox who-read {message} --as {retraction.by}")


def _whom(readers: Sequence[str]) -> str:
    if not readers:
        return "everybody, as the message did, or to nobody where it had no reader"
    return f"the {counted(len(readers), 'reader')} that may have it: {plain(', '.join(readers))}"
