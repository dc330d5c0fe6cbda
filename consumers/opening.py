"""A person opens a message: a decision of its own, for one stated purpose, and on record whatever it says.

What was delivered says what an authority may have at all; opening can only narrow it. Nominal sections are shown in no
other way.
"""

from datetime import datetime
from typing import Any, Final

import msgspec
from sqlalchemy import ColumnElement, Connection, select

from broker import facts
from broker.about import Reader
from broker.admit import read_core
from broker.deciders import Deciders
from broker.decisions import DecisionRows
from broker.directory import Directory
from broker.errors import MissingItem
from broker.facts import Request
from broker.policy.decide import Decision
from broker.relationships import focal_points
from broker.section_keys import SectionKeys
from broker.types.names import Digest, Originator
from broker.types.vocabulary import Action, Purpose, Section
from consumers import store
from consumers.inbox import Item, Withheld
from consumers.relationships import load_relationships
from consumers.unsealing import reopened

NO_PURPOSE_STATED = "state-a-purpose"
_COLUMNS: Final[tuple[ColumnElement[Any], ...]] = (store.message.c.envelope, store.message.c.late)
_SAYS = "Persons and companies are shown only to a person who states a purpose."
NOT_LISTED: Final = "not-listed"
_NOT_LISTED: Final = "Companies of a trade stand in no list and no alert: show the message to see them."


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


def listed(item: Item) -> Item:
    """Return *item* as it stands in lists and alerts: without anybody's name, not even that of a trading company."""
    found = unopened(item)
    if found.sections.get(Section.TRADE) is None:
        return found
    return _without(found, (Withheld(Section.TRADE, NOT_LISTED, _NOT_LISTED),))


def open_item(connection: Connection, section_keys: SectionKeys, item: Item, opener: Opener) -> Item:
    """Return *item* as far as it may be opened for the purpose, and record the decision; may be nothing at all.

    Raises:
        MissingItem: The message is not in the database.
    """
    if all(record is None for record in item.sections.values()):
        return item  # its retention is over, or its keys are gone: nothing is opened, and there is nothing to decide
    decision = _decided(connection, section_keys, item, opener)
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


def _decided(connection: Connection, section_keys: SectionKeys, item: Item, opener: Opener) -> Decision:
    """Decide, and record what was decided with the facts it was decided by."""
    row = connection.execute(select(*_COLUMNS).where(store.message.c.digest == item.digest)).one_or_none()
    if row is None:
        raise MissingItem(f"the message {item.message} is not in the database")
    ((_, verified, keys),) = reopened([row], section_keys)
    content = read_core(verified, keys)
    decider = opener.deciders.decider(opener.directory, content.about.participant)
    request = Request(action=Action.OPEN, purposes=(opener.purpose,), now=opener.now, message=Digest(item.digest))
    speakers = focal_points(opener.directory, opener.now)
    relationships = load_relationships(connection, section_keys, speakers)
    decision = decider.decide(facts.facts_for(content.about, opener.reader, relationships, request))
    rows = DecisionRows(connection, opener.now, opener.directory.digest)
    rows.add_tables(decider.tables)
    rows.add(Digest(item.digest), decision, [opener.reader.authority])
    rows.save()
    return decision


def _without(item: Item, withheld: tuple[Withheld, ...]) -> Item:
    closed = {one.section for one in withheld}
    sections = {section: None if section in closed else record for section, record in item.sections.items()}
    return msgspec.structs.replace(item, sections=sections, withheld=(*item.withheld, *withheld))
