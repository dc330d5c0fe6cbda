"""The checkpoints that others have seen: each is judged once, and none of them is kept."""

import tracemalloc
from collections.abc import Iterator

from broker import limits
from broker.log.checkpoint import Checkpoint, format_checkpoint
from broker.log.note import Note, NoteSignature, format_note
from broker.log.trust import check_checkpoint
from broker.merkle import Hash
from consumers.audit.checkpoints import History, SeenCheckpoint
from tests.support.notes import ORIGIN, a_line, a_log_trust, a_signed_checkpoint
from tests.support.plain_log import Files, PlainLog

LOG = PlainLog([b"entry %d" % number for number in range(20)])


def a_history(*witnesses: str) -> History:
    trust = a_log_trust(quorum=1)
    newest = a_signed_checkpoint(Checkpoint(ORIGIN, 20, Hash(LOG.root(0, 20))), witnesses)
    return History(Files(LOG.files(20)), check_checkpoint(newest, trust), trust)


def padded_notes(count: int) -> Iterator[SeenCheckpoint]:
    """Yield one real checkpoint again and again, each time with other lines that nobody asks about."""
    text = format_checkpoint(Checkpoint(ORIGIN, 10, Hash(LOG.root(0, 10))))
    for number in range(count):
        junk = NoteSignature("junk", number.to_bytes(4, "big"), bytes(limits.MAX_NOTE_BYTES // 2))
        yield SeenCheckpoint(f"BE/~1/1#{number}", format_note(Note(text, (a_line(text), junk))))


def test_padded_checkpoints_fill_no_memory() -> None:
    history = a_history()
    list(history.findings(padded_notes(1)))
    tracemalloc.start()
    try:
        assert [] == list(history.findings(padded_notes(200)))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 20 * limits.MAX_NOTE_BYTES


def test_a_checkpoint_of_two_holders_is_told_once() -> None:
    other = a_signed_checkpoint(Checkpoint(ORIGIN, 10, Hash(bytes(32))))
    seen = [SeenCheckpoint("BE/~1/1#2", other), SeenCheckpoint("DE/~1/1#2", other)]
    assert [("split-view", "BE/~1/1#2")] == [(one.code, one.place) for one in a_history().findings(seen)]


def test_sizes_that_had_a_quorum_are_remembered() -> None:
    history = a_history()
    witnessed = a_signed_checkpoint(
        Checkpoint(ORIGIN, 10, Hash(LOG.root(0, 10))), [one.name for one in a_log_trust().witnesses[:1]]
    )
    assert [] == list(history.findings([SeenCheckpoint("BE/~1/1#2", witnessed)]))
    assert {10} == history.witnessed
