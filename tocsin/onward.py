"""Onward use at a node: what is decided becomes a record to others, a file, or a plain refusal."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

import msgspec
from sqlalchemy import Connection

from broker.database import reading, writing
from broker.deciders import Deciders, tables_in_force
from broker.errors import AccessDenied, BadName, InvalidRecord, MissingItem
from broker.policy.table import Layer
from broker.records.forwarded import BINDING, stricter
from broker.records.marking import Marking, strictest
from broker.records.registry import CORE_TYPES
from broker.types.names import Originator, parse_message_name, participant_of
from broker.types.vocabulary import Action, Section, Tlp
from consumers.inbox import Item, Withheld, item
from consumers.onward import Ruling, User, Wanted, rule_on
from consumers.opening import reader_of
from producers.draft import Draft, content_digest, draft_sections
from producers.encoded import with_reference
from producers.forward import Passing, forward_sections
from producers.outbox import national_reference_of
from tocsin.installation import Node
from tocsin.publishing import known_names
from tocsin.showing.items import contact
from tocsin.withdrawn import doubts_about

_DONE: Final[Mapping[Action, str]] = {
    Action.FORWARD: "forward",
    Action.EXPORT: "export",
    Action.USE_IN_COURT: "use in court",
}
_UNNAMED: Final = "-"
_UNTIL: Final = "DATE"
_REFERENCE_SHOWN: Final = 8
"""Bytes of a content digest in the reference of a forward that has none."""


class Order(msgspec.Struct, frozen=True):
    """What somebody at an authority wants to do with which message."""

    reader: Originator
    message: str
    wanted: Wanted


class Permitted(msgspec.Struct, frozen=True):
    """An onward use that is permitted, and on record."""

    item: Item
    ruling: Ruling


def permit(node: Node, order: Order) -> Permitted:
    """Decide about an onward use and record the decision.

    Raises:
        AccessDenied: It is refused; says by which rule, whom to call, and how to ask for a grant.
        MissingItem: The authority has no such message, or nothing of it can be used any more.
        InvalidRecord: It has no such section, or cannot be passed on to those who are named.
    """
    now = node.clock()
    with reading(node.engine) as connection:
        found = _find(connection, node, order, now)
        doubt = doubts_about(connection, node.directory, [found])[0]
    if doubt is not None:
        raise MissingItem(f"nothing of {found.message} is to be used: {doubt.says}", hint=f"Ask {found.author}.")
    _check_recipients(node, found, order)
    user = User(reader_of(node.directory, order.reader, now), node.directory, Deciders(node.house), now)
    with writing(node.engine) as connection:
        ruling = rule_on(connection, node.section_keys, found, user, order.wanted)
    # Behind the transaction: a refusal stays on record.
    if not ruling.sections:
        raise _refusal(node, order, found, ruling)
    return Permitted(found, ruling)


def draft_forward(node: Node, order: Order, permitted: Permitted, *, tlp: Tlp | None, reference: str) -> Draft:
    """Return the draft of the record that passes a message on, marked no wider than its author and the grant let it.

    Args:
        tlp: The forwarder's own label; None for the author's.
        reference: The forwarder's own case number; empty for one that is made from what is passed on.
    """
    ruling, original = permitted.ruling, permitted.ruling.original
    core = ruling.content.content[Section.CORE]
    if not isinstance(core, CORE_TYPES):
        raise InvalidRecord(f"{permitted.item.message} has no core section to pass on")
    grant = ruling.grant
    purposes = core.marking.purposes if grant is None else tuple(sorted(grant.purposes))
    own = Marking(purposes=purposes, recipients=order.wanted.recipients)
    passing = Passing(
        marking=strictest(core.marking, own),
        national_reference=reference or _UNNAMED,
        grant=None if grant is None else grant.record,
    )
    sections = forward_sections(original, ruling.contents, passing)
    label = stricter(permitted.item.tlp, tlp or permitted.item.tlp)
    status = permitted.item.status
    draft = draft_sections(sections, authority=order.reader, tlp=label, status=status, authored_at=node.clock())
    if reference:
        return draft
    digest = content_digest(sections, tlp=label, status=status)
    return with_reference(draft, f"forward-{digest[:_REFERENCE_SHOWN].hex()}")


def _find(connection: Connection, node: Node, order: Order, now: datetime) -> Item:
    try:
        return item(connection, node.section_keys, order.reader, order.message, now)
    except MissingItem as error:
        if _is_sent(connection, order):
            hint = f"Its own node sent it and has not read it back yet: tocsin receive --as {order.reader}"
            raise MissingItem(str(error), hint=hint) from None
        raise


def _is_sent(connection: Connection, order: Order) -> bool:
    try:
        name = parse_message_name(order.message)
    except BadName:
        return False
    mine = name.stream.originator == order.reader
    return mine and national_reference_of(connection, name) is not None


def _check_recipients(node: Node, found: Item, order: Order) -> None:
    wanted = order.wanted
    if wanted.action is not Action.FORWARD:
        return
    if found.kind in BINDING:
        raise InvalidRecord(
            f"{found.message} is a {found.kind.word}: it counts from whoever says it, and is not passed on"
        )
    marking = getattr(found.sections.get(Section.CORE), "marking", None)
    excluded = () if marking is None else marking.excluded
    for name in wanted.recipients:
        if name in excluded or participant_of(name) in excluded:
            raise InvalidRecord(f"the author of {found.message} excluded {name}: nobody may pass it on to them")
    known = known_names(node, order.reader)
    for name in wanted.recipients:
        if not known.has(name):
            near = known.nearest(name)
            hint = f"Did you mean {near!r}?" if near else "tocsin directory show lists who takes part."
            raise InvalidRecord(f"{name[:60]!r} is nobody that this node knows", hint=hint)


def _refusal(node: Node, order: Order, found: Item, ruling: Ruling) -> AccessDenied:
    wanted = order.wanted
    sections = [one.section for one in ruling.refused]
    what = ", ".join(one.word for one in sections)
    to = f" to {', '.join(wanted.recipients)}" if wanted.recipients else ""
    says = [f"{order.reader} may not {_DONE[wanted.action]} {what} of {found.message}{to}:"]
    by_rule: dict[tuple[str, str], list[Withheld]] = {}
    for one in ruling.refused:
        by_rule.setdefault((one.rule, one.says), []).append(one)
    for (rule, sentence), several in by_rule.items():
        named = ", ".join(one.section.word for one in several)
        says.append(f"{named}: “{sentence}” (rule {rule}{_author(node, found, ruling, several[0])})")
    if ruling.lack:
        says.append(f"The grant does not help: {ruling.lack}.")
    says.append(f"This is decision {ruling.number} of {node.name}.")
    return AccessDenied("\n".join(says), decision=ruling.decision, hint=_hint(node, order, found, ruling))


def _author(node: Node, found: Item, ruling: Ruling, refused: Withheld) -> str:
    """Return which table a rule stands in, and who wrote it."""
    outcome = next(one for one in ruling.decision.outcomes if one.section is refused.section)
    if outcome.rule_id != refused.rule:
        return ""
    community, national = tables_in_force(node.directory, participant_of(found.author))
    tables = {Layer.NATIONAL: national, Layer.COMMUNITY: community, Layer.HOUSE: node.house}
    author = tables[outcome.layer].author if outcome.layer in tables else found.author
    return f" of the {outcome.layer.word} table, written by {author}"


def _hint(node: Node, order: Order, found: Item, ruling: Ruling) -> str:
    call = contact(node.directory, found.author)
    whom = f"Call {found.author}: {call}." if call else f"Ask {found.author}."
    refused = [one.section for one in ruling.refused]
    if not set(refused) <= set(ruling.remedy):
        return whom
    return f"{whom} To ask for a grant: {request_command(order, found, refused)}"


def request_command(order: Order, found: Item, sections: list[Section]) -> str:
    """Return the command by which a reader asks the author for a grant."""
    wanted = order.wanted
    named = "".join(f" --section {one.word}" for one in sections)
    to = "".join(f" --to {name}" for name in wanted.recipients)
    return (
        f"tocsin grant request {found.message} --as {order.reader} --action {wanted.action.word}{named}{to} "
        f'--purpose {wanted.purpose.word} --until {_UNTIL} --reason "…"'
    )
