"""What an audit began with: kept in its ledger, so that one that was interrupted goes on as if it had not been."""

from typing import Final

import msgspec

from broker.errors import StaleDatabase
from consumers.audit.ledger import Ledger
from consumers.audit.topics import Topics
from consumers.audit.units import AuditPlan

_BEGUN: Final = "begun"
_DIRECTORY: Final = "directory"
_HINT: Final = "Name another file, which is made anew; or remove this one."


class Begun(msgspec.Struct, frozen=True):
    """How far an audit goes, and how it is made.

    Attributes:
        ends: Where each topic is read to, the directory's first.
        checkpoint: What the log showed before that: at its size the audit ends. None where it showed nothing.
    """

    plan: AuditPlan
    ends: dict[str, int]
    checkpoint: bytes | None

    @property
    def topics(self) -> Topics:
        """The topics that are read."""
        return Topics(self.ends)


def begin(ledger: Ledger, now: Begun) -> Begun:
    """Return what an audit began with: *now*, if the ledger is new.

    Raises:
        StaleDatabase: The ledger is the work of another audit, or the bus is shorter than it was.
    """
    raw = ledger.kept(_BEGUN)
    if raw is None:
        ledger.keep(_BEGUN, msgspec.msgpack.encode(now))
        return now
    begun = msgspec.msgpack.decode(raw, type=Begun)
    if msgspec.structs.replace(begun.plan, now=now.plan.now) != now.plan:
        raise _refused(ledger, "was made for another network or root digest, or with other options")
    for topic, end in begun.ends.items():
        if now.ends.get(topic, 0) < end:
            raise _refused(ledger, f"has read {topic} up to {end}, and it is shorter now")
    return begun


def check_directory(ledger: Ledger, digest: bytes) -> None:
    """Check that the directory is the one that the audit began with.

    Raises:
        StaleDatabase: It is another one.
    """
    kept = ledger.kept(_DIRECTORY)
    if kept is None:
        ledger.keep(_DIRECTORY, digest)
    elif kept != digest:
        raise _refused(ledger, "was made under another directory")


def refuse_history(ledger: Ledger) -> StaleDatabase:
    """Return the error that the log is not the one any more that the audit began with."""
    return _refused(ledger, "ends at a checkpoint that is not of the history that the log shows now")


def _refused(ledger: Ledger, why: str) -> StaleDatabase:
    return StaleDatabase(f"{ledger.path.name} is the work of an audit that {why}", hint=_HINT)
