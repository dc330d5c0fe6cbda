"""Our transport: typed records to signed messages that Kafka has, and from Kafka to verified typed records.

What a node does on the way, with its own code: encode and check types, number, chain, salt and digest, one signature
for a batch, enclose; fetch and commit as a member of a group, open, check federation, topic, clock, signer and
signature, check digests, padding and schemas, decode and check types. Without databases and without policy: the whole
path has both.
"""

import os
from collections.abc import Sequence
from typing import Final

from bench.facts import Records
from bench.network import AUTHOR, now
from broker.admit import Sealed, admit, read
from broker.bus.port import Bus, Delivered, Outgoing, Subscription
from broker.sequence import Position
from broker.signing.batch import VerifiedBatches
from broker.types.names import Stream, message_topic, participant_of
from consumers.receive import MESSAGES_AT_ONCE
from producers.draft import Draft
from producers.encoded import encode_section
from producers.signing import NOTHING_WRITTEN, Chains, Occasion, Ready, sign_drafts
from tests.support.federation import Federation

NAME: Final = "tocsin, signed and typed"
GROUP: Final = "bench"
_STREAM: Final = Stream(AUTHOR, 1)
_WAIT_SECONDS: Final = 10.0


class Signed:
    """The side; *bus* has the topic of the author already."""

    name = NAME

    def __init__(self, bus: Bus, federation: Federation) -> None:
        self._bus = bus
        self._key = federation.signing_key(AUTHOR)
        self._directory = federation.directory
        self._topic = message_topic(federation.name, participant_of(AUTHOR))
        self._last = NOTHING_WRITTEN
        self._verified = VerifiedBatches()
        self._subscription: Subscription | None = None
        self._next = 0

    def hold(self, draft: Draft) -> Draft:
        return draft

    async def publish(self, messages: Sequence[Draft]) -> None:
        occasion = Occasion(directory=self._directory, key=self._key, issued_at=now(), randomness=os.urandom)
        chains = Chains({AUTHOR: _STREAM}, {_STREAM: self._last})
        signed = sign_drafts([_ready(draft) for draft in messages], {}, chains, occasion)
        await self._bus.send(self._topic, [Outgoing(str(_STREAM), one.raw) for one in signed])
        self._last = Position(signed[-1].sequence, signed[-1].digest)

    async def begin(self) -> None:
        self._subscription = self._bus.subscribe(GROUP, [self._topic])
        await self._subscription.fetch(most=1, wait=_WAIT_SECONDS)
        await self._subscription.seek(self._topic, self._next)

    async def take(self, count: int) -> Sequence[Records]:
        subscription = self._reader()
        found: list[Records] = []
        while count:
            batch = await subscription.fetch(most=min(MESSAGES_AT_ONCE, count), wait=_WAIT_SECONDS)
            found = [self._read(one) for one in batch] or found
            count -= len(batch)
            self._next += len(batch)
            await subscription.commit({self._topic: self._next})
        return found

    async def end(self) -> None:
        await self._reader().close()

    def tell(self, held: Records) -> Records:
        return held

    async def close(self) -> None:
        await self._bus.close()

    def _reader(self) -> Subscription:
        if self._subscription is None:
            raise RuntimeError("nothing has begun")
        return self._subscription

    def _read(self, one: Delivered) -> Records:
        sealed = Sealed(one.topic, one.value)
        content = read(admit(sealed, directory=self._directory, now=now(), verified=self._verified)).content
        return {section.word: record for section, record in content.items()}


def _ready(draft: Draft) -> Ready:
    return Ready(
        id=0,
        authority=draft.authority,
        national_reference=draft.national_reference,
        status=draft.status,
        tlp=draft.tlp,
        sections=tuple(encode_section(name, record) for name, record in draft.sections.present().items()),
        related=(),
    )
