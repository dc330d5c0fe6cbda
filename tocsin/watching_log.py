"""A node's look at the log: read what is new, compare, and take note of what is not as it should be.

Nothing waits for it. What arrives is received and shown while the log is away, and says so by its assurance.
"""

import asyncio
from collections.abc import Iterator
from typing import Final

import msgspec

from broker.database import reading
from broker.errors import (
    BadNote,
    BadSignature,
    BadTile,
    BrokerError,
    ChangedTile,
    LogRolledBack,
    LogUnavailable,
    NoLog,
    NoQuorum,
    NotLogged,
    SplitView,
    TooLarge,
    UntrustedCheckpoint,
    UntrustedRoot,
)
from broker.limits import LOGGED_WITHIN
from broker.log.checkpoint import log_origin
from broker.log.port import LogReader
from broker.log.trust import LogTrust
from broker.log_trust import log_trust
from broker.logbook import Advance, Logbook, LogState, describe
from consumers.log_findings import settle_findings
from producers.logged import Overdue, mark_logged, overdue
from tocsin.installation import Node
from tocsin.log_sources import open_log
from tocsin.showing.plain import moment

WATCH_EVERY_SECONDS: Final = 10.0
HIDDEN: Final = "hidden-checkpoint"

_OF_THE_LOOK: Final = (
    LogUnavailable.code,
    TooLarge.code,
    BadNote.code,
    BadSignature.code,
    UntrustedCheckpoint.code,
    LogRolledBack.code,
    ChangedTile.code,
    NoLog.code,
)
"""What a look that goes well heals."""
_JUDGED: Final = (*_OF_THE_LOOK, HIDDEN, NotLogged.code)
"""What only a look that goes well can judge; two histories stay two, and a leaf that is none stays there."""


class LogWatch(msgspec.Struct, frozen=True, kw_only=True):
    """What a look at the log came to.

    Attributes:
        state: How far the node has read it.
        advance: What is new; None where it could not be read, or there is none.
        trouble: Why it could not be read; None also where no notary is appointed.
        quorum_lost: For people, that no checkpoint had a quorum for too long; empty where that is not so.
        overdue: Own messages that should be in it and are not.
        splits: For people, which checkpoints prove that there are two logs.
    """

    state: LogState
    advance: Advance | None = None
    trouble: BrokerError | None = None
    quorum_lost: str = ""
    overdue: tuple[Overdue, ...] = ()
    splits: tuple[str, ...] = ()


async def watch_log(node: Node) -> LogWatch:
    """Look at the log, beside whatever else the node does; what is wrong becomes a finding, and heals like one.

    Raises:
        DatabaseBusy, UnusableDatabase: The node's own database cannot be used.
    """
    return await asyncio.to_thread(_Watcher(node).look)


def quorum_lost(node: Node) -> str:
    """Say for people that no checkpoint had a quorum for too long, as far as is known here; empty if that is not so."""
    try:
        return _book(node).state.quorum_lost(node.clock(), node.directory)
    except UntrustedRoot:
        return ""


class _Watcher:
    """One look."""

    def __init__(self, node: Node) -> None:
        self._node = node
        self._now = node.clock()
        self._book = _book(node)
        self._origin = log_origin(node.federation.id)

    def look(self) -> LogWatch:
        try:
            trust = log_trust(self._node.directory)
        except (NoLog, UntrustedRoot):
            return LogWatch(state=self._book.state)
        try:
            advance = self._book.catch_up(self._reader(), trust, self._now)
        except (BadNote, BadSignature, BadTile, UntrustedCheckpoint, LogRolledBack, ChangedTile, SplitView) as error:
            return self._failed(error)
        except (LogUnavailable, TooLarge, NoLog) as error:
            return self._failed(error)
        return self._went_well(advance, trust)

    def _reader(self) -> LogReader:
        reader = open_log(self._node.folder, self._node.federation)
        if reader is None:
            raise NoLog(
                f"{self._node.federation.id} has a log, and this installation is not told where it is",
                hint="Set log in federation.toml to its address.",
            )
        return reader

    def _failed(self, error: BrokerError) -> LogWatch:
        # Two histories are among the splits.
        found = {} if isinstance(error, SplitView) else {(error.code, self._origin): str(error)}
        found |= self._lasting()
        judged = [code for code in _OF_THE_LOOK if code != error.code]
        settle_findings(self._node.engine, found, [*judged, NoQuorum.code], self._now)
        return LogWatch(state=self._book.state, trouble=error, quorum_lost=self._quorum(), splits=self._splits())

    def _went_well(self, advance: Advance, trust: LogTrust) -> LogWatch:
        mark_logged(self._node.engine)
        with reading(self._node.engine) as connection:
            missing = overdue(connection, self._now)
        found = dict(self._lasting())
        found |= {(NotLogged.code, str(one.name)): _not_logged(one) for one in missing}
        found |= {(HIDDEN, one.by): _hidden(one.head.size, advance.state.size) for one in advance.hidden}
        odd = f"a leaf that is no entry of {trust.origin.rpartition('/')[0]}: its notary put it there"
        found |= {(BadTile.code, f"{self._origin}@{place}"): odd for place in advance.odd}
        settle_findings(self._node.engine, found, [*_JUDGED, NoQuorum.code], self._now)
        return LogWatch(
            state=advance.state,
            advance=advance,
            quorum_lost=self._quorum(),
            overdue=missing,
            splits=self._splits(),
        )

    def _lasting(self) -> dict[tuple[str, str], str]:
        """Return what is wrong whether or not the log answers."""
        says = self._quorum()
        found = {(NoQuorum.code, self._origin): says} if says else {}
        return found | {(SplitView.code, one.by): describe(one) for one in self._book.splits}

    def _quorum(self) -> str:
        return self._book.state.quorum_lost(self._now, self._node.directory)

    def _splits(self) -> tuple[str, ...]:
        return tuple(map(describe, self._book.splits))


def words(watch: LogWatch) -> Iterator[str]:
    """Yield for people what is not as it should be."""
    if watch.trouble is not None and not isinstance(watch.trouble, SplitView):
        yield f"The log was not read on: {watch.trouble}."
    for split in watch.splits:
        yield f"TWO LOGS: {split}. Nobody is to be believed about what was logged when."
    if watch.quorum_lost:
        yield f"NO QUORUM: {watch.quorum_lost}."
    if watch.overdue:
        first = watch.overdue[0]
        more = f", and {len(watch.overdue) - 1} more" if len(watch.overdue) > 1 else ""
        yield f"NOT LOGGED: {first.name}{more}: {_not_logged(first)}."


def _book(node: Node) -> Logbook:
    return Logbook(node.engine, node.federation.id)


def _not_logged(one: Overdue) -> str:
    minutes = int(LOGGED_WITHIN.total_seconds() // 60)
    return (
        f"it was sent on {moment(one.sent_at)} and is not in the log {minutes} minutes later;"
        " ask the hub whether its notary runs, and tell the readers by other means if it matters"
    )


def _hidden(claimed: int, shown: int) -> str:
    minutes = int(LOGGED_WITHIN.total_seconds() // 60)
    if claimed <= shown:
        lacking = f"keeps back, for {minutes} minutes, the tiles that show whether it is one of the same log"
        return f"it names a checkpoint of {claimed} entries; the log {lacking}"
    return f"it names a checkpoint of {claimed} entries; the log has shown no more than {shown} for {minutes} minutes"
