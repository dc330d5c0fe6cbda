"""What the directory does not keep: copies whose signature is wrong, and copies in a flood that nobody known signed.

Whoever may write to the topic can fill it, so what is held and looked at again has to have an end. A copy that a known
key of its administrator signed is never given up, nor one that ever was: what a fork or a revocation takes out for a
while must be there when that is cured.
"""

from collections.abc import Iterable, Iterator, Mapping
from heapq import nsmallest

import msgspec

from broker import limits
from broker.directory.chain import Finding, finding
from broker.directory.held import Held
from broker.directory.index import EnrolledKey
from broker.directory.signatures import Signatures
from broker.errors import BadSignature, BrokerError, TooLarge
from broker.types.names import Digest, KeyId, Originator

HeldMessages = Mapping[Originator, tuple[Held, ...]]
"""All messages of each administrator, in their order."""


class Screening(msgspec.Struct, frozen=True, kw_only=True):
    """What became of copies so far.

    Attributes:
        sound: Copies that a key of their own administrator validly signed.
        refused: Why, by copy, for those that can never hold; of the messages themselves no more is kept.
        given_up: The first copy, by its digest, of each administrator that was dropped because there were too many.
    """

    sound: frozenset[Digest] = frozenset()
    refused: Mapping[Digest, Finding] = {}
    given_up: Mapping[Originator, tuple[Digest, Finding]] = {}

    def findings(self, held: HeldMessages) -> Iterator[Finding]:
        """Yield what to tell people; a spoilt copy of a message that is here says nothing about that message."""
        here = {one.digest for messages in held.values() for one in messages}
        for place, one in enumerate(self.refused.values()):
            if place == limits.MAX_REFUSED_COPIES:
                says = f"more than {place} copies have a wrong signature; this one and others are not shown"
                yield msgspec.structs.replace(one, code=TooLarge.code, says=says)
            elif one.digest not in here:
                yield one
        yield from (one for _, one in self.given_up.values())


def screen(
    held: HeldMessages, keys: Mapping[KeyId, EnrolledKey], before: Screening, signatures: Signatures
) -> tuple[HeldMessages, Screening]:
    """Return the messages worth keeping, given all known *keys*, and what became of the others.

    Which copies go depends on their digests, never on their arrival. An administrator of whom nothing goes keeps the
    very same tuple.
    """
    sound, refused, doubtful = set(before.sound), dict(before.refused), list[Held]()
    for messages in held.values():
        for one in messages:
            if one.copy not in sound:
                try:
                    _sort(one, keys, signatures, sound=sound, doubtful=doubtful)
                except BadSignature as error:
                    refused[one.copy] = finding(one, error)
    excess = _excess(doubtful)
    screening = Screening(
        sound=frozenset(sound),
        # One more than is shown, to know that there are more.
        refused=dict(nsmallest(limits.MAX_REFUSED_COPIES + 1, refused.items())),
        given_up=_given_up(excess, before.given_up),
    )
    return _without(held, refused.keys() | {one.copy for one in excess}), screening


def _sort(
    held: Held,
    keys: Mapping[KeyId, EnrolledKey],
    signatures: Signatures,
    *,
    sound: set[Digest],
    doubtful: list[Held],
) -> None:
    """Add a copy to *sound* or to *doubtful*.

    Raises:
        BadSignature: It is neither. An id is the digest of its key, so this stays so, whatever else arrives.
    """
    known = True
    for place, signer in enumerate(held.header.signers):
        key = keys.get(signer)
        if key is not None:
            signatures.check(held, place, key.public)
        known = known and key is not None and key.owner == held.header.originator
    if known:
        sound.add(held.copy)
    else:
        doubtful.append(held)


def _excess(doubtful: Iterable[Held]) -> list[Held]:
    """Return the copies beyond the limits: of one administrator, then of all."""
    by_originator: dict[Originator, list[Held]] = {}
    for one in doubtful:
        by_originator.setdefault(one.header.originator, []).append(one)
    within, excess = list[Held](), list[Held]()
    for several in by_originator.values():
        several.sort(key=_copy)
        within += several[: limits.MAX_WAITING_COPIES]
        excess += several[limits.MAX_WAITING_COPIES :]
    within.sort(key=_copy)
    return [*excess, *within[limits.MAX_ALL_WAITING_COPIES :]]


def _copy(held: Held) -> Digest:
    return held.copy


def _given_up(
    excess: Iterable[Held], before: Mapping[Originator, tuple[Digest, Finding]]
) -> Mapping[Originator, tuple[Digest, Finding]]:
    found = dict(before)
    for one in excess:
        name = one.header.originator
        if name not in found or one.copy < found[name][0]:
            found[name] = (one.copy, finding(one, _flood(name)))
    return found


def _flood(originator: Originator) -> BrokerError:
    most, in_all = limits.MAX_WAITING_COPIES, limits.MAX_ALL_WAITING_COPIES
    return TooLarge(
        f"more than {most} copies of {originator}, or {in_all} in all, are signed by nobody known; this one and others"
        " were dropped, and are looked at again when the directory is read again"
    )


def _without(held: HeldMessages, dropped: set[Digest]) -> HeldMessages:
    kept: dict[Originator, tuple[Held, ...]] = {}
    for name, messages in held.items():
        mine = tuple(one for one in messages if one.copy not in dropped) if dropped else messages
        if mine:
            kept[name] = messages if len(mine) == len(messages) else mine
    return kept
