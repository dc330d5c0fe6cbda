"""HEADS as any node might write them, honest or not."""

from collections.abc import Mapping
from typing import Any

from broker import avro
from broker.envelope.body import Content
from broker.envelope.message import Opened, open_envelope
from broker.merkle import Frontier, leaf_hash
from broker.records.heads import SECTION, Heads, StreamState
from broker.records.registry import HEADS_PATH
from broker.types.names import Digest, Originator, parse_stream
from broker.types.vocabulary import Kind, Tlp
from tests.support.exercise import Exercise
from tests.support.federation import a_seed


def some_heads_of(streams: Mapping[str, tuple[int, bytes]], **changes: Any) -> Heads:
    """Return HEADS that name *streams*, each with its last number and digest, and no decisions."""
    fields: dict[str, Any] = {
        "streams": tuple(
            StreamState(
                originator=parse_stream(name).originator,
                writer=parse_stream(name).writer,
                sequence=sequence,
                digest=Digest(digest),
                frozen=False,
            )
            for name, (sequence, digest) in streams.items()
        ),
        "directory_digest": Digest(a_seed("directory")),
        "decisions_root": Digest(Frontier().root),
        "decisions_count": 0,
    }
    return Heads(**(fields | changes))


def a_heads_body(heads: Heads) -> Content:
    """Return what the body of a HEADS message holds."""
    schema = avro.schema(HEADS_PATH)
    return Content(a_seed("salt of heads"), schema.id, avro.encode(schema, heads))


def head_of(raw: bytes) -> tuple[int, bytes]:
    """Return number and digest of a message."""
    opened: Opened = open_envelope(raw)
    return opened.header.sequence, opened.digest


def write_heads(exercise: Exercise, heads: Heads, by: str = "NL/~1", **changes: Any) -> bytes:
    """Return the next HEADS message of a node."""
    contents = [(SECTION, a_heads_body(heads))]
    return exercise.authors.write(contents=contents, by=Originator(by), kind=Kind.HEADS, tlp=Tlp.GREEN, **changes)


def root_over(*leaves: bytes) -> Digest:
    """Return the root of the tree over *leaves*."""
    return Digest(Frontier().grown(leaf_hash(leaf) for leaf in leaves).root)
