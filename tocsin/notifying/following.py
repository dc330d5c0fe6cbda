"""The drafts of what follows a notification: replies of the importing country, and what becomes of the goods."""

from collections.abc import Sequence
from datetime import date
from typing import Final, TypeAlias

import msgspec

from broker.catalogue import Catalogue
from broker.errors import InvalidRecord
from broker.records.checking import problems_in
from broker.records.core import Concerned, Related, RelatedAs
from broker.records.notification import NotificationCore
from broker.records.notification_reply import NotificationReplyCore, ReplyKind
from broker.records.problems import refuse
from broker.records.quantity import Quantity
from broker.records.shipment import ShipmentCore, ShipmentEvent
from broker.records.substances import Substance
from broker.trade.said import Said
from broker.trade.workflow import Notification
from broker.types.names import Originator, participant_of
from broker.types.vocabulary import RecordKind
from producers.draft import Draft, draft_record
from producers.encoded import with_reference
from producers.intake.goods import trade_concerns
from producers.intake.rows import FieldProblem
from tocsin.cataloguing import catalogue_at
from tocsin.installation import Node
from tocsin.notifying.marking import marked_for
from tocsin.notifying.reading import read_amount

_UNNAMED: Final = "-"
_REFERENCE_SHOWN: Final = 8
"""Bytes of a content digest in the reference of a record that its author gave none."""
_AFTER_SHOWN: Final = 4
"""Bytes of the digest of what was said before, in such a reference."""
Following: TypeAlias = NotificationReplyCore | ShipmentCore


class Answering(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be replied."""

    reply: ReplyKind
    reason: str = ""
    import_authorization: str = ""
    valid_until: date | None = None
    reference: str = ""


class Moving(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be said of a shipment.

    Attributes:
        quantity: Like ``500 kg``; of a short one, how much is missing.
        substance: As it is called; may be left out where one substance was notified.
    """

    number: str
    event: ShipmentEvent
    quantity: str = ""
    substance: str = ""
    happened_on: date | None = None
    remarks: str = ""
    reference: str = ""


def draft_reply(node: Node, author: Originator, notification: Notification, answering: Answering) -> Draft:
    """Return the draft of a reply to what a notification says now; it goes to the side that notified.

    Raises:
        InvalidRecord: The author is not of the importing country, or the reply lacks something.
    """
    importer = notification.core.importing_country
    if participant_of(author) != importer:
        raise InvalidRecord(
            f"{importer} answers {notification.first.said.message}, and {author} is not of it: it would not count",
            hint="tocsin request asks, tocsin publish reports; a reply is the importing country's.",
        )
    current = notification.current
    core = NotificationReplyCore(
        marking=current.core.marking,
        concerned=_concerned(current.core),
        national_reference=answering.reference or _UNNAMED,
        related=(Related(digest=current.digest, relation=RelatedAs.REPLIES),),
        notification=current.digest,
        reply=answering.reply,
        import_authorization=answering.import_authorization,
        valid_until=answering.valid_until,
        reason=answering.reason.strip(),
    )
    core, tlp = marked_for(node, author, core, RecordKind.NOTIFICATION_REPLY, (notification.first.said.participant,))
    draft = draft_record(core, authority=author, tlp=tlp, status=node.federation.status, authored_at=node.clock())
    said = [one.said for one in notification.replies]
    return _named(draft, answering.reference, "reply", said)


def draft_shipment(node: Node, author: Originator, notification: Notification, moving: Moving) -> Draft:
    """Return the draft of what became of a shipment; it goes to the other side of the trade.

    Raises:
        InvalidRecord: The author is on neither side; the amount cannot be read; or the record lacks something.
    """
    current = notification.current
    sides = (notification.first.said.participant, current.core.importing_country)
    mine = participant_of(author)
    if mine not in sides:
        raise InvalidRecord(f"{' and '.join(sides)} say what becomes of these goods; {author} is of neither")
    substances, quantities = _goods(current.core, moving, catalogue_at(node, author))
    core = ShipmentCore(
        marking=current.core.marking,
        concerned=_concerned(current.core),
        national_reference=moving.reference or _UNNAMED,
        related=(Related(digest=current.digest, relation=RelatedAs.FOLLOWS),),
        notification=current.digest,
        shipment=moving.number.strip(),
        event=moving.event,
        happened_on=moving.happened_on or node.clock().date(),
        substances=substances,
        quantities=quantities,
        remarks=moving.remarks,
    )
    to = tuple(one for one in sides if one != mine)
    core, tlp = marked_for(node, author, core, RecordKind.SHIPMENT, to)
    draft = draft_record(core, authority=author, tlp=tlp, status=node.federation.status, authored_at=node.clock())
    said = sorted((said for one in notification.shipments for said in one.said), key=lambda one: one.order)
    return _named(draft, moving.reference, "shipment", said)


def _goods(
    core: NotificationCore, moving: Moving, catalogue: Catalogue
) -> tuple[tuple[Substance, ...], tuple[Quantity, ...]]:
    if not moving.quantity:
        return (), ()
    if not moving.substance and len(core.substances) != 1:
        names = ", ".join(one.as_written for one in core.substances)
        raise InvalidRecord(f"of which substance? notified are {names}", hint="Name it with --substance.")
    written = moving.substance or core.substances[0].as_written
    problems: list[FieldProblem] = []
    goods = read_amount(catalogue, written, moving.quantity, problems)
    if problems:
        raise InvalidRecord("; ".join(f"{one.field}: {one.message}" for one in problems))
    known = {one.as_written.casefold(): one for one in core.substances}
    return tuple(known.get(one.as_written.casefold(), one) for one in goods.substances), goods.quantities


def _concerned(core: NotificationCore) -> tuple[Concerned, ...]:
    return trade_concerns(core.exporting_country, core.importing_country, core.transit_countries)


def _named(draft: Draft, reference: str, word: str, said: Sequence[Said]) -> Draft:
    """Return *draft* under its author's reference, or one made of what it says, and of what was said before it.

    The same said twice in a row is one record; said again after something else, it is a new one.
    """
    refuse(problems_in(draft.core))
    if reference:
        return draft
    before = (
        [one for one in said if not _says_the_same(one, draft)] if said and _says_the_same(said[-1], draft) else said
    )
    after = f"-{before[-1].digest[:_AFTER_SHOWN].hex()}" if before else ""
    return with_reference(draft, f"{word}-{draft.content_digest[:_REFERENCE_SHOWN].hex()}{after}")


def _says_the_same(said: Said, draft: Draft) -> bool:
    if said.by != draft.authority:
        return False
    return msgspec.structs.replace(said.core, national_reference=draft.national_reference) == draft.core
