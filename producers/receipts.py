"""Receipts as drafts: addressed, split, and padded in number and size, so that neither says how much was read.

Whoever watches the bus sees a power of two of records of one size a day. Those that are owed to nobody are addressed
to the own participant and say nothing.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Final

import msgspec
from sqlalchemy import Connection

from broker import avro, limits
from broker.directory import Directory
from broker.directory.entries import AuthorityEntry
from broker.errors import InvalidRecord
from broker.records.marking import Marking
from broker.records.receipt import ReceiptCore, ReceiptEntry
from broker.records.registry import path_of
from broker.types.names import Originator, participant_of
from broker.types.vocabulary import Purpose, Role, Status, Tlp
from producers.draft import Draft, draft_record
from producers.publish import Declined, Terms, take_within
from producers.veil import Keyed

SIZES_BYTES: Final = tuple(size for size in limits.BODY_SIZES_BYTES if 4 * limits.KIB <= size <= 256 * limits.KIB)
"""The sizes that receipts may have; all of one day have the same."""
MOST_AT_A_SIZE: Final = 16
"""Receipts of one size above which the next larger one is taken."""

_HEAD_BYTES: Final = 1024
"""What a receipt has besides its entries, and more."""
_ENTRY_BYTES: Final = 160
"""What an entry can have at most: a digest, a name of 60 characters, all sections, purpose, reason, time."""
_OVERHEAD_BYTES: Final = 128
"""Salt, schema id and lengths of a body, and more."""


class Issue(msgspec.Struct, frozen=True, kw_only=True):
    """By whom and for which period receipts are written.

    Attributes:
        ends_at: Also when they are written.
        keyed: What the outbox knows them by.
    """

    directory: Directory
    author: Originator
    status: Status
    begins_at: datetime
    ends_at: datetime
    keyed: Keyed | None = None


def find_author(directory: Directory, node: Originator, at: datetime) -> Originator | None:
    """Return the authority that writes the receipts of *node*: its focal point, else its first; None for no authority.

    The author's name is the only one that others see on them.
    """
    served = [entry for entry in directory.authorities(at) if entry.node == node]
    focal = [entry for entry in served if Role.FOCAL_POINT in entry.roles]
    return next((Originator(entry.authority) for entry in (*focal, *served)), None)


def store_receipts(
    connection: Connection, owed: Mapping[Originator, Sequence[ReceiptEntry]], issue: Issue
) -> list[Draft]:
    """Put the receipts for what is *owed* into the outbox, in the caller's transaction; return them.

    Raises:
        InvalidRecord: One of them could not be published; nothing may be stored then.
    """
    drafts = draft_receipts(owed, issue)
    terms = Terms(actual=issue.status is Status.ACTUAL, keyed=issue.keyed)
    for outcome in take_within(connection, drafts, terms):
        if isinstance(outcome, Declined):
            says = "; ".join(f"{one.field}: {one.message}" for one in outcome.problems)
            raise InvalidRecord(f"the receipt {outcome.national_reference} cannot be published: {says}")
    return drafts


def draft_receipts(owed: Mapping[Originator, Sequence[ReceiptEntry]], issue: Issue) -> list[Draft]:
    """Return the receipts for what is *owed* to each originator, padded; none where nothing is owed."""
    if not any(owed.values()):
        return []
    size = _size_for([len(entries) for entries in owed.values()])
    parts = [
        (_marking_for(issue, originator), part)
        for originator, entries in sorted(owed.items())
        for part in _parts(entries, _capacity(size))
    ]
    empty = (_marking_to([participant_of(issue.author)], _entries_of(issue, [issue.author])), ())
    parts += [empty] * ((1 << (len(parts) - 1).bit_length()) - len(parts))
    return [_draft(issue, number, marking, part, size) for number, (marking, part) in enumerate(parts, 1)]


def _draft(issue: Issue, number: int, marking: Marking, entries: Sequence[ReceiptEntry], size: int) -> Draft:
    core = ReceiptCore(
        marking=marking,
        national_reference=f"receipts-{issue.ends_at:%Y%m%dT%H%M%S%fZ}-{number}",
        period_from=issue.begins_at,
        period_to=issue.ends_at,
        entries=tuple(entries),
    )
    used = len(avro.encode(avro.schema(path_of(core)), core)) + _OVERHEAD_BYTES
    return draft_record(
        msgspec.structs.replace(core, padding=bytes(max(0, size - used))),
        authority=issue.author,
        tlp=Tlp.AMBER_STRICT,
        status=issue.status,
        authored_at=issue.ends_at,
    )


def _size_for(counts: Sequence[int]) -> int:
    for size in SIZES_BYTES:
        if sum(-(-count // _capacity(size)) for count in counts) <= MOST_AT_A_SIZE:
            return size
    return SIZES_BYTES[-1]


def _capacity(size: int) -> int:
    return (size - _HEAD_BYTES) // _ENTRY_BYTES


def _parts(entries: Sequence[ReceiptEntry], most: int) -> Iterator[Sequence[ReceiptEntry]]:
    for start in range(0, len(entries), most):
        yield entries[start : start + most]


def _marking_for(issue: Issue, originator: Originator) -> Marking:
    """Return the marking of receipts to *originator*; where it takes no part any more, its focal points have them."""
    to = _entries_of(issue, [originator])
    if not to:
        to = list(issue.directory.focal_points(participant_of(originator), issue.ends_at))
    return _marking_to([entry.authority for entry in to] or [participant_of(originator)], to)


def _marking_to(recipients: Sequence[str], entries: Iterable[AuthorityEntry]) -> Marking:
    # Whoever is addressed may use it for whatever it uses information for: a receipt is about its own message.
    used = {purpose for entry in entries for purpose in entry.purposes}
    purposes = tuple(one for one in Purpose if one in used) or (Purpose.INVESTIGATION,)
    return Marking(purposes=purposes, recipients=tuple(recipients))


def _entries_of(issue: Issue, names: Sequence[str]) -> list[AuthorityEntry]:
    return [entry for entry in issue.directory.authorities(issue.ends_at) if entry.authority in names]
