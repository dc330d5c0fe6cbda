"""What somebody might do to the log who can write to its files, or has stolen the notary's key, and how it is found."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Final

import msgspec

from broker.admit import Verified
from broker.directory.entries import RevocationEntry, RevocationReason
from broker.directory.writing import next_occasion, write_entry
from broker.envelope.message import open_envelope
from broker.log.checkpoint import parse_checkpoint
from broker.log.entry import format_entry, parse_entry
from broker.log.note import parse_note
from broker.log.witness import AddCheckpoint, format_request
from broker.types.names import Originator, Stream, participant_of
from broker.types.time import from_micros, to_micros
from broker.types.vocabulary import Kind
from consumers.heads import read_heads
from tocsin.demo import forging
from tocsin.demo.log_forging import signed_checkpoint, without_cosignatures
from tocsin.demo.stage import Attempt, Stage, reports
from tocsin.installation import RANDOMNESS

_EARLIER: Final = timedelta(hours=1)
_SALT_BYTES: Final = 32
_ANOTHER: Final = "another-network/log"


def _cut_back(stage: Stage) -> None:
    older = next(_older_checkpoints(stage))
    entries = stage.log.files.entries()
    stage.log.files.publish(older)
    stage.log.files.lay(entries[: stage.log.files.checkpoint.size])


def _older_checkpoints(stage: Stage) -> Iterator[bytes]:
    """Yield checkpoints of fewer entries than the log has, as the victim's HEADS name them, the newest first."""
    for one in reversed(stage.victim.messages):
        opened = open_envelope(one.value)
        if opened.header.kind is Kind.HEADS:
            checkpoint = read_heads(Verified(opened, late=False)).checkpoint
            if checkpoint is not None and _size_of(checkpoint) < stage.log.files.checkpoint.size:
                yield checkpoint


def _size_of(checkpoint: bytes) -> int:
    return parse_checkpoint(parse_note(checkpoint).text).size


def _write_second_log(stage: Stage) -> None:
    entries = _with_earlier_leaf(stage)
    stage.log.files.publish(_signed_by_notary(stage, entries))
    stage.log.files.lay(entries)


def _show_second_log(stage: Stage) -> None:
    checkpoint = _signed_by_notary(stage, _with_earlier_leaf(stage))
    if stage.log.ask_witness is not None:
        stage.log.ask_witness(format_request(AddCheckpoint(stage.log.files.checkpoint.size, (), checkpoint)))


def _forge_checkpoint(stage: Stage) -> None:
    entries = _without_leaf(stage)
    stage.log.files.publish(signed_checkpoint(entries, stage.log.files.checkpoint.origin, stage.unknown_key))
    stage.log.files.lay(entries)


def _swap_checkpoint(stage: Stage) -> None:
    stage.log.files.publish(signed_checkpoint(stage.log.files.entries(), _ANOTHER, stage.unknown_key))


def _remove_cosignatures(stage: Stage) -> None:
    stage.log.files.publish(without_cosignatures(stage.log.files.note))


def _change_tile(stage: Stage) -> None:
    tile = stage.log.files.last_tile
    tile.write_bytes(forging.flipped(tile.read_bytes()))


def _change_entry(stage: Stage) -> None:
    stage.log.files.put_entries(_with_earlier_leaf(stage))


def _drop_with_leaf(stage: Stage) -> None:
    stage.log.files.lay(_without_leaf(stage))
    stage.victim.topic.remove(stage.victim.sealed_reports()[-1].offset)


def _back_date(stage: Stage) -> None:
    """Revoke the victim's key, as its administrator does who has lost it; then write a report with it, dated before."""
    last = open_envelope(stage.victim.sealed_reports()[-1].value)
    stream = Stream(Originator(f"{participant_of(last.header.originator)}/~admin"), 1)
    entry = RevocationEntry(
        key=stage.victim.key.id,
        reason=RevocationReason.COMPROMISED,
        revoked_at=stage.now,
        reaches_back_to=None,
        last_valid=(),
    )
    occasion = next_occasion(stage.directory, stream, issued_at=stage.now, salt=RANDOMNESS(_SALT_BYTES))
    stage.directory_topic.add(str(stream), write_entry(entry, occasion, [stage.victim.administrator_key]))
    header = msgspec.structs.replace(stage.next_header(last), issued_at=last.header.issued_at)
    stage.victim.topic.add(stage.victim.messages[-1].key, forging.signed_by(header, last, stage.victim.key))


def _signed_by_notary(stage: Stage, entries: Sequence[bytes]) -> bytes:
    return signed_checkpoint(entries, stage.log.files.checkpoint.origin, stage.log.key)


def _with_earlier_leaf(stage: Stage) -> list[bytes]:
    """Return the entries, as if the victim's last report had been seen earlier than it was."""
    entries, index = _found(stage)
    entry = parse_entry(entries[index])
    earlier = to_micros(from_micros(entry.seen_at) - _EARLIER)
    entries[index] = format_entry(msgspec.structs.replace(entry, seen_at=earlier))
    return entries


def _without_leaf(stage: Stage) -> list[bytes]:
    """Return the entries but for that of the victim's last report."""
    entries, index = _found(stage)
    return [*entries[:index], *entries[index + 1 :]]


def _found(stage: Stage) -> tuple[list[bytes], int]:
    """Return the entries, and where the victim's last report stands among them."""
    digest = open_envelope(stage.victim.sealed_reports()[-1].value).digest
    entries = stage.log.files.entries()
    return entries, next(index for index, raw in enumerate(entries) if parse_entry(raw).digest == digest)


def _is_cosigned(stage: Stage) -> bool:
    note = stage.log.files.note
    return without_cosignatures(note) != note


_HAS_REPORT: Final = reports(1)

LOG_ATTEMPTS: Final = (
    Attempt(
        name="cut the log back",
        does="an older checkpoint is put back, and all that was logged since is removed",
        code="log-rolled-back",
        change=_cut_back,
        is_possible=lambda stage: next(_older_checkpoints(stage), None) is not None,
    ),
    Attempt(
        name="write a second log",
        does="with the notary's stolen key, the log says that a report was seen an hour earlier",
        code="split-view",
        change=_write_second_log,
    ),
    Attempt(
        name="show a witness a second log",
        does="the same is shown to a witness alone, to be cosigned; it refuses, and keeps the proof",
        code="split-view",
        change=_show_second_log,
        is_possible=lambda stage: _HAS_REPORT(stage) and stage.log.ask_witness is not None,
    ),
    Attempt(
        name="forge a checkpoint",
        does="a report's leaf is taken out, and the log signed by a key that nobody appointed",
        code="forged-checkpoint",
        change=_forge_checkpoint,
    ),
    Attempt(
        name="swap the checkpoint",
        does="another network's checkpoint is put in the place of the log's own",
        code="foreign-log",
        change=_swap_checkpoint,
    ),
    Attempt(
        name="remove the cosignatures",
        does="what the witnesses signed is taken off the checkpoint; nodes have seen it with them",
        code="no-quorum",
        change=_remove_cosignatures,
        is_possible=lambda stage: _HAS_REPORT(stage) and _is_cosigned(stage),
    ),
    Attempt(
        name="change a tile",
        does="one bit of the tree's hashes is changed",
        code="changed-tile",
        change=_change_tile,
    ),
    Attempt(
        name="change an entry",
        does="a leaf is changed, so that the report seems to have been seen an hour earlier",
        code="changed-tile",
        change=_change_entry,
    ),
    Attempt(
        name="drop a message and its leaf",
        does="a report is removed from the bus, and its leaf out of the log, all tiles made anew",
        code="changed-tile",
        change=_drop_with_leaf,
    ),
    Attempt(
        name="back-date a message",
        does="with a stolen key that was revoked, a report is dated before that; the notary logs it after",
        code="disputed",
        change=_back_date,
        is_logged=True,
    ),
)
"""In the order in which they are shown."""
