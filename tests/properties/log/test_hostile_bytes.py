"""Any byte of what the log says is changed: it is refused, or says something else that was never signed."""

from collections.abc import Callable, Iterator

import pytest

from broker.errors import BrokerError, NotIncluded
from broker.log.checkpoint import parse_checkpoint
from broker.log.entry import LogEntry, format_entry, parse_entry
from broker.log.hashes import TileHashes
from broker.log.note import format_note_key, parse_note_key
from broker.log.proof_file import LogProof, check_proof, format_proof, parse_proof
from broker.log.tiles import Bundle, Tile, format_bundle, parse_bundle, parse_tile, parse_tile_path
from broker.log.tree import root_of
from broker.log.trust import check_checkpoint
from broker.merkle import leaf_hash
from broker.types.names import Digest, Originator, Stream
from tests.support.notes import WITNESSES, a_checkpoint, a_log_trust, a_note_key, a_signed_checkpoint
from tests.support.plain_log import PlainLog

ENTRIES = [
    format_entry(LogEntry("exercise-2026", Stream(Originator("NL/customs"), 1), number, Digest(bytes(32)), number))
    for number in range(1, 301)
]
LOG = PlainLog(ENTRIES)
NOTE = a_signed_checkpoint(a_checkpoint(300, LOG.root(0, 300)), WITNESSES)
PROOF = format_proof(LogProof(13, LOG.path(13, 0, 300), NOTE))
TRUST = a_log_trust()

PARSED: dict[str, tuple[Callable[[bytes], object], bytes]] = {
    "an entry": (parse_entry, ENTRIES[41]),
    "a bundle": (parse_bundle, format_bundle(ENTRIES[:3])),
    "a tile": (lambda raw: parse_tile(raw, 3), b"".join(LOG.leaf(number) for number in range(3))),
    "a checkpoint": (lambda raw: parse_checkpoint(raw.decode()), NOTE.partition(b"\n\n")[0] + b"\n"),
    "a proof": (parse_proof, PROOF),
    "the path of a tile": (lambda raw: parse_tile_path(raw.decode()), Tile(1, 1_234_067, 12).path.encode()),
    "the path of a bundle": (lambda raw: parse_tile_path(raw.decode()), Bundle(1_234_067).path.encode()),
    "a key": (lambda raw: parse_note_key(raw.decode()), format_note_key(a_note_key()).encode()),
}


def changed(raw: bytes) -> Iterator[bytes]:
    """Yield all that differ in one bit, lack a byte, have one twice, are cut off or have one more."""
    for place, byte in enumerate(raw):
        for bit in range(8):
            yield raw[:place] + bytes([byte ^ (1 << bit)]) + raw[place + 1 :]
        yield raw[:place] + raw[place + 1 :]
        yield raw[:place]
        yield raw[:place] + b"\x00" + raw[place:]
    yield raw + b"\x00"
    yield raw + b"\n"


def outcome(parse: Callable[[bytes], object], raw: bytes) -> object:
    """Return what *raw* is parsed to, or None where it is refused."""
    try:
        return parse(raw)
    except (BrokerError, UnicodeDecodeError):
        return None


@pytest.mark.parametrize(("parse", "raw"), PARSED.values(), ids=PARSED)
def test_is_refused_or_says_something_else(parse: Callable[[bytes], object], raw: bytes) -> None:
    said = parse(raw)

    for other in changed(raw):
        assert said != outcome(parse, other)


def test_no_changed_checkpoint_says_another_head_or_has_another_witness() -> None:
    good = check_checkpoint(NOTE, TRUST)
    for raw in changed(NOTE):
        try:
            found = check_checkpoint(raw, TRUST)
        except BrokerError:
            continue
        assert good.checkpoint == found.checkpoint
        assert set(found.witnesses) < set(good.witnesses)


def test_no_changed_proof_proves_another_place_or_entry() -> None:
    for raw in changed(PROOF.partition(b"\n\n")[0]):
        try:
            proof = parse_proof(raw + b"\n\n" + NOTE)
        except BrokerError:
            continue
        with pytest.raises(NotIncluded):
            check_proof(proof, ENTRIES[13], TRUST)


def test_no_changed_entry_is_proved() -> None:
    proof = parse_proof(PROOF)
    for raw in changed(ENTRIES[13]):
        with pytest.raises(NotIncluded):
            check_proof(proof, raw, TRUST)


def test_no_changed_tile_leads_to_the_root() -> None:
    files = LOG.files(300)
    root = LOG.root(0, 300)
    for path in ("tile/0/001.p/44", "tile/1/000.p/1"):
        raw = files[path]
        for place in range(len(raw)):
            files[path] = raw[:place] + bytes([raw[place] ^ 1]) + raw[place + 1 :]
            assert root != root_of(300, TileHashes(files, 300))
        files[path] = raw
    assert root == root_of(300, TileHashes(files, 300))


def test_no_changed_bundle_has_the_leaves() -> None:
    files = LOG.files(300)
    raw = files["tile/entries/001.p/44"]
    leaves = [LOG.leaf(number) for number in range(256, 300)]
    for place in range(len(raw)):
        files["tile/entries/001.p/44"] = raw[:place] + bytes([raw[place] ^ 1]) + raw[place + 1 :]
        try:
            found = [leaf_hash(entry) for entry in TileHashes(files, 300).entries(256, 300)]
        except BrokerError:
            continue
        assert leaves != found
