"""Publish: put checked drafts into the outbox, each once. From the commit on nothing is lost.

A draft is known by its national reference. Where the file has none, the reference was made from the row, and the row is
known by its content, its number among equal rows and its file (:mod:`producers.sources`): two equal parcels of one file
are two, the same file again adds nothing, and an equal row in another file is refused until somebody says it is new.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from itertools import islice
from typing import Any, Final, TypeAlias

import msgspec
from sqlalchemy import Connection, Engine, func, insert, select

from broker.database import reading, writing
from broker.errors import PossibleDuplicate, ReferenceConflict
from broker.types.names import MessageName, Originator, Stream
from broker.types.time import to_micros
from producers.draft import Draft
from producers.encoded import Encoded, encode_draft, encode_section, with_reference
from producers.intake.rows import FieldProblem
from producers.outbox import RelatedDraft, Stage, drafts, pack
from producers.sources import RowKey, Source, enter_source, find_lineage, name_of, row_key
from producers.veil import Keyed, Veil

DRAFTS_A_TRANSACTION: Final = 64


class Taken(msgspec.Struct, frozen=True):
    """A draft that is in the outbox now, under this reference."""

    line: int
    national_reference: str


class Already(msgspec.Struct, frozen=True):
    """A draft that had been published before; nothing was done.

    Attributes:
        message: What it became; None while it is not signed yet.
    """

    line: int
    national_reference: str
    message: MessageName | None


class Declined(msgspec.Struct, frozen=True):
    """A draft that was not taken, and all the reasons."""

    line: int
    national_reference: str
    problems: tuple[FieldProblem, ...]


Outcome: TypeAlias = Taken | Already | Declined


class Terms(msgspec.Struct, frozen=True, kw_only=True):
    """How drafts are taken.

    Attributes:
        source: The file that they come from; None where they come from none.
        new: An equal row of another file is another event.
        actual: The network carries messages about the world, as its root record says; in others such drafts are
            declined.
        keyed: What the outbox knows its drafts by; None only where what they say is no secret.
    """

    source: Source | None = None
    new: bool = False
    actual: bool = False
    keyed: Keyed | None = None


def take(engine: Engine, rows: Callable[[], Iterable[Draft]], terms: Terms | None = None) -> Iterator[Outcome]:
    """Put drafts into the outbox, a transaction for each 64; yield what became of each, in their order.

    An outcome is yielded after its transaction. All drafts must be of one authority if they come from a file.

    Args:
        rows: Gives the drafts; called a second time where another version of the same file was published before.

    Raises:
        DatabaseBusy, UnusableDatabase: Those of the transactions before are in the outbox.
    """
    terms = terms or Terms()
    veil = Veil(terms.keyed)
    veil.rekey(engine)
    source = None if terms.source is None else veil.source(terms.source)
    lineage: int | None = None
    waiting = veil.drafts(rows(), partial(_stands, engine))
    first = True
    while batch := list(islice(waiting, DRAFTS_A_TRANSACTION)):
        if first and source is not None:
            lineage = find_lineage(engine, batch[0].authority, source, lambda: veil.drafts(rows()))
        first = False
        encoded = [(draft, encode_draft(draft, actual=terms.actual)) for draft in batch]
        with writing(engine) as connection:
            if source is not None:
                lineage = enter_source(connection, batch[0].authority, source, lineage)
            outcomes = _take_batch(connection, encoded, lineage, new=terms.new)
        yield from outcomes


def _stands(engine: Engine, authority: Originator, reference: str) -> bool:
    there = select(drafts.c.id).where(drafts.c.authority == authority, drafts.c.national_reference == reference)
    with reading(engine) as connection:
        return connection.execute(there).first() is not None


def take_within(connection: Connection, several: Iterable[Draft], terms: Terms) -> list[Outcome]:
    """Put drafts that come from no file into the outbox, in the caller's transaction; return what became of each."""
    waiting = Veil(terms.keyed).drafts(several)
    outcomes: list[Outcome] = []
    while batch := list(islice(waiting, DRAFTS_A_TRANSACTION)):
        encoded = [(draft, encode_draft(draft, actual=terms.actual)) for draft in batch]
        outcomes += _take_batch(connection, encoded, None, new=False)
    return outcomes


def _take_batch(
    connection: Connection,
    batch: Sequence[tuple[Draft, Encoded | tuple[FieldProblem, ...]]],
    lineage: int | None,
    *,
    new: bool,
) -> list[Outcome]:
    known = _Known(connection, [draft for draft, _ in batch], lineage)
    outcomes: list[Outcome] = []
    rows: list[dict[str, Any]] = []
    for draft, encoded in batch:
        if not isinstance(encoded, Encoded):
            outcomes.append(Declined(draft.line, draft.national_reference, encoded))
            continue
        outcome = known.judge(draft, new=new)
        outcomes.append(outcome)
        if isinstance(outcome, Taken):
            row = _row(_renamed(encoded, outcome.national_reference), row_key(draft), lineage)
            known.remember(row)
            rows.append(row)
    if rows:
        connection.execute(insert(drafts), rows)
    return outcomes


class _Stored(msgspec.Struct, frozen=True):
    """What the outbox has under a reference."""

    national_reference: str
    content_digest: bytes
    kind: str
    line: int
    lineage: int | None
    message: MessageName | None


class _Known:
    """What the outbox has that a batch of drafts may meet, the drafts taken before in this batch included."""

    def __init__(self, connection: Connection, batch: Sequence[Draft], lineage: int | None) -> None:
        self._connection = connection
        self._lineage = lineage
        self._by_reference: dict[tuple[Originator, str], _Stored] = {}
        self._by_row: dict[tuple[Originator, RowKey], _Stored] = {}
        self._elsewhere: dict[tuple[Originator, str], _Stored] = {}
        for authority in {draft.authority for draft in batch}:
            mine = [draft for draft in batch if draft.authority == authority]
            self._load_references(authority, [draft.national_reference for draft in mine])
            keys = [key for draft in mine if (key := row_key(draft)) is not None]
            if keys:
                self._load_rows(authority, keys)

    def judge(self, draft: Draft, *, new: bool) -> Outcome:
        """Return what is to become of *draft*."""
        key = row_key(draft)
        if key is not None and (again := self._by_row.get((draft.authority, key))) is not None:
            # Its words are the same: what else is read in them since an upgrade or under another profile is no event.
            is_same = again.kind == draft.kind.value
            return Already(draft.line, again.national_reference, again.message) if is_same else _compared(draft, again)
        there = self._by_reference.get((draft.authority, draft.national_reference))
        if key is None:
            return Taken(draft.line, draft.national_reference) if there is None else _compared(draft, there)
        if there is not None and not there.content_digest:
            return Already(draft.line, there.national_reference, there.message)
        elsewhere = self._elsewhere.get((draft.authority, key.content))
        if elsewhere is None and there is None:
            return Taken(draft.line, draft.national_reference)
        if new:
            return Taken(draft.line, self._fresh_reference(draft.authority, key))
        return _duplicate(draft, elsewhere or there, self._connection)

    def remember(self, row: Mapping[str, Any]) -> None:
        """Count a draft that this batch takes as known."""
        reference, digest = row["national_reference"], row["content_digest"]
        stored = _Stored(reference, digest, row["kind"], row["line"], row["lineage"], None)
        self._by_reference[row["authority"], stored.national_reference] = stored
        if row["row_key"] is not None:
            self._by_row[row["authority"], RowKey(row["row_key"], row["made_reference"])] = stored

    def _load_references(self, authority: Originator, references: Sequence[str]) -> None:
        wanted = _STORED.where(drafts.c.authority == authority, drafts.c.national_reference.in_(references))
        for row in self._connection.execute(wanted):
            self._by_reference[authority, row.national_reference] = _stored(authority, row)

    def _load_rows(self, authority: Originator, keys: Sequence[RowKey]) -> None:
        mine = _STORED.where(
            drafts.c.authority == authority,
            drafts.c.lineage == self._lineage,
            drafts.c.made_reference.in_([key.made for key in keys]),
        )
        for row in self._connection.execute(mine):
            self._by_row[authority, RowKey(row.row_key, row.made_reference)] = _stored(authority, row)
        others = _STORED.where(
            drafts.c.authority == authority,
            drafts.c.lineage.is_distinct_from(self._lineage),
            drafts.c.row_key.in_({key.content for key in keys}),
        )
        for row in self._connection.execute(others):
            self._elsewhere.setdefault((authority, row.row_key), _stored(authority, row))

    def _fresh_reference(self, authority: Originator, key: RowKey) -> str:
        """Return the first reference of the same making that nobody has."""
        equal = select(func.count()).where(drafts.c.authority == authority, drafts.c.row_key == key.content)
        number = self._connection.execute(equal).scalar_one() + 1
        while self._has(authority, f"{key.content}-{number}"):
            number += 1
        return f"{key.content}-{number}"

    def _has(self, authority: Originator, reference: str) -> bool:
        if (authority, reference) in self._by_reference:
            return True
        there = select(drafts.c.id).where(drafts.c.authority == authority, drafts.c.national_reference == reference)
        return self._connection.execute(there).first() is not None


_STORED: Final = select(
    drafts.c.national_reference,
    drafts.c.content_digest,
    drafts.c.kind,
    drafts.c.line,
    drafts.c.lineage,
    drafts.c.row_key,
    drafts.c.made_reference,
    drafts.c.writer,
    drafts.c.sequence,
)


def _stored(authority: Originator, row: Any) -> _Stored:
    message = None if row.sequence is None else MessageName(Stream(authority, row.writer), row.sequence)
    return _Stored(row.national_reference, row.content_digest, row.kind, row.line, row.lineage, message)


def _compared(draft: Draft, there: _Stored) -> Outcome:
    # What was found on the bus after a restore has no digest here: the reference alone says that it is published.
    if there.content_digest in (b"", draft.content_digest):
        return Already(draft.line, there.national_reference, there.message)
    was = "the outbox, not yet signed" if there.message is None else str(there.message)
    says = (
        f"{there.national_reference!r} was published with other content ({was}), and is not published again; an equal"
        " row may be read or marked differently since an upgrade or another profile, then leave it; if this row mends"
        " it, publish a correction of that message; only another event gets a reference of its own"
    )
    return _declined(draft, FieldProblem("national_reference", ReferenceConflict.code, says))


def _duplicate(draft: Draft, earlier: _Stored | None, connection: Connection) -> Declined:
    line, lineage, reference = (
        (0, None, draft.national_reference)
        if earlier is None
        else (earlier.line, earlier.lineage, earlier.national_reference)
    )
    place = f"line {line} of {name_of(connection, lineage)!r}" if lineage is not None else "no file"
    says = (
        f"an equal row was taken from {place} as {reference!r}; if it is another event, publish it with --new,"
        " or give it a reference of its own"
    )
    return _declined(draft, FieldProblem("national_reference", PossibleDuplicate.code, says))


def _declined(draft: Draft, problem: FieldProblem) -> Declined:
    return Declined(draft.line, draft.national_reference, (problem,))


def _renamed(encoded: Encoded, national_reference: str) -> Encoded:
    if national_reference == encoded.draft.national_reference:
        return encoded
    draft = with_reference(encoded.draft, national_reference)
    core = encode_section(encoded.sections[0].name, draft.core)
    return Encoded(draft, (core, *encoded.sections[1:]))


def _row(encoded: Encoded, key: RowKey | None, lineage: int | None) -> dict[str, Any]:
    draft = encoded.draft
    related = [RelatedDraft(*one) for one in draft.related_references]
    return {
        "authority": draft.authority,
        "national_reference": draft.national_reference,
        "kind": draft.kind.value,
        "tlp": draft.tlp.value,
        "status": draft.status.value,
        "authored_at": to_micros(draft.authored_at),
        "content_digest": draft.content_digest,
        # Whatever reference it goes under, a row stays known by its content and the reference made for it.
        "row_key": None if key is None else key.content,
        "made_reference": None if key is None else key.made,
        "lineage": lineage,
        "line": draft.line,
        "sections": pack(encoded.sections),
        "related": pack(related) if related else None,
        "retain_until": None if (until := draft.core.marking.retain_until) is None else to_micros(until),
        "stage": Stage.READY.value,
    }
