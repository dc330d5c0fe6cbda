"""Proof that a node holds the private half of a sealing key, which cannot sign by itself.

An X25519 key agrees and does not sign. So a sealing key is made from the seed of an Ed25519 key: the one that is its
birational image (RFC 7748, section 4.1). That Ed25519 key signs once, to prove possession, and its seed is forgotten;
docs/adr/0014-proof-of-possession-of-sealing-keys.md says why this is safe.
"""

from typing import Final

from nacl.bindings import (
    crypto_scalarmult,
    crypto_sign_ed25519_pk_to_curve25519,
    crypto_sign_ed25519_sk_to_curve25519,
    crypto_sign_seed_keypair,
)

# PyNaCl reports a point that cannot be converted, or a shared secret of zeros, as a RuntimeError.
from nacl.exceptions import RuntimeError as NaclRuntimeError

from broker.envelope.encoding import KEY_POSSESSION_TYPE, encode_tuple
from broker.errors import BadPossession, BadSignature, WeakKey
from broker.signing.keys import PUBLIC_BYTES, SIGNATURE_BYTES, SigningKey, check_public_key, check_signature, key_id
from broker.types.vocabulary import KeyUse

SEALING_PROOF_BYTES: Final = PUBLIC_BYTES + SIGNATURE_BYTES
_FIELD: Final = 2**255 - 19
_ANY_SCALAR: Final = b"\x01" * 32


def sealing_secret(seed: bytes) -> bytes:
    """Return the X25519 private key, 32 bytes, that belongs to the Ed25519 key of *seed*, 32 random bytes."""
    _, secret = crypto_sign_seed_keypair(seed)
    return crypto_sign_ed25519_sk_to_curve25519(secret)


def check_sealing_key(public: bytes) -> None:
    """Check that *public* is an X25519 key that leaves the shared secret to its owner.

    Raises:
        WeakKey: It is not 32 bytes, not written in its one form, or a point of small order.
    """
    if len(public) != PUBLIC_BYTES:
        raise WeakKey(f"a public key of {len(public)} bytes; X25519 has {PUBLIC_BYTES}")
    if int.from_bytes(public, "little") >= _FIELD:
        raise WeakKey("a public key that is not below the prime of its field: the same key could be written twice")
    try:
        crypto_scalarmult(_ANY_SCALAR, public)
    except NaclRuntimeError as error:
        raise WeakKey("a public key of small order: everybody would know what is agreed with it") from error


def prove_sealing_possession(seed: bytes, *, federation: str, owner: str) -> bytes:
    """Return the proof that *owner* holds the sealing key of *seed*: Ed25519 public key ‖ signature, 96 bytes."""
    signer = SigningKey(seed)
    payload = _possession(_image(signer.public), federation, owner)
    return signer.public + signer.sign(KEY_POSSESSION_TYPE, payload)


def check_sealing_possession(public: bytes, proof: bytes, *, federation: str, owner: str) -> None:
    """Check a proof of possession of a sealing key.

    Raises:
        BadPossession: It was not made from the seed of *public* for this federation and owner.
    """
    refusal = f"nothing proves that {owner} holds key {key_id(public).hex()} to seal"
    if len(proof) != SEALING_PROOF_BYTES:
        raise BadPossession(f"{refusal}: a proof of {len(proof)} bytes, expected {SEALING_PROOF_BYTES}")
    signer, signature = proof[:PUBLIC_BYTES], proof[PUBLIC_BYTES:]
    try:
        check_public_key(signer)
        if _image(signer) != public:
            raise BadPossession(f"{refusal}: it is not the image of the key that signed")
        check_signature(signer, signature, KEY_POSSESSION_TYPE, _possession(public, federation, owner))
    except (WeakKey, BadSignature) as error:
        raise BadPossession(refusal) from error


def _image(signer: bytes) -> bytes:
    return crypto_sign_ed25519_pk_to_curve25519(signer)


def _possession(public: bytes, federation: str, owner: str) -> bytes:
    return encode_tuple(federation, owner, KeyUse.SEAL.word, public)
