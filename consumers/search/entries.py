"""What goes into the index and what comes out of it again, in the caller's transaction."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, delete, func, insert, select, update

from broker.cases.facts import IncidentFacts
from broker.cases.terms import FoundTerm
from broker.records.core import RelatedAs
from broker.records.incident import IncidentType
from broker.types.names import Digest, Originator
from broker.types.vocabulary import RecordKind, Section, Status
from consumers.search.index import Seals, entry, facet, link, source, token, word
from consumers.search.spans import LAST_DAY, span_of

ANY: Final = 0
UNNAMED: Final = ""
"""Stands for substances that nobody knows an id of, where they are searched for."""
TYPES: Final = {one: number for number, one in enumerate(IncidentType)}
STATUSES: Final = {one: number for number, one in enumerate(Status)}
SECTIONS: Final = tuple(Section)
_AT_ONCE: Final = 500
"""Ids in one statement; SQLite takes 999 at least."""


class NamedDraft(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Another draft of the same authority, and what the incident is to it."""

    national_reference: str
    relation: RelatedAs


class Filed(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What is kept of an incident: its facts, and the drafts of the same authority that it names."""

    facts: IncidentFacts
    named: tuple[NamedDraft, ...] = ()


class Sourced(msgspec.Struct, frozen=True, kw_only=True):
    """A draft or message of which something is known.

    Attributes:
        about: The digest of the message that it is or passes on; None for drafts.
        retain_until: Microseconds since 1970.
    """

    originator: Originator
    kind: RecordKind
    draft: int | None = None
    digest: Digest | None = None
    about: Digest | None = None
    retain_until: int | None = None


_encoder: Final = msgspec.msgpack.Encoder()
_decoder: Final = msgspec.msgpack.Decoder(Filed)


class Words:
    """Numbers for words; new ones get new numbers."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._known: dict[str, int] = {row.text: row.id for row in connection.execute(select(word))}

    def find(self, text: str) -> int | None:
        """Return the number of *text*; None if it has none."""
        return self._known.get(text)

    def number(self, text: str) -> int:
        """Return the number of *text*."""
        found = self._known.get(text)
        if found is None:
            found = self._known[text] = len(self._known) + 1
            self._connection.execute(insert(word).values(id=found, text=text))
        return found


class Writing:
    """Collects rows of one transaction, and writes them together."""

    def __init__(self, connection: Connection, seals: Seals) -> None:
        self._connection = connection
        self._seals = seals
        self._words = Words(connection)
        self._next_source = _after(connection, source.c.id)
        self._next_entry = _after(connection, entry.c.id)
        self._sources: list[dict[str, Any]] = []
        self._entries: list[dict[str, Any]] = []
        self._facets: list[tuple[int, ...]] = []
        self._tokens: list[dict[str, Any]] = []
        self._links: list[dict[str, Any]] = []

    def add_source(self, sourced: Sourced, terms: Iterable[FoundTerm], targets: Iterable[Digest] = ()) -> int:
        """Note a draft or message, what it can be recognised by and what it speaks of; return its number."""
        number = self._next_source
        self._next_source += 1
        row = msgspec.structs.asdict(sourced) | {"id": number, "kind": sourced.kind.value}
        self._sources.append(row)
        found = {(self._seals.token(one.term.kind.value, one.term.value), one.section) for one in terms}
        self._tokens += [
            {"token": mark, "source": number, "section": SECTIONS.index(section)} for mark, section in found
        ]
        self._links += [{"target": one, "source": number} for one in dict.fromkeys(targets)]
        return number

    def add_entry(self, of: int, reader: Originator, filed: Filed) -> None:
        """Note what *reader* may see of source *of*."""
        number = self._next_entry
        self._next_entry += 1
        by = self._words.number(reader)
        sealed = self._seals.seal(number, _encoder.encode(filed))
        self._entries.append({"id": number, "source": of, "reader": by, "sealed": sealed})
        self._facets += facets_of(filed.facts, number=number, reader=by, words=self._words)

    def save(self) -> None:
        """Write everything."""
        for table, rows in (
            (source, self._sources),
            (entry, self._entries),
            (token, self._tokens),
            (link, self._links),
        ):
            if rows:
                self._connection.execute(insert(table), rows)
        insert_facets(self._connection, self._facets)


_INSERT_FACET: Final = f"INSERT INTO {facet.name} VALUES ({', '.join('?' * len(facet.columns))})"  # noqa: S608


def insert_facets(connection: Connection, rows: Collection[tuple[int, ...]]) -> None:
    """Write rows by which incidents are found."""
    if rows:
        # In the order of the tree that they go into.
        connection.exec_driver_sql(_INSERT_FACET, sorted(rows))


def remove_facets(connection: Connection, rows: Collection[tuple[int, ...]]) -> None:
    """Remove rows by which incidents are found."""
    if rows:
        connection.exec_driver_sql(_REMOVE_FACET, sorted(row[:_FACET_KEY] for row in rows))


_FACET_KEY: Final = len(facet.primary_key.columns)
_REMOVE_FACET: Final = (
    f"DELETE FROM {facet.name} WHERE {' AND '.join(f'{one.name} = ?' for one in facet.primary_key.columns)}"  # noqa: S608
)


def keep_sealed(connection: Connection, seals: Seals, several: Mapping[int, Filed]) -> None:
    """Keep something else of some entries, by their numbers, than before; what was sealed is overwritten first."""
    rows = [(seals.seal(number, _encoder.encode(filed)), number) for number, filed in several.items()]
    if rows:
        connection.exec_driver_sql(_BLANK, [(number,) for number in several])
        connection.exec_driver_sql(_KEEP_SEALED, rows)


_BLANK: Final = f"UPDATE {entry.name} SET sealed = zeroblob(length(sealed)) WHERE id = ?"  # noqa: S608
_KEEP_SEALED: Final = f"UPDATE {entry.name} SET sealed = ? WHERE id = ?"  # noqa: S608


def facets_of(facts: IncidentFacts, *, number: int, reader: int, words: Words) -> list[tuple[int, ...]]:
    """Return the rows by which an incident is found, in the order of the table's columns."""
    ids = {one for named in facts.substances for one in named.ids}
    substances = {ANY, *(words.number(one) for one in ids or {UNNAMED})}
    countries = {ANY, *(words.number(one) for one in facts.countries)}
    span = span_of(facts.first_day, facts.last_day)
    first, last = _ordinals(facts)
    rest = (span, first, number, last, TYPES[facts.incident_type], STATUSES[facts.status])
    return [(reader, substance, country, *rest) for substance in substances for country in countries]


def _ordinals(facts: IncidentFacts) -> tuple[int, int]:
    if facts.first_day is not None and facts.last_day is not None:
        return facts.first_day.toordinal(), facts.last_day.toordinal()
    told = facts.last_day or facts.reported_on
    return 0, LAST_DAY if told is None else told.toordinal()


def opened(connection: Connection, seals: Seals, numbers: Sequence[int]) -> Iterator[tuple[int, int, Filed]]:
    """Yield the entry, the source and what is kept of it, for entries in the order given.

    Raises:
        BrokenSeal: The index was changed; made anew, it is as it should be.
    """
    for start in range(0, len(numbers), _AT_ONCE):
        some = numbers[start : start + _AT_ONCE]
        found = {number: kept for number, *kept in connection.exec_driver_sql(_OPENED, (among(some),))}
        for number in some:
            kept = found.get(number)
            if kept is not None:
                source_number, sealed = kept
                yield number, source_number, _decoder.decode(seals.open(number, sealed))


_OPENED: Final = f"SELECT id, source, sealed FROM {entry.name} WHERE id IN (SELECT value FROM json_each(?))"  # noqa: S608
"""Text, and its numbers in one parameter: a year of a country is a hundred thousand, and each has to be cheap."""


def among(numbers: Collection[int]) -> str:
    """Return numbers as the one parameter that ``json_each`` takes them in."""
    return msgspec.json.encode(list(numbers)).decode()


def remove_sources(connection: Connection, seals: Seals, sources: Collection[int]) -> int:
    """Remove all that is known of some sources; return how many there were.

    What is sealed is overwritten where it stands before its row goes: deleting alone may leave copies.
    """
    numbers = list(sources)
    for start in range(0, len(numbers), _AT_ONCE):
        some = numbers[start : start + _AT_ONCE]
        remove_entries(connection, seals, connection.scalars(select(entry.c.id).where(entry.c.source.in_(some))).all())
        connection.execute(delete(token).where(token.c.source.in_(some)))
        connection.execute(delete(link).where(link.c.source.in_(some)))
        connection.execute(delete(source).where(source.c.id.in_(some)))
    return len(numbers)


def remove_entries(connection: Connection, seals: Seals, numbers: Sequence[int]) -> None:
    """Remove some entries, and the rows by which they are found."""
    words = Words(connection)
    for number, _, filed in list(opened(connection, seals, numbers)):
        here = select(entry.c.reader, func.length(entry.c.sealed).label("size")).where(entry.c.id == number)
        row = connection.execute(here).one()
        mine = entry.c.id == number
        connection.execute(update(entry).where(mine).values(sealed=bytes(row.size)))
        connection.execute(delete(entry).where(mine))
        remove_facets(connection, facets_of(filed.facts, number=number, reader=row.reader, words=words))


def sources_of(connection: Connection, column: Any, values: Collection[object]) -> list[int]:
    """Return the sources whose *column* has one of some values."""
    wanted = list(values)
    found: list[int] = []
    for start in range(0, len(wanted), _AT_ONCE):
        some = wanted[start : start + _AT_ONCE]
        found += connection.scalars(select(source.c.id).where(column.in_(some)))
    return found


def _after(connection: Connection, column: Any) -> int:
    return (connection.scalar(select(func.max(column))) or 0) + 1
