"""Backtracking: from a seizure to the country that goods were sent from, and on from there."""

from datetime import datetime
from typing import Final

import msgspec

from broker.cases.facts import IncidentFacts
from broker.database import reading
from broker.errors import InvalidRecord, UnknownAuthority
from broker.records.incident import IncidentCore
from broker.records.inquiry import InquiryType, Urgency
from broker.records.operational import IncidentOperational
from broker.relationships import focal_points
from broker.types.names import Originator, participant_of
from broker.types.vocabulary import Action, Purpose, Section
from consumers.inbox import Item, item
from consumers.onward import Wanted
from tocsin.asking.goods import Goods
from tocsin.asking.inquiring import Inquiring
from tocsin.installation import Node
from tocsin.onward import Order, permit

_QUESTION: Final = (
    "Who shipped the goods of this report, on whose order, and by which papers? Where did they come from before?"
)


class Tracing(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be traced, and whom that asks.

    Attributes:
        message: The report of a seizure.
        to: A country, for its focal points, or an authority.
        answer_by: None for the time that the urgency gives.
    """

    message: str
    to: str
    urgency: Urgency = Urgency.NORMAL
    question: str = ""
    answer_by: datetime | None = None


def tracing_inquiry(node: Node, asker: Originator, tracing: Tracing) -> Inquiring:
    """Return the request for backtracking, with what the asker sees of the goods.

    Raises:
        MissingItem: The asker has no such message.
        InvalidRecord: It is no report of an incident, or nothing of it can be seen.
        UnknownAuthority: The country has no focal point.
        AccessDenied: Others reported it, and it may not be passed on to those who are asked.
    """
    with reading(node.engine) as connection:
        found = item(connection, node.section_keys, asker, tracing.message, node.clock())
    core = found.sections.get(Section.CORE)
    if not isinstance(core, IncidentCore):
        raise InvalidRecord(f"{found.message} is no report of an incident that can be traced, but a {found.kind.word}")
    to = _addressees(node, tracing.to)
    usable = _usable(node, asker, found, to)
    return Inquiring(
        inquiry_type=InquiryType.BACKTRACKING,
        to=to,
        question=tracing.question or _QUESTION,
        urgency=tracing.urgency,
        purpose=Purpose.INVESTIGATION,
        about=str(found.message),
        answer_by=tracing.answer_by,
        goods=_goods(found, core, usable),
        tlp=found.tlp,
        language="en",
    )


def countries_of_shipment(facts: IncidentFacts) -> tuple[str, ...]:
    """Return the countries that a backtracking of an incident would begin with: those it says goods were sent from."""
    return tuple(one for one in facts.origins if one != facts.reporting_country)


def _addressees(node: Node, to: str) -> tuple[str, ...]:
    if "/" in to:
        return (to,)
    official = sorted(one for one in focal_points(node.directory, node.clock()) if participant_of(one) == to)
    if not official:
        raise UnknownAuthority(f"{to[:40]} has no focal point in the directory", hint="See tocsin directory show.")
    return tuple(official)


def _usable(node: Node, asker: Originator, found: Item, to: tuple[str, ...]) -> tuple[Section, ...]:
    """Return the sections that may be quoted: what others reported is passed on by it, and decided about as that."""
    author = participant_of(found.author)
    strangers = tuple(one for one in to if participant_of(one) != author)
    if author == participant_of(asker) or not strangers:
        return tuple(found.sections)
    wanted = Wanted(action=Action.FORWARD, purpose=Purpose.INVESTIGATION, recipients=strangers)
    return permit(node, Order(asker, str(found.message), wanted)).ruling.sections


def _goods(found: Item, core: IncidentCore, usable: tuple[Section, ...]) -> Goods:
    moved = found.sections.get(Section.OPERATIONAL) if Section.OPERATIONAL in usable else None
    operational = moved if isinstance(moved, IncidentOperational) else IncidentOperational()
    numbers = (leg.container for leg in operational.legs)
    return Goods(
        substances=core.substances,
        quantities=core.quantities,
        places=core.places,
        containers=tuple(dict.fromkeys(one for one in numbers if one)),
        marks=operational.marks,
    )
