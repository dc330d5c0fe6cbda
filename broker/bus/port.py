"""What tocsin needs of a bus: topics that keep what they are given, in order, and groups that share the reading.

Any adapter keeps these guarantees (``tests/contracts`` checks them):

- A topic is one sequence. Readers see it in the order of its offsets, which grow; so the order of every key holds.
- What :meth:`Bus.send` returned for is durable. What a call that failed has written is a prefix of its messages; a
  time-out means *unknown*: send the same bytes again, and let readers drop the duplicate.
- A group reads at least once: what a member fetched and did not commit is given to the next owner of the topic.
- A topic has one owner in a group. A member that leaves hands its topics over at once, one that dies after its lease.
- An offset is a place in this bus and nothing else: it never enters anything signed.
"""

from collections.abc import Mapping, Sequence
from typing import Protocol

import msgspec


class Outgoing(msgspec.Struct, frozen=True):
    """A message to send; messages with the same *key* belong to one stream."""

    key: str
    value: bytes


class Delivered(msgspec.Struct, frozen=True):
    """A message as the bus holds it."""

    topic: str
    offset: int
    key: str
    value: bytes


class Subscription(Protocol):
    """One member of a group. Its calls take turns: a commit waits while a fetch is reading, not while it is waiting."""

    async def fetch(self, *, most: int, wait: float) -> Sequence[Delivered]:
        """Return the next messages of the topics that this member owns, as soon as there is one.

        At most *most*, and fewer where they are large; empty after *wait* seconds without any. No topic is served twice
        while another has something. Cancelling loses nothing: the next call returns the same messages.

        Raises:
            UnknownTopic: The bus lacks a topic that was subscribed to.
            PositionOutOfRange: The group's position lies beyond a topic's end.
            RetentionPassed, CorruptBatch: Part of a topic cannot be had. Said once; the topic is left aside, and all
                others are served, until :meth:`seek` says where to go on.
            BusClosed: The subscription or its bus was closed, also while waiting.
            BusUnavailable: The bus does not answer.
        """
        ...

    async def commit(self, positions: Mapping[str, int]) -> None:
        """Record the offset that is to be read next, for each topic: all below it is done with.

        Raises:
            TopicLost: This member no longer owns one of the topics; nothing was recorded for that one.
            BusClosed, BusUnavailable: As for :meth:`fetch`.
        """
        ...

    async def seek(self, topic: str, offset: int) -> None:
        """Read *topic* from *offset* on, from the next fetch.

        Raises:
            TopicLost: This member does not own the topic.
            PositionOutOfRange: The topic ends before *offset*.
            BusClosed, BusUnavailable: As for :meth:`fetch`.
        """
        ...

    async def follow(self, topics: Sequence[str], *, start: Mapping[str, int] | None = None) -> None:
        """Read these topics too; *start* as for :meth:`Bus.subscribe`.

        Raises:
            UnknownTopic: The bus lacks one of them; then none is followed.
            BusClosed, BusUnavailable: As for :meth:`fetch`.
        """
        ...

    async def close(self) -> None:
        """Leave the group and hand the topics over; twice is once."""
        ...


class Bus(Protocol):
    """A place where topics are kept, shared by many processes."""

    async def create_topics(self, topics: Sequence[str]) -> None:
        """Make the topics that are not there yet.

        Raises:
            BadName: A name is not 1 to 249 of ``A-Z a-z 0-9 . _ -``; then none is made.
            BusClosed, BusUnavailable: The bus was closed, or does not answer.
        """
        ...

    async def topics(self) -> frozenset[str]:
        """Return the names of all topics."""
        ...

    async def send(self, topic: str, messages: Sequence[Outgoing]) -> None:
        """Append *messages* in their order; all are durable on return.

        Calls of one task that overlap keep the order in which they were made.

        Raises:
            TooLarge: Key and value of a message exceed ``limits.MAX_RECORD_BYTES``; then none is written.
            UnknownTopic: There is no such topic.
            BusClosed, BusUnavailable: The bus was closed, or does not answer; part of the messages may be written.
        """
        ...

    async def read(self, topic: str, *, start: int, most: int) -> Sequence[Delivered]:
        """Return messages from *start* on, outside any group: at most *most*, fewer where they are large.

        Empty only if *start* is the present end.

        Raises:
            UnknownTopic: There is no such topic.
            PositionOutOfRange: The topic ends before *start*.
            RetentionPassed, CorruptBatch: What lies at *start* cannot be had; what lies before was returned.
            BusClosed, BusUnavailable: The bus was closed, or does not answer.
        """
        ...

    async def end(self, topic: str) -> int:
        """Return the offset that the next message will have; 0 for an empty topic.

        Raises:
            UnknownTopic: There is no such topic.
            BusClosed, BusUnavailable: The bus was closed, or does not answer.
        """
        ...

    def subscribe(self, group: str, topics: Sequence[str], *, start: Mapping[str, int] | None = None) -> Subscription:
        """Make a member of *group* that reads *topics*; it joins with its first call.

        Args:
            group: Who shares the reading.
            topics: What this member is willing to own.
            start: Where to begin in a topic for which the group has committed nothing yet; elsewhere 0.
        """
        ...

    async def close(self) -> None:
        """End all waiting, close the subscriptions and give everything back; twice is once."""
        ...
