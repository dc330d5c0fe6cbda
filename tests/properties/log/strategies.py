"""Strategies for the values of the log."""

from hypothesis import strategies as st

from broker import limits
from broker.log.checkpoint import Checkpoint
from broker.log.entry import LogEntry
from broker.log.note import COSIGNATURE, ED25519, Note, NoteKey, NoteSignature
from broker.log.proof_file import LogProof
from broker.log.tiles import Bundle, Tile
from broker.merkle import Hash
from broker.signing.keys import SigningKey
from broker.types.names import Digest
from tests.properties.wire.strategies import LAST_MICROSECOND, digests, labels, streams
from tests.support.notes import a_signed_checkpoint

hashes = digests.map(Hash)
counts = st.integers(0, 2**63 - 1)
key_names = st.text(st.characters(exclude_categories=["Z", "C"], exclude_characters="+"), min_size=1, max_size=20)
lines = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters=[chr(code) for code in range(32)]), max_size=30
)
texts = st.lists(lines, min_size=1, max_size=5).map(lambda some: "".join(f"{line}\n" for line in some))
signing_keys = st.binary(min_size=32, max_size=32).map(SigningKey)
note_keys = st.builds(
    NoteKey, key_names, st.sampled_from([ED25519, COSIGNATURE]), signing_keys.map(lambda key: key.public)
)
note_signatures = st.builds(
    NoteSignature, key_names, st.binary(min_size=4, max_size=4), st.binary(min_size=1, max_size=100)
)
note_lines = st.lists(note_signatures, min_size=1, max_size=5).map(tuple)
notes = st.builds(Note, texts, note_lines)
checkpoints = st.builds(
    Checkpoint, lines.filter(bool), counts, hashes, st.lists(lines.filter(bool), max_size=3).map(tuple)
)
entries = st.builds(
    LogEntry,
    labels,
    streams,
    st.integers(1, limits.MAX_SEQUENCE),
    digests.map(Digest),
    st.integers(0, LAST_MICROSECOND),
)
widths = st.integers(1, 256)
indexes = st.integers(0, 10**7) | st.integers(0, 2**63 - 1)
tiles = st.builds(Tile, st.integers(0, 63), indexes, widths)
bundles = st.builds(Bundle, indexes, widths)
raw_entries = st.lists(st.binary(max_size=60), min_size=1, max_size=256).map(tuple)
proofs = st.builds(
    LogProof,
    counts,
    st.lists(hashes, max_size=limits.MAX_PROOF_HASHES).map(tuple),
    st.just(a_signed_checkpoint()),
    st.none() | st.binary(max_size=60),
)
