"""What names of substances mean changes with the catalogue: which entries an older one made, and to make them anew.

For each authority the index has the digest of what all names mean to it, and down to which entry it has still to look.
Whatever breaks off goes on from there; an entry that is looked at twice is the same afterwards.
"""

from collections.abc import Iterator, Mapping

import msgspec
from sqlalchemy import Connection, func, insert, select, update

from broker.cases.incident_facts import IdsOf, renamed
from broker.types.names import Originator
from consumers.search.entries import Filed, Words, facets_of, insert_facets, keep_sealed, opened, remove_facets
from consumers.search.index import Seals, catalogue, entry, facet, word


class Behind(msgspec.Struct, frozen=True):
    """An authority of whose entries some were made by an older catalogue.

    Attributes:
        until: The last of them; they are looked at from it downwards.
    """

    authority: Originator
    reader: int
    until: int


def readers_in(connection: Connection) -> Iterator[Originator]:
    """Yield the authorities that have entries."""
    # One step through the tree for each: there are few, and their rows are many.
    number = connection.scalar(select(func.min(facet.c.reader)))
    while number is not None:
        yield Originator(connection.scalars(select(word.c.text).where(word.c.id == number)).one())
        number = connection.scalar(select(func.min(facet.c.reader)).where(facet.c.reader > number))


def note_names(connection: Connection, names: Mapping[Originator, bytes]) -> None:
    """Note what names mean to each authority; where that is another than before, its entries are to be made anew.

    Args:
        names: Digests of what all names mean.
    """
    words, there = Words(connection), set(readers_in(connection))
    last = connection.scalar(select(func.max(entry.c.id))) or 0
    known = {row.reader: row.names for row in connection.execute(select(catalogue))}
    for authority, digest in names.items():
        number = words.number(authority)
        until = last if authority in there else 0
        if number not in known:
            connection.execute(insert(catalogue).values(reader=number, names=digest, until=until))
        elif known[number] != digest:
            connection.execute(update(catalogue).where(catalogue.c.reader == number).values(names=digest, until=until))


def behind(connection: Connection) -> tuple[Behind, ...]:
    """Return the authorities some of whose entries are still to be made anew."""
    rows = connection.execute(
        select(word.c.text, catalogue.c.reader, catalogue.c.until)
        .join(word, word.c.id == catalogue.c.reader)
        .where(catalogue.c.until > 0)
        .order_by(catalogue.c.reader)
    )
    return tuple(Behind(Originator(row.text), row.reader, row.until) for row in rows)


def rename_some(connection: Connection, seals: Seals, one: Behind, ids_of: IdsOf, *, most: int) -> int:
    """Make the next entries anew, and note down to where that is done; return how many were looked at.

    Raises:
        BrokenSeal: The index was changed; made anew, it is as it should be.
    """
    numbers = connection.scalars(
        select(entry.c.id)
        .where(entry.c.reader == one.reader, entry.c.id <= one.until)
        .order_by(entry.c.id.desc())
        .limit(most)
    ).all()
    words, kept = Words(connection), dict[int, Filed]()
    older, newer = list[tuple[int, ...]](), list[tuple[int, ...]]()
    for number, _, filed in opened(connection, seals, numbers):
        facts = renamed(filed.facts, ids_of)
        if facts is not filed.facts:
            kept[number] = Filed(facts, filed.named)
            older += facets_of(filed.facts, number=number, reader=one.reader, words=words)
            newer += facets_of(facts, number=number, reader=one.reader, words=words)
    keep_sealed(connection, seals, kept)
    remove_facets(connection, older)
    insert_facets(connection, newer)
    done = len(numbers) < most
    here = catalogue.c.reader == one.reader
    connection.execute(update(catalogue).where(here).values(until=0 if done else numbers[-1] - 1))
    return len(numbers)
