"""Cosignatures of witnesses.

Source: C2SP tlog-cosignature.
"""

import msgspec
import pytest

from broker.errors import BadNote, BadSignature
from broker.log.checkpoint import format_checkpoint
from broker.log.cosignature import check_cosignature, cosign
from broker.log.note import COSIGNATURE, ED25519, NoteSignature
from broker.signing.keys import check_note_signature
from tests.support.notes import COSIGNED_AT, WITNESSES, a_checkpoint, a_note_key, a_note_signer

NAME = WITNESSES[0]
KEY = a_note_key(NAME, COSIGNATURE)
TEXT = format_checkpoint(a_checkpoint())
LINE = cosign(TEXT, a_note_signer(NAME), NAME, COSIGNED_AT)


def test_is_a_time_and_a_signature_over_time_and_text() -> None:
    assert COSIGNED_AT.to_bytes(8, "big") == LINE.signature[:8]
    assert (NAME, KEY.key_hash) == (LINE.name, LINE.key_hash)
    signed = f"cosignature/v1\ntime {COSIGNED_AT}\n{TEXT}".encode()
    check_note_signature(KEY.public, LINE.signature[8:], signed)


@pytest.mark.parametrize("at", [0, 1, COSIGNED_AT, 2**63 - 1])
def test_says_when_it_was_made(at: int) -> None:
    assert at == check_cosignature(TEXT, cosign(TEXT, a_note_signer(NAME), NAME, at), KEY)


@pytest.mark.parametrize("at", [-1, 2**63, 2**64, 2**70])
def test_is_not_made_at_a_time_that_is_none(at: int) -> None:
    with pytest.raises(BadNote):
        cosign(TEXT, a_note_signer(NAME), NAME, at)


@pytest.mark.parametrize(("text", "name"), [("no end", NAME), ("", NAME), (TEXT, "a b"), (TEXT, "")])
def test_is_not_made_under_what_no_note_can_hold(text: str, name: str) -> None:
    with pytest.raises(BadNote):
        cosign(text, a_note_signer(NAME), name, COSIGNED_AT)


@pytest.mark.parametrize("length", [0, 8, 64, 71, 73, 8 + 2420])
def test_refuses_another_length(length: int) -> None:
    with pytest.raises(BadNote):
        check_cosignature(TEXT, msgspec.structs.replace(LINE, signature=bytes(length)), KEY)


def test_refuses_a_time_beyond_the_end() -> None:
    late = msgspec.structs.replace(LINE, signature=b"\x80" + bytes(7) + LINE.signature[8:])

    with pytest.raises(BadNote):
        check_cosignature(TEXT, late, KEY)


@pytest.mark.parametrize("place", range(72))
def test_refuses_a_changed_byte(place: int) -> None:
    changed = bytearray(LINE.signature)
    changed[place] ^= 1

    with pytest.raises(BadSignature):
        check_cosignature(TEXT, msgspec.structs.replace(LINE, signature=bytes(changed)), KEY)


def test_refuses_another_text() -> None:
    with pytest.raises(BadSignature):
        check_cosignature(format_checkpoint(a_checkpoint(21)), LINE, KEY)


def test_refuses_another_key_or_name_or_kind() -> None:
    other = WITNESSES[1]
    renamed = NoteSignature(other, LINE.key_hash, LINE.signature)
    rehashed = msgspec.structs.replace(LINE, key_hash=bytes(4))
    by_kind = msgspec.structs.replace(LINE, key_hash=a_note_key(NAME, ED25519).key_hash)

    for line, key in (
        (LINE, a_note_key(other, COSIGNATURE)),
        (renamed, KEY),
        (rehashed, KEY),
        (by_kind, a_note_key(NAME, ED25519)),
        (LINE, a_note_key(NAME, ED25519)),
    ):
        with pytest.raises(BadSignature):
            check_cosignature(TEXT, line, key)


def test_a_signature_under_the_note_is_no_cosignature() -> None:
    bare = a_note_signer(NAME).sign_note(TEXT.encode())
    line = NoteSignature(NAME, KEY.key_hash, LINE.signature[:8] + bare)

    with pytest.raises(BadSignature):
        check_cosignature(TEXT, line, KEY)
