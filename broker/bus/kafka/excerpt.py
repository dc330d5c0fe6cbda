"""Asks a broker for the bytes of a topic, to be read by ourselves.

It reaches into the library, whose own fetching is made for following a few topics: it lets the broker wait for more
before it can turn to the next topic; it gives nothing of what came together with a damaged batch, says nothing where a
broker itself finds the damage, and asks for the same again for ever.
"""

from collections.abc import Iterable
from typing import Any, Final

import msgspec
from aiokafka import errors as kafka  # type: ignore[import-untyped]
from aiokafka.protocol.fetch import FetchRequest  # type: ignore[import-untyped]

_AT_ONCE_MS: Final = 0
_SMALLEST_ANSWER: Final = 1
_READ_UNCOMMITTED: Final = 0
_NOT_THERE: Final = (kafka.CorruptRecordException, kafka.UnknownError, kafka.OffsetOutOfRangeError)
"""What a broker says that has no such place, or lost its way in its own file."""


class Excerpt(msgspec.Struct, frozen=True):
    """Some of a topic, as a broker has it.

    Attributes:
        raw: Batches, from that which holds the offset that was asked for; empty where the broker cannot read there.
        end: Where the topic ends, as far as this broker may show it; negative where it does not say.
    """

    raw: bytes = b""
    end: int = -1


async def take_excerpt(consumer: Any, place: Any, offset: int, *, most_bytes: int) -> Excerpt:
    """Return bytes of a topic from *offset* on: *most_bytes* at most, but one batch at least; at once.

    Args:
        consumer: One that was started; nothing of it changes.
        place: The topic's partition.

    Raises:
        KafkaError: No broker leads the topic, or it does not answer, or refuses.
    """
    await know_leaders(consumer, [place])
    client = consumer._client  # noqa: SLF001
    leader = client.cluster.leader_for_partition(place)
    if leader is None or leader < 0:
        raise kafka.LeaderNotAvailableError(place)
    request = FetchRequest(
        _AT_ONCE_MS,
        _SMALLEST_ANSWER,
        most_bytes,
        _READ_UNCOMMITTED,
        [(place.topic, [(place.partition, offset, most_bytes)])],
    )
    ((_, ((_, code, end, *_, raw),)),) = (await client.send(leader, request)).topics
    error = kafka.for_code(code)
    if error in _NOT_THERE:
        return Excerpt()
    if error is not kafka.NoError:
        raise error(place)
    return Excerpt(raw or b"", end)


async def know_leaders(consumer: Any, places: Iterable[Any]) -> None:
    """Learn who leads the topics, of all in one question: the library asks topic by topic, with a pause before each."""
    client = consumer._client  # noqa: SLF001
    unknown = [place for place in places if client.cluster.leader_for_partition(place) is None]
    if not unknown:
        return
    await client.force_metadata_update()
    for place in unknown:
        if client.cluster.leader_for_partition(place) is None:
            await client.add_topic(place.topic)
