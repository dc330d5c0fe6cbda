"""Ports for the brokers of one run, so that several runs on one machine do not meet."""

import random
import socket
from contextlib import suppress
from typing import Final, final

from tests.support.kafka.settings import LOCALHOST

FIRST: Final = 12_000
BLOCK: Final = 20
BLOCKS: Final = 400
"""Below the range from which systems take the ports of outgoing connections: one of those could sit on the port of a
broker that is down for a moment."""


@final
class Ports:
    """A block of free ports; its first one is held open, and is the lock on the others until :meth:`close`."""

    def __init__(self) -> None:
        for block in random.sample(range(BLOCKS), BLOCKS):
            with suppress(OSError):
                self._first = FIRST + block * BLOCK
                self._lock = self._take()
                return
        raise OSError(f"no {BLOCK} free ports in a row between {FIRST} and {FIRST + BLOCK * BLOCKS}")

    def __getitem__(self, place: int) -> int:
        """Return the port at *place*, counted from 0."""
        if not 0 <= place < BLOCK - 1:
            raise IndexError(place)
        return self._first + 1 + place

    def close(self) -> None:
        """Give the block back; twice is once."""
        self._lock.close()

    def _take(self) -> socket.socket:
        lock = socket.socket()
        try:
            lock.bind((LOCALHOST, self._first))
            lock.listen()
            for place in range(BLOCK - 1):
                with socket.socket() as trial:
                    trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                    trial.bind((LOCALHOST, self[place]))
        except OSError:
            lock.close()
            raise
        return lock
