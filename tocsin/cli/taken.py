"""What a receiving command says of what it took: counts, and each new alert."""

from collections.abc import Iterable, Sequence

from broker.database import reading
from broker.types.names import Originator
from consumers.deliver import Taken
from consumers.inbox import Item, alerts, has_history
from consumers.opening import listed
from consumers.positions import load_positions
from tocsin.cli.output import Output
from tocsin.installation import Node
from tocsin.naming import names_in
from tocsin.showing.items import banner, item_lines, title
from tocsin.showing.plain import counted
from tocsin.showing.records import Line


def alerts_of(node: Node, reader: Originator) -> list[Item]:
    """Return the alerts that nobody at *reader* has looked at."""
    with reading(node.engine) as connection:
        return [listed(item) for item in alerts(connection, node.section_keys, reader, node.clock())]


def told_as(item: Item) -> tuple[bytes, str]:
    """Return by what an alert is known: that its message was taken back since is news, also to whoever has seen it."""
    return item.digest, "" if item.withdrawn is None else item.withdrawn.reason.word


def counts(taken: Taken) -> dict[str, int]:
    """Return the numbers for scripts and logs."""
    return {
        "messages": taken.messages,
        "inbox": taken.inbox,
        "raised": taken.alerts,
        "duplicates": taken.duplicates,
        "quarantined": taken.quarantined,
        "pending": taken.pending,
        "purged": taken.purged,
    }


def say_taken(output: Output, taken: Taken) -> None:
    """Say what it came to."""
    output.say(
        f"{counted(taken.messages, 'message')} received, {counted(taken.inbox, 'inbox row')} and "
        f"{counted(taken.alerts, 'alert')} for this node's authorities, "
        f"{counted(taken.duplicates, 'duplicate')} dropped."
    )
    if taken.pending:
        # Nothing more can be said of them: whom they are for, and what they are about, is sealed too.
        output.say(f"{counted(taken.pending, 'message')} sealed for others, or whose key is still to come.")
    if taken.purged:
        output.say(
            f"{counted(taken.purged, 'message')} taken back, corrected or not to be kept: what had to go is gone."
        )
    if taken.quarantined:
        output.say(f"{taken.quarantined} could not be admitted and are kept: tocsin doctor says why.", style="bold")


def reads_first(node: Node) -> bool:
    """Say whether this node has read nothing yet: what is there already is history to it, and raises no alerts."""
    with reading(node.engine) as connection:
        return not load_positions(connection)


def say_history(output: Output, node: Node, reader: Originator) -> None:
    """Say, if so, that what a node found when it read for the first time alerted nobody, however urgent it is."""
    with reading(node.engine) as connection:
        if not has_history(connection):
            return
    says = "This node has read for the first time. What was sent before counts as history and raised no alert"
    output.say(f"{says}; look through it: tocsin inbox --as {reader}", style="bold red")


def say_unseen(output: Output, unseen: int, reader: Originator) -> None:
    """Say what another command took in before and nobody has looked at: it is not shown here a second time."""
    if unseen:
        says = f"{counted(unseen, 'earlier alert')} that nobody at {reader} has looked at"
        output.say(f"{says}: tocsin inbox alerts --as {reader}", style="bold red")


def say_alerts(output: Output, items: Sequence[Item], node: Node, reader: Originator) -> None:
    """Show alerts."""
    names = names_in(node, reader, items)
    for item in items:
        _say_alert(output, item, item_lines(item, node.directory, names=names))


def _say_alert(output: Output, item: Item, lines: Iterable[Line]) -> None:
    output.say()
    if banner(item):
        output.say(banner(item), style="bold")
    output.say(title(item), style="bold red")
    output.lines(lines)
