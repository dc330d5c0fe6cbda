"""Notifications of which the content is gone: who took them back, or that their time is over, and what is left."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any, Final

import msgspec

from broker.trade.said import Said
from broker.trade.states import State
from broker.types.names import Digest, Originator, participant_of
from broker.types.vocabulary import Status
from consumers.inbox import Item
from consumers.tombstones import PurgeReason, Withdrawn
from tocsin.showing.plain import moment, plain
from tocsin.showing.records import Line

_LEFT: Final = "that it was sent, what was decided about it, and that it was removed; nothing of what it said"
_REMOVED: Final = "removed"
"""The state of what nobody took back, and may be kept no longer."""


class TakenBack(msgspec.Struct, frozen=True, kw_only=True):
    """A notification, or the amendment of one, that can be read no more: its goods and countries went with it."""

    digest: Digest
    message: str
    by: Originator
    sent_at: datetime
    status: Status
    withdrawn: Withdrawn

    @property
    def state(self) -> str:
        """Whether somebody took it back, or nobody did and it may be kept no longer."""
        return _REMOVED if self.withdrawn.reason is PurgeReason.RETENTION_OVER else State.WITHDRAWN.word

    @property
    def on(self) -> str:
        """When it was taken back, by whom, and what took its place; not why, which stands in no list."""
        by = f" by {self.withdrawn.by}" if self.withdrawn.by else ""
        instead = f"; use {self.withdrawn.replaced_by}" if self.withdrawn.replaced_by else ""
        return f"{self.withdrawn.reason.word} {self.withdrawn.at.date()}{by}{instead}"


def taken_back(items: Iterable[Item]) -> Iterator[TakenBack]:
    """Yield which of some notifications are gone, in their order."""
    for one in items:
        if one.withdrawn is not None and not any(one.sections.values()):
            yield TakenBack(
                digest=one.original,
                message=str(one.message),
                by=one.author,
                sent_at=one.said_at,
                status=one.status,
                withdrawn=one.withdrawn,
            )


def taken_back_rows(several: Iterable[TakenBack]) -> Iterator[tuple[str, ...]]:
    """Yield them as rows of the list of notifications."""
    for one in several:
        state = one.state if one.status is Status.ACTUAL else f"{one.state} ({one.status.word})"
        yield (one.message, state, participant_of(one.by), "", "", "", "", "", one.on)


def taken_back_lines(one: TakenBack, about: Iterable[Said]) -> Iterator[Line]:
    """Yield what is left of one, line by line.

    Args:
        about: What was said about it and is still here.
    """
    yield Line("state", one.state)
    yield Line("sent", moment(one.sent_at))
    yield Line("removed" if one.state == _REMOVED else "taken back", plain(one.withdrawn.sentence))
    if one.withdrawn.recall:
        yield Line("said in", one.withdrawn.recall)
    yield Line("left here", _LEFT)
    yield from (Line("about it", f"{said.message} of {said.by}, {said.day}") for said in about)


def taken_back_document(one: TakenBack) -> dict[str, Any]:
    """Return one as scripts get it in a list."""
    gone = one.withdrawn
    return {
        "message": one.message,
        "current": one.message,
        "digest": one.digest.hex(),
        "status": one.status.word,
        "by": one.by,
        "state": one.state,
        "is_open": False,
        "exporting_country": None,
        "importing_country": None,
        "substances": [],
        "quantities": [],
        "dispatch_from": None,
        "dispatch_to": None,
        "is_simplified": None,
        "answer_by": None,
        "noticed": [],
        "withdrawn": {
            "reason": gone.reason.word,
            "by": gone.by,
            "at": gone.at,
            "recall": gone.recall or None,
            "replaced_by": gone.replaced_by or None,
        },
    }


def left_document(one: TakenBack, about: Iterable[Said]) -> dict[str, Any]:
    """Return one as scripts get it by itself: with why it was taken back, and what is left."""
    document = taken_back_document(one)
    document["withdrawn"]["says"] = one.withdrawn.says
    document["withdrawn"]["removed"] = [section.word for section in one.withdrawn.purged]
    return {**document, "about": [{"message": said.message, "by": said.by} for said in about]}
