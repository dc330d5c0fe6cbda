"""What else at this node a container, a telephone, a company or a mark stands in.

In what the authority may see: which message. In what it may not see: that there is a match, and whom to ask; never in
which message, in which field, nor how often. What it may not see it asks for by a request.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import msgspec
from sqlalchemy import Connection, select

from broker.cases.terms import NOMINAL_KINDS, Term, TermKind, term_of
from broker.database import reading, writing
from broker.deciders import Deciders
from broker.errors import InvalidRecord, TooManyQuestions
from broker.records.problems import Problem, refuse
from broker.types.names import Originator
from broker.types.vocabulary import Purpose, RecordKind, Section
from consumers.inbox import Item
from consumers.opening import Opener, reader_of
from consumers.search.matching import Place, items_by_digest, may_be_told_of, places_of, shows
from producers.outbox import drafts
from tocsin.casework.own_drafts import Became, became
from tocsin.casework.queries import Asked, note_query
from tocsin.casework.search import Search
from tocsin.installation import Node
from tocsin.node_log import node_log
from tocsin.showing.items import contact


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """What is looked for, and why.

    Attributes:
        person: Who asks, as the authority calls its people; goes on record.
    """

    kind: TermKind
    written: str
    purpose: Purpose
    person: str = ""


class Hit(msgspec.Struct, frozen=True, kw_only=True):
    """A message that the authority may see, or a draft of its own; *message* is empty while it is not signed."""

    message: str
    digest: str
    national_reference: str
    originator: Originator
    record: RecordKind
    sections: tuple[Section, ...]


class Whom(msgspec.Struct, frozen=True):
    """Who has something that matches, and how to reach them."""

    originator: Originator
    contact: str


class Matching(msgspec.Struct, frozen=True):
    """What was found."""

    hits: tuple[Hit, ...]
    elsewhere: tuple[Whom, ...]


_NOTHING: Final = "nothing of it is left to compare: expected letters or digits"


def match(node: Node, search: Search, authority: Originator, question: Question) -> Matching:
    """Return where a term stands, and put the question on record.

    Raises:
        InvalidRecord: Nothing is left of the term; it belongs to persons or companies and nobody investigates; or the
            authority does not work for that purpose.
        TooManyQuestions: It has asked after as many different ones as it may in a day; nothing is said of this one.
        MissingItem: The authority takes no part any more.
    """
    term = _term(question)
    asker = _asker(node, authority, question.purpose)
    search.catch_up()
    mark = search.seals.token(term.kind.value, term.value)
    with reading(search.engine) as index, reading(node.engine) as there:
        places = places_of(index, mark)
        found = _found(node, there, asker, places)
    _note(
        node,
        Asked(
            asked_at=node.clock(),
            authority=authority,
            person=question.person,
            purpose=question.purpose.word,
            kind=term.kind.word,
            term=mark.hex(),
            hits=len(found.hits),
            elsewhere=len(found.elsewhere),
        ),
    )
    return found


def _note(node: Node, asked: Asked) -> None:
    try:
        with writing(node.engine) as connection:
            note_query(connection, asked)
    except TooManyQuestions as error:
        node_log(node.name).warning("a question was refused", code=error.code, authority=asked.authority)
        raise


def _term(question: Question) -> Term:
    if question.kind in NOMINAL_KINDS and question.purpose is not Purpose.INVESTIGATION:
        says = f"a {question.kind.word} is looked for to investigate, not for {question.purpose.word}"
        refuse([Problem("purpose", "not-allowed", says)])
    term = term_of(question.kind, question.written)
    if term is None:
        raise InvalidRecord(_NOTHING)
    return term


def _asker(node: Node, authority: Originator, purpose: Purpose) -> Opener:
    now = node.clock()
    reader = reader_of(node.directory, authority, now)
    if purpose not in reader.purposes:
        works_for = ", ".join(one.word for one in reader.purposes) or "nothing"
        refuse([Problem("purpose", "not-yours", f"{authority} works for {works_for}, not for {purpose.word}")])
    return Opener(reader, purpose, node.directory, Deciders(node.house), now)


def _found(node: Node, there: Connection, asker: Opener, places: tuple[Place, ...]) -> Matching:
    authority, now, keys = asker.reader.authority, asker.now, node.section_keys
    mine = [one for one in places if one.draft is not None and one.originator == authority]
    sent = became(there, [one.draft for one in mine if one.draft is not None])
    own = {message.digest for message in sent.values()}
    arrived = {one.digest: one for one in places if one.digest is not None and one.digest not in own}
    items = items_by_digest(there, keys, authority, arrived, now=now)
    seen = {digest: item for digest, item in items.items() if shows(item, arrived[digest].sections)}
    hits = [*_own_hits(there, mine, sent), *(_hit(item, arrived[digest]) for digest, item in seen.items())]
    hidden = {digest: place.sections for digest, place in arrived.items() if digest not in seen}
    told = {arrived[digest].originator for digest in may_be_told_of(there, keys, asker, hidden)}
    whom = (Whom(one, contact(node.directory, one)) for one in sorted(told) if one != authority)
    return Matching(tuple(hits), tuple(whom))


def _hit(item: Item, place: Place) -> Hit:
    return Hit(
        message=str(item.message),
        digest=item.digest.hex(),
        national_reference=getattr(item.sections.get(Section.CORE), "national_reference", ""),
        originator=item.author,
        record=item.kind,
        sections=tuple(one for one in place.sections if item.sections.get(one) is not None),
    )


def _own_hits(there: Connection, mine: Sequence[Place], sent: Mapping[int, Became]) -> Iterator[Hit]:
    numbers = [one.draft for one in mine if one.draft is not None]
    here = drafts.c
    rows = there.execute(select(here.id, here.national_reference, here.kind).where(here.id.in_(numbers)))
    named = {row.id: row for row in rows}
    for one in mine:
        if one.draft is None or one.draft not in named:
            continue
        message = sent.get(one.draft)
        yield Hit(
            message="" if message is None else str(message.message),
            digest="" if message is None else message.digest.hex(),
            national_reference=named[one.draft].national_reference,
            originator=one.originator,
            record=RecordKind(named[one.draft].kind),
            sections=one.sections,
        )
