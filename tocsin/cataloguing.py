"""Editions of the substance catalogue at a node: those that came, those that count, and a new one on its way out."""

from pathlib import Path
from typing import Any, Final

import msgspec

from broker.catalogue import Catalogue, catalogue_of, shipped_catalogue, shipped_edition
from broker.catalogue.editions import edition_problems, why_not_heard, why_not_its_own
from broker.database import reading
from broker.errors import BadFile, MissingFile
from broker.limits import MAX_ENVELOPE_BYTES
from broker.records.catalogue import CatalogueCore
from broker.records.marking import Basis, Marking
from broker.types.names import Originator, participant_of
from broker.types.vocabulary import Purpose, RecordKind, Section, Tlp
from consumers.inbox import Item, items_of_kind
from producers.draft import Draft, draft_record
from producers.intake.rows import FieldProblem
from tocsin.installation import Node

_MARKING: Final = Marking(purposes=tuple(one for one in Purpose if one is not Purpose.UNKNOWN), basis=Basis.FACT)
"""Everybody may know what is listed, for whatever they work."""


class ReceivedEdition(msgspec.Struct, frozen=True):
    """An edition that came to an authority.

    Attributes:
        unheard: Why it counts for nothing; empty where it counts.
    """

    item: Item
    core: CatalogueCore
    unheard: str


class MistakenEdition(msgspec.Struct, frozen=True):
    """An edition that cannot be published, and everything that is wrong with it."""

    problems: tuple[FieldProblem, ...]


def received_editions(node: Node, authority: Originator) -> tuple[ReceivedEdition, ...]:
    """Return the editions that *authority* has received and may still see, oldest first."""
    found = []
    with reading(node.engine) as connection:
        for item in items_of_kind(connection, node.section_keys, authority, RecordKind.SCHEDULING, node.clock()):
            core = item.sections.get(Section.CORE)
            if isinstance(core, CatalogueCore):
                found.append(ReceivedEdition(item, core, _why_unheard(node, item, core)))
    return tuple(found)


def catalogue_at(node: Node, authority: Originator) -> Catalogue:
    """Return what the newest editions make: those that *authority* has received, and the one that ships."""
    heard = [one.core for one in received_editions(node, authority) if not one.unheard]
    return catalogue_of((shipped_edition(), *heard)) if heard else shipped_catalogue()


def load_edition(path: Path) -> bytes:
    """Return the edition in the file *path*, not yet read.

    Raises:
        MissingFile: There is no such file.
        BadFile: It is larger than a message can be, or cannot be read.
    """
    try:
        if path.stat().st_size > MAX_ENVELOPE_BYTES:
            raise BadFile(f"{path.name} is larger than a message can be")
        return path.read_bytes()
    except FileNotFoundError:
        raise MissingFile(f"there is no file {path.name}") from None
    except OSError as error:
        raise BadFile(f"{path.name} cannot be read: {error.strerror}") from None


def draft_edition(node: Node, author: Originator, text: bytes) -> Draft | MistakenEdition:
    """Return the draft of the edition *text*, a JSON object, at TLP:CLEAR.

    Raises:
        BadFile: It is no JSON object.
    """
    core = _read(text, author)
    if isinstance(core, MistakenEdition):
        return core
    entry = node.directory.authority(author)
    foreign = why_not_its_own(core, author, None if entry is None else entry.sector)
    if foreign:
        return MistakenEdition((FieldProblem("issuer", "foreign", foreign),))
    problems = edition_problems(core, catalogue_at(node, author))
    if problems:
        return MistakenEdition(tuple(FieldProblem(one.field, one.code, one.message) for one in problems))
    return draft_record(core, authority=author, tlp=Tlp.CLEAR, status=node.federation.status, authored_at=node.clock())


def _why_unheard(node: Node, item: Item, core: CatalogueCore) -> str:
    if item.forwarded is not None:
        return f"it is passed on by {item.originator}: an edition counts as its issuer sent it"
    if item.withdrawn is not None:
        return item.withdrawn.sentence
    if item.status is not node.federation.status:
        return f"it is {item.status.word}, and says nothing of what is listed"
    entry = node.directory.authority(item.originator)
    return why_not_heard(core, item.originator, None if entry is None else entry.sector)


def _read(text: bytes, author: Originator) -> CatalogueCore | MistakenEdition:
    try:
        document: Any = msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BadFile(f"the edition cannot be read: {error}", hint="Save it as JSON, in UTF-8.") from None
    if not isinstance(document, dict):
        raise BadFile("the edition is no JSON object")
    usual = {
        "marking": msgspec.to_builtins(_MARKING),
        "issuer": participant_of(author),
        "national_reference": f"catalogue/{document.get('edition', '')}",
    }
    try:
        return msgspec.convert({**usual, **document}, CatalogueCore)
    except msgspec.ValidationError as error:
        message, _, place = str(error).partition(" - at `$.")
        return MistakenEdition((FieldProblem(place.rstrip("`") or "edition", "bad-value", message),))
