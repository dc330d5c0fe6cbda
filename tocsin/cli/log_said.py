"""What commands say of the log beside their own work: nothing while all is well."""

from rich.text import Text

from tocsin.cli.output import errors
from tocsin.installation import Node
from tocsin.showing.plain import plain
from tocsin.watching_log import LogWatch, quorum_lost, watch_log, words


async def look_at_log(node: Node) -> LogWatch:
    """Read the log on, and say what is not as it should be; nothing that somebody asked for fails because of it."""
    watch = await watch_log(node)
    for says in words(watch):
        errors().print(Text(plain(says), style="bold red"), soft_wrap=True)
    return watch


def say_quorum(node: Node) -> None:
    """Say it if no checkpoint had a quorum for too long, as far as this node knows."""
    says = quorum_lost(node)
    if says:
        errors().print(Text(plain(f"NO QUORUM: {says}."), style="bold red"), soft_wrap=True)
