"""Requests and their answers as one authority sees them: rows for people, a document for scripts."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any, Final

from broker.grants import StandingGrant
from consumers.grants import Answered, Asked, Desk
from tocsin.showing.plain import ending, plain
from tocsin.showing.records import wanted

ASKED_COLUMNS: Final = ("request", "from", "wants", "of", "for", "until", "answer", "reason")
ANSWERED_COLUMNS: Final = ("state", "to", "permission", "of", "for", "until", "by")


def asked_rows(several: Iterable[Asked]) -> Iterator[tuple[str, ...]]:
    """Yield requests as rows of a table."""
    for one in several:
        yield (
            str(one.item.message),
            one.item.originator,
            wanted(one.core.action, one.core.sections, one.core.recipients),
            _about(one.about, one.core.message),
            one.core.purpose.word,
            ending(one.core.until),
            _answer_word(one.answer),
            one.core.reason,
        )


def answered_rows(several: Iterable[Answered], now: datetime) -> Iterator[tuple[str, ...]]:
    """Yield answers as rows of a table."""
    for one in several:
        yield (
            one.state(now),
            one.grant.grantee,
            wanted(one.grant.action, sorted(one.grant.sections), sorted(one.grant.recipients)),
            _about(one.about, one.grant.message),
            ", ".join(purpose.word for purpose in sorted(one.grant.purposes)),
            "" if one.grant.until is None else ending(one.grant.until),
            one.grant.by,
        )


def desk_document(found: Desk, now: datetime) -> dict[str, Any]:
    """Return everything as scripts get it."""
    return {
        "open": [_asked_document(one) for one in found.open],
        "asked": [_asked_document(one) for one in found.asked],
        "held": [_answered_document(one, now) for one in found.held],
        "given": [_answered_document(one, now) for one in found.given],
    }


def _about(name: object | None, digest: bytes) -> str:
    return plain(str(name)) if name is not None else f"{digest.hex()[:16]}…"


def _answer_word(answer: StandingGrant | None) -> str:
    if answer is None:
        return "none yet"
    return "given" if answer.given else "refused"


def _asked_document(one: Asked) -> dict[str, Any]:
    core = one.core
    return {
        "request": str(one.item.message),
        "by": one.item.originator,
        "message": _about(one.about, core.message),
        "digest": core.message.hex(),
        "action": core.action.word,
        "sections": [section.word for section in core.sections],
        "recipients": core.recipients,
        "purpose": core.purpose.word,
        "until": core.until.isoformat(),
        "reason": core.reason,
        "answer": None if one.answer is None else _answer_word(one.answer),
    }


def _answered_document(one: Answered, now: datetime) -> dict[str, Any]:
    grant = one.grant
    return {
        "state": one.state(now),
        "by": grant.by,
        "grantee": grant.grantee,
        "message": _about(one.about, grant.message),
        "digest": grant.message.hex(),
        "action": grant.action.word,
        "sections": sorted(section.word for section in grant.sections),
        "recipients": sorted(grant.recipients),
        "purposes": sorted(purpose.word for purpose in grant.purposes),
        "until": None if grant.until is None else grant.until.isoformat(),
        "grant": grant.record.hex(),
        "request": None if grant.request is None else grant.request.hex(),
    }
