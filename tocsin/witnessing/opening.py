"""A witness out of a node's folder: its key, its memory, and the log that it trusts by the directory."""

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Final

from sqlalchemy import Engine, func, select

from broker.database import reading
from broker.errors import MissingFile, UntrustedRoot
from broker.follow import DirectoryFollower, directory_message
from broker.log.note import NoteKey
from broker.log_trust import present_notary
from broker.types.names import Digest
from broker.types.time import Clock
from tocsin.folder import NodeFolder
from tocsin.installation import now
from tocsin.secret import load_key
from tocsin.settings import NodeSettings
from tocsin.witnessing.state import WitnessState, open_witness_state
from tocsin.witnessing.witness import Event, Logs, Witness


class DirectoryLogs:
    """The one log that a node witnesses, and its notary's key, by the node's copy of the directory.

    The copy is looked at on every call, since other processes of the node read the directory too: a notary's key that
    is replaced or revoked counts from then on.
    """

    def __init__(self, engine: Engine, *, federation: str, root_digest: Digest) -> None:
        self._engine: Final = engine
        self._federation = federation
        self._root_digest = root_digest
        self._lock = threading.Lock()
        self._version: tuple[int, ...] = ()
        self._found: Mapping[str, tuple[NoteKey, ...]] = {}

    def __call__(self) -> Mapping[str, tuple[NoteKey, ...]]:
        """Return the keys by origin; nothing where no notary is appointed, as far as the node has read.

        Raises:
            UnusableDatabase, DatabaseBusy: The copy cannot be read.
        """
        with self._lock:
            version = self._look()
            if version != self._version:
                self._found, self._version = self._read(), version
            return self._found

    def _look(self) -> tuple[int, ...]:
        """Return what changes with every message; none is ever removed, and those of before a rollback go below all."""
        here = directory_message.c.offset
        with reading(self._engine) as connection:
            count, first, last = connection.execute(select(func.count(), func.min(here), func.max(here))).one()
        return (count, first or 0, last or 0)

    def _read(self) -> Mapping[str, tuple[NoteKey, ...]]:
        copy = DirectoryFollower(self._engine, federation=self._federation, root_digest=self._root_digest)
        try:
            # Not those that were replaced: whoever has stolen one could grow the log past its notary.
            keys = present_notary(copy.directory)
        except UntrustedRoot:
            return {}
        return {keys[0].name: keys} if keys else {}


@contextmanager
def open_witness(
    own: NodeFolder,
    settings: NodeSettings,
    *,
    name: str,
    logs: Logs,
    clock: Clock = now,
    tell: Callable[[Event], None] = lambda _event: None,
) -> Iterator[tuple[Witness, WitnessState]]:
    """Give the witness whose key and memory lie in the folder of a node, and its memory; close that.

    Raises:
        MissingFile: The node has no witness's key.
        BadSettings: The key cannot be read.
        StaleDatabase, UnusableDatabase, DatabaseBusy: The memory cannot be used.
    """
    if settings.witness_key is None:
        raise MissingFile(
            f"the node {settings.node} has no witness's key, so it is no witness",
            hint="Set witness_key in its node.toml, once the root record appoints it.",
        )
    key = load_key(settings.witness_key, own.root)
    state = open_witness_state(own.witness_database)
    try:
        yield Witness(name=name, key=key, state=state, logs=logs, clock=clock, tell=tell), state
    finally:
        state.close()
