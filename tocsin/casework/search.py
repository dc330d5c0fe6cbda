"""Search over what a node holds, each authority in what it may see."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import Final, NamedTuple, Self

import msgspec
from sqlalchemy import Connection, Engine, select

from broker.cases.facts import IncidentFacts, RelatedTo
from broker.cases.incident_facts import IdsOf
from broker.database import reading
from broker.types.names import Digest, MessageName, Originator, parse_stream
from consumers import store
from consumers.search.entries import Filed, NamedDraft, among, opened, sources_of
from consumers.search.finding import Query, find_entries
from consumers.search.index import Seals, entry, open_index, source
from tocsin.casework.indexing import Indexer
from tocsin.casework.own_drafts import Became, became, references_of
from tocsin.installation import RANDOMNESS, Node
from tocsin.keyring import load_store_key

_AT_ONCE: Final = 400
"""Ids in one statement; SQLite takes 999 at least."""
MOST_FOUND: Final = 100


class Found(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """An incident that an authority may see.

    Attributes:
        facts: As far as it may see it; ``facts.related`` names messages by their digests.
        message: None for a draft that is not signed yet.
        digest: Of the message, or of the original of one that was passed on.
        originator: Who says so; of a forward, the author of what it passes on.
        named: Drafts of the same authority that it names and that are not signed yet, by national reference.
    """

    facts: IncidentFacts
    message: MessageName | None
    digest: Digest | None
    national_reference: str
    originator: Originator
    is_draft: bool
    named: tuple[NamedDraft, ...] = ()


class Search:
    """The index of one node, opened; close it after use, or use it in ``with``."""

    def __init__(self, node: Node, engine: Engine, seals: Seals) -> None:
        self.engine: Final = engine
        self.seals: Final = seals
        self._node = node
        self._indexer = Indexer(node, engine, seals)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close its file."""
        self.engine.dispose()

    def catch_up(self, progress: Callable[[int], None] | None = None) -> int:
        """Take in what is new and remove what may not be seen any more; return how many came in.

        Raises:
            DatabaseBusy, UnusableDatabase: What was taken in until then stays.
        """
        return self._indexer.catch_up(progress)

    def remove_gone(self) -> None:
        """Remove what may not be seen any more, and take nothing in: soon done, however far behind the index is.

        Raises:
            DatabaseBusy, UnusableDatabase: It is still there.
        """
        self._indexer.remove_gone()

    def is_behind(self) -> bool:
        """Say whether a newer edition of the catalogue came: then all is looked at anew, which takes a while."""
        return self._indexer.is_behind()

    def ids_of(self, authority: Originator) -> IdsOf:
        """Return what gives our ids of the substance that a name is of, as *authority* knows the catalogue."""
        return self._indexer.names.ids_of(authority)

    def find(self, authority: Originator, query: Query, *, most: int = MOST_FOUND) -> tuple[Found, ...]:
        """Return the incidents that are looked for and that *authority* may see: the latest first, *most* of them."""
        return tuple(self._found(authority, query, most))

    def likest(
        self, authority: Originator, query: Query, worth: Callable[[IncidentFacts], int], *, looked_at: int, most: int
    ) -> tuple[Found, ...]:
        """Return those of the incidents looked for that are worth most; those worth nothing never.

        Args:
            looked_at: How many are compared at most, the latest first.
        """
        self.catch_up()
        with reading(self.engine) as index, reading(self._node.engine) as there:
            numbers = list(find_entries(index, authority, query, most=looked_at))
            compared = [(worth(one.facts), number, one) for _, number, one in opened(index, self.seals, numbers)]
            best = sorted((one for one in compared if one[0] > 0), key=lambda one: -one[0])[:most]
            filed = [(number, one) for _, number, one in best]
            return tuple(_Naming(index, there, [number for number, _ in filed]).found(filed))

    def all(self, authority: Originator, query: Query) -> Iterator[Found]:
        """Yield the incidents that are looked for, however many: the latest first."""
        return self._found(authority, query, None)

    def incidents(self, authority: Originator, first: date, last: date) -> Iterator[Found]:
        """Yield the incidents that may have happened between two days, both included: the latest first.

        Those of which nobody says when they happened are found by :meth:`undated`.
        """
        return self._found(authority, Query(first=first, last=last), None)

    def undated(self, authority: Originator) -> Iterator[Found]:
        """Yield the incidents of which nobody says when they happened."""
        everything = self._found(authority, Query(first=date.max, last=date.max, undated=True), None)
        return (one for one in everything if one.facts.first_day is None)

    def draft(self, authority: Originator, reference: str) -> Found | None:
        """Return the incident that *authority* has drafted under a national reference; None for none."""
        self.catch_up()
        with reading(self.engine) as index, reading(self._node.engine) as there:
            numbers = references_of(there, authority, [reference]).values()
            mine = sources_of(index, source.c.draft, numbers)
            entries = index.scalars(select(entry.c.id).where(entry.c.source.in_(mine))).all()
            filed = [(number, one) for _, number, one in opened(index, self.seals, entries)]
            return next(_Naming(index, there, mine).found(filed), None)

    def _found(self, authority: Originator, query: Query, most: int | None) -> Iterator[Found]:
        self.catch_up()
        with reading(self.engine) as index, reading(self._node.engine) as there:
            numbers = find_entries(index, authority, query, most=most)
            while some := list(islice(numbers, _AT_ONCE)):
                filed = [(number, filed) for _, number, filed in opened(index, self.seals, some)]
                yield from _Naming(index, there, [number for number, _ in filed]).found(filed)


def open_search(node: Node) -> Search:
    """Open the index of *node*; one that is not there, or of another version, is made when it catches up.

    Raises:
        MissingKey, BadSettings: The store key cannot be had.
        UnusableDatabase, DatabaseBusy: The index cannot be used.
    """
    rest = load_store_key(node.settings.store_key, node.own_folder.root)
    seals = Seals(rest, RANDOMNESS)
    return Search(node, open_index(index_path(node), seals), seals)


def index_path(node: Node) -> Path:
    """Return the file of the index: beside the key store, and like it never part of a backup."""
    return node.own_folder.keys / "search.sqlite"


class _Source(NamedTuple):
    """A row of the index's sources; digests are of what arrived, and nothing of a draft has one."""

    id: int
    draft: int | None
    digest: bytes
    about: bytes
    originator: str


_SOURCES: Final = f"SELECT {', '.join(_Source._fields)} FROM {source.name} WHERE id IN (SELECT value FROM json_each(?))"  # noqa: S608


def _messages(there: Connection, digests: Sequence[bytes]) -> Mapping[bytes, MessageName]:
    if not digests:
        return {}
    here = store.message.c
    named = there.execute(select(here.digest, here.stream, here.sequence).where(here.digest.in_(digests)))
    return {row.digest: MessageName(parse_stream(row.stream), row.sequence) for row in named}


class _Naming:
    """What some sources of the index are called, as messages."""

    def __init__(self, index: Connection, there: Connection, sources: Collection[int]) -> None:
        self._there = there
        rows = index.exec_driver_sql(_SOURCES, (among(sources),))
        self._sources = {row[0]: _Source(*row) for row in rows}
        self._drafts = became(there, [row.draft for row in self._sources.values() if row.draft is not None])
        self._messages = _messages(there, [row.digest for row in self._sources.values() if row.draft is None])

    def found(self, filed: Iterable[tuple[int, Filed]]) -> Iterator[Found]:
        """Yield each incident under its name; those of which the message is gone are left out."""
        several = list(filed)
        targets = self._targets(several)
        for number, one in several:
            row = self._sources[number]
            if row.draft is not None:
                yield self._drafted(row, row.draft, one, targets)
            elif row.digest in self._messages:
                yield Found(
                    facts=one.facts,
                    message=self._messages[row.digest],
                    digest=Digest(row.about),
                    national_reference=one.facts.national_reference,
                    originator=Originator(row.originator),
                    is_draft=False,
                )

    def _drafted(
        self, row: _Source, draft: int, filed: Filed, targets: Mapping[tuple[Originator, str], Became]
    ) -> Found:
        originator = Originator(row.originator)
        message = self._drafts.get(draft)
        known = {one: target for one in filed.named if (target := targets.get((originator, one.national_reference)))}
        facts = filed.facts
        if known:
            related = (RelatedTo(digest=target.digest, relation=one.relation) for one, target in known.items())
            facts = msgspec.structs.replace(facts, related=tuple(dict.fromkeys((*facts.related, *related))))
        return Found(
            facts=facts,
            message=None if message is None else message.message,
            digest=None if message is None else message.digest,
            national_reference=facts.national_reference,
            originator=originator,
            is_draft=message is None,
            named=tuple(one for one in filed.named if one not in known),
        )

    def _targets(self, filed: Iterable[tuple[int, Filed]]) -> Mapping[tuple[Originator, str], Became]:
        """Return the messages that drafts named by others have become."""
        wanted: dict[Originator, set[str]] = {}
        for number, one in filed:
            if one.named:
                names = wanted.setdefault(Originator(self._sources[number].originator), set())
                names.update(named.national_reference for named in one.named)
        found: dict[tuple[Originator, str], Became] = {}
        for authority, names in wanted.items():
            numbers = references_of(self._there, authority, names)
            messages = became(self._there, numbers.values())
            found |= {(authority, name): messages[one] for name, one in numbers.items() if one in messages}
        return found
