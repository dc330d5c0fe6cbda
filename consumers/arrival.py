"""One message that arrives at a node: admitted once, decided for each of its authorities. Pure."""

from collections.abc import Callable, Mapping
from datetime import datetime

import msgspec

from broker import facts
from broker.about import About, Reader
from broker.admit import (
    NO_KEYS,
    Granted,
    Read,
    Sealed,
    Verified,
    admit,
    check_bodies,
    check_forwarded,
    grant,
    read,
    read_core,
    verify,
)
from broker.bus.port import Delivered
from broker.deciders import Deciders
from broker.directory.directory import Directory
from broker.directory.word import Places, nowhere
from broker.envelope.header import Header
from broker.envelope.message import open_envelope
from broker.errors import (
    AccessDenied,
    BadTable,
    BrokerError,
    MalformedError,
    SchemaError,
    SealedContent,
    VerificationError,
)
from broker.policy.decide import Decider, Decision, Tables
from broker.relationships import Relationships
from broker.signing.batch import VerifiedBatches
from broker.types.names import Digest, Participant, message_topic, participant_of
from broker.types.vocabulary import Kind


class Setting(msgspec.Struct, frozen=True, kw_only=True):
    """What a node decides by at one moment.

    Attributes:
        readers: The authorities that the node serves.
        verified: Remembers batches of signatures.
        keys: Section keys of this node, by their commitments, for each participant whose messages they open; at least
            those of the messages at hand.
        places: Where messages stand in the log, as far as this node has read it.
    """

    directory: Directory
    readers: tuple[Reader, ...]
    deciders: Deciders
    relationships: Relationships
    verified: VerifiedBatches
    now: datetime
    keys: Mapping[Participant, Mapping[Digest, bytes]] = {}
    places: Places = nowhere


class Judged(msgspec.Struct, frozen=True):
    """One decision, and the authorities of this node that it holds for.

    Attributes:
        granted: What each of those that may see something was granted; empty where the decision denies.
        tables: By which it was decided.
    """

    decision: Decision
    readers: tuple[Reader, ...]
    granted: tuple[Granted, ...]
    tables: Tables


class Arrival(msgspec.Struct, frozen=True):
    """A message whose signature holds.

    Attributes:
        content: Its sections; None for other kinds than records, and where they could not be read.
        error: Why they could not be read, which is wrong with the message; None also where only a key is missing.
        judged: One entry a distinct decision.
        closed: The names of the sections whose key is not here.
    """

    verified: Verified
    content: Read | None
    error: BrokerError | None
    judged: tuple[Judged, ...]
    closed: tuple[str, ...] = ()

    @property
    def is_pending(self) -> bool:
        """Whether it is a record of which nothing can be read for want of a key; nobody decides about such a one."""
        return self.verified.header.kind is Kind.RECORD and self.content is None and self.error is None


def verify_arrival(delivered: Delivered, setting: Setting) -> Verified:
    """Parse and verify what the bus delivered.

    Raises:
        BrokerError: The message is refused; nothing of it may be used.
    """
    sealed = Sealed(delivered.topic, delivered.value)
    verified = admit(
        sealed, directory=setting.directory, now=setting.now, verified=setting.verified, places=setting.places
    )
    # A record that cannot be read is kept, and mended by a better copy. Of the others the first copy is the one kept.
    if verified.header.kind is not Kind.RECORD:
        check_bodies(verified)
    return verified


def verify_again(raw: bytes, setting: Setting, *, late: bool) -> Verified:
    """Verify once more what was admitted before: its key may have been revoked since, and the log may know it.

    Raises:
        BrokerError: Nothing more of it may be shown to anybody.
    """
    opened = open_envelope(raw)
    header = opened.header
    topic = message_topic(header.federation, participant_of(header.originator))
    verify(
        opened,
        topic=topic,
        directory=setting.directory,
        now=setting.now,
        verified=setting.verified,
        places=setting.places,
    )
    return Verified(opened, late)


def judge_arrival(verified: Verified, setting: Setting) -> Arrival:
    """Read a verified message and decide for every authority of the node.

    Content that cannot be read is no reason to lose the message: its number is taken, and the reason is kept. So it is
    where its participant has published conditions that are no table: nobody sees its messages until they are mended,
    and nobody else's wait for that. Where the key of its core is not here nothing is decided, and nothing is wrong.
    """
    if verified.header.kind is not Kind.RECORD:
        return Arrival(verified, None, None, ())
    return _judged_after(read, verified, setting)


def judge_again(verified: Verified, setting: Setting) -> Arrival:
    """Decide anew about a record that was admitted before, by what is here now; as :func:`judge_arrival`.

    A section that does not open although its key has come keeps nobody from the others.
    """
    return _judged_after(read_core, verified, setting)


def closed_sections(header: Header, keys: Mapping[Digest, bytes]) -> tuple[str, ...]:
    """Return the names of the sections that *keys* have no key of."""
    return tuple(
        [head.name for head in header.sections if head.key_commitment is not None and head.key_commitment not in keys]
    )


def is_alert(granted: Granted, about: About, now: datetime) -> bool:
    """Say whether *granted* concerns its reader so that a person has to be told at once."""
    return facts.raises_alert(about, granted.decision.facts.relation, now)


def _judged_after(
    reading: Callable[[Verified, Mapping[Digest, bytes]], Read], verified: Verified, setting: Setting
) -> Arrival:
    keys = setting.keys.get(participant_of(verified.header.originator), NO_KEYS)
    closed = closed_sections(verified.header, keys)
    try:
        content = reading(verified, keys)
        if content.forwarded is not None:
            check_forwarded(
                content.forwarded, directory=setting.directory, verified=setting.verified, places=setting.places
            )
        return Arrival(verified, content, None, _judge(content, setting), closed)
    except SealedContent:
        return Arrival(verified, None, None, (), closed)
    except (MalformedError, SchemaError, VerificationError, BadTable) as error:
        return Arrival(verified, None, error, (), closed)


def _judge(content: Read, setting: Setting) -> tuple[Judged, ...]:
    decider = setting.deciders.decider(setting.directory, content.about.participant)
    alike: dict[int, Judged] = {}
    for reader in setting.readers:
        one = _judge_one(content, reader, decider, setting)
        # A decider returns the same object for equal facts, so identity groups equal decisions without hashing again.
        key = id(one.decision)
        same = alike.get(key)
        alike[key] = (
            one
            if same is None
            else Judged(same.decision, same.readers + one.readers, same.granted + one.granted, one.tables)
        )
    return tuple(alike.values())


def _judge_one(content: Read, reader: Reader, decider: Decider, setting: Setting) -> Judged:
    request = facts.delivery(reader, setting.now, content.verified.opened.digest)
    try:
        granted = grant(content, reader=reader, decider=decider, relationships=setting.relationships, request=request)
    except AccessDenied as denied:
        if not isinstance(denied.decision, Decision):
            raise
        return Judged(denied.decision, (reader,), (), decider.tables)
    return Judged(granted.decision, (reader,), (granted,), decider.tables)
