"""Which messages a container, a telephone, a company … stands in, and who may know that."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, Row, select

from broker.admit import read_core
from broker.errors import BodyMissing, SealedContent
from broker.facts import Request, facts_for
from broker.policy.decide import SectionOutcome, Tables
from broker.policy.rule import Effect
from broker.policy.table import Layer
from broker.relationships import focal_points
from broker.section_keys import SectionKeys
from broker.types.names import Digest, Originator
from broker.types.vocabulary import Action, Section, Tlp
from consumers import store
from consumers.inbox import Item, items_among
from consumers.opening import Opener
from consumers.relationships import load_relationships
from consumers.search.entries import SECTIONS
from consumers.search.index import source, token
from consumers.unsealing import reopened

_FOR_NAMED: Final = (Tlp.AMBER_STRICT, Tlp.RED)


class Place(msgspec.Struct, frozen=True):
    """A draft or message that something stands in, and in which sections.

    Attributes:
        draft: Its id in the outbox; None for what arrived.
        digest: Of what arrived; None for drafts.
    """

    originator: Originator
    draft: int | None
    digest: Digest | None
    sections: tuple[Section, ...]


def places_of(index: Connection, mark: bytes) -> tuple[Place, ...]:
    """Return where the token *mark* stands, whoever may see it."""
    rows: Sequence[Row[Any]] = index.execute(
        select(source, token.c.section)
        .join(token, token.c.source == source.c.id)
        .where(token.c.token == mark)
        .order_by(source.c.id, token.c.section)
    ).all()
    found: dict[int, Place] = {}
    for row in rows:
        before = found[row.id].sections if row.id in found else ()
        digest = None if row.digest is None else Digest(row.digest)
        found[row.id] = Place(Originator(row.originator), row.draft, digest, (*before, SECTIONS[row.section]))
    return tuple(found.values())


def items_by_digest(
    there: Connection, section_keys: SectionKeys, authority: Originator, digests: Iterable[Digest], *, now: datetime
) -> Mapping[Digest, Item]:
    """Return what *authority* may see of some messages; those that it may not know of are absent."""
    wanted = list(digests)
    return {Digest(one.digest): one for one in items_among(there, section_keys, authority, wanted, now)}


def shows(item: Item, sections: Iterable[Section]) -> bool:
    """Say whether a reader of *item* may see one of some sections in it, as it is now."""
    open_here = {section for section, record in item.sections.items() if record is not None}
    return item.withdrawn is None and any(one in open_here and one in item.decision.permitted for one in sections)


def may_be_told_of(
    there: Connection, section_keys: SectionKeys, asker: Opener, hidden: Mapping[Digest, Collection[Section]]
) -> Iterator[Digest]:
    """Yield those of some messages of which the asker may be told that there is a match, and whom to ask.

    Whom a rule says never to show it to is told nothing: whoever is excluded, works for something else, may not see
    persons or companies, waits for an embargo to end … Nor is anybody of what is for named recipients only: that there
    is such a message would already say something.

    Args:
        hidden: The sections of each message in which it matches.
    """
    wanted = select(store.message.c.envelope, store.message.c.late).where(store.message.c.digest.in_(list(hidden)))
    relationships = load_relationships(there, section_keys, focal_points(asker.directory, asker.now))
    for _, verified, keys in reopened(there.execute(wanted), section_keys):
        try:
            about = read_core(verified, keys).about
        except (SealedContent, BodyMissing):
            continue
        digest = verified.opened.digest
        if about.tlp in _FOR_NAMED or about.is_over(asker.now):
            continue
        decider = asker.deciders.decider(asker.directory, about.participant)
        request = Request(action=Action.OPEN, purposes=(asker.purpose,), now=asker.now, message=digest)
        decision = decider.decide(facts_for(about, asker.reader, relationships, request))
        never = _never_rules(decider.tables)
        matched = [one for one in decision.outcomes if one.section in hidden[digest]]
        if any(never.isdisjoint(_refusing(one)) and not _is_closed_here(one) for one in matched):
            yield digest


def _never_rules(tables: Tables) -> frozenset[tuple[Layer, str]]:
    return frozenset(
        (layer, rule.id) for layer, table in tables.in_order for rule in table.rules if rule.effect is Effect.NEVER
    )


def _refusing(outcome: SectionOutcome) -> Iterator[tuple[Layer, str]]:
    return ((one.layer, one.rule_id) for one in outcome.layers if not one.permitted)


def _is_closed_here(outcome: SectionOutcome) -> bool:
    """Say whether the node's own administrator lets this authority see nothing of it."""
    return any(one.layer is Layer.HOUSE and not one.permitted for one in outcome.layers)
