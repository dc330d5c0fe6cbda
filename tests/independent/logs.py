"""Logs as the notary leaves them in a folder: grown in several steps, so that partial tiles of each stay behind."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

from broker.log.checkpoint import Checkpoint, format_checkpoint
from broker.log.entry import LogEntry, format_entry
from broker.log.note import ED25519, Note, NoteKey, format_note, format_note_key, sign_note
from broker.log.tiles import format_bundle, format_tile, new_bundles
from broker.merkle import leaf_hash
from broker.notary.edge import Edge, grown
from broker.types.names import Originator, Stream
from tests.support.messages import a_digest
from tests.support.notes import FEDERATION, ORIGIN, a_note_signer

KEY = a_note_signer(ORIGIN)
VERIFIER = format_note_key(NoteKey(ORIGIN, ED25519, KEY.public))


def an_entry(index: int) -> bytes:
    """Return the entry of a message that nobody wrote, another one for each index."""
    stream = Stream(Originator("NL/customs"), 1)
    return format_entry(LogEntry(FEDERATION, stream, index + 1, a_digest(f"message {index}"), 1_770_000_000_000_000))


def write_log(folder: Path, *sizes: int) -> None:
    """Write the log that has grown to each of *sizes* in turn; its checkpoint is the last one."""
    edge, entries = Edge(), [an_entry(index) for index in range(sizes[-1])]
    for size in sizes:
        for bundle in new_bundles(edge.size, size):
            start = bundle.index * 256
            _write(folder / bundle.path, format_bundle(entries[start : start + bundle.width]))
        edge, tiles = grown(edge, [leaf_hash(entry) for entry in entries[edge.size : size]])
        for tile, hashes in tiles.items():
            _write(folder / tile.path, format_tile(hashes))
    _write(folder / "checkpoint", a_signed(Checkpoint(ORIGIN, edge.size, edge.frontier.root)))


def a_signed(checkpoint: Checkpoint) -> bytes:
    """Return a checkpoint that the notary signed."""
    text = format_checkpoint(checkpoint)
    return format_note(Note(text, (sign_note(text, KEY, ORIGIN),)))


def flip(path: Path, at: int = -1) -> None:
    """Change one bit of a file."""
    data = bytearray(path.read_bytes())
    data[at] ^= 1
    path.write_bytes(data)


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """Serve a folder as any web server would; give its address."""
    with _Server(("127.0.0.1", 0), partial(_Quiet, directory=str(folder))) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/"
        finally:
            server.shutdown()
            thread.join()


class _Server(ThreadingHTTPServer):
    request_queue_size = 128  # fsck asks for many files at once


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: Any) -> None:
        pass


def _write(path: Path, data: bytes | Sequence[int]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(bytes(data))
