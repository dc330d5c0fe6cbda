"""What is needed of the places where the log lies, and of those who cosign it.

Adapters: ``broker.log_store`` and ``tocsin.witnessing``; ``tests/contracts`` checks that all keep these guarantees.
"""

from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    from broker.log.witness import Answer

CHECKPOINT: Final = "checkpoint"
"""The path of the newest checkpoint."""


class LogReader(Protocol):
    """A log to be read, by the paths of C2SP tlog-tiles. Nothing that it returns is believed."""

    def read(self, path: str, *, most: int) -> bytes | None:
        """Return what lies at *path*, ``checkpoint`` or ``tile/0/x001/067``; None where nothing does.

        Raises:
            LogUnavailable: The log does not answer.
            TooLarge: It is more than *most* bytes.
        """
        ...


class TileStore(LogReader, Protocol):
    """A log to be grown. One notary at a time writes; readers never see half of anything."""

    def write(self, path: str, data: bytes) -> None:
        """Put a tile or a bundle at *path*; it is durable on return. The same bytes again change nothing.

        Raises:
            LogForked: Other bytes lie there: a tile never changes.
            LogUnavailable: It cannot be written.
        """
        ...

    def replace_checkpoint(self, new: bytes, *, expected: bytes | None) -> None:
        """Put *new* in the place of the checkpoint *expected*, None for none; readers see either, durable on return.

        Raises:
            LogForked: Another checkpoint lies there.
            LogUnavailable: It cannot be written.
        """
        ...

    def lock(self) -> AbstractContextManager[None]:
        """Keep every other writer out, of this process and of others.

        Raises:
            LogBusy: One is at work.
        """
        ...


class WitnessClient(Protocol):
    """A witness to be asked for its cosignature.

    Attributes:
        name: As the root record appoints it.
    """

    name: str

    async def add_checkpoint(self, request: bytes) -> "Answer":
        """Send one ``add-checkpoint`` request, and return whatever is answered.

        Raises:
            WitnessUnavailable: It does not answer in time.
        """
        ...
