"""Our transport: typed records to signed messages that Kafka has, sealed or not, and back to verified typed records.

What a node does on the way, with its own code: encode and check types, number, chain, salt and digest, seal each
section under a key of its own and wrap the keys for both nodes, one signature for a batch, enclose; fetch and commit as
a member of a group, open, check federation, topic, clock, signer and signature, unwrap keys, unseal, check digests,
padding and schemas, decode and check types. Without databases and without policy: the whole path has both. What it is
compared with seals nothing, so it runs a second time with everything marked as for everybody.
"""

import os
from collections.abc import Sequence
from typing import Final

from bench.facts import Records
from bench.network import AUTHOR, READER, node_of, now
from broker.admit import Sealed, Verified, admit, read, read_release
from broker.bus.port import Bus, Delivered, Outgoing, Subscription
from broker.sealing.pairwise import Pairwise
from broker.sealing.release import open_release
from broker.sealing.section import Place, key_commitment
from broker.sequence import Position
from broker.signing.batch import VerifiedBatches
from broker.types.names import Digest, Stream, message_topic, participant_of
from broker.types.vocabulary import Kind, Tlp
from consumers.receive import MESSAGES_AT_ONCE
from producers.draft import Draft
from producers.encoded import encode_section
from producers.lists import Wrapping
from producers.sealing import Addressed, fit, seal_drafts
from producers.signing import NOTHING_WRITTEN, Chains, Occasion, Ready
from tests.support.federation import Federation

SIGNED: Final = "tocsin, signed and typed"
SEALED: Final = "tocsin, signed, sealed and typed"
GROUP: Final = "bench"
_STREAM: Final = Stream(AUTHOR, 1)
_NODES: Final = frozenset({node_of(AUTHOR), node_of(READER)})
_WAIT_SECONDS: Final = 10.0


class Signed:
    """The side; *bus* has the topic of the author already."""

    def __init__(self, bus: Bus, federation: Federation, *, sealed: bool) -> None:
        self.name = SEALED if sealed else SIGNED
        self._tlp = Tlp.AMBER if sealed else Tlp.CLEAR
        self._bus = bus
        self._key = federation.signing_key(AUTHOR)
        self._directory = federation.directory
        self._topic = message_topic(federation.name, participant_of(AUTHOR))
        enrolled = {node: self._directory.sealing_key(node, now()) for node in _NODES}
        self._wrapping = Wrapping(
            keys={node: key for node, key in enrolled.items() if key is not None},
            sealer=federation.sealing_keys[node_of(AUTHOR)],
            pairwise=Pairwise(),
            randomness=os.urandom,
        )
        self._last = NOTHING_WRITTEN
        self._subscription: Subscription | None = None
        self._next = 0
        self._opener = _Opener(federation)

    def hold(self, draft: Draft) -> Draft:
        return draft

    async def publish(self, messages: Sequence[Draft]) -> None:
        remaining = [_addressed(draft, self._tlp) for draft in messages]
        while remaining:
            occasion = Occasion(directory=self._directory, key=self._key, issued_at=now(), randomness=os.urandom)
            chains = Chains({AUTHOR: _STREAM}, {_STREAM: self._last})
            some = fit(remaining, chains.streams)
            signed = seal_drafts(some, {}, chains, occasion, self._wrapping).messages
            await self._bus.send(self._topic, [Outgoing(str(_STREAM), one.raw) for one in signed])
            self._last = Position(signed[-1].sequence, signed[-1].digest)
            remaining = remaining[len(some) :]

    async def begin(self) -> None:
        self._subscription = self._bus.subscribe(GROUP, [self._topic])
        await self._subscription.fetch(most=1, wait=_WAIT_SECONDS)
        await self._subscription.seek(self._topic, self._next)

    async def take(self, count: int) -> Sequence[Records]:
        subscription = self._reader()
        found: list[Records] = []
        while count:
            batch = await subscription.fetch(most=min(MESSAGES_AT_ONCE, count), wait=_WAIT_SECONDS)
            records = self._opener.open(batch)
            found = records or found
            count -= len(records)
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


class _Opener:
    """The reader: it verifies what comes, and opens it with the keys that were released to its node."""

    def __init__(self, federation: Federation) -> None:
        self._directory = federation.directory
        self._keyring = [federation.sealing_keys[node_of(READER)]]
        self._verified = VerifiedBatches()
        self._pairwise = Pairwise()
        self._keys: dict[Digest, bytes] = {}

    def open(self, batch: Sequence[Delivered]) -> list[Records]:
        """Return what the records in *batch* say."""
        found: list[Records] = []
        for one in batch:
            sealed = Sealed(one.topic, one.value)
            verified = admit(sealed, directory=self._directory, now=now(), verified=self._verified)
            if verified.header.kind is Kind.RELEASE:
                self._take_keys(verified)
            else:
                content = read(verified, self._keys).content
                found.append({section.word: record for section, record in content.items()})
        return found

    def _take_keys(self, verified: Verified) -> None:
        header = verified.header
        issuers = self._directory.sealing_keys(participant_of(header.originator), header.issued_at)
        items = open_release(
            read_release(verified),
            place=Place(header.federation, header.stream, header.sequence),
            keyring=self._keyring,
            issuers=[key.public for key in issuers],
            pairwise=self._pairwise,
        )
        # Those of the release before are not needed any more: a release stands before the records that it opens.
        self._keys = {key_commitment(item.key): item.key for item in items}


def _addressed(draft: Draft, tlp: Tlp) -> Addressed:
    ready = Ready(
        id=0,
        authority=draft.authority,
        national_reference=draft.national_reference,
        kind=draft.kind,
        status=draft.status,
        tlp=tlp,
        sections=tuple(encode_section(name, record) for name, record in draft.sections.present().items()),
        related=(),
    )
    return Addressed(ready, nodes={} if tlp is Tlp.CLEAR else dict.fromkeys(draft.sections.present(), _NODES))
