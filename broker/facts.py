"""From a message, a reader and the directory to the facts that policy decides by.

Producers ask before they publish, consumers when a message arrives: both through this one door, so what an author is
shown beforehand is what a reader gets.
"""

from datetime import date, datetime
from typing import Final

import msgspec

from broker.about import About, Reader
from broker.grants import Use
from broker.policy.facts import Facts
from broker.relationships import Relationships
from broker.types.names import Digest
from broker.types.vocabulary import Action, Purpose, RecordKind, Relation, Section


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """What a reader wants, and when.

    Attributes:
        purposes: To be tried in this order; a person opening a section states one.
        message: Header digest of the message, by which a grant names it; None where it has none yet.
        recipients: Those to whom a reader would pass it on; a grant has to name each of them.
    """

    action: Action
    purposes: tuple[Purpose, ...]
    now: datetime
    message: Digest | None = None
    recipients: tuple[str, ...] = ()


def delivery(reader: Reader, now: datetime, message: Digest | None = None) -> Request:
    """Return the request that is made for *reader* when a message arrives: each of its standing purposes."""
    return Request(action=Action.RECEIVE, purposes=reader.purposes, now=now, message=message)


def facts_for(about: About, reader: Reader, relationships: Relationships, request: Request) -> Facts:
    """Return the facts by which policy decides *request* of *reader*. What is not known is not claimed."""
    marking = about.marking
    return Facts(
        action=request.action,
        kind=about.kind,
        status=about.status,
        tlp=about.tlp,
        relation=_relations(about, reader, relationships, request.now.date()),
        sector=reader.sector,
        roles=reader.roles,
        purposes=request.purposes,
        allowed_purposes=frozenset(marking.purposes),
        addressed=bool(marking.recipients),
        takes_part=reader.takes_part,
        embargoed=about.is_embargoed(request.now),
        handling=frozenset(marking.handling),
        granted=_granted(about, reader, relationships, request),
        sections=about.sections,
        expires=marking.retain_until is not None,
    )


def _granted(
    about: About, reader: Reader, relationships: Relationships, request: Request
) -> frozenset[tuple[Section, Purpose]]:
    grants = relationships.grants
    message = about.original or request.message
    # Most messages are named by no grant.
    if message is None or message not in grants.named:
        return frozenset()
    use = Use(
        message=message,
        originator=about.originator,
        grantee=reader.authority,
        action=request.action,
        purposes=request.purposes,
        recipients=request.recipients,
        now=request.now,
    )
    return grants.uses(use, relationships.focal_points)


_FOR_NODES: Final = frozenset({RecordKind.RECALL, RecordKind.RECEIPT})
"""Records that nodes act on. Whoever had what a recall takes back is told of that, and nobody else."""


def raises_alert(about: About, relation: frozenset[Relation], now: datetime) -> bool:
    """Say whether a reader who stands so to a message, and may see something of it, has to be told at once.

    The countries that the message names as concerned, and those that its author addressed; never the author's own, and
    nobody once it may not be kept any more.
    """
    if about.is_over(now) or about.kind in _FOR_NODES:
        return False
    return Relation.OWN not in relation and not relation.isdisjoint((Relation.CONCERNED, Relation.NAMED))


def _relations(about: About, reader: Reader, relationships: Relationships, today: date) -> frozenset[Relation]:
    marking = about.marking
    names = (reader.participant, reader.authority)
    found: set[Relation] = set()
    if reader.active:
        found.add(Relation.COMMUNITY)
    if reader.participant == about.participant:
        found.add(Relation.OWN)
    if any(name in marking.recipients for name in names):
        found.add(Relation.NAMED)
    if relationships.in_group(about, marking.recipients, reader, today):
        found.add(Relation.GROUP)
    if relationships.has_agreement(about, reader, today):
        found.add(Relation.AGREEMENT)
    if reader.participant in about.told:
        found.add(Relation.CONCERNED)
    if _is_excluded(about, reader, relationships, today):
        found.add(Relation.EXCLUDED)
    return frozenset(found)


def _is_excluded(about: About, reader: Reader, relationships: Relationships, today: date) -> bool:
    """A group may be excluded too; who its members are must be known, or anybody could be one of them.

    That its own participant may not be is for the tables to say.
    """
    excluded = about.marking.excluded
    return (
        any(name in excluded for name in (reader.participant, reader.authority))
        or relationships.in_group(about, excluded, reader, today)
        or relationships.has_unknown_group(about, excluded)
    )
