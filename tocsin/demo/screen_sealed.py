"""What the demo says of permission, recall and sealing, each in sentences."""

from datetime import datetime
from typing import Final

from rich.console import Console

from tocsin.demo.document import Sealing
from tocsin.demo.permission import Asked
from tocsin.demo.printing import heading, say, table
from tocsin.demo.withdrawing import Left, TakenBack
from tocsin.showing.plain import moment

_OWN: Final = "the author's own: no receipt"


def show_permission(console: Console, asked: Asked, number: str) -> None:
    """Say how an export was refused, asked for, permitted and done."""
    told = asked.document
    heading(console, f"{number}. Permission: {told.reader} wants to export {told.message} of {told.author}")
    for line in (*asked.refused.splitlines(), asked.call):
        say(console, f"  {line}")
    if told.request:
        say(console, f"{told.reader} asks by {told.request}, a record that is sealed to {told.author}.")
    if told.grant:
        ends = moment(asked.until)
        say(console, f"{told.author} permits it by {told.grant}: for this purpose and these sections, until {ends}.")
    if told.exported:
        say(
            console,
            f"The same rule finds that grant now, and the export goes through: decision {asked.decision} of the "
            f"reader's node, on record with the facts it was made by. The file {asked.file} begins with its marking.",
        )


def show_recall(console: Console, taken: TakenBack, number: str) -> None:
    """Say what became of a report that was taken back, everywhere."""
    told = taken.document
    heading(console, f"{number}. Recall: {told.by} takes {told.message} back")
    had = "1 authority had" if len(taken.left) == 1 else f"{len(taken.left)} authorities had"
    says = next((one.says for one in taken.left), "")
    say(
        console,
        f"{told.recall} says so to everybody who ever got a key, or was permitted more. {had} the report; in each "
        f"inbox it is withdrawn now: “{says}”",
    )
    table(console, ("holder", "content", "keys", "delivered", "removed"), [_row(one) for one in taken.left])
    missing = f"; {told.missing} are missing" if told.missing else ""
    receipts = "1 receipt" if told.receipts == 1 else f"{told.receipts} receipts"
    say(
        console,
        f"{receipts} came back to {told.by}, who lists them with inbox who-read{missing}. What was exported is a file "
        "that no recall reaches: the grant and the decision say who has it.",
    )


def show_sealing(console: Console, told: Sealing, number: str) -> None:
    """Say what somebody can read who has the whole bus."""
    heading(console, f"{number}. What somebody can read who has the whole bus")
    others = told.sections - told.sealed
    clear = f"; the other {others} are TLP:CLEAR" if others else ""
    closed = told.sealed - told.opened_by_uninvited
    say(
        console,
        f"The records on it have {told.sections} sections, of which {told.sealed} are sealed{clear}. Without a key "
        f"{told.opened_without_keys} of the sealed ones open. With all keys of {told.uninvited}, its own and those "
        f"that it can get out of any release on the bus, {told.opened_by_uninvited} open: {told.invited} were released "
        f"to it. {closed} stay closed.",
    )


def _row(left: Left) -> tuple[str, ...]:
    gone = {True: "removed", False: "STILL THERE"}
    holder = left.document
    return (
        holder.reader,
        gone[holder.content_gone],
        gone[holder.keys_gone],
        _confirmed(left.delivered_at),
        _confirmed(left.purged_at),
    )


def _confirmed(when: datetime | None) -> str:
    return _OWN if when is None else f"{moment(when)}, by receipt"
