"""Section keys at rest: sealed under a key of the node's own, each bound to what it is the key of."""

import hmac
from collections.abc import Callable
from typing import Final

from nacl.bindings import crypto_aead_xchacha20poly1305_ietf_decrypt, crypto_aead_xchacha20poly1305_ietf_encrypt
from nacl.exceptions import CryptoError

from broker.errors import BadSettings, BrokenSeal
from broker.types.names import Digest

NONCE_BYTES: Final = 24
"""Long enough to be drawn at random for ever (XChaCha20-Poly1305)."""
_SECRET_BYTES: Final = 32


class RestKey:
    """The key that seals a node's section keys. It never shows itself, in no ``repr`` either."""

    __slots__ = ("_secret",)

    def __init__(self, secret: bytes) -> None:
        """Make the key of *secret*, 32 random bytes.

        Raises:
            BadSettings: It has another length.
        """
        if len(secret) != _SECRET_BYTES:
            raise BadSettings(f"a key for keys at rest has {len(secret)} bytes, expected {_SECRET_BYTES}")
        self._secret = secret

    def __repr__(self) -> str:
        return "<RestKey>"

    def seal(self, key: bytes, *, commitment: Digest, nonce: bytes) -> bytes:
        """Return *key* sealed as the one that *commitment* names: nonce ‖ ciphertext.

        Args:
            key: A section key.
            commitment: Its key commitment.
            nonce: ``NONCE_BYTES`` random bytes.
        """
        return nonce + crypto_aead_xchacha20poly1305_ietf_encrypt(key, commitment, nonce, self._secret)

    def keyed_digests(self, tag: bytes) -> Callable[[bytes], Digest]:
        """Return HMAC-SHA256 under a key of its own, which *tag* names: it recognises what it was given before.

        Whoever has the digests alone can neither read nor guess what they are of.
        """
        derived = hmac.digest(self._secret, b"tocsin/rest/" + tag, "sha256")
        return lambda content: Digest(hmac.digest(derived, content, "sha256"))

    def open(self, sealed: bytes, *, commitment: Digest) -> bytes:
        """Return the key that was sealed as the one that *commitment* names.

        Raises:
            BrokenSeal: It was sealed under another secret or for another commitment, or was changed.
        """
        try:
            return crypto_aead_xchacha20poly1305_ietf_decrypt(
                sealed[NONCE_BYTES:], commitment, sealed[:NONCE_BYTES], self._secret
            )
        # PyNaCl reports a nonce that was cut as a TypeError or ValueError.
        except (CryptoError, TypeError, ValueError) as error:
            raise BrokenSeal(f"a section key at rest does not open: {commitment.hex()[:16]}…") from error
