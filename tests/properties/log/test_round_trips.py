"""What is parsed is what would be printed, and the other way round."""

from collections.abc import Callable
from typing import TypeVar

from hypothesis import given
from hypothesis import strategies as st

from broker.errors import BadNote, BadTile, WeakKey
from broker.log.checkpoint import Checkpoint, format_checkpoint, parse_checkpoint
from broker.log.cosignature import check_cosignature, cosign
from broker.log.entry import LogEntry, format_entry, parse_entry
from broker.log.note import (
    COSIGNATURE,
    ED25519,
    Note,
    NoteKey,
    NoteSignature,
    check_note,
    format_note,
    format_note_key,
    format_signatures,
    parse_note,
    parse_note_key,
    parse_signatures,
    sign_note,
)
from broker.log.proof_file import LogProof, format_proof, parse_proof
from broker.log.text import format_base64, parse_base64, parse_number
from broker.log.tiles import Bundle, Tile, format_bundle, format_tile, parse_bundle, parse_tile, parse_tile_path
from broker.merkle import Hash
from broker.signing.keys import SigningKey
from tests.properties.log import strategies as log
from tests.properties.wire.strategies import edited

D = TypeVar("D", str, bytes)
T = TypeVar("T")


def same_or_refused(data: D, parse: Callable[[D], T], form: Callable[[T], D]) -> None:
    """Check that *data* is either refused as it should be, or printed as it is."""
    try:
        value = parse(data)
    except (BadNote, BadTile, WeakKey):
        return
    assert data == form(value)


def edited_text(text: str) -> st.SearchStrategy[str]:
    """Draw what a few edits make of *text*, as far as it is text."""
    return edited(text.encode()).map(lambda raw: raw.decode(errors="replace"))


@given(log.counts)
def test_a_number_survives_printing(number: int) -> None:
    assert number == parse_number(str(number))


@given(st.text("0123456789+-_ \n\u0661", max_size=21))
def test_a_number_that_is_read_is_printed_the_same(text: str) -> None:
    same_or_refused(text, parse_number, str)


@given(st.text("ABwxyz019+/=-_ \n", max_size=12))
def test_base64_that_is_read_is_printed_the_same(text: str) -> None:
    same_or_refused(text, parse_base64, format_base64)


@given(log.notes)
def test_a_note_survives_printing(note: Note) -> None:
    assert note == parse_note(format_note(note))


@given(log.notes.map(format_note).flatmap(edited))
def test_a_note_that_is_read_is_printed_the_same(raw: bytes) -> None:
    same_or_refused(raw, parse_note, format_note)


@given(st.text("— a+/=A\n\u00a0", max_size=40))
def test_what_looks_like_a_note_is_refused_or_printed_the_same(text: str) -> None:
    same_or_refused(text.encode(), parse_note, format_note)
    same_or_refused(f"a\n\n— a {text}".encode(), parse_note, format_note)
    same_or_refused(text.encode(), parse_signatures, format_signatures)


@given(log.note_lines)
def test_signature_lines_survive_printing(lines: tuple[NoteSignature, ...]) -> None:
    assert lines == parse_signatures(format_signatures(lines))


@given(log.note_lines.map(format_signatures).flatmap(edited))
def test_signature_lines_that_are_read_are_printed_the_same(raw: bytes) -> None:
    same_or_refused(raw, parse_signatures, format_signatures)


@given(log.note_keys)
def test_a_key_survives_printing(key: NoteKey) -> None:
    assert key == parse_note_key(format_note_key(key))


@given(log.note_keys.map(format_note_key).flatmap(edited_text))
def test_a_key_that_is_read_is_printed_the_same(text: str) -> None:
    same_or_refused(text, parse_note_key, format_note_key)


@given(log.texts, log.signing_keys, log.key_names)
def test_what_a_key_signs_is_its(text: str, key: SigningKey, name: str) -> None:
    note = parse_note(format_note(Note(text, (sign_note(text, key, name),))))

    assert NoteKey(name, ED25519, key.public) == check_note(note, [NoteKey(name, ED25519, key.public)])


@given(log.texts, log.signing_keys, log.key_names, log.counts)
def test_what_a_witness_cosigns_is_its(text: str, key: SigningKey, name: str, at: int) -> None:
    line = cosign(text, key, name, at)

    assert (line,) == parse_note(format_note(Note(text, (line,)))).signatures
    assert at == check_cosignature(text, line, NoteKey(name, COSIGNATURE, key.public))


@given(log.checkpoints)
def test_a_checkpoint_survives_printing(checkpoint: Checkpoint) -> None:
    assert checkpoint == parse_checkpoint(format_checkpoint(checkpoint))


@given(log.checkpoints.map(format_checkpoint).flatmap(edited_text))
def test_a_checkpoint_that_is_read_is_printed_the_same(text: str) -> None:
    same_or_refused(text, parse_checkpoint, format_checkpoint)


@given(log.entries)
def test_an_entry_survives_printing(entry: LogEntry) -> None:
    assert entry == parse_entry(format_entry(entry))


@given(log.entries.map(format_entry).flatmap(edited))
def test_an_entry_that_is_read_is_printed_the_same(raw: bytes) -> None:
    same_or_refused(raw, parse_entry, format_entry)


@given(log.tiles | log.bundles)
def test_a_path_survives_printing(tile: Tile | Bundle) -> None:
    assert tile == parse_tile_path(tile.path)


@given(
    (log.tiles | log.bundles).map(lambda tile: tile.path).flatmap(edited_text) | st.text("tile/0x129.pent", max_size=24)
)
def test_a_path_that_is_read_is_printed_the_same(path: str) -> None:
    same_or_refused(path, parse_tile_path, lambda tile: tile.path)


@given(st.lists(log.hashes, min_size=1, max_size=256).map(tuple))
def test_a_tile_survives_printing(hashes: tuple[Hash, ...]) -> None:
    assert hashes == parse_tile(format_tile(hashes), len(hashes))


@given(log.raw_entries)
def test_a_bundle_survives_printing(entries: tuple[bytes, ...]) -> None:
    assert entries == parse_bundle(format_bundle(entries))
    assert entries == parse_bundle(format_bundle(entries), len(entries))


@given(log.raw_entries.map(format_bundle).flatmap(edited) | st.binary(max_size=30))
def test_a_bundle_that_is_read_is_printed_the_same(raw: bytes) -> None:
    same_or_refused(raw, parse_bundle, format_bundle)


@given(log.proofs)
def test_a_proof_survives_printing(proof: LogProof) -> None:
    assert proof == parse_proof(format_proof(proof))


@given(log.proofs.map(format_proof).flatmap(edited))
def test_a_proof_that_is_read_is_printed_the_same(raw: bytes) -> None:
    same_or_refused(raw, parse_proof, format_proof)
