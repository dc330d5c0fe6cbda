"""The checkpoint that an audit ends at, and all others that anybody has seen: of one history, or of two."""

import hashlib
from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta
from typing import Final

import msgspec

from broker.errors import BadNote, BadSignature, ChangedTile, UntrustedCheckpoint
from broker.log.checkpoint import parse_checkpoint
from broker.log.hashes import TileHashes
from broker.log.note import parse_note
from broker.log.port import LogReader
from broker.log.trust import LogTrust, SignedCheckpoint, check_checkpoint
from broker.logbook.claims import first_root
from broker.types.time import from_micros
from consumers.findings import Finding

MISSING: Final = "missing-checkpoint"
_PLACE: Final = "checkpoint"


class SeenCheckpoint(msgspec.Struct, frozen=True):
    """A checkpoint that somebody has kept; nothing in it is believed.

    Attributes:
        where: Who has seen it, and where that is written, for people.
    """

    where: str
    raw: bytes


class Published(msgspec.Struct, frozen=True):
    """The checkpoint that a log shows, or what is wrong with it; both are None where there is none."""

    signed: SignedCheckpoint | None = None
    finding: Finding | None = None


def judge_published(raw: bytes | None, trust: LogTrust) -> Published:
    """Return what the checkpoint that a log shows is worth; nothing where it shows none."""
    if raw is None:
        return Published()
    try:
        origin = parse_checkpoint(parse_note(raw).text).origin
        if origin != trust.origin:
            says = f"it is the checkpoint of the log {origin[:80]!r}; the one of this network is {trust.origin!r}"
            return Published(finding=Finding("foreign-log", _PLACE, says))
        return Published(check_checkpoint(raw, trust))
    except (BadNote, BadSignature, UntrustedCheckpoint) as error:
        says = f"the notary of this network did not sign it: {error}"
        return Published(finding=Finding("forged-checkpoint", _PLACE, says))


def missing(why: str) -> Finding:
    """Return the finding that there is no checkpoint where there has to be one."""
    return Finding(MISSING, _PLACE, why)


class History:
    """Holds the checkpoints that were seen against the log as it is shown."""

    def __init__(self, log: LogReader, newest: SignedCheckpoint, trust: LogTrust) -> None:
        """Prepare.

        Args:
            newest: Of the log now; it may have grown since the checkpoint that is audited.
        """
        self._newest = newest
        self._trust = trust
        self._hashes = TileHashes(log, newest.size)
        # Digests, not notes: whoever sends HEADS may fill each with lines that nobody has signed.
        self._judged: set[bytes] = set()
        self.witnessed: set[int] = {newest.size} if newest.is_witnessed else set()
        """The sizes of those with a quorum, of this history."""

    def findings(self, seen: Iterable[SeenCheckpoint]) -> Iterator[Finding]:
        """Yield which of the checkpoints in *seen* do not belong to the history that the log shows.

        Raises:
            LogUnavailable: The log does not answer.
        """
        for one in seen:
            digest = hashlib.sha256(one.raw).digest()
            if digest in self._judged:
                continue
            self._judged.add(digest)
            finding, signed = self._judge(one)
            if finding is not None:
                yield finding
            elif signed is not None and signed.is_witnessed:
                self.witnessed.add(signed.size)

    def _judge(self, one: SeenCheckpoint) -> tuple[Finding | None, SignedCheckpoint | None]:
        try:
            signed = check_checkpoint(one.raw, self._trust)
        except (BadNote, BadSignature, UntrustedCheckpoint):
            return None, None  # anybody can write down anything: what the notary did not sign says nothing about it
        newest = self._newest
        if signed.size > newest.size:
            says = (
                f"a checkpoint over {signed.size} entries was seen, and the log shows {newest.size}: it was cut short"
            )
            return Finding("log-rolled-back", one.where, says), signed
        try:
            root = first_root(self._hashes, signed.size, newest.head)
        except ChangedTile:
            return None, None  # which tiles are not right is found where all of them are read
        if root != signed.head.root:
            says = (
                f"the notary signed two logs: over {signed.size} entries the root that was seen is"
                f" {signed.head.root.hex()[:16]}…, and in the log that is shown {root.hex()[:16]}…"
            )
            return Finding("split-view", one.where, says), signed
        return None, signed


def quorum_finding(
    audited: SignedCheckpoint, history: History, first_seen: Callable[[int], int], tolerated: timedelta
) -> Finding | None:
    """Return that no checkpoint had a quorum for too long; None where all is well.

    Args:
        first_seen: When the leaf at an index was seen, in microseconds since 1970.
        tolerated: For how long a log may go on without, by the root record.
    """
    if not audited.quorum or audited.is_witnessed:
        return None
    of = f"{len(audited.witnesses)} of {audited.quorum}"
    covered = max(history.witnessed, default=0)
    if covered >= audited.size:
        says = f"it has {of} cosignatures, and had a quorum when it was seen elsewhere: they were taken away"
        return Finding("no-quorum", _PLACE, says) if audited.size in history.witnessed else None
    first, last = first_seen(covered), first_seen(audited.size - 1)
    if last - first <= tolerated.total_seconds() * 1_000_000:
        return None
    since = f"{from_micros(first):%Y-%m-%d %H:%M} UTC"
    says = f"it has {of} cosignatures, and no quorum of witnesses vouches for what was logged since {since}"
    return Finding("no-quorum", _PLACE, says)
