"""``decisions.json`` and ``tables/``: what the exporter's node decided about the message for the exporter, and by what.

The node's own word: it can be decided again, and the tables that bind everybody compared with the directory's. That
nothing was left out is seen only in the node's database, by an audit.
"""

import hashlib
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Final

import msgspec

from broker import limits
from broker.deciders import tables_in_force
from broker.errors import BadEvidence, BadTable, BrokerError
from broker.policy.builtin import marking_table
from broker.policy.decide import Decider, Decision, Obligation, SectionOutcome, Tables
from broker.policy.facts import Facts
from broker.policy.table import Layer, Table, format_table, parse_table, table_digest
from broker.types.names import Digest, participant_of
from broker.types.vocabulary import Action, Section
from consumers.evidence.case import Case, NotChecked
from consumers.evidence.evidence import DECISIONS, table_file
from consumers.evidence.manifest import canonical_json, parse_digest

MAX_BYTES: Final = limits.KIB * limits.KIB
_USES: Final = frozenset({Action.EXPORT, Action.USE_IN_COURT})


class Judged(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One decision for the exporter; of several that say the same the first.

    Attributes:
        at: When it was made.
        directory: Digest of the directory by which, in hexadecimal.
        number: Under which it stands in the node's database.
        reader: For whom.
        tables: The digests of the four tables in their order, in hexadecimal.
    """

    at: datetime
    directory: str
    facts: Facts
    number: int
    obligations: tuple[Obligation, ...]
    outcomes: tuple[SectionOutcome, ...]
    reader: str
    tables: tuple[str, str, str, str]


_decoder: Final = msgspec.json.Decoder(tuple[Judged, ...])


def judged(made: Decision, *, number: int, at: datetime, directory: Digest, reader: str) -> Judged:
    """Return a decision as an evidence file has it."""
    first, second, third, fourth = (one.hex() for one in made.digests)
    return Judged(
        at=at,
        directory=directory.hex(),
        facts=made.facts,
        number=number,
        obligations=made.obligations,
        outcomes=made.outcomes,
        reader=reader,
        tables=(first, second, third, fourth),
    )


def format_decisions(several: Iterable[Judged]) -> bytes:
    """Return ``decisions.json``."""
    return canonical_json(tuple(several))


def parse_decisions(raw: bytes) -> tuple[Judged, ...]:
    """Parse ``decisions.json``; the exact inverse of :func:`format_decisions`.

    Raises:
        BadEvidence: Bytes that ``format_decisions`` would not print.
    """
    if len(raw) > MAX_BYTES:
        raise BadEvidence(f"{DECISIONS} has {len(raw)} bytes; the limit is {MAX_BYTES}")
    try:
        found = _decoder.decode(raw)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise BadEvidence(f"{DECISIONS} cannot be read: {error}") from None
    if format_decisions(found) != raw:
        raise BadEvidence(f"{DECISIONS} is not in its one canonical form")
    return found


def format_tables(tables: Iterable[Table]) -> dict[str, bytes]:
    """Return the files of policy tables, by name."""
    return {table_file(table_digest(one)): format_table(one).encode() for one in tables}


def decision(case: Case) -> str:
    """Check that what the exporter's node decided follows from the facts and tables that it names.

    Raises:
        BadEvidence: It does not, or nothing in it permits what is disclosed.
    """
    found = parse_decisions(case.evidence.files[DECISIONS])
    tables = _tables(case)
    for one in found:
        _check_judged(one, tables)
    use = [one for one in found if one.facts.action in _USES and one.reader == case.evidence.manifest.exported_by]
    disclosed = {Section.from_word(name) for name in case.evidence.manifest.disclosed}
    permitting = [one for one in use if disclosed <= {each.section for each in one.outcomes if each.permitted}]
    if not permitting:
        raise BadEvidence(f"no decision in it permits {case.evidence.manifest.exported_by} to hand these sections on")
    newest = permitting[-1]
    return (
        f"By the record of the exporter's node, decision {newest.number} permitted {newest.reader} to"
        f" {newest.facts.action.word} what is disclosed, for {newest.facts.purposes[0].word}; decided again here, with"
        f" the same outcome. {_in_force(case, newest, tables)}"
    )


def _tables(case: Case) -> Mapping[str, Table]:
    found: dict[str, Table] = {}
    for name, raw in case.evidence.files.items():
        if name.startswith("tables/"):
            digest = hashlib.sha256(raw)
            if name != table_file(digest.digest()):
                raise BadEvidence(f"{name} is not the table of that digest")
            found[digest.hexdigest()] = _parse_table(name, raw)
    return found


def _parse_table(name: str, raw: bytes) -> Table:
    try:
        table = parse_table(raw.decode(), source=name)
    except (BadTable, UnicodeDecodeError) as error:
        raise NotChecked(f"Not checked: {name} is no table of this version: {error}") from None
    if format_table(table).encode() != raw:
        raise BadEvidence(f"{name} is not in its one canonical form")
    return table


def _check_judged(one: Judged, tables: Mapping[str, Table]) -> None:
    parse_digest(one.directory)
    named = [tables.get(digest) for digest in one.tables]
    there = [table for table in named if table is not None]
    if len(there) != len(named):
        raise BadEvidence(f"a table that decision {one.number} names is not in the file")
    again = Decider(Tables(*there)).decide(one.facts)
    if (again.outcomes, again.obligations) != (one.outcomes, one.obligations):
        raise BadEvidence(f"decision {one.number} does not follow from its facts and tables")


def _in_force(case: Case, made: Judged, tables: Mapping[str, Table]) -> str:
    """Say whether the tables that bind everybody are those of the directory in the file."""
    marking, national, community, home = (tables[digest] for digest in made.tables)
    if marking != marking_table() or home.layer is not Layer.HOUSE:
        raise BadEvidence(f"decision {made.number} was not made by the tables that a reader decides by")
    try:
        common, own = tables_in_force(case.directory, participant_of(case.header.originator))
    except BrokerError as error:
        return f"Whether its tables were in force was not checked: {error}."
    if (common, own) == (community, national):
        return "Its community table and the conditions of the originator are those of the directory in this file."
    return "Its community table or the conditions of the originator were replaced in the directory since."
