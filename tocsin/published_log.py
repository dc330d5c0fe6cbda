"""Where the log stands, as anybody sees it who can read it and knows the directory."""

from datetime import datetime, timedelta

import msgspec

from broker import limits
from broker.directory import Directory
from broker.log.port import CHECKPOINT, LogReader
from broker.log.trust import LogTrust, SignedCheckpoint, check_checkpoint
from broker.log_trust import log_trust
from broker.types.time import EPOCH


class PublishedLog(msgspec.Struct, frozen=True):
    """The newest checkpoint, and what is asked of it.

    Attributes:
        checkpoint: None where nothing is published yet.
        max_age: What the root record lets a witnessed checkpoint become.
    """

    checkpoint: SignedCheckpoint | None
    trust: LogTrust
    max_age: timedelta

    @property
    def witnessed_at(self) -> datetime | None:
        """When a quorum had cosigned it; None where none has."""
        seconds = None if self.checkpoint is None else self.checkpoint.witnessed_at
        return None if seconds is None else EPOCH + timedelta(seconds=seconds)

    def is_overdue(self, now: datetime) -> bool:
        """Say whether a quorum has been silent for longer than the root record tolerates; never without witnesses."""
        if not self.trust.quorum:
            return False
        return self.witnessed_at is None or now - self.witnessed_at > self.max_age


def look_at_log(log: LogReader, directory: Directory) -> PublishedLog:
    """Read the newest checkpoint of *log* and check who signed it.

    Raises:
        LogUnavailable, TooLarge: It cannot be read.
        NoLog, UntrustedRoot: The directory appoints no notary, or says nothing yet.
        BadNote, UntrustedCheckpoint, BadSignature: What is there is no checkpoint of this log.
    """
    trust = log_trust(directory)
    raw = log.read(CHECKPOINT, most=limits.MAX_NOTE_BYTES)
    checkpoint = None if raw is None else check_checkpoint(raw, trust)
    return PublishedLog(checkpoint, trust, timedelta(hours=directory.root.checkpoint_max_age_hours))
