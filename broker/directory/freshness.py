"""Freeze: who has heard nothing signed for too long may have a directory that lacks a revocation.

A node that notices keeps admitting, says so, and stops publishing.
"""

from datetime import datetime, timedelta

from broker.directory.directory import Directory
from broker.errors import StaleDirectory


def is_stale(directory: Directory, *, newest_seen: datetime, now: datetime) -> bool:
    """Say whether the newest signed thing of the network is older than the root record tolerates.

    Raises:
        UntrustedRoot: There is no root record yet.
    """
    return now - newest_seen > timedelta(hours=directory.root.heads_max_age_hours)


def check_fresh(directory: Directory, *, newest_seen: datetime, now: datetime) -> None:
    """Check that the newest signed thing of the network is not older than the root record tolerates.

    Raises:
        StaleDirectory: It is.
        UntrustedRoot: There is no root record yet.
    """
    if is_stale(directory, newest_seen=newest_seen, now=now):
        raise StaleDirectory(
            f"nothing signed has been seen since {newest_seen.isoformat()}; the root record tolerates"
            f" {directory.root.heads_max_age_hours} hours",
            hint="Nothing is lost: what waits stays in the outbox. Read first (tocsin receive); if that brings nothing"
            " newer, ask another node to say where it stands (tocsin heads; the hub's will do), receive again, and ask"
            " the hub whether the bus is whole. What cannot wait goes by telephone.",
        )
