"""Which signatures hold: every copy of a message is verified once under a key, whether it holds or not."""

from collections import OrderedDict
from typing import Final

from broker.directory.held import Held
from broker.errors import BadSignature
from broker.signing.batch import VerifiedBatches, check_signature
from broker.types.names import Digest

_REMEMBERED: Final = 65_536
"""Outcomes; above the copies that a directory holds, so that rubbish cannot push out what is honest."""


class Signatures:
    """What verifying found, never whether a key may be believed.

    Bounded: the outcome that was used least recently is forgotten first, and simply found again.
    """

    __slots__ = ("_batches", "_outcomes")

    def __init__(self) -> None:
        self._batches = VerifiedBatches()
        self._outcomes: OrderedDict[tuple[Digest, int, bytes], bool] = OrderedDict()

    def check(self, held: Held, place: int, public: bytes) -> None:
        """Check that the owner of *public* made the signature at *place* of a message.

        Raises:
            BadSignature: They did not.
        """
        outcome = (held.copy, place, public)
        holds = self._outcomes.get(outcome)
        if holds is None:
            holds = self._verify(held, place, public)
            self._outcomes[outcome] = holds
            if len(self._outcomes) > _REMEMBERED:
                self._outcomes.popitem(last=False)
        else:
            self._outcomes.move_to_end(outcome)
        if not holds:
            raise BadSignature(
                f"{held.header.name} has a signature by {held.header.signers[place].hex()} that is wrong"
            )

    def _verify(self, held: Held, place: int, public: bytes) -> bool:
        try:
            check_signature(held.header_bytes, held.signatures[place], public, verified=self._batches)
        except BadSignature:
            return False
        return True
