"""A sealed section: what opens is what was signed, at its place, under its key, or nothing opens."""

import msgspec
import pytest

from broker import limits
from broker.envelope.body import Content, body_digest, format_body
from broker.envelope.encoding import LIST_CONTEXT_TAG, SECTION_CONTEXT_TAG
from broker.envelope.header import SectionHead, header_digest, parse_header
from broker.envelope.message import Part, assemble
from broker.errors import BadBody, BodyMismatch, BrokenSeal, CommitmentMismatch, KeyMismatch, TooLarge
from broker.sealing.section import Place, key_commitment, open_section, seal_section
from broker.types.vocabulary import Tlp
from tests.support.messages import a_content, a_digest, a_header
from tests.support.sealing import ELSEWHERE, PLACE, a_head, a_sealed, a_section_key

KEY = a_section_key()
CONTEXT = PLACE.context(SECTION_CONTEXT_TAG, "core")
CHUNK = 16 * 1024
"""Cobblestone seals so many bytes at a time."""


def sealed(content: Content | None = None, name: str = "core", place: Place = PLACE) -> Part:
    """Return a section sealed under KEY."""
    return seal_section(name, content or a_content(), key=KEY, place=place)


def renamed(part: Part, **changes: object) -> SectionHead:
    """Return the head of *part* with changes, as a writer could sign it."""
    return msgspec.structs.replace(part.head, **changes)


@pytest.mark.parametrize("length", [0, 1, 187, 188, 189, CHUNK, 3 * CHUNK, limits.BODY_SIZES_BYTES[-1] - 68])
def test_opens_what_was_sealed(length: int) -> None:
    content = a_content(b"a" * length)
    part = sealed(content)

    assert content == open_section(part.head, part.body, key=KEY, place=PLACE)


def test_the_head_names_key_body_and_content() -> None:
    part = sealed()

    assert a_head(part.body, KEY) == part.head


def test_the_size_says_no_more_than_the_class() -> None:
    assert len(sealed(a_content(b"")).body) == len(sealed(a_content(b"a" * 188)).body) == 256 + 72


def test_nothing_of_the_content_can_be_seen() -> None:
    assert b"drums" in format_body(a_content())
    assert b"drums" not in sealed().body


def test_the_same_section_is_never_sealed_to_the_same_bytes() -> None:
    assert sealed().body != sealed().body


def test_what_is_too_large_cannot_be_sealed() -> None:
    with pytest.raises(TooLarge):
        sealed(a_content(bytes(limits.BODY_SIZES_BYTES[-1])))


def test_refuses_another_key() -> None:
    part = sealed()

    with pytest.raises(KeyMismatch, match="core"):
        open_section(part.head, part.body, key=a_section_key("other"), place=PLACE)


def test_refuses_a_key_for_a_section_that_is_not_sealed() -> None:
    part = sealed()

    with pytest.raises(KeyMismatch):
        open_section(renamed(part, key_commitment=None), part.body, key=KEY, place=PLACE)


@pytest.mark.parametrize("length", [0, 16, 31, 33, 64])
def test_refuses_a_key_of_another_length_even_if_the_header_commits_to_it(length: int) -> None:
    part = sealed()
    head = renamed(part, key_commitment=key_commitment(bytes(length)))

    with pytest.raises(KeyMismatch):
        open_section(head, part.body, key=bytes(length), place=PLACE)


def test_refuses_a_header_that_commits_to_a_key_that_did_not_seal() -> None:
    part, other = sealed(), a_section_key("other")

    with pytest.raises(BrokenSeal):
        open_section(renamed(part, key_commitment=key_commitment(other)), part.body, key=other, place=PLACE)


def test_refuses_the_body_of_another_section() -> None:
    core, nominal = sealed(), sealed(name="nominal")

    with pytest.raises(BodyMismatch, match="core"):
        open_section(core.head, nominal.body, key=KEY, place=PLACE)


def test_refuses_a_body_that_was_signed_as_that_of_another_section() -> None:
    core = sealed()

    with pytest.raises(BrokenSeal):
        open_section(renamed(core, name="nominal"), core.body, key=KEY, place=PLACE)


@pytest.mark.parametrize("elsewhere", ELSEWHERE, ids=["federation", "originator", "writer", "sequence"])
def test_refuses_a_body_that_was_signed_in_another_message(elsewhere: Place) -> None:
    part = sealed()

    with pytest.raises(BrokenSeal):
        open_section(part.head, part.body, key=KEY, place=elsewhere)


def test_refuses_a_key_list_as_a_section() -> None:
    head, body = a_sealed(format_body(a_content()), KEY, PLACE.context(LIST_CONTEXT_TAG, "core"))

    with pytest.raises(BrokenSeal):
        open_section(head, body, key=KEY, place=PLACE)


def test_refuses_a_body_that_was_cut_after_it_was_signed() -> None:
    part = sealed()

    with pytest.raises(BodyMismatch):
        open_section(part.head, part.body[:-1], key=KEY, place=PLACE)


@pytest.mark.parametrize("length", [0, 1, 31, 32, 55, 56, 57, 71, 72, 300, 327])
def test_refuses_a_body_that_was_cut_before_it_was_signed(length: int) -> None:
    body = sealed().body[:length]

    with pytest.raises(BrokenSeal):
        open_section(a_head(body, KEY), body, key=KEY, place=PLACE)


@pytest.mark.parametrize("chunks", [1, 2, 3, 4])
def test_refuses_a_body_that_was_cut_between_two_chunks(chunks: int) -> None:
    whole = sealed(a_content(bytes(4 * CHUNK - 68))).body
    body = whole[: 56 + chunks * (CHUNK + 16)]

    assert len(body) < len(whole)
    with pytest.raises(BrokenSeal):
        open_section(a_head(body, KEY), body, key=KEY, place=PLACE)


@pytest.mark.parametrize("more", [b"\0", bytes(16), bytes(72)])
def test_refuses_a_body_with_something_after_it(more: bytes) -> None:
    body = sealed().body + more

    with pytest.raises(BrokenSeal):
        open_section(a_head(body, KEY), body, key=KEY, place=PLACE)


def test_refuses_a_body_with_any_byte_changed() -> None:
    whole = sealed().body
    for place in range(len(whole)):
        body = bytearray(whole)
        body[place] ^= 1
        with pytest.raises(BrokenSeal):
            open_section(a_head(bytes(body), KEY), bytes(body), key=KEY, place=PLACE)


def test_no_ciphertext_means_something_under_two_keys() -> None:
    """AES-GCM alone would allow it: a ciphertext can be made that opens under two keys, each to other content.

    The seal names its key in its first bytes, so there is no second one, even for who may choose all the rest.
    """
    other = a_section_key("other")
    mine, theirs = sealed().body, seal_section("core", a_content(), key=other, place=PLACE).body
    for border in range(0, len(mine) + 1, 4):
        for body in (theirs[:border] + mine[border:], mine[:border] + theirs[border:]):
            if body in {mine, theirs}:
                continue
            for key in (KEY, other):
                with pytest.raises(BrokenSeal):
                    open_section(a_head(body, key), body, key=key, place=PLACE)


@pytest.mark.parametrize("place", [97, 255])
def test_refuses_padding_that_is_not_zeros(place: int) -> None:
    plaintext = bytearray(format_body(a_content()))
    plaintext[place] = 1
    head, body = a_sealed(bytes(plaintext), KEY, CONTEXT)

    with pytest.raises(BadBody, match="padding"):
        open_section(head, body, key=KEY, place=PLACE)


@pytest.mark.parametrize("plaintext", [b"", bytes(67), bytes(257), format_body(a_content()) + bytes(768)])
def test_refuses_a_plaintext_that_is_no_body(plaintext: bytes) -> None:
    head, body = a_sealed(plaintext, KEY, CONTEXT)

    with pytest.raises(BadBody):
        open_section(head, body, key=KEY, place=PLACE)


def test_refuses_content_that_the_header_does_not_commit_to() -> None:
    head, body = a_sealed(format_body(a_content(b"three drums")), KEY, CONTEXT)

    with pytest.raises(CommitmentMismatch, match="core"):
        open_section(head, body, key=KEY, place=PLACE)


def test_a_section_that_was_cut_gives_nothing_away() -> None:
    """The first chunks of a body that was cut are authentic by themselves, and are not handed on."""
    body = sealed(a_content(b"SECRET" * CHUNK)).body[:-1]
    head = a_head(body, KEY)

    with pytest.raises(BrokenSeal) as refusal:
        open_section(head, body, key=KEY, place=PLACE)
    assert "SECRET" not in repr([refusal.value, refusal.value.__cause__])


def test_a_digest_is_checked_before_anything_is_decrypted() -> None:
    part = sealed()

    with pytest.raises(BodyMismatch):
        open_section(renamed(part, body_digest=body_digest(b"other")), part.body, key=KEY, place=PLACE)


def test_a_message_is_assembled_of_sealed_sections() -> None:
    other = seal_section("operational", a_content(b"for some"), key=a_section_key("operational"), place=PLACE)
    parts = [sealed(), other]
    message = assemble(a_header(tlp=Tlp.AMBER, sequence=7, previous=a_digest("previous")), parts)

    assert tuple(part.head for part in parts) == parse_header(message.header_bytes).sections
    assert tuple(part.body for part in parts) == message.bodies
    assert header_digest(message.header_bytes) == message.digest
