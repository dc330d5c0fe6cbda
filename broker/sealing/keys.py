"""Sealing keys: X25519, to agree and to unwrap.

A wrap is HPKE (RFC 9180) in its base mode: X25519, HKDF-SHA256, AES-256-GCM. It is single shot and has no associated
data, so everything that a wrap is for goes into its ``info``.
"""

from functools import lru_cache
from typing import Final

from cryptography.exceptions import InternalError, InvalidTag, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hpke, serialization
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey

from broker.errors import BadSettings, BadWrap
from broker.signing.keys import key_id
from broker.signing.possession import check_sealing_key, prove_sealing_possession, sealing_secret

PUBLIC_BYTES: Final = 32
WRAP_OVERHEAD_BYTES: Final = PUBLIC_BYTES + 16
"""What a wrap is longer than what it holds: the sender's public key for this once, and the tag of AES-GCM."""

_SUITE: Final = hpke.Suite(hpke.KEM.X25519, hpke.KDF.HKDF_SHA256, hpke.AEAD.AES_256_GCM)
_KEY_FILE_ERRORS: Final = (ValueError, TypeError, UnsupportedAlgorithm, InternalError)


class SealingKey:
    """The private half of a sealing key. It never shows itself, in no ``repr`` either."""

    __slots__ = ("_key", "id", "public")

    def __init__(self, secret: bytes) -> None:
        """Make the key of *secret*, 32 bytes."""
        self._key = X25519PrivateKey.from_private_bytes(secret)
        self.public: Final = self._key.public_key().public_bytes_raw()
        self.id: Final = key_id(self.public)

    def __repr__(self) -> str:
        return f"<SealingKey {self.id.hex()}>"

    def exchange(self, public: bytes) -> bytes:
        """Return the secret that this key shares with the owner of *public*, 32 bytes.

        Raises:
            WeakKey: *public* is of small order, so that the secret would be zeros, or no key at all.
        """
        return self._key.exchange(_public_key(public))

    def unwrap(self, sealed: bytes, info: bytes) -> bytes:
        """Return what was wrapped to this key for *info*.

        Raises:
            BadWrap: It was wrapped to another key, for something else, or changed.
        """
        try:
            return _SUITE.decrypt(sealed, self._key, info=info)
        except InvalidTag as error:
            raise BadWrap(f"a wrap does not open with key {self.id.hex()} for this message") from error

    def format(self) -> str:
        """Return the key as PEM (PKCS #8, not encrypted); the exact inverse of :func:`parse_sealing_key`."""
        return self._key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ).decode()


def make_sealing_key(seed: bytes, *, federation: str, owner: str) -> tuple[SealingKey, bytes]:
    """Return the sealing key made from *seed*, 32 random bytes, and the proof that *owner* holds it.

    The seed has to be forgotten afterwards: nothing else may ever be signed with it.
    """
    proof = prove_sealing_possession(seed, federation=federation, owner=owner)
    return SealingKey(sealing_secret(seed)), proof


def parse_sealing_key(text: str) -> SealingKey:
    """Parse a private X25519 key as PEM (PKCS #8, not encrypted); the exact inverse of :meth:`SealingKey.format`.

    Raises:
        BadSettings: It is anything else. The text is never quoted.
    """
    try:
        key = serialization.load_pem_private_key(text.encode(), password=None)
    except _KEY_FILE_ERRORS:
        # Without the cause: a UnicodeEncodeError carries the whole text.
        raise BadSettings("a key file is not an unencrypted PKCS #8 private key in PEM") from None
    if not isinstance(key, X25519PrivateKey):
        raise BadSettings("a key file holds a private key that is not X25519")
    found = SealingKey(key.private_bytes_raw())
    if found.format() != text:
        raise BadSettings("a key file holds something besides one PEM block, or other line ends than LF")
    return found


def wrap(plaintext: bytes, public: bytes, info: bytes) -> bytes:
    """Return *plaintext* wrapped for the owner of *public* and for *info* only.

    Raises:
        WeakKey: *public* is of small order, or no key at all.
    """
    return _SUITE.encrypt(plaintext, _public_key(public), info=info)


@lru_cache(maxsize=4096)
def _public_key(public: bytes) -> X25519PublicKey:
    check_sealing_key(public)
    return X25519PublicKey.from_public_bytes(public)
