"""The index kept up beside the work of a node, so that whoever searches need not wait for it."""

from collections.abc import Iterator
from contextlib import contextmanager

from broker.errors import BrokerError
from tocsin.casework.search import open_search
from tocsin.installation import Node
from tocsin.node_log import node_log


def keep_index(node: Node) -> None:
    """Take into the index what is new, and out of it what was taken back; cheap where nothing is.

    What keeps it from being done keeps nobody from working: the next search does it, or says why it cannot.
    """
    with _waiting(node), open_search(node) as search:
        if search.is_behind():
            node_log(node.name).info("a newer edition of the catalogue: the search index is named by it anew")
        search.catch_up()


def forget_gone(node: Node) -> None:
    """Take out of the index what was taken back, and leave the rest to the next search.

    For a node that follows: what comes, and who is to be alerted, must not wait while an index is made anew.
    """
    with _waiting(node), open_search(node) as search:
        search.remove_gone()


@contextmanager
def _waiting(node: Node) -> Iterator[None]:
    try:
        yield
    except BrokerError as error:
        node_log(node.name).warning("the search index waits", code=error.code)
