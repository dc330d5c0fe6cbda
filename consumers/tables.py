"""The tables that decisions on record name by their digests: those that ship, and those whose text a node kept."""

import hashlib
from collections.abc import Iterator
from typing import Final

import msgspec
from sqlalchemy import Connection, select

from broker.deciders import tables_in_force
from broker.decisions import policy_table
from broker.directory import Directory
from broker.errors import BadTable
from broker.policy.builtin import community_table, marking_table
from broker.policy.decide import Tables
from broker.policy.table import Layer, parse_table, table_digest
from broker.types.names import Digest, Participant

_AT_HOME: Final = frozenset({Layer.HOUSE, Layer.RELEASE})


class InForce(msgspec.Struct, frozen=True):
    """The digests of the tables that bound a message under one state of the directory."""

    community: Digest
    national: frozenset[Digest]


class Texts:
    """The tables that one node can decide by again."""

    def __init__(self, connection: Connection) -> None:
        self._tables = {table_digest(one): one for one in (marking_table(), community_table())}
        self.changed: dict[Digest, str] = {}
        """Why a text is not the one that its digest names."""
        for row in connection.execute(select(policy_table)):
            self._keep(Digest(row.digest), row.text)

    def of(self, digests: tuple[Digest, ...]) -> Tables | None:
        """Return the tables that *digests* name, in the order of a decision; None where one of them is not here."""
        found = [self._tables.get(digest) for digest in digests]
        there = [one for one in found if one is not None]
        return Tables(*there) if len(there) == len(found) else None

    def _keep(self, digest: Digest, text: str) -> None:
        if hashlib.sha256(text.encode()).digest() != digest:
            self.changed[digest] = "the text that was kept is not the one that its digest names"
            return
        try:
            self._tables[digest] = parse_table(text, source="kept table")
        except BadTable as error:
            self.changed[digest] = f"the text that was kept is no table: {error}"


def in_force(directory: Directory, participant: Participant | None) -> InForce:
    """Return what bound a message of *participant* under *directory*; of anybody, where it is not known whose it is.

    Raises:
        BadTable: A table in the directory has a mistake, so nothing could be decided by it.
    """
    codes = [one.code for one in directory.participants()] if participant is None else [participant]
    found = [tables_in_force(directory, Participant(code)) for code in codes]
    if not found:
        raise BadTable("the directory knows no participant")
    return InForce(table_digest(found[0][0]), frozenset(table_digest(national) for _, national in found))


def misplaced(tables: Tables, force: InForce) -> Iterator[str]:
    """Yield what is wrong with the tables of a decision, given those that bound the message."""
    if tables.marking != marking_table():
        yield "its marking table is not the one that reads every marking"
    if table_digest(tables.national) not in force.national:
        yield f"the conditions {tables.national.name!r} were not in force under the directory that it names"
    if table_digest(tables.community) != force.community:
        yield f"the community table {tables.community.name!r} was not in force under the directory that it names"
    if tables.house.layer not in _AT_HOME:
        yield f"a {tables.house.layer.word} table stands where only a table of the node's own can stand"
