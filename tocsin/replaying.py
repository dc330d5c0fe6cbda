"""Replay a node's decisions: each decided again, and compared with what is on record. Nothing is written."""

from collections.abc import Callable

from broker.database import reading
from broker.types.names import Originator
from consumers.past import Past, load_directory_messages
from consumers.replay import Replay, Replayed
from consumers.states import States
from tocsin.installation import Node


def replay(node: Node, authority: Originator, *, progress: Callable[[int], None] = lambda _: None) -> Replayed:
    """Decide again what *node* decided for *authority*, and about what it sent.

    Raises:
        ConfigError: The node's keys cannot be used.
    """
    with reading(node.engine) as connection:
        states = States(node.directory, load_directory_messages(connection))
        past = Past(connection, node.section_keys.get)
        return Replay(connection, past, states).of(authority, progress=progress)
