"""What two nodes share without a word: the tag by which a recipient finds its wrap, and nobody else can."""

import hmac
from typing import Final

from broker.sealing.keys import SealingKey

TAG_BYTES: Final = 8
_REMEMBERED: Final = 4096
"""Agreements: 200 nodes, each with a few keys, against a few of ours."""


class Pairwise:
    """X25519 agreements, remembered: one costs as much as fifteen tags."""

    def __init__(self) -> None:
        # By public halves: a private half that was destroyed must not live on in here.
        self._agreed: dict[tuple[bytes, bytes], bytes] = {}

    def secret(self, mine: SealingKey, public: bytes) -> bytes:
        """Return the secret that *mine* shares with the owner of *public*, 32 bytes.

        Raises:
            WeakKey: *public* is of small order.
        """
        ends = mine.public, public
        known = self._agreed.get(ends)
        if known is None:
            known = mine.exchange(public)
            if len(self._agreed) >= _REMEMBERED:
                self._agreed.clear()  # every node of the network, anew: once in a long while
            self._agreed[ends] = known
        return known

    def tag(self, mine: SealingKey, public: bytes, info: bytes) -> bytes:
        """Return the mark of the wrap between *mine* and *public* for *info*, 8 bytes; the same from both ends.

        Raises:
            WeakKey: *public* is of small order.

        Source: RFC 5869, HKDF-SHA256 without salt; one block is more than enough.
        """
        extracted = hmac.digest(bytes(32), self.secret(mine, public), "sha256")
        return hmac.digest(extracted, info + b"\x01", "sha256")[:TAG_BYTES]
