"""The checkpoints that a node has kept in its logbook."""

from collections.abc import Iterator

from sqlalchemy import Connection, inspect

from broker.logbook import load_state, log_entry
from broker.logbook.claims import load_splits
from broker.types.names import Originator
from consumers.audit.checkpoints import SeenCheckpoint


def checkpoints_of(connection: Connection, node: Originator) -> Iterator[SeenCheckpoint]:
    """Yield the checkpoints under which a node has read the log, and those that it kept as proof of another one."""
    if not inspect(connection).has_table(log_entry.name):
        return  # a database from before there was a log
    state = load_state(connection)
    for kept in (state.newest, state.witnessed):
        if kept is not None:
            yield SeenCheckpoint(f"{node}: its logbook", kept.raw)
    for split in load_splits(connection):
        yield SeenCheckpoint(f"{node}: its logbook", split.ours)
        yield SeenCheckpoint(f"{node}: {split.by}", split.theirs)
