"""Possession of a sealing key, which cannot sign by itself."""

import pytest

from broker.envelope.encoding import KEY_POSSESSION_TYPE, encode_tuple
from broker.errors import BadPossession, WeakKey
from broker.sealing.keys import SealingKey, make_sealing_key
from broker.signing.keys import SigningKey
from broker.signing.possession import check_sealing_key, check_sealing_possession, prove_sealing_possession
from tests.support.messages import a_digest

SEED = a_digest("seed")
KEY, PROOF = make_sealing_key(SEED, federation="exercise-2026", owner="NL/~1")
FIELD = 2**255 - 19
EIGHTH = [
    bytes.fromhex("e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800"),
    bytes.fromhex("5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157"),
]
"""The points of order 8, from RFC 7748's curve; section 6.1 there says what they do."""


def check(
    public: bytes = KEY.public, proof: bytes = PROOF, owner: str = "NL/~1", federation: str = "exercise-2026"
) -> None:
    check_sealing_possession(public, proof, federation=federation, owner=owner)


def test_accepts_the_proof_that_came_with_the_key() -> None:
    check()
    check_sealing_key(KEY.public)
    assert 96 == len(PROOF)


def test_a_proof_needs_only_the_seed() -> None:
    assert PROOF == prove_sealing_possession(SEED, federation="exercise-2026", owner="NL/~1")


def test_refuses_the_key_of_another() -> None:
    with pytest.raises(BadPossession, match="image"):
        check(public=make_sealing_key(a_digest("other"), federation="exercise-2026", owner="NL/~1")[0].public)


def test_refuses_a_proof_for_another_owner_or_federation() -> None:
    with pytest.raises(BadPossession, match="BE/~1"):
        check(owner="BE/~1")
    with pytest.raises(BadPossession):
        check(federation="exercise-2027")


@pytest.mark.parametrize("length", [0, 32, 64, 95, 97])
def test_refuses_a_proof_of_another_length(length: int) -> None:
    with pytest.raises(BadPossession, match=str(length)):
        check(proof=(PROOF * 2)[:length])


@pytest.mark.parametrize("place", range(96))
def test_refuses_a_proof_with_one_bit_changed(place: int) -> None:
    proof = PROOF[:place] + bytes([PROOF[place] ^ 1]) + PROOF[place + 1 :]

    with pytest.raises(BadPossession):
        check(proof=proof)


def test_refuses_a_proof_made_to_sign_with() -> None:
    """What the Ed25519 key signed as one to sign with says nothing of a key to seal with."""
    signer = SigningKey(SEED)
    payload = encode_tuple("exercise-2026", "NL/~1", "sign", signer.public)

    with pytest.raises(BadPossession):
        check(proof=signer.public + signer.sign(KEY_POSSESSION_TYPE, payload))


def test_refuses_a_proof_over_the_key_that_signs_and_not_over_the_one_that_seals() -> None:
    signer = SigningKey(SEED)
    payload = encode_tuple("exercise-2026", "NL/~1", "seal", signer.public)

    with pytest.raises(BadPossession):
        check(proof=signer.public + signer.sign(KEY_POSSESSION_TYPE, payload))


@pytest.mark.parametrize("number", [0, 1, FIELD - 1])
def test_refuses_a_weak_signer_in_a_proof(number: int) -> None:
    with pytest.raises(BadPossession):
        check(proof=number.to_bytes(32, "little") + PROOF[32:])


def weak_publics() -> list[bytes]:
    """Return points of small order on the curve and on its twist, and everything that is written in a second way."""
    small = [number.to_bytes(32, "little") for number in (0, 1, FIELD - 1, FIELD, FIELD + 1, FIELD + 18, 2**256 - 1)]
    return [*small, *EIGHTH, KEY.public[:31] + bytes([KEY.public[31] | 0x80])]


@pytest.mark.parametrize("public", weak_publics(), ids=bytes.hex)
def test_refuses_a_sealing_key_that_leaves_nothing_secret(public: bytes) -> None:
    with pytest.raises(WeakKey):
        check_sealing_key(public)
    with pytest.raises(BadPossession):
        check(public=public)


@pytest.mark.parametrize("length", [0, 31, 33])
def test_refuses_a_sealing_key_of_another_length(length: int) -> None:
    with pytest.raises(WeakKey, match=str(length)):
        check_sealing_key(bytes(length))


def test_a_key_that_was_not_made_from_a_seed_cannot_be_enrolled() -> None:
    """Whoever has only an X25519 key has nothing that signs; it does not help to bring a signer of one's own."""
    other = SealingKey(bytes(range(32)))

    with pytest.raises(BadPossession):
        check(public=other.public)
