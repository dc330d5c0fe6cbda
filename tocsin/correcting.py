"""The record that takes the place of another: one row of a file, or one that was published before."""

from typing import Final

import msgspec
from sqlalchemy import select

from broker.database import reading
from broker.errors import BadFile, InvalidRecord, MissingItem
from broker.records.core import Related, RelatedAs
from broker.types.names import Digest, Originator
from producers.draft import Draft, RelatedReference
from producers.outbox import drafts, unpack_related
from producers.publish import Declined, take
from tocsin.installation import Node
from tocsin.publishing import Order, Reading

_AGAIN: Final = (RelatedAs.DUPLICATES, RelatedAs.PART_OF)


def take_replacement(node: Node, order: Order, corrected: Digest) -> str:
    """Put the one row of a file into the outbox as what corrects a message; return its national reference.

    It stays a second report, or a part, of what the corrected one was told as, unless the row says otherwise: one row
    has no other to refer to, and without the link its goods would be counted twice.

    Raises:
        MissingFile, BadFile, BadMapping, BadSettings: The file cannot be read, or has another number of rows.
        InvalidRecord: The row has mistakes, or its reference is that of another record.
    """
    draft = _read_row(node, order)
    related = draft.core.related
    if not draft.related_references and not any(one.relation in _AGAIN for one in related):
        draft = msgspec.structs.replace(draft, related_references=_repeated_by(node, order.authority, corrected))
    related = (*related, Related(digest=corrected, relation=RelatedAs.CORRECTS))
    core = msgspec.structs.replace(draft.core, related=tuple(dict.fromkeys(related)))
    draft = msgspec.structs.replace(draft, sections=msgspec.structs.replace(draft.sections, core=core))
    (outcome,) = take(node.engine, lambda: [draft], node.terms())
    if isinstance(outcome, Declined):
        raise InvalidRecord("; ".join(f"{one.field or 'row'}: {one.message}" for one in outcome.problems))
    return outcome.national_reference


def _repeated_by(node: Node, authority: Originator, corrected: Digest) -> tuple[RelatedReference, ...]:
    """Return of which records the message *corrected* was told as a second report or a part."""
    mine = (drafts.c.authority == authority, drafts.c.digest == corrected)
    with reading(node.engine) as connection:
        row = connection.execute(select(drafts.c.related).where(*mine)).first()
    named = () if row is None else unpack_related(row.related)
    return tuple(RelatedReference(one.national_reference, one.relation) for one in named if one.relation in _AGAIN)


def check_reference(node: Node, authority: Originator, reference: str) -> None:
    """Check that *authority* has a record under a national *reference*.

    Raises:
        MissingItem: It has none.
    """
    mine = (drafts.c.authority == authority, drafts.c.national_reference == reference)
    with reading(node.engine) as connection:
        found = connection.execute(select(drafts.c.id).where(*mine)).first()
    if found is None:
        raise MissingItem(
            f"{authority} has published nothing under the reference {reference[:80]!r}",
            hint="Publish the record that is right first, or name its file here.",
        )


def _read_row(node: Node, order: Order) -> Draft:
    rows = Reading(node, order)
    rows.check()
    found = list(rows.drafts())
    refused = [problem for one in rows.refusals() for problem in one.problems]
    if refused:
        raise InvalidRecord("; ".join(f"{one.field or 'row'}: {one.message}" for one in refused))
    if len(found) != 1:
        raise BadFile(f"{order.path.name} has {len(found)} rows; a message is replaced by one")
    return found[0]
