"""Keeping leases alive from a thread of its own, so that a handler that computes for long loses nothing."""

import threading

from sqlalchemy import Engine

from broker.bus import membership
from broker.bus.membership import Member
from broker.database import writing
from broker.errors import BrokerError
from broker.types.time import Clock


class Heartbeat:
    """Renews the leases of one process's members, three times a lease, for as long as there are any."""

    def __init__(self, engine: Engine, *, lease: float, clock: Clock) -> None:
        self._engine = engine
        self._clock = clock
        self._pause = lease / 3
        self._lock = threading.Lock()
        self._members: frozenset[Member] = frozenset()
        self._needed = threading.Event()
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._run, name="bus-heartbeat", daemon=True)
        self._thread.start()

    def add(self, member: Member) -> None:
        """Renew *member* from now on."""
        with self._lock:
            self._members |= {member}
            self._needed.set()

    def remove(self, member: Member) -> None:
        """Let *member*'s lease run out."""
        with self._lock:
            self._members -= {member}
            if not self._members and not self._closed.is_set():
                self._needed.clear()

    def close(self) -> None:
        """End the thread."""
        with self._lock:
            self._closed.set()
            self._needed.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._closed.wait(self._pause):
            self._needed.wait()
            members = self._members
            if members and not self._closed.is_set():
                self._renew(members)

    def _renew(self, members: frozenset[Member]) -> None:
        try:
            with writing(self._engine) as connection:
                membership.renew(connection, members, now=self._clock().timestamp())
        except BrokerError:
            # Tried again at the next beat; if the lease ends before, commits are refused and nothing is overwritten.
            return
