"""One administrator's stream, followed from its first message as far as it holds.

What counts is the set of messages, never their arrival. A message has a place in the stream when it is validly signed
and names the one before it; one that is not simply has none, so nobody can stop a stream without its key. Two messages
with the same right to one place are a fork: the stream stops before it, until one of the keys is revoked.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final, Generic, TypeVar

import msgspec

from broker.directory.held import Held
from broker.errors import BrokenChain, BrokerError, KeyNotValid, StreamConflict, UnknownKey
from broker.types.names import ZERO_DIGEST, Digest, MessageName, Stream

S = TypeVar("S")

_CURABLE: Final = (UnknownKey, KeyNotValid)
"""What a newer entry about the signer, or a message that vouches, may still cure."""


class Finding(msgspec.Struct, frozen=True, order=True):
    """Why a message does not apply.

    Attributes:
        name: Which one, as it says itself.
        digest: Its identity.
        code: The stable code of the error.
        says: What is wrong, for people.
        waiting: Another message may still cure it.
    """

    name: MessageName
    digest: Digest
    code: str
    says: str
    waiting: bool = False


class Head(msgspec.Struct, frozen=True):
    """The last message of a stream that has its place; sequence 0 and zeros for none."""

    sequence: int
    digest: Digest


START = Head(0, ZERO_DIGEST)


class Part(msgspec.Struct, Generic[S], frozen=True):
    """What follows from the streams of one administrator, each followed as far as it holds.

    Attributes:
        state: What its entries say together.
        heads: Where each stream ends; none for a stream without a rightful message.
    """

    state: S
    heads: Mapping[Stream, Head]
    findings: tuple[Finding, ...]


def finding(held: Held, error: BrokerError, *, waiting: bool = False) -> Finding:
    """Return the finding that *error* is about a message."""
    return Finding(held.header.name, held.digest, error.code, str(error), waiting)


def follow(
    messages: Iterable[Held], state: S, *, vouch: Callable[[S, Held], None], step: Callable[[S, Held], S]
) -> Part[S]:
    """Apply the messages of one administrator to *state*, the lowest writer first: the newest has the last word.

    Args:
        messages: All that are held of the administrator.
        state: What is known before the first.
        vouch: Raises a BrokerError unless a message is validly signed, given what is known by then.
        step: Returns what is known after a message; raises a BrokerError where its entry does not apply.
    """
    streams: defaultdict[Stream, list[Held]] = defaultdict(list)
    for held in messages:
        streams[held.header.stream].append(held)
    heads, findings = {}, list[Finding]()
    for stream, mine in sorted(streams.items()):
        state, head, found = _follow_stream(mine, state, vouch, step)
        findings += found
        if head != START:
            heads[stream] = head
    return Part(state, heads, tuple(findings))


def on_sight(held: Held, state: S, *, vouch: Callable[[S, Held], None], step: Callable[[S, Held], S]) -> S:
    """Apply a message that has no place in its stream, if it is validly signed; else do nothing.

    For revocations: a message that is withheld, or a fork before it, must not bring a key back.
    """
    try:
        vouch(state, held)
        return _step(state, held, step)
    except BrokerError:
        return state


def _follow_stream(
    messages: Iterable[Held], state: S, vouch: Callable[[S, Held], None], step: Callable[[S, Held], S]
) -> tuple[S, Head, list[Finding]]:
    by_sequence: defaultdict[int, list[Held]] = defaultdict(list)
    for held in messages:
        by_sequence[held.header.sequence].append(held)
    head, findings = START, list[Finding]()
    while head.sequence + 1 in by_sequence:
        candidates = by_sequence.pop(head.sequence + 1)
        rightful, refused = _rightful(candidates, head, state, vouch)
        findings += refused
        if len(rightful) != 1:
            findings += _conflicts(rightful)
            break
        head, held = Head(head.sequence + 1, rightful[0].digest), rightful[0]
        try:
            state = _step(state, held, step)
        except BrokerError as error:
            findings.append(finding(held, error))
    findings += _waiting(by_sequence, head)
    return state, head, findings


def lineage(messages: Sequence[Held], stream: Stream, last: Head) -> frozenset[Digest]:
    """Return the digests of the message *last* of *stream* and of all before it; empty while it is not held."""
    by_digest = {held.digest: held.header for held in messages if held.header.stream == stream}
    header = by_digest.get(last.digest)
    if header is None or header.sequence != last.sequence:
        return frozenset()
    found = {last.digest}
    while header is not None:
        found.add(header.previous)
        header = by_digest.get(header.previous)
    return frozenset(found)


def ancestors(messages: Sequence[Held], last: Iterable[Digest]) -> frozenset[Digest]:
    """Return the digests of the messages *last* and of all before each of them in its stream."""
    by_digest = {held.digest: held.header for held in messages}
    found: set[Digest] = set()
    for one in last:
        digest, header = one, by_digest.get(one)
        while header is not None and digest not in found:
            found.add(digest)
            digest, stream = header.previous, header.stream
            before = by_digest.get(digest)
            header = before if before is not None and before.stream == stream else None
    return frozenset(found)


def _rightful(
    candidates: list[Held], head: Head, state: S, vouch: Callable[[S, Held], None]
) -> tuple[list[Held], list[Finding]]:
    rightful: dict[Digest, Held] = {}
    refused: list[Finding] = []
    for held in candidates:
        try:
            if held.header.previous != head.digest:
                raise BrokenChain(f"{held.header.name} does not follow the message that stands before it")
            vouch(state, held)
            rightful.setdefault(held.digest, held)
        except BrokerError as error:
            refused.append(finding(held, error, waiting=isinstance(error, _CURABLE)))
    # A spoilt copy of a rightful message says nothing about that message.
    return list(rightful.values()), [one for one in refused if one.digest not in rightful]


def _step(state: S, held: Held, step: Callable[[S, Held], S]) -> S:
    if held.flaw is not None:
        raise held.flaw
    return step(state, held)


def _conflicts(rightful: list[Held]) -> list[Finding]:
    says = "{} is not the only validly signed message of its number"
    return [finding(held, StreamConflict(says.format(held.header.name))) for held in rightful]


def _waiting(rest: defaultdict[int, list[Held]], head: Head) -> list[Finding]:
    error = BrokenChain(f"waits for number {head.sequence + 1} of its stream")
    return [finding(held, error, waiting=True) for sequence in sorted(rest) for held in rest[sequence]]
