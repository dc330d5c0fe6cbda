"""Permission: an export that is refused, a request, a grant of the author, and the export that rests on it."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final

import msgspec

from broker.database import reading
from broker.errors import AccessDenied
from broker.records.grant import GrantOutcome
from broker.records.registry import CORE_TYPES
from broker.types.names import MessageName, Originator, participant_of
from broker.types.vocabulary import Action, Handling, Purpose, RecordKind, Section
from consumers.inbox import Item, items_of_kind
from consumers.onward import Wanted
from producers.draft import Draft
from producers.outbox import message_names
from producers.veil import Veil
from tocsin.demo.document import Permission
from tocsin.demo.network import Network, publish, receive_all
from tocsin.granting import Leave, Narrowing, desk, draft_answer, draft_request
from tocsin.installation import Node
from tocsin.onward import Order, permit
from tocsin.onward_files import document, write_new

_FOR: Final = timedelta(days=14)
_REASON: Final = "Exercise: the prosecutor needs it for the case file."
_ANSWER: Final = "Exercise: for this case file only."
_EXPORTED: Final = "exported"


class Asker(msgspec.Struct, frozen=True):
    """Who wants to export which report of somebody else."""

    reader: Originator
    item: Item

    @property
    def order(self) -> Order:
        """What is wanted."""
        sections = tuple(one for one, record in self.item.sections.items() if record is not None)
        wanted = Wanted(action=Action.EXPORT, purpose=Purpose.INVESTIGATION, sections=sections)
        return Order(self.reader, str(self.item.message), wanted)


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """How it went.

    Attributes:
        order: What was wanted.
        refused: Why not, as the reader was told.
        call: Whom to call, and how to ask.
        until: When the permission ends.
        decision: Number of the decision that the export rests on, at the reader's node; 0 where it stayed refused.
        file: What was exported, below the folder of the federation; empty likewise.
    """

    document: Permission
    order: Order
    refused: str
    call: str
    until: datetime
    decision: int = 0
    file: str = ""


async def show_permission(network: Network, readers: Sequence[Originator], now: datetime) -> Asked | None:
    """Have one of *readers* ask for what it may not do with a report, and its author permit it.

    Returns:
        How it went; None where none of them has a report to ask for.
    """
    asker = _find_asker(network, readers, now)
    if asker is None:
        return None
    node, order = network.nodes[participant_of(asker.reader)], asker.order
    refusal = _refusal(node, order)
    if refusal is None:
        return None
    until = now + _FOR
    request = await _request(network, node, order, until)
    grant = None if request is None else await _answer(network, asker.item.author, order, request)
    told = Permission(
        message=order.message,
        reader=order.reader,
        author=asker.item.author,
        says=refusal.decision.says(),
        request=str(request or ""),
        grant=str(grant or ""),
    )
    asked = Asked(document=told, order=order, refused=str(refusal), call=refusal.hint, until=until)
    return _exported(asked, node)


def _find_asker(network: Network, readers: Sequence[Originator], now: datetime) -> Asker | None:
    """Return who asks for what: most of all for what its author lets nobody pass on, and of which most can be seen."""
    found = (Asker(reader, item) for reader in readers for item in _foreign(network, reader, now))
    return max(found, key=lambda one: (_is_kept_close(one.item), len(one.order.wanted.sections)), default=None)


def _foreign(network: Network, reader: Originator, now: datetime) -> Iterator[Item]:
    """Yield the reports of others, without persons, that *reader* may use for an investigation."""
    node = network.nodes[participant_of(reader)]
    with reading(node.engine) as connection:
        found = list(items_of_kind(connection, node.section_keys, reader, RecordKind.INCIDENT, now))
    for item in found:
        core = item.sections.get(Section.CORE)
        if (
            participant_of(item.author) != node.participant
            and Section.NOMINAL not in item.sections
            and isinstance(core, CORE_TYPES)
            and Purpose.INVESTIGATION in core.marking.purposes
        ):
            yield item


def _is_kept_close(item: Item) -> bool:
    core = item.sections.get(Section.CORE)
    return isinstance(core, CORE_TYPES) and Handling.H2 in core.marking.handling


def _refusal(node: Node, order: Order) -> AccessDenied | None:
    try:
        permit(node, order)
    except AccessDenied as refusal:
        return refusal
    return None


async def _request(network: Network, node: Node, order: Order, until: datetime) -> MessageName | None:
    wanted = order.wanted
    leave = Leave(
        action=wanted.action,
        sections=wanted.sections,
        purposes=(wanted.purpose,),
        until=until,
        reason=_REASON,
    )
    return await _send(network, node, draft_request(node, order.reader, order.message, leave))


async def _answer(network: Network, author: Originator, order: Order, request: MessageName) -> MessageName | None:
    """Let the author read the request and permit what it asks for; both ends read the answer."""
    theirs = participant_of(author)
    node = network.nodes[theirs]
    await receive_all(network, [theirs])
    if request not in [one.item.message for one in desk(node, author).open]:
        return None
    draft = draft_answer(node, author, str(request), GrantOutcome.GRANTED, Narrowing(reason=_ANSWER))
    answer = await _send(network, node, draft)
    # The author's own node decides by what it has read: keys that the grant needs go out only then.
    await receive_all(network, [theirs])
    await publish(network, author, ())
    await receive_all(network, [participant_of(order.reader)])
    return answer


async def _send(network: Network, node: Node, draft: Draft) -> MessageName | None:
    await publish(network, draft.authority, [draft])
    reference = Veil(node.terms().keyed).draft(draft).national_reference  # as the outbox has it
    return message_names(node.engine, draft.authority, [reference]).get(reference)


def _exported(asked: Asked, node: Node) -> Asked:
    """Export what is permitted now, and return *asked* with it; what is refused still leaves it as it is."""
    order = asked.order
    try:
        permitted = permit(node, order)
    except AccessDenied:
        return asked
    file = node.own_folder.root / _EXPORTED / f"{order.message.replace('/', '-').replace('#', '-')}.json"
    file.parent.mkdir(mode=0o700, exist_ok=True)
    write_new(file, document(node, order, permitted))
    return msgspec.structs.replace(
        asked,
        document=msgspec.structs.replace(asked.document, exported=True),
        decision=permitted.ruling.number,
        file=file.relative_to(node.folder.root).as_posix(),
    )
