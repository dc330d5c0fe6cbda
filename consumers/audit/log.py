"""The log in an audit: where it ends, and what is wrong between log, bus and all who have seen it."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Final

import msgspec

from broker import limits
from broker.directory.directory import Directory
from broker.errors import NoLog, TooLarge
from broker.log.port import CHECKPOINT, LogReader
from broker.log.trust import LogTrust, SignedCheckpoint
from broker.log_trust import log_trust
from consumers.audit.agreement import leaf_findings, order_findings, unlogged
from consumers.audit.checkpoints import History, Published, SeenCheckpoint, judge_published, missing, quorum_finding
from consumers.audit.ledger import Ledger
from consumers.audit.topics import Topics
from consumers.audit.tree import check_tree
from consumers.findings import Finding

_NO_FOLDER: Final = "the root record appoints a notary, and nobody says where its log is"
_GONE: Final = "the log shows no checkpoint, and had one"
_NOTHING_LOGGED: Final = "the log shows no checkpoint, and there are messages that should be in it by now"


class AuditedLog(msgspec.Struct, frozen=True):
    """A log, and what it showed when the audit began.

    Attributes:
        trust: None where the network has no notary, so no log; or none is asked for.
        published: What it showed then.
    """

    reader: LogReader | None
    trust: LogTrust | None
    published: Published

    @property
    def size(self) -> int:
        """How many entries are audited."""
        return 0 if self.published.signed is None else self.published.signed.size

    def goes_on_to(self, shown: bytes | None) -> bool:
        """Say whether what the log shows now grew out of what it showed then."""
        if self.trust is None or self.published.signed is None or self.reader is None:
            return True
        now = judge_published(shown, self.trust).signed
        if now is None or now.size < self.size:
            return False
        history = History(self.reader, now, self.trust)
        return not list(history.findings([SeenCheckpoint("", self.published.signed.raw)]))


class LogAudit(msgspec.Struct, frozen=True, kw_only=True):
    """What a log came to.

    Attributes:
        checkpoint: At which the audit ends; None where there is none to believe.
        appointed: How many witnesses there are.
        unlogged: Messages that are not in the log yet, and need not be.
    """

    checkpoint: SignedCheckpoint | None
    appointed: int
    unlogged: int
    findings: tuple[Finding, ...]


def read_checkpoint(reader: LogReader | None) -> bytes | None:
    """Return what a log shows as its checkpoint, whatever it is; None for nothing.

    Raises:
        LogUnavailable: The log does not answer.
    """
    try:
        return None if reader is None else reader.read(CHECKPOINT, most=limits.MAX_NOTE_BYTES)
    except TooLarge:
        return b""  # which is no checkpoint either


def open_audited_log(
    reader: LogReader | None, directory: Directory, checkpoint: bytes | None, *, needed: bool
) -> AuditedLog:
    """Return the log as the audit has to take it, by what the directory says of its notary.

    Args:
        needed: Whether there has to be one where a notary is appointed.
    """
    if reader is None and not needed:
        return AuditedLog(None, None, Published())
    try:
        trust = log_trust(directory)
    except NoLog:
        return AuditedLog(reader, None, Published())
    return AuditedLog(reader, trust, judge_published(checkpoint, trust))


def check_log(
    ledger: Ledger,
    log: AuditedLog,
    directory: Directory,
    seen: Sequence[SeenCheckpoint],
    chains: tuple[Topics, frozenset[int]],
) -> LogAudit | None:
    """Return what the log comes to, behind all pieces; None where the network has none.

    Args:
        seen: Checkpoints that anybody has kept.
        chains: The topics, and the places of messages that are out of order in their stream.

    Raises:
        LogUnavailable: The log does not answer.
    """
    if log.trust is None:
        return None
    signed, appointed = log.published.signed, len(log.trust.witnesses)
    if log.reader is None or signed is None:
        found = log.published.finding or _missing(ledger, log, seen)
        count = ledger.number("SELECT count(DISTINCT digest) FROM message")
        return LogAudit(
            checkpoint=None, appointed=appointed, unlogged=count, findings=() if found is None else (found,)
        )
    tree = check_tree(ledger, log.reader, signed.head)
    findings = list(tree.findings)
    waiting = 0
    if tree.is_signed:
        findings += leaf_findings(ledger, directory.federation)
        findings += order_findings(ledger, *chains)
    if tree.is_whole:
        dismissed = frozenset[bytes](one.digest for one in directory.findings)
        without = unlogged(ledger, dismissed)
        waiting = without.waiting
        findings += without.findings
    findings += _history(ledger, log, signed, seen, timedelta(hours=directory.root.checkpoint_max_age_hours))
    return LogAudit(checkpoint=signed, appointed=appointed, unlogged=waiting, findings=tuple(findings))


def _history(
    ledger: Ledger, log: AuditedLog, signed: SignedCheckpoint, seen: Sequence[SeenCheckpoint], tolerated: timedelta
) -> Iterator[Finding]:
    """Yield which checkpoints do not belong together, the one that the log shows by now included."""
    if log.reader is None or log.trust is None:
        return
    now = judge_published(read_checkpoint(log.reader), log.trust)
    if now.finding is not None:
        yield now.finding
    newest = now.signed if now.signed is not None and now.signed.size >= signed.size else signed
    history = History(log.reader, newest, log.trust)
    yield from history.findings([SeenCheckpoint("checkpoint", signed.raw), *seen])
    lost = quorum_finding(signed, history, lambda index: _seen_at(ledger, index), tolerated)
    if lost is not None:
        yield lost


def _missing(ledger: Ledger, log: AuditedLog, seen: Sequence[SeenCheckpoint]) -> Finding | None:
    """Return that there is no checkpoint, if there has to be one."""
    if log.reader is None:
        return missing(_NO_FOLDER)
    if log.trust is not None and any(judge_published(one.raw, log.trust).signed is not None for one in seen):
        return missing(_GONE)
    first, last = ledger.row("SELECT min(issued_at), max(issued_at) FROM message")
    # A network of one machine may have no notary running yet; a record that is put away does not go bad.
    within = limits.LOGGED_WITHIN.total_seconds() * 1_000_000
    return missing(_NOTHING_LOGGED) if last - first > within else None


def _seen_at(ledger: Ledger, index: int) -> int:
    return ledger.number("SELECT seen_at FROM leaf WHERE id >= ? ORDER BY id LIMIT 1", index)
