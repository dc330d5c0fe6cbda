"""``tocsin notification``: reply to one, say what became of the goods, amend or cancel one's own."""

from datetime import date
from typing import Annotated

import typer

from broker.records.notification_reply import ReplyKind
from broker.records.shipment import ShipmentEvent
from broker.trade.states import noticed
from broker.trade.workflow import Notification
from broker.types.names import Originator
from producers.draft import Draft
from tocsin.cli.inbox import MessageArgument
from tocsin.cli.moments import read_day
from tocsin.cli.notification import (
    DispatchOption,
    EntryOption,
    FileOption,
    QuantityOption,
    ReferenceOption,
    SetOption,
    SubstanceOption,
    UntilOption,
    at_desk,
    commands,
    notification_at,
    send_prepared,
    set_columns,
    short_columns,
)
from tocsin.cli.one_record import publish_one
from tocsin.cli.options import AsAuthority, FolderOption, JsonOption
from tocsin.cli.output import Output
from tocsin.cli.reading_back import count_here
from tocsin.exits import Exit
from tocsin.installation import Node
from tocsin.notifying.drafting import prepare_amendment, prepare_cancellation
from tocsin.notifying.following import Answering, Moving, draft_reply, draft_shipment
from tocsin.notifying.reading import load_columns

OnOption = Annotated[str, typer.Option("--on", help="The day; today if it is left out.", metavar="DATE")]


@commands.command(
    "reply", epilog='Example: tocsin notification reply NL/regulator/1#42 --as BE/regulator --objection "No permit."'
)
def reply(
    message: MessageArgument,
    *,
    authority: AsAuthority,
    received: Annotated[bool, typer.Option("--received", help="It arrived; this is no answer yet.")] = False,
    no_objection: Annotated[bool, typer.Option("--no-objection", help="The goods may come.")] = False,
    objection: Annotated[str, typer.Option("--objection", help="They may not, and why.", metavar="REASON")] = "",
    more: Annotated[str, typer.Option("--more", help="What else has to be known first.", metavar="TEXT")] = "",
    suspend: Annotated[str, typer.Option("--suspend", help="They have to wait, and why.", metavar="REASON")] = "",
    permit: Annotated[str, typer.Option("--permit", help="Number of the import authorization.", metavar="TEXT")] = "",
    valid_until: Annotated[str, typer.Option("--valid-until", help="Last day of the reply.", metavar="DATE")] = "",
    reference: ReferenceOption = "",
    folder: FolderOption = None,
    json: JsonOption = False,
) -> None:
    """Answer a notification, as the importing country; it goes to the side that notified."""
    said = {
        ReplyKind.RECEIVED: (received, ""),
        ReplyKind.NO_OBJECTION: (no_objection, ""),
        ReplyKind.OBJECTION: (bool(objection), objection),
        ReplyKind.MORE_INFORMATION: (bool(more), more),
        ReplyKind.SUSPEND: (bool(suspend), suspend),
    }
    kinds = [kind for kind, (is_given, _) in said.items() if is_given]
    if len(kinds) != 1:
        says = "say one: --received, --no-objection, --objection REASON, --more TEXT or --suspend REASON"
        raise typer.BadParameter(says)
    answering = Answering(
        reply=kinds[0],
        reason=said[kinds[0]][1],
        import_authorization=permit,
        valid_until=read_day(valid_until or None, "--valid-until"),
        reference=reference,
    )
    output = Output(json=json)
    with at_desk(authority, folder) as (node, author):
        draft = draft_reply(node, author, notification_at(node, author, message), answering)
        code = _publish(node, author, draft, output)
    raise typer.Exit(code)


@commands.command(
    "ship", epilog="Example: tocsin notification ship NL/regulator/1#42 --as NL/regulator --shipment 1 --quantity '5 t'"
)
def ship(
    message: MessageArgument,
    *,
    authority: AsAuthority,
    shipment: Annotated[str, typer.Option("--shipment", help="Its number, as both sides call it.", metavar="NO")],
    quantity: QuantityOption = "",
    substance: SubstanceOption = "",
    arrived: Annotated[bool, typer.Option("--arrived", help="It came.")] = False,
    short: Annotated[bool, typer.Option("--short", help="It came short; --quantity is what is missing.")] = False,
    cancelled: Annotated[bool, typer.Option("--cancelled", help="It will not leave.")] = False,
    on: OnOption = "",
    remarks: Annotated[str, typer.Option("--remarks", help="No person and no company.", metavar="TEXT")] = "",
    reference: ReferenceOption = "",
    folder: FolderOption = None,
    json: JsonOption = False,
) -> None:
    """Say what became of a shipment: that it left, arrived, came short or was cancelled; the other side gets it."""
    events = {ShipmentEvent.ARRIVED: arrived, ShipmentEvent.SHORT: short, ShipmentEvent.CANCELLED: cancelled}
    named = [event for event, is_given in events.items() if is_given]
    if len(named) > 1:
        raise typer.BadParameter("say one of --arrived, --short and --cancelled; none of them says that it left")
    moving = Moving(
        number=shipment,
        event=named[0] if named else ShipmentEvent.SHIPPED,
        quantity=quantity,
        substance=substance,
        happened_on=read_day(on or None, "--on"),
        remarks=remarks,
        reference=reference,
    )
    output = Output(json=json)
    with at_desk(authority, folder) as (node, author):
        before = notification_at(node, author, message)
        code = _publish(node, author, draft_shipment(node, author, before, moving), output)
        if code is Exit.DONE:
            _say_what_is_new(output, before, notification_at(node, author, message), node.clock().date())
    raise typer.Exit(code)


@commands.command(
    "amend", epilog="Example: tocsin notification amend NL/regulator/1#42 --as NL/regulator --quantity '800 kg'"
)
def amend(
    message: MessageArgument,
    *,
    authority: AsAuthority,
    file: FileOption = None,
    substance: SubstanceOption = "",
    quantity: QuantityOption = "",
    entry: EntryOption = "",
    dispatch: DispatchOption = "",
    until: UntilOption = "",
    more: SetOption = None,
    folder: FolderOption = None,
    json: JsonOption = False,
) -> None:
    """Change a notification. It is said anew as a whole, and the time for an answer begins again."""
    short = short_columns(substance=substance, quantity=quantity, entry=entry, dispatch=dispatch, until=until)
    values = {**({} if file is None else load_columns(file)), **short, **set_columns(more)}
    output = Output(json=json)
    with at_desk(authority, folder) as (node, author):
        prepared = prepare_amendment(node, author, notification_at(node, author, message), values)
        code = send_prepared(node, author, prepared, output)
    raise typer.Exit(code)


@commands.command(
    "cancel", epilog='Example: tocsin notification cancel NL/regulator/1#42 --as NL/regulator --reason "No buyer."'
)
def cancel(
    message: MessageArgument,
    *,
    authority: AsAuthority,
    reason: Annotated[str, typer.Option("--reason", help="Why, for those who were notified.", metavar="TEXT")],
    folder: FolderOption = None,
    json: JsonOption = False,
) -> None:
    """Cancel a notification: nothing will be exported under it any more."""
    output = Output(json=json)
    with at_desk(authority, folder) as (node, author):
        prepared = prepare_cancellation(node, author, notification_at(node, author, message), reason)
        code = send_prepared(node, author, prepared, output)
    raise typer.Exit(code)


def _say_what_is_new(output: Output, before: Notification, now: Notification, today: date) -> None:
    """Say what a person should look at since the notification stood as *before*: more left than was notified …"""
    known = {one.code for one in noticed(before, today)}
    for one in noticed(now, today):
        if one.code not in known:
            output.say(f"Look at it: {one.says}", style="bold")


def _publish(node: Node, author: Originator, draft: Draft, output: Output) -> Exit:
    publication, code = publish_one(node, author, draft, output)
    if code is Exit.DONE:
        count_here(node, output)
    output.document(publication)
    return code
