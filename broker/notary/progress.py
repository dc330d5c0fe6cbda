"""What a notary says about its work."""

from collections.abc import Callable

import msgspec

from broker.errors import BrokerError
from broker.types.names import Digest, MessageName


class Equivocation(msgspec.Struct, frozen=True):
    """Two headers under one name, both validly signed: the key's holder told two stories.

    Attributes:
        first: Digest of the header that was logged first, and its index in the log.
        second: The same of the other.
    """

    name: MessageName
    first: tuple[Digest, int]
    second: tuple[Digest, int]


class Progress(msgspec.Struct, frozen=True, kw_only=True):
    """What a notary did, and where the log stands.

    Attributes:
        logged: Messages that got a leaf.
        duplicates: Messages that had one already.
        refused: Messages that never can get one.
        waiting: Messages that wait for the directory to name their key.
        equivocations: That came to light.
        troubles: What stood in the way and was gone around: witnesses that are away or saw another log, parts of
            topics that the bus does not give.
        size: Of the published checkpoint.
        witnesses: Names of those who cosigned it.
        quorum: How many it takes; 0 where none are appointed.
    """

    logged: int = 0
    duplicates: int = 0
    refused: int = 0
    waiting: int = 0
    equivocations: tuple[Equivocation, ...] = ()
    troubles: tuple[BrokerError, ...] = ()
    size: int = 0
    witnesses: tuple[str, ...] = ()
    quorum: int = 0

    @property
    def is_witnessed(self) -> bool:
        """Whether a quorum cosigned the published checkpoint."""
        return 0 < self.quorum <= len(self.witnesses)


Report = Callable[[Progress], None]
Trouble = Callable[[BrokerError, float | None], None]
"""Is told what stands in the way, and after how many seconds it is tried again; None where it is gone around."""
