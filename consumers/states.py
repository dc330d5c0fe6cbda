"""The states that a directory has had: each follows from the messages that were known then, and has a digest."""

from collections.abc import Iterable, Sequence

from broker.directory import Directory
from broker.directory.directory import include
from broker.directory.held import Held, hold
from broker.envelope.message import Opened
from broker.errors import BrokerError
from broker.types.names import Digest


class States:
    """The states of one node's directory, by digest; worked out as far as somebody asks."""

    def __init__(self, present: Directory, messages: Iterable[Opened]) -> None:
        """Prepare to look for states.

        Args:
            messages: Those that the node has read, in the order in which it read them.
        """
        self._known: dict[Digest, Directory] = {present.digest: present}
        self._present = present
        self._waiting = iter(_held(messages, present.federation))
        self._growing = Directory.empty(present.federation, present.root_digest)

    def find(self, digest: Digest) -> Directory | None:
        """Return the state that *digest* names; None where the directory was never in it."""
        while digest not in self._known:
            held = next(self._waiting, None)
            if held is None:
                return None
            self._growing = include(self._growing, [held])
            # Many messages only wait for others: what follows, and its name, stays as it was.
            self._known.setdefault(self._growing.digest, self._growing)
        return self._known[digest]


def _held(messages: Iterable[Opened], federation: str) -> Sequence[Held]:
    found: list[Held] = []
    for opened in messages:
        try:
            found.append(hold(opened, federation))
        except BrokerError:
            continue  # it was refused then too
    return found
