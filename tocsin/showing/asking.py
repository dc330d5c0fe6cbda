"""Requests for information as people read them: the clock, who has answered, who is silent, and whom to call."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, Final

from broker.directory import Directory
from broker.records.inquiry import Urgency
from broker.types.names import Digest
from broker.types.vocabulary import Section
from consumers.inbox import Item
from tocsin.asking.chain import Link
from tocsin.asking.clock import remaining, span
from tocsin.asking.reach import Reach
from tocsin.asking.reading import Asked, AskingDesk
from tocsin.asking.state import Reply, Standing
from tocsin.showing.about import Names, named
from tocsin.showing.audience import names as authorities
from tocsin.showing.items import contact
from tocsin.showing.plain import moment, plain
from tocsin.showing.records import Line, headline
from tocsin.showing.records.asking import OUTCOMES
from tocsin.showing.records.line import shortened, word_of

REQUEST_COLUMNS: Final = ("request", "from", "asks", "clock", "answered", "waits for", "question")
REACH_COLUMNS: Final = ("to", "section", "who", "why")
_UNSEEN: Final = "not known here: answers go to whoever asked"
_INDENT: Final = "  "


def request_rows(several: Iterable[Asked], now: datetime) -> Iterator[tuple[str, ...]]:
    """Yield requests as rows of a table."""
    for one in several:
        standings = one.state.standings
        yield (
            str(one.item.message),
            one.item.author,
            f"{word_of(one.core.inquiry_type)}{' URGENT' if one.core.urgency is Urgency.URGENT else ''}",
            clock_of(one, now),
            f"{one.state.settled} of {len(standings)}" if standings else "",
            ", ".join(standing.name for standing in standings if standing.is_open),
            shortened(one.core.question),
        )


def reach_rows(several: Iterable[Reach]) -> Iterator[tuple[str, ...]]:
    """Yield who of those who are asked will read which section, and why the others will not, as rows of a table."""
    for one in several:
        yield one.to, one.section.word, authorities(one.readers) if one.readers else "nobody", ""
        for verdict in one.refused:
            who = f"not {authorities(verdict.authorities)}"
            yield one.to, one.section.word, who, f"{verdict.says} ({verdict.rule_id})"


def unread_lines(several: Iterable[Reach]) -> Iterator[Line]:
    """Yield what some of those who are asked will not read, and by which rule, line by line."""
    for one in several:
        for verdict in one.refused:
            why = f"{verdict.says} ({verdict.rule_id})"
            yield Line(f"not {one.section.word}", f"{authorities(verdict.authorities)}: {why}")


def reach_document(several: Iterable[Reach]) -> list[dict[str, Any]]:
    """Return who of those who are asked will read which section, as scripts get it."""
    return [
        {
            "to": one.to,
            "section": one.section.word,
            "readers": one.readers,
            "refused": [
                {"rule": verdict.rule_id, "says": verdict.says, "authorities": verdict.authorities}
                for verdict in one.refused
            ],
        }
        for one in several
    ]


def clock_of(asked: Asked, now: datetime) -> str:
    """Return the clock of a request in words."""
    due = asked.state.due
    if due is not None:
        return remaining(due, now)
    if not asked.state.standings:
        return remaining(asked.core.answer_by, now)
    late = [one for one in asked.state.standings if one.is_late]
    return "answered" if not late else f"answered, {_late(late[-1])}"


def asked_lines(asked: Asked, directory: Directory, now: datetime) -> Iterator[Line]:
    """Yield the clock, and of everybody who is asked what came of it and whom to call."""
    yield Line("clock", clock_of(asked, now))
    for one in asked.state.standings:
        yield Line(one.name, standing_says(one, now))
        for reply in one.replies if len(one.replies) > 1 else ():
            yield Line("", f"{reply.by}: {_reply_says(reply)}")
        if one.is_open:
            for name, call in _contacts(directory, one.name, now):
                yield Line("call", f"{name}: {call}")
    for name in asked.elsewhere:
        yield Line(name, _UNSEEN)
    for reply in asked.state.unasked:
        yield Line("was not asked", f"{reply.by}: {_reply_says(reply)}; it stops no clock")


def standing_says(standing: Standing, now: datetime) -> str:
    """Return how one who is asked stands to a request; silence is called so."""
    if standing.outcome is None:
        return f"silent, {remaining(standing.due, now)}"
    newest = standing.replies[-1]
    says = f"{OUTCOMES[standing.outcome]}, {moment(standing.settled_at or newest.issued_at)}"
    if standing.is_open:
        return f"{says}, {remaining(standing.due, now)}"
    return f"{says}, {_late(standing)}" if standing.is_late else says


def chain_lines(
    links: Iterable[Link], desk: AskingDesk, beginning: Item | None, names: Names, *, here: bytes
) -> Iterator[Line]:
    """Yield a chain, each step below what it comes after; the step *here* is marked.

    Args:
        beginning: The message that it begins with; None where the reader may not see it.
    """
    words = _words(desk, beginning, names)
    for link in links:
        mark = "→" if link.digest == here else ""
        yield Line(mark, f"{_INDENT * link.depth}{named(link.digest, names)} {words.get(link.digest, '')}".rstrip())


def request_document(asked: Asked, directory: Directory, names: Names, now: datetime) -> dict[str, Any]:
    """Return a request as scripts get it."""
    core = asked.core
    due = asked.state.due
    return {
        "request": str(asked.item.message),
        "digest": asked.item.original.hex(),
        "asker": asked.item.author,
        "issued_at": asked.item.issued_at.isoformat(),
        "type": core.inquiry_type.word,
        "urgency": core.urgency.word,
        "purpose": core.purpose.word,
        "question": core.question,
        "about": None if core.message is None else named(core.message, names),
        "answer_by": core.answer_by.isoformat(),
        "due": None if due is None else due.isoformat(),
        "open": asked.state.is_open,
        "overdue": asked.state.is_overdue(now),
        "clock": clock_of(asked, now),
        "mine": asked.is_mine,
        "to_me": asked.is_to_me,
        "addressed": [_standing_document(one, directory, names, now) for one in asked.state.standings],
        "not_known_here": asked.elsewhere,
        "not_asked": [_reply_document(one, names) for one in asked.state.unasked],
    }


def chain_document(links: Iterable[Link], names: Names) -> list[dict[str, Any]]:
    """Return a chain as scripts get it."""
    return [
        {"depth": link.depth, "message": str(names[link.digest]) if link.digest in names else None,
         "digest": link.digest.hex()}
        for link in links
    ]  # fmt: skip


def _words(desk: AskingDesk, beginning: Item | None, names: Names) -> Mapping[Digest, str]:
    core = None if beginning is None else beginning.sections.get(Section.CORE)
    found = {} if beginning is None or core is None else {beginning.original: headline(core, names)}
    found |= {one.item.original: headline(one.core, names) for one in desk.requests}
    return found | {one.item.original: headline(one.core, names) for one in desk.answers}


def _reply_says(reply: Reply) -> str:
    until = "" if reply.until is None else f" until {moment(reply.until)}"
    return f"{OUTCOMES.get(reply.outcome, word_of(reply.outcome))}{until}, {moment(reply.issued_at)}"


def _late(standing: Standing) -> str:
    return "" if standing.settled_at is None else f"{span(standing.settled_at - standing.due)} late"


def _contacts(directory: Directory, name: str, now: datetime) -> Iterator[tuple[str, str]]:
    """Yield whom to call: the authority itself, or the focal points of the participant, or all its authorities."""
    if "/" in name:
        found = [name]
    else:
        official = directory.focal_points(name, now)
        entries = official or [one for one in directory.authorities(now) if one.authority.startswith(f"{name}/")]
        found = [one.authority for one in entries]
    for one in found:
        if call := contact(directory, one):
            yield one, call


def _standing_document(standing: Standing, directory: Directory, names: Names, now: datetime) -> dict[str, Any]:
    return {
        "to": standing.name,
        "outcome": None if standing.outcome is None else standing.outcome.word,
        "due": standing.due.isoformat(),
        "open": standing.is_open,
        "overdue": standing.is_overdue(now),
        "late": standing.is_late,
        "says": plain(standing_says(standing, now)),
        "answers": [_reply_document(one, names) for one in standing.replies],
        "call": [{"authority": name, "contact": call} for name, call in _contacts(directory, standing.name, now)],
    }


def _reply_document(reply: Reply, names: Names) -> dict[str, Any]:
    return {
        "answer": named(reply.record, names),
        "by": reply.by,
        "outcome": reply.outcome.word,
        "until": None if reply.until is None else reply.until.isoformat(),
        "at": reply.issued_at.isoformat(),
    }
