"""HPKE: a second implementation, from RFC 9180 and checked by its appendix A.1.1; then the two against each other.

The appendix has X25519 with HKDF-SHA256, but no vector of AES-256-GCM, and all of its encryptions carry associated
data, which a single shot has not. So its vector checks the second implementation, and that one checks our wraps.
"""

import hmac
from typing import Final, NamedTuple

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from nacl.bindings import crypto_scalarmult, crypto_scalarmult_base

from broker.sealing.keys import SealingKey, wrap

KEM: Final = b"KEM\x00\x20"
AES_128, AES_256 = 1, 2

INFO = bytes.fromhex("4f6465206f6e2061204772656369616e2055726e")
EPHEMERAL_SECRET = bytes.fromhex("52c4a758a802cd8b936eceea314432798d5baf2d7e9235dc084ab1b9cfa2f736")
ENC = bytes.fromhex("37fda3567bdbd628e88668c3c8d7e97d1d1253b6d4ea6d44c150f741f1bf4431")
SECRET = bytes.fromhex("4612c550263fc8ad58375df3f557aac531d26850903e55a9f23f21d8534e8ac8")
PUBLIC = bytes.fromhex("3948cfe0ad1ddb695d780e59077195da6c56506b027329794ab02bca80815c4d")
SHARED = bytes.fromhex("fe0e18c9f024ce43799ae393c7e8fe8fce9d218875e8227b0187c04e7d2ea1fc")
KEY = bytes.fromhex("4531685d41d65f03dc48f6b8302c05b0")
NONCE = bytes.fromhex("56d890e5accaaf011cff4b7d")
PLAINTEXT = bytes.fromhex("4265617574792069732074727574682c20747275746820626561757479")
CIPHERTEXT = bytes.fromhex("f938558b5d72f1a23810b4be2ab4f84331acc02fc97babc53a52ae8218a355a96d8770ac83d07bea87e13c512a")


class Context(NamedTuple):
    key: bytes
    nonce: bytes


def extract(suite: bytes, salt: bytes, label: bytes, secret: bytes) -> bytes:
    return hmac.digest(salt or bytes(32), b"HPKE-v1" + suite + label + secret, "sha256")


def expand(suite: bytes, extracted: bytes, label: bytes, info: bytes, length: int) -> bytes:
    # No more than one block is ever needed here.
    said = length.to_bytes(2, "big") + b"HPKE-v1" + suite + label + info
    return hmac.digest(extracted, said + b"\x01", "sha256")[:length]


def shared_secret(agreed: bytes, enc: bytes, public: bytes) -> bytes:
    """Section 4.1: ExtractAndExpand."""
    return expand(KEM, extract(KEM, b"", b"eae_prk", agreed), b"shared_secret", enc + public, 32)


def schedule(shared: bytes, info: bytes, aead: int) -> Context:
    """Section 5.1: KeySchedule in the base mode."""
    suite = b"HPKE\x00\x20\x00\x01" + aead.to_bytes(2, "big")
    said = b"\x00" + extract(suite, b"", b"psk_id_hash", b"") + extract(suite, b"", b"info_hash", info)
    secret = extract(suite, shared, b"secret", b"")
    size = 32 if aead == AES_256 else 16
    return Context(expand(suite, secret, b"key", said, size), expand(suite, secret, b"base_nonce", said, 12))


def test_the_second_implementation_agrees_with_rfc_9180() -> None:
    assert (ENC, PUBLIC) == (crypto_scalarmult_base(EPHEMERAL_SECRET), crypto_scalarmult_base(SECRET))
    assert SHARED == shared_secret(crypto_scalarmult(SECRET, ENC), ENC, PUBLIC)
    assert SHARED == shared_secret(crypto_scalarmult(EPHEMERAL_SECRET, PUBLIC), ENC, PUBLIC)
    assert Context(KEY, NONCE) == schedule(SHARED, INFO, AES_128)
    assert CIPHERTEXT == AESGCM(KEY).encrypt(NONCE, PLAINTEXT, b"Count-0")


def test_the_second_implementation_opens_what_we_wrap() -> None:
    sealed = wrap(PLAINTEXT, PUBLIC, INFO)
    enc, ciphertext = sealed[:32], sealed[32:]
    context = schedule(shared_secret(crypto_scalarmult(SECRET, enc), enc, PUBLIC), INFO, AES_256)

    assert PLAINTEXT == AESGCM(context.key).decrypt(context.nonce, ciphertext, None)


def test_we_open_what_the_second_implementation_wraps() -> None:
    context = schedule(shared_secret(crypto_scalarmult(EPHEMERAL_SECRET, PUBLIC), ENC, PUBLIC), INFO, AES_256)
    sealed = ENC + AESGCM(context.key).encrypt(context.nonce, PLAINTEXT, None)

    assert PLAINTEXT == SealingKey(SECRET).unwrap(sealed, INFO)
