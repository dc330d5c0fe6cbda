"""The one door to Ed25519.

PyNaCl signs and verifies; ``cryptography`` only reads and writes key files in the standard PKCS #8 form. OpenSSL
accepts signatures under the identity and the order-2 keys for any message, PyNaCl refuses them; we refuse such keys
already when they are enrolled.
"""

from functools import lru_cache
from typing import Final

from cryptography.exceptions import InternalError, UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from nacl.bindings import crypto_core_ed25519_is_valid_point
from nacl.exceptions import BadSignatureError
from nacl.signing import SigningKey as _NaclSigningKey
from nacl.signing import VerifyKey as _NaclVerifyKey

from broker.envelope.encoding import (
    KEY_ID_TAG,
    KEY_POSSESSION_TYPE,
    encode_tuple,
    pre_authentication_encoding,
    tagged_hash,
)
from broker.errors import BadPossession, BadSettings, BadSignature, WeakKey
from broker.types.names import KeyId
from broker.types.vocabulary import KeyUse

SEED_BYTES: Final = 32
PUBLIC_BYTES: Final = 32
SIGNATURE_BYTES: Final = 64

# OpenSSL reports an Ed25519 secret of a wrong length as an internal error.
_KEY_FILE_ERRORS: Final = (ValueError, TypeError, UnsupportedAlgorithm, InternalError)


class SigningKey:
    """The private half of a key. It never shows itself, in no ``repr`` either."""

    __slots__ = ("_key", "id", "public")

    def __init__(self, seed: bytes) -> None:
        """Make the key of *seed*, 32 random bytes."""
        self._key = _NaclSigningKey(seed)
        self.public: Final = bytes(self._key.verify_key)
        self.id: Final = key_id(self.public)

    def __repr__(self) -> str:
        return f"<SigningKey {self.id.hex()}>"

    def sign(self, payload_type: bytes, payload: bytes) -> bytes:
        """Return the signature over *payload* as a *payload_type*, 64 bytes."""
        return self._key.sign(pre_authentication_encoding(payload_type, payload)).signature

    def sign_note(self, text: bytes) -> bytes:
        """Return the signature over *text* as it is, 64 bytes: for notes, whose signed bytes C2SP prescribes.

        Only for keys of notaries and witnesses: those of others would sign anything that looks like a message.
        """
        return self._key.sign(text).signature

    def format(self) -> str:
        """Return the key as PEM (PKCS #8, not encrypted); the exact inverse of :func:`parse_signing_key`."""
        key = Ed25519PrivateKey.from_private_bytes(bytes(self._key))
        return key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ).decode()


def parse_signing_key(text: str) -> SigningKey:
    """Parse a private Ed25519 key as PEM (PKCS #8, not encrypted); the exact inverse of :meth:`SigningKey.format`.

    Raises:
        BadSettings: It is anything else. The text is never quoted.
    """
    try:
        key = serialization.load_pem_private_key(text.encode(), password=None)
    except _KEY_FILE_ERRORS:
        # Without the cause: a UnicodeEncodeError carries the whole text.
        raise BadSettings("a key file is not an unencrypted PKCS #8 private key in PEM") from None
    if not isinstance(key, Ed25519PrivateKey):
        raise BadSettings("a key file holds a private key that is not Ed25519")
    found = SigningKey(key.private_bytes_raw())
    if found.format() != text:
        raise BadSettings("a key file holds something besides one PEM block, or other line ends than LF")
    return found


def key_id(public: bytes) -> KeyId:
    """Return the id of a public key: the first 16 bytes of its tagged SHA-256."""
    return KeyId(tagged_hash(KEY_ID_TAG, public)[:16])


def check_public_key(public: bytes) -> None:
    """Check that *public* is a point that only its owner can sign for.

    Raises:
        WeakKey: It is no point of the prime-order group, or not 32 bytes.
    """
    if len(public) != PUBLIC_BYTES:
        raise WeakKey(f"a public key of {len(public)} bytes; Ed25519 has {PUBLIC_BYTES}")
    if not crypto_core_ed25519_is_valid_point(public):
        raise WeakKey("a public key that is not a point of the prime-order group: others could sign for it")


def check_signature(public: bytes, signature: bytes, payload_type: bytes, payload: bytes) -> None:
    """Check that the owner of *public* signed *payload* as a *payload_type*.

    Raises:
        BadSignature: They did not.
    """
    _check_bare_signature(public, signature, pre_authentication_encoding(payload_type, payload))


def check_note_signature(public: bytes, signature: bytes, text: bytes) -> None:
    """Check that the owner of *public* signed *text* as it is; see :meth:`SigningKey.sign_note`.

    Raises:
        BadSignature: They did not.
    """
    _check_bare_signature(public, signature, text)


def _check_bare_signature(public: bytes, signature: bytes, message: bytes) -> None:
    """Check a signature over *message* as it is; vectors of others are made so."""
    # A truncated signature is a ValueError in PyNaCl, not a BadSignatureError.
    if len(signature) != SIGNATURE_BYTES:
        raise BadSignature(f"a signature of {len(signature)} bytes; Ed25519 has {SIGNATURE_BYTES}")
    try:
        _verifier(public).verify(message, signature)
    except (BadSignatureError, ValueError) as error:
        raise BadSignature(f"the signature is not one of key {key_id(public).hex()} over these bytes") from error


def prove_possession(key: SigningKey, *, federation: str, owner: str, use: KeyUse) -> bytes:
    """Return the signature by which *key* shows that *owner* holds it, for this federation and this use only."""
    return key.sign(KEY_POSSESSION_TYPE, _possession(key.public, federation, owner, use))


def check_possession(public: bytes, proof: bytes, *, federation: str, owner: str, use: KeyUse) -> None:
    """Check a proof of possession.

    Raises:
        BadPossession: It was not made by the private half of *public* for this federation, owner and use.
    """
    try:
        check_signature(public, proof, KEY_POSSESSION_TYPE, _possession(public, federation, owner, use))
    except BadSignature as error:
        raise BadPossession(f"nothing proves that {owner} holds key {key_id(public).hex()} to {use.word}") from error


def _possession(public: bytes, federation: str, owner: str, use: KeyUse) -> bytes:
    return encode_tuple(federation, owner, use.word, public)


@lru_cache(maxsize=4096)
def _verifier(public: bytes) -> _NaclVerifyKey:
    return _NaclVerifyKey(public)
