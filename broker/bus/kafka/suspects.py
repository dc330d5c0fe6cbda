"""The topics of a member that the library cannot read on: they are read by ourselves until it can."""

from collections.abc import Sequence

from broker.bus.kafka.calls import Calls
from broker.bus.kafka.clients import Clients
from broker.bus.kafka.examination import examine
from broker.bus.kafka.inquiry import Inquiry
from broker.bus.kafka.membership import Membership
from broker.bus.port import Delivered
from broker.errors import BusUnavailable


class Suspects:
    """Suspects among the topics of one member."""

    def __init__(self, clients: Clients, calls: Calls, inquiry: Inquiry) -> None:
        self._pace = clients.pace
        self._calls = calls
        self._inquiry = inquiry
        self._topics: set[str] = set()

    def __contains__(self, topic: str) -> bool:
        return topic in self._topics

    def __bool__(self) -> bool:
        return bool(self._topics)

    def add(self, member: Membership, topic: str) -> None:
        """Let the library ask no more for *topic*: it would do so on and on for what cannot be had."""
        if topic in member.holding.next:
            self._topics.add(topic)
            member.consumer.pause(member.place(topic))

    def discard(self, topic: str) -> None:
        """Forget about *topic*."""
        self._topics.discard(topic)

    def are_next(self, member: Membership) -> bool:
        """It is the turn of a suspect."""
        return any(topic in self._topics for topic in member.holding.in_turn()[:1])

    async def read(self, member: Membership, *, most: int) -> Sequence[Delivered]:
        """Return what can be had of a suspect; where that is nothing, put it aside and say why.

        Raises:
            RetentionPassed, CorruptBatch, PositionOutOfRange: What lies there cannot be had.
            BusUnavailable: No broker answers.
        """
        holding = member.holding
        self._topics.intersection_update(holding.in_turn())
        topic = next((topic for topic in holding.in_turn() if topic in self._topics), None)
        if topic is None:
            return []
        stamp = holding.stamp
        async with self._calls.call(f"fetch from {topic}", within=self._pace.call):
            found = await examine(self._inquiry, topic, holding.next[topic], most=most)
        if holding.stamp != stamp:
            return []
        if found.failure is not None:
            holding.put_aside(topic)
            self._topics.discard(topic)
            raise found.failure
        if found.messages:
            holding.hand_out(topic, found.position)
        else:
            holding.stay(topic, found.position)
        if found.is_plain or not found.messages:
            self._clear(member, topic)
        return found.messages

    async def check_silence(self, member: Membership, topic: str) -> None:
        """Tell a connection that is dead from a broker that cannot read its own file, which the library keeps quiet.

        Raises:
            BusUnavailable: On another connection it is there.
        """
        if topic not in member.holding.next:
            return
        stamp = member.holding.stamp
        found = await examine(self._inquiry, topic, member.holding.next[topic], most=1)
        if found.is_plain and found.messages:
            raise BusUnavailable(
                f"{topic} reaches beyond {found.position - 1}, and nothing came for {self._pace.silence:g} seconds",
                hint="Make a new subscription; where that does not help, look at the topic's leader.",
            )
        if member.holding.stamp == stamp:
            self.add(member, topic)

    def _clear(self, member: Membership, topic: str) -> None:
        self._topics.discard(topic)
        member.consumer.seek(member.place(topic), member.holding.next[topic])
        member.consumer.resume(member.place(topic))
