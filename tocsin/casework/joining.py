"""Say that a message of one's own is another's second report, or a part of it: by a correction that names the other."""

import hashlib
from typing import Any, Final

import msgspec

from broker.database import reading
from broker.errors import ForeignRecall, InvalidRecord
from broker.records.core import Related, RelatedAs
from broker.records.forwarded import stricter
from broker.records.registry import CORE_TYPES
from broker.types.names import Digest, Originator, participant_of
from broker.types.vocabulary import Section
from consumers.inbox import Item, item
from producers.draft import Draft, Sections, draft_sections
from tocsin.installation import Node

JOINED_AS: Final = (RelatedAs.DUPLICATES, RelatedAs.PART_OF, RelatedAs.FOLLOWS, RelatedAs.SAME_CONSIGNEE)
_SHOWN: Final = 4
"""Bytes of a digest in the reference of the record that takes the place of the first."""


class Joining(msgspec.Struct, frozen=True):
    """The record that says so, and the message that it takes the place of."""

    draft: Draft
    replaced: Item
    other: Item


def draft_joined(node: Node, authority: Originator, message: str, *, other: str, relation: RelatedAs) -> Joining:
    """Return the draft of a record that says what *message* says, and what it is to the *other*.

    Raises:
        MissingItem: The authority may not see one of them.
        ForeignRecall: The message is not its own: only its author can say what it is to others.
        InvalidRecord: It says so already, is the other message itself, or is not all there any more; or the other one
            is of others and narrower.
    """
    with reading(node.engine) as connection:
        mine = item(connection, node.section_keys, authority, message, node.clock())
        theirs = item(connection, node.section_keys, authority, other, node.clock())
    if mine.forwarded is not None or mine.originator != authority:
        raise ForeignRecall(
            f"{mine.message} is of {mine.author}: only its author can say what it is to others",
            hint=f"Ask: tocsin request new --about {mine.message} --to {mine.author} --as {authority} …",
        )
    _check(mine, theirs, relation)
    _check_label(mine, theirs)
    return Joining(_draft(node, authority, mine, Related(digest=theirs.original, relation=relation)), mine, theirs)


def _check(mine: Item, theirs: Item, relation: RelatedAs) -> None:
    if mine.digest == theirs.digest:
        raise InvalidRecord(f"{mine.message} is the same message")
    core = mine.sections.get(Section.CORE)
    if mine.withdrawn is not None or None in mine.sections.values() or not isinstance(core, CORE_TYPES):
        raise InvalidRecord(f"{mine.message} is not all there any more, and cannot be sent anew")
    if any(one.digest == theirs.original and one.relation is relation for one in core.related):
        raise InvalidRecord(f"{mine.message} says so already")


def _check_label(mine: Item, theirs: Item) -> None:
    """Check that whoever reads *mine* may know that there is *theirs*: its name alone says what it is about."""
    if participant_of(theirs.author) != participant_of(mine.author) and stricter(mine.tlp, theirs.tlp) is not mine.tlp:
        raise InvalidRecord(
            f"{theirs.message} is TLP:{theirs.tlp.word} and yours TLP:{mine.tlp.word}: to name it would tell of it",
            hint=f"Correct {mine.message} with a label as narrow first, or tell {theirs.author} by a request.",
        )


def _draft(node: Node, authority: Originator, mine: Item, related: Related) -> Draft:
    sections: dict[str, Any] = {section.word: record for section, record in mine.sections.items()}
    core = sections["core"]
    mark = hashlib.sha256(mine.digest + related.digest + related.relation.value.encode()).digest()[:_SHOWN].hex()
    sections["core"] = msgspec.structs.replace(
        core,
        national_reference=f"{core.national_reference}-linked-{mark}",
        related=(*core.related, related, Related(digest=Digest(mine.digest), relation=RelatedAs.CORRECTS)),
    )
    return draft_sections(
        Sections(**sections), authority=authority, tlp=mine.tlp, status=mine.status, authored_at=node.clock()
    )
