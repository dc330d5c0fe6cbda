"""Batches: one signature for many headers, each of which stands on its own."""

import pytest

from broker import limits
from broker.envelope.encoding import BATCH_TYPE, HEADER_TYPE, encode_tuple
from broker.envelope.outer import Signature
from broker.errors import BadSignature
from broker.merkle import Hash, root_and_paths
from broker.signing import batch
from broker.signing.batch import VerifiedBatches, batch_leaf, check_signature, sign_batch
from tests.support.messages import a_digest, a_key

HEADERS = tuple(f"header {number}".encode() for number in range(limits.MAX_BATCH_MESSAGES))
PUBLIC = a_key().public


def accepts(header: bytes, signature: Signature, *, public: bytes = PUBLIC) -> bool:
    """Say whether *signature* verifies, with nothing remembered."""
    try:
        check_signature(header, signature, public, verified=VerifiedBatches())
    except BadSignature:
        return False
    return True


@pytest.mark.parametrize("size", range(1, limits.MAX_BATCH_MESSAGES + 1))
def test_every_size_of_batch_is_signed_and_verified(size: int) -> None:
    signatures = sign_batch(HEADERS[:size], a_key())

    assert [(size, index) for index in range(size)] == [(one.size, one.index) for one in signatures]
    assert all(len(one.path) <= limits.MAX_BATCH_PATH for one in signatures)
    for index in {0, size // 3, size // 2, size - 1}:
        assert accepts(HEADERS[index], signatures[index])
        assert not accepts(HEADERS[index - 1] + b"!", signatures[index])


@pytest.mark.parametrize("size", [0, limits.MAX_BATCH_MESSAGES + 1])
def test_refuses_to_sign_a_batch_of(size: int) -> None:
    with pytest.raises(ValueError, match=str(size)):
        sign_batch([b"header"] * size, a_key())


def test_all_of_a_batch_share_one_signature() -> None:
    assert 1 == len({one.signature for one in sign_batch(HEADERS, a_key())})


@pytest.mark.parametrize("size", [1, 2, 3, 5, 8, 100, 256])
def test_the_size_is_signed(size: int) -> None:
    signature = sign_batch(HEADERS[:size], a_key())[0]

    for other in range(1, limits.MAX_BATCH_MESSAGES + 1):
        resized = changed(signature, size=other, index=0)
        assert (other == size) == accepts(HEADERS[0], resized)


@pytest.mark.parametrize("size", [2, 3, 5, 8, 13])
def test_the_place_is_bound(size: int) -> None:
    signatures = sign_batch(HEADERS[:size], a_key())
    for index, signature in enumerate(signatures):
        for other in range(-1, size + 1):
            moved = changed(signature, index=other)
            assert (other == index) == accepts(HEADERS[index], moved)


def test_the_signature_of_a_neighbour_does_not_fit() -> None:
    signatures = sign_batch(HEADERS[:5], a_key())
    for index, header in enumerate(HEADERS[:5]):
        assert [index] == [place for place, one in enumerate(signatures) if accepts(header, one)]


def changed(signature: Signature, /, **fields: object) -> Signature:
    """Return *signature* with other fields."""
    whole = {name: getattr(signature, name) for name in signature.__struct_fields__} | fields
    return Signature(**whole)


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param({"signature": b""}, id="no signature"),
        pytest.param({"signature": bytes(63)}, id="signature too short"),
        pytest.param({"signature": bytes(64)}, id="signature of zeros"),
        pytest.param({"signature": bytes(65)}, id="signature too long"),
        pytest.param({"size": 0}, id="size zero"),
        pytest.param({"size": -5}, id="negative size"),
        pytest.param({"size": 257}, id="size beyond the limit"),
        pytest.param({"size": 2**31 - 1}, id="huge size"),
        pytest.param({"index": -1}, id="negative index"),
        pytest.param({"index": 5}, id="index beyond the batch"),
        pytest.param({"path": ()}, id="no path"),
        pytest.param({"path": (Hash(a_digest("x")),) * 3}, id="another path"),
        pytest.param({"path": (Hash(bytes(31)),) * 3}, id="path of what is no hash"),
        pytest.param({"path": (Hash(a_digest("x")),) * 8}, id="longest path"),
    ],
)
def test_refuses_a_signature_with(fields: dict[str, object]) -> None:
    signature = sign_batch(HEADERS[:5], a_key())[2]

    with pytest.raises(BadSignature):
        check_signature(HEADERS[2], changed(signature, **fields), PUBLIC, verified=VerifiedBatches())


def test_refuses_every_truncation_of_a_signature() -> None:
    signature = sign_batch(HEADERS[:2], a_key())[0]

    for length in range(64):
        assert not accepts(HEADERS[0], changed(signature, signature=signature.signature[:length]))


def test_refuses_the_signature_of_another_key() -> None:
    assert not accepts(HEADERS[0], sign_batch(HEADERS[:2], a_key())[0], public=a_key("NL/police").public)


def test_refuses_a_header_signed_as_a_header_and_not_as_a_batch() -> None:
    assert not accepts(HEADERS[0], Signature(a_key().sign(HEADER_TYPE, HEADERS[0]), 1, 0, ()))


def test_refuses_an_inner_node_in_place_of_a_header() -> None:
    leaves = [batch_leaf(header) for header in HEADERS[:4]]
    whole = sign_batch(HEADERS[:4], a_key())[0]
    left, _ = root_and_paths(leaves[:2])

    # A tree of two whose leaf is the node over the first two headers would have the same root.
    assert not accepts(left, Signature(whole.signature, 4, 0, whole.path[1:]))
    assert not accepts(leaves[0] + leaves[1], Signature(whole.signature, 2, 0, whole.path[1:]))


class TestRememberedBatches:
    def test_a_remembered_batch_is_not_verified_again_but_still_bound_to_its_place(self) -> None:
        signatures = sign_batch(HEADERS[:5], a_key())
        verified = VerifiedBatches()
        check_signature(HEADERS[0], signatures[0], PUBLIC, verified=verified)

        check_signature(HEADERS[1], signatures[1], PUBLIC, verified=verified)
        with pytest.raises(BadSignature):
            check_signature(HEADERS[1], signatures[0], PUBLIC, verified=verified)
        with pytest.raises(BadSignature):
            check_signature(b"another", signatures[1], PUBLIC, verified=verified)

    @pytest.mark.parametrize("times", [2, 3])
    def test_a_bad_signature_stays_bad(self, times: int) -> None:
        signature = sign_batch(HEADERS[:5], a_key())[0]
        verified = VerifiedBatches()
        for _ in range(times):
            with pytest.raises(BadSignature):
                check_signature(HEADERS[0], signature, a_key("NL/police").public, verified=verified)

        check_signature(HEADERS[0], signature, PUBLIC, verified=verified)
        with pytest.raises(BadSignature):
            check_signature(HEADERS[0], signature, a_key("NL/police").public, verified=verified)

    def test_a_good_batch_does_not_vouch_for_another_signature_root_size_or_key(self) -> None:
        root = Hash(a_digest("root"))
        signature = a_key().sign(BATCH_TYPE, encode_tuple(5, root))
        verified = VerifiedBatches()
        verified.check(PUBLIC, 5, root, signature)

        for wrong in (
            (a_key("NL/police").public, 5, root, signature),
            (PUBLIC, 6, root, signature),
            (PUBLIC, 5, Hash(a_digest("other")), signature),
            (PUBLIC, 5, root, bytes(64)),
        ):
            with pytest.raises(BadSignature):
                verified.check(*wrong)

    def test_remembers_no_more_than_its_bound_and_forgets_the_least_used(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(batch, "_REMEMBERED_BATCHES", 3)
        verified = VerifiedBatches()
        signed = [(size, a_key().sign(BATCH_TYPE, encode_tuple(size, bytes(32)))) for size in range(1, 11)]
        first = signed[0]

        for size, signature in signed:
            verified.check(PUBLIC, size, Hash(bytes(32)), signature)
            verified.check(PUBLIC, first[0], Hash(bytes(32)), first[1])

        assert [9, 10, 1] == [size for _, size, _, _ in verified._seen]
        for size, signature in signed:
            verified.check(PUBLIC, size, Hash(bytes(32)), signature)

    def test_what_failed_takes_no_room(self) -> None:
        verified = VerifiedBatches()
        for size in range(1, 50):
            with pytest.raises(BadSignature):
                verified.check(PUBLIC, size, Hash(bytes(32)), bytes(64))

        assert 0 == len(verified._seen)
