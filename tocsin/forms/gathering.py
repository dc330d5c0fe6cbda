"""Incidents for a form: what an authority may see of the time that it is about, and what that relates to."""

import hashlib
from collections.abc import Iterable, Iterator
from datetime import date
from typing import Final

import msgspec

from broker.cases.facts import RelatedTo
from broker.cases.incident_facts import IdsOf
from broker.catalogue import Catalogue, Scheduled
from broker.database import reading
from broker.errors import MissingItem, UnknownSubstance
from broker.figures.form_d import Part, PartOn
from broker.figures.reported import Reported
from broker.figures.sieve import Scope
from broker.records.core import RelatedAs
from broker.types.names import Digest, Originator
from consumers.inbox import item
from consumers.search.arrived import facts_shown
from consumers.search.finding import Query
from tocsin.casework.search import Found, open_search
from tocsin.casework.substance_ids import ids_in
from tocsin.cataloguing import catalogue_at
from tocsin.installation import Node

_COUNTED_WITH: Final = (RelatedAs.DUPLICATES, RelatedAs.PART_OF)
_PARTS: Final = {Scheduled.YES: Part.SCHEDULED, Scheduled.NO: Part.UNSCHEDULED}


def gather_year(node: Node, authority: Originator, scope: Scope) -> tuple[Reported, ...]:
    """Return what a form of the year has to know of: its incidents, those without a date, and what they relate to.

    Of incidents that do not name the country nothing is looked at: each names the country in which it happened, or it
    was not taken in.
    """
    within = Query(countries=(scope.country,), first=scope.first, last=scope.last)
    # What was told before the year began did not happen in it.
    undated = Query(countries=(scope.country,), first=date.max, last=date.max, undated=True, told_from=scope.first)
    with open_search(node) as search:
        found = {
            **_by_name(one for one in search.all(authority, undated) if _is_undated(one)),
            **_by_name(search.all(authority, within)),
        }
        ids_of = search.ids_of(authority)
    records = tuple(found.values())
    return records + _related(node, authority, records, ids_of)


def gather_span(node: Node, authority: Originator, first: date, last: date) -> tuple[Reported, ...]:
    """Return the incidents that may have happened between two days, the earliest first."""
    with open_search(node) as search:
        found = _by_name(search.incidents(authority, first, last))
    return tuple(sorted(found.values(), key=lambda one: (one.facts.first_day or date.min, one.order)))


def part_on(catalogue: Catalogue) -> PartOn:
    """Return what says whether a substance was in the Tables of the 1988 Convention on a day."""

    def part(substance: str, day: date) -> Part:
        try:
            return _PARTS.get(catalogue.is_scheduled(substance, day), Part.UNSURE)
        except UnknownSubstance:
            return Part.UNSURE

    return part


def _is_undated(found: Found) -> bool:
    return found.facts.first_day is None


def _by_name(found: Iterable[Found]) -> dict[Digest, Reported]:
    """Return what was found, each message once: what an authority sent may come back to it, and be passed on to it."""
    several = (_reported(one) for one in found)
    return {one.digest: one for one in several if one.digest is not None}


def _reported(found: Found) -> Reported:
    facts = found.facts
    if found.named:
        related = (
            RelatedTo(digest=_draft_digest(found.originator, one.national_reference), relation=one.relation)
            for one in found.named
        )
        facts = msgspec.structs.replace(facts, related=(*facts.related, *related))
    name = str(found.message) if found.message is not None else f"{found.originator} {found.national_reference}"
    digest = found.digest
    if digest is None:
        digest = _draft_digest(found.originator, found.national_reference)
    return Reported(facts=facts, name=name, originator=found.originator, digest=digest, is_draft=found.is_draft)


def _draft_digest(originator: Originator, reference: str) -> Digest:
    """Return what stands for the header digest of a draft, which has none yet."""
    return Digest(hashlib.sha256(f"draft {originator} {reference}".encode()).digest())


def _related(node: Node, authority: Originator, records: Iterable[Reported], ids_of: IdsOf) -> tuple[Reported, ...]:
    """Return the messages of other years that those in hand repeat or are parts of, and what these repeat in turn."""
    here = list(records)
    known = {one.digest for one in here}
    added: list[Reported] = []
    for one in here:
        for digest in _repeated(one):
            if digest not in known:
                known.add(digest)
                found = _message(node, authority, digest.hex(), ids_of)
                if found is not None:
                    here.append(found)
                    added.append(found)
    return tuple(added)


def _repeated(one: Reported) -> Iterator[Digest]:
    return (related.digest for related in one.facts.related if related.relation in _COUNTED_WITH)


def find_message(node: Node, authority: Originator, name: str) -> Reported | None:
    """Return one incident by the name of its message or the beginning of its digest; None where it sees none."""
    return _message(node, authority, name, ids_in(catalogue_at(node, authority)))


def _message(node: Node, authority: Originator, name: str, ids_of: IdsOf) -> Reported | None:
    with reading(node.engine) as connection:
        try:
            found = item(connection, node.section_keys, authority, name, node.clock())
        except MissingItem:
            return None
    facts = facts_shown(found, ids_of)
    if facts is None:
        return None
    return Reported(facts=facts, name=str(found.message), originator=found.author, digest=found.original)
