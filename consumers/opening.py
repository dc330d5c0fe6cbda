"""A person opens a message: a decision of its own, for one stated purpose, and on record whatever it says.

What was delivered says what an authority may have at all; opening can only narrow it. Nominal sections are shown in no
other way.
"""

from datetime import datetime

import msgspec
from sqlalchemy import Connection, func, insert, select
from sqlalchemy.dialects.sqlite import insert as insert_or

from broker import facts
from broker.admit import read, reopen
from broker.deciders import Deciders
from broker.directory import Directory
from broker.errors import MissingItem
from broker.facts import Reader, Request
from broker.policy.decide import Decision
from broker.types.names import Originator
from broker.types.time import to_micros
from broker.types.vocabulary import Action, Purpose, Section
from consumers import store
from consumers.inbox import Item, Withheld
from consumers.judgements import judgement_row
from consumers.relationships import load_relationships

NO_PURPOSE_STATED = "state-a-purpose"
_SAYS = "Persons and companies are shown only to a person who states a purpose."


class Opener(msgspec.Struct, frozen=True):
    """For whom, why and by which rules a message is opened."""

    reader: Reader
    purpose: Purpose
    directory: Directory
    deciders: Deciders
    now: datetime


def unopened(item: Item) -> Item:
    """Return *item* as it is listed and shown to nobody in particular: without its nominal section."""
    if item.sections.get(Section.NOMINAL) is None:
        return item
    withheld = Withheld(Section.NOMINAL, NO_PURPOSE_STATED, _SAYS)
    return _without(item, (withheld,))


def open_item(connection: Connection, item: Item, opener: Opener) -> Item:
    """Return *item* as far as it may be opened for the purpose, and record the decision; may be nothing at all.

    Raises:
        MissingItem: The message is not in the database.
    """
    if not item.decision.permitted:
        return item  # its retention is over: nothing is opened, and there is nothing to decide
    decision = _decide(connection, item, opener)
    _record(connection, item, opener, decision)
    opened = tuple(
        Withheld(one.section, one.rule_id, one.says)
        for one in decision.outcomes
        if not one.permitted and item.sections.get(one.section) is not None
    )
    return _without(item, opened)


def reader_of(directory: Directory, authority: Originator, at: datetime) -> Reader:
    """Return *authority* as policy sees it.

    Raises:
        MissingItem: It takes no part at the moment *at*, so there is nothing that it may open.
    """
    for entry in directory.authorities(at):
        if entry.authority == authority:
            return Reader.of(entry, active=True)
    raise MissingItem(f"{authority} is no active authority, and may open nothing")


def _decide(connection: Connection, item: Item, opener: Opener) -> Decision:
    row = connection.execute(
        select(store.message.c.envelope, store.message.c.late).where(store.message.c.digest == item.digest)
    ).one_or_none()
    if row is None:
        raise MissingItem(f"the message {item.message} is not in the database")
    content = read(reopen(row.envelope, late=row.late))
    decider = opener.deciders.decider(opener.directory, content.about.participant)
    request = Request(action=Action.OPEN, purposes=(opener.purpose,), now=opener.now)
    relationships = load_relationships(connection, facts.focal_points(opener.directory, opener.now))
    return decider.decide(facts.facts_for(content.about, opener.reader, relationships, request))


def _record(connection: Connection, item: Item, opener: Opener, decision: Decision) -> None:
    row = judgement_row(decision)
    connection.execute(insert_or(store.judgement).on_conflict_do_nothing(), [row])
    number = connection.execute(select(func.coalesce(func.max(store.decision.c.id), 0) + 1)).scalar_one()
    connection.execute(
        insert(store.decision),
        {
            "id": number,
            "digest": item.digest,
            "readers": opener.reader.authority,
            "judgement": row["id"],
            "directory": opener.directory.digest,
            "decided_at": to_micros(opener.now),
        },
    )


def _without(item: Item, withheld: tuple[Withheld, ...]) -> Item:
    closed = {one.section for one in withheld}
    sections = {section: None if section in closed else record for section, record in item.sections.items()}
    return msgspec.structs.replace(item, sections=sections, withheld=(*item.withheld, *withheld))
