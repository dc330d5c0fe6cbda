"""What commands say of the log and of the directory's age beside their own work: nothing while all is well."""

from rich.text import Text

from tocsin.cli.output import errors
from tocsin.installation import Node
from tocsin.restored import find_restored
from tocsin.showing.plain import plain
from tocsin.watching_log import LogWatch, quorum_lost, watch_log, words


async def look_at_log(node: Node) -> LogWatch:
    """Read the log on, and say what is not as it should be; nothing that somebody asked for fails because of it."""
    watch = await watch_log(node)
    for says in words(watch):
        _warn(says)
    return watch


def say_quorum(node: Node) -> None:
    """Say it if no checkpoint had a quorum for too long, or no other node was heard, as far as this node knows."""
    if says := quorum_lost(node):
        _warn(f"NO QUORUM: {says}.")
    say_stale(node)


def say_stale(node: Node) -> None:
    """Say it if the directory may lack a revocation, because nobody has spoken of it for too long."""
    if says := node.unheard():
        _warn(
            f"STALE DIRECTORY: {says}. What is shown may be by a key that was revoked since; nothing is published."
            " What to do: tocsin doctor."
        )


def say_restored(node: Node) -> None:
    """Say it if the database is older than the bus; to be asked before the node writes again."""
    if restored := find_restored(node):
        _warn(f"RESTORED DATABASE: {restored.says()}.")


def _warn(says: str) -> None:
    errors().print(Text(plain(says), style="bold red"), soft_wrap=True)
