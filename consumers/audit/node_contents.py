"""What the keys of a node open: it is what its originator committed to, and was decided about."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, select

from broker.admit import Unreadable, Verified, read_core
from broker.errors import BodyMismatch, BodyMissing, MalformedError, SchemaError, SealedContent, VerificationError
from broker.section_keys import SectionKeys
from broker.types.names import Digest
from broker.types.vocabulary import Kind
from consumers import store
from consumers.audit.scan import outline_of
from consumers.audit.yardstick import BYTES, Yardstick, sightings
from consumers.findings import Finding
from consumers.tombstones import has_tombstone
from consumers.unsealing import reopened

_WITH_CONTENT: Final[tuple[ColumnElement[Any], ...]] = tuple(
    store.message.c[name] for name in ("digest", "envelope", "late", "pending")
)


def check_contents(
    connection: Connection, yardstick: Yardstick, section_keys: SectionKeys, digests: tuple[int, int] = (0, BYTES)
) -> Iterator[Finding]:
    """Every sealed record says what its originator committed to, and was decided about as soon as it could be."""
    here, (first, end) = store.message.c, digests
    records = select(*_WITH_CONTENT).where(here.kind == Kind.RECORD.value, ~has_tombstone()).order_by(here.digest)
    records = records.where(here.digest >= bytes([first]))
    if end < BYTES:
        records = records.where(here.digest < bytes([end]))
    rows = connection.execution_options(yield_per=500).execute(records)
    on_the_bus = sightings(yardstick.ledger, first, end)
    sighting = next(on_the_bus, None)
    for row, verified, keys in reopened(rows, section_keys):
        while sighting is not None and sighting[0] < row.digest:
            sighting = next(on_the_bus, None)
        copies = sighting[2] if sighting is not None and sighting[0] == row.digest else {}
        sealed = any(head.key_commitment is not None for head in verified.header.sections)
        if sealed and copies.get(outline_of(verified.opened)):  # else it is checked without keys, or a finding already
            yield from _content(yardstick, verified, keys, is_pending=row.pending)


def _content(
    yardstick: Yardstick, verified: Verified, keys: Mapping[Digest, bytes], *, is_pending: bool
) -> Iterator[Finding]:
    name = str(verified.header.name)
    try:
        broken: tuple[Unreadable, ...] = tuple(read_core(verified, keys).broken.values())
    except SealedContent:
        return
    except (MalformedError, SchemaError, VerificationError) as error:
        broken, is_pending = (error,), False
    # A body that is missing or spoilt here makes the copy another one than that on the bus, which is said already.
    yield from (
        yardstick.finding(one.code, name, str(one)) for one in broken if not isinstance(one, BodyMissing | BodyMismatch)
    )
    if is_pending and yardstick.serves:
        yield yardstick.finding("missing-decision", name, "its key is here, and nobody has decided about it")
