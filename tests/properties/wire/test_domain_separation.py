"""What is signed or hashed for one use means nothing in another."""

import hashlib

from hypothesis import assume, given
from hypothesis import strategies as st

from broker.envelope.encoding import encode_tuple, pre_authentication_encoding, tagged_hash
from broker.errors import BadPossession, BadSignature
from broker.signing.keys import check_possession, check_signature, prove_possession
from broker.types.vocabulary import KeyUse
from tests.support.messages import a_key

shapes = st.lists(st.sampled_from([str, int, bytes]), max_size=5)
VALUES: dict[type, st.SearchStrategy[str | int | bytes]] = {
    str: st.text(max_size=6),
    int: st.integers(0, 2**64 - 1),
    bytes: st.binary(max_size=6),
}
payload_types = st.binary(max_size=12)
short = st.text("ab/", max_size=3)
claims = st.tuples(short, short, st.sampled_from(KeyUse))


@st.composite
def two_tuples(draw: st.DrawFn) -> tuple[tuple[str | int | bytes, ...], tuple[str | int | bytes, ...]]:
    """Draw two tuples; each use fixes the types of its fields, so both have the same ones as far as they go."""
    shape = draw(shapes)
    first = tuple(draw(VALUES[kind]) for kind in shape)
    second = tuple(draw(VALUES[kind]) for kind in shape[: draw(st.integers(0, len(shape)))])
    return first, second


@given(two_tuples())
def test_no_two_tuples_encode_alike(pair: tuple[tuple[str | int | bytes, ...], tuple[str | int | bytes, ...]]) -> None:
    first, second = pair

    assert (first == second) == (encode_tuple(*first) == encode_tuple(*second))


@given(st.lists(st.binary(max_size=5), max_size=4), st.lists(st.binary(max_size=5), max_size=4))
def test_no_two_lists_of_fields_encode_alike(first: list[bytes], second: list[bytes]) -> None:
    assert (first == second) == (encode_tuple(*first) == encode_tuple(*second))


@given(st.binary(max_size=20), st.integers(0, 20), st.integers(0, 20))
def test_the_same_bytes_cut_elsewhere_encode_to_something_else(data: bytes, one: int, other: int) -> None:
    assume(min(one, len(data)) != min(other, len(data)))

    assert encode_tuple(data[:one], data[one:]) != encode_tuple(data[:other], data[other:])


@given(payload_types, st.binary(max_size=20), payload_types, st.binary(max_size=20))
def test_no_two_payloads_are_signed_as_the_same_bytes(
    type_a: bytes, payload_a: bytes, type_b: bytes, payload_b: bytes
) -> None:
    same = (type_a, payload_a) == (type_b, payload_b)

    assert same == (pre_authentication_encoding(type_a, payload_a) == pre_authentication_encoding(type_b, payload_b))


@given(payload_types, payload_types, st.binary(max_size=20))
def test_a_signature_over_one_type_never_verifies_as_another(signed_as: bytes, read_as: bytes, payload: bytes) -> None:
    signature = a_key().sign(signed_as, payload)
    try:
        check_signature(a_key().public, signature, read_as, payload)
    except BadSignature:
        assert signed_as != read_as
    else:
        assert signed_as == read_as


@given(claims, claims)
def test_a_proof_of_possession_holds_for_one_federation_owner_and_use(
    proved: tuple[str, str, KeyUse], claimed: tuple[str, str, KeyUse]
) -> None:
    federation, owner, use = proved
    proof = prove_possession(a_key(), federation=federation, owner=owner, use=use)
    federation, owner, use = claimed
    try:
        check_possession(a_key().public, proof, federation=federation, owner=owner, use=use)
    except BadPossession:
        assert proved != claimed
    else:
        assert proved == claimed


@given(st.binary(max_size=40))
def test_a_tagged_hash_is_no_plain_hash_of_its_data(data: bytes) -> None:
    assert hashlib.sha256(data).digest() != tagged_hash(b"tocsin/commitment/v1", data)
    assert tagged_hash(b"tocsin/key-id/v1", data) != tagged_hash(b"tocsin/commitment/v1", data)
