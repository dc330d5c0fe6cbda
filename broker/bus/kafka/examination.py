"""Looks closer at a topic that the library cannot read on: what can be had of it, and what is in the way."""

from collections.abc import Awaitable, Callable, Iterator
from typing import Final

import msgspec

from broker.bus.kafka.clients import BATCH_BYTES
from broker.bus.kafka.damage import Survey, survey
from broker.bus.kafka.inquiry import Inquiry
from broker.bus.kafka.records import delivered
from broker.bus.port import Delivered
from broker.errors import BrokerError, CorruptBatch, RetentionPassed

_FARTHEST_BACK: Final = 2**16
"""A broker finds a place by an index with an entry every few KiB; so many messages hardly lie between two."""

_BYTES: Final = 4 * BATCH_BYTES
"""So that a damaged batch, the one before it, which leads to it, and the one behind it are seen at once."""

Ask = Callable[[int], Awaitable[bytes]]
"""Return the bytes of a topic from about an offset on; empty where the broker cannot read there."""


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """What can be had of a topic from a place on.

    Attributes:
        position: What was looked at reaches to here.
        failure: Why there is no message, if something is in the way.
        is_plain: The library should have found it too.
    """

    messages: list[Delivered] = []
    position: int
    failure: BrokerError | None = None
    is_plain: bool = True


async def examine(inquiry: Inquiry, topic: str, start: int, *, most: int) -> Found:
    """Return messages of a topic from *start* on, *most* at most; where there is none, why, if something is in the way.

    Raises:
        PositionOutOfRange: The topic ends before that.
        BusUnavailable: No broker answers.
    """
    end = (await inquiry.ends([topic]))[topic]
    begin = (await inquiry.beginnings([topic]))[topic]
    if start < begin:
        return Found(position=start, failure=_passed(topic, start, begin))
    if start >= end:
        await inquiry.check_position(topic, start)

    async def ask(offset: int) -> bytes:
        return (await inquiry.excerpt(topic, offset, most_bytes=_BYTES)).raw

    position, is_plain = start, True
    while position < end:
        seen, is_plain = await look(ask, position, begin=begin, end=end)
        if seen.records:
            messages = delivered(topic, seen.records[:most])
            return Found(messages=messages, position=messages[-1].offset + 1, is_plain=is_plain)
        if seen.next is not None:
            return Found(position=position, failure=_corrupt(topic, position, seen.next), is_plain=False)
        position = seen.position
    return Found(position=position, is_plain=is_plain)


async def look(ask: Ask, start: int, *, begin: int, end: int) -> tuple[Survey, bool]:
    """Return what there is at *start*, and whether a broker leads straight to it.

    Behind a length that was changed a broker does not find its way: what lies there is seen from before it.

    Args:
        begin: The topic's first offset.
        end: Its end; above *start*.
    """
    after: list[int] = []
    for anchor in _anchors(start, begin):
        seen = survey(await ask(anchor), start=start, end=end)
        if seen.position > start or seen.records:
            return seen, anchor == start and seen.begins_there
        after += [] if seen.next is None else [seen.next]
        if anchor == start and seen.begins_there:
            break
    return Survey(position=start, next=min(after) if after else await _search_on(ask, start, end)), False


async def _search_on(ask: Ask, start: int, end: int) -> int:
    """Return where whole batches begin behind *start*, to which nothing leads; the end if nowhere.

    The steps grow until something is seen, then halve: some twenty questions for thousands of messages.
    """
    whole = end
    blind, sees, step = start, end, 1
    while blind + step < end:
        if (found := survey(await ask(blind + step), start=start, end=end).next) is not None:
            whole, sees = found, blind + step
            break
        blind += step
        step *= 2
    while sees - blind > 1 and sees < end:
        middle = (blind + sees) // 2
        if (found := survey(await ask(middle), start=start, end=end).next) is not None:
            whole, sees = min(whole, found), middle
        else:
            blind = middle
    return whole


def _anchors(start: int, begin: int) -> Iterator[int]:
    yield start
    back = 1
    while back <= _FARTHEST_BACK and start - back >= begin:
        yield start - back
        back *= 2


def _passed(topic: str, start: int, begin: int) -> RetentionPassed:
    return RetentionPassed(
        f"the bus has deleted {topic} from {start} to {begin}",
        topic=topic,
        start=start,
        next=begin,
        hint="The bus's administrator: topics are kept without limit; `tocsin kafka check` shows what is set.",
    )


def _corrupt(topic: str, start: int, whole: int) -> CorruptBatch:
    return CorruptBatch(
        f"{topic} is damaged from {start} to {whole}: the bytes are not those that were written",
        topic=topic,
        start=start,
        next=whole,
        hint="The bus's administrator: check the disk of the topic's leader; another replica may be whole.",
    )
