"""Tags: two ends compute the same one, nobody else can."""

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from broker.sealing import pairwise as subject
from broker.sealing.pairwise import Pairwise
from tests.support.sealing import a_sealing_key

NL, BE, FR = a_sealing_key("NL/~1"), a_sealing_key("BE/~1"), a_sealing_key("FR/~1")


def test_both_ends_compute_the_same_tag() -> None:
    assert Pairwise().tag(NL, BE.public, b"info") == Pairwise().tag(BE, NL.public, b"info")
    assert 8 == len(Pairwise().tag(NL, BE.public, b"info"))


def test_a_tag_is_of_two_ends_and_of_one_message() -> None:
    pairwise = Pairwise()
    tags = {
        pairwise.tag(NL, BE.public, b"info"),
        pairwise.tag(NL, FR.public, b"info"),
        pairwise.tag(BE, FR.public, b"info"),
        pairwise.tag(NL, BE.public, b"other"),
    }

    assert 4 == len(tags)


def test_a_tag_begins_the_standard_derivation() -> None:
    derived = HKDF(SHA256(), 32, salt=None, info=b"info").derive(NL.exchange(BE.public))

    assert derived[:8] == Pairwise().tag(NL, BE.public, b"info")


def test_what_was_agreed_is_remembered() -> None:
    pairwise = Pairwise()

    assert pairwise.secret(NL, BE.public) is pairwise.secret(NL, BE.public)
    assert NL.exchange(BE.public) == pairwise.secret(NL, BE.public)


def test_no_more_is_remembered_than_a_network_has() -> None:
    pairwise = Pairwise()
    pairwise._agreed = {(n.to_bytes(32, "big"), b""): b"" for n in range(subject._REMEMBERED)}

    assert NL.exchange(BE.public) == pairwise.secret(NL, BE.public)
    assert 1 == len(pairwise._agreed)


def test_no_private_key_is_remembered() -> None:
    """A sealing key that was destroyed must not live on in the memory of a long run."""
    pairwise = Pairwise()
    pairwise.secret(NL, BE.public)

    assert {(NL.public, BE.public)} == pairwise._agreed.keys()
