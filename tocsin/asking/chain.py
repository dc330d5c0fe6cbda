"""Who asked whom after whom: from a seizure to the shipping country, from there to the producer."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import NamedTuple

import msgspec

from broker.types.names import Digest


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """A request or an answer, and what it comes after.

    Attributes:
        after: Header digests of what it comes after, the nearest first: the answer that a request follows before the
            message that it is about.
    """

    digest: Digest
    issued_at: datetime
    after: tuple[Digest, ...] = ()


class Link(NamedTuple):
    """A step in a chain, and how far it is from the beginning."""

    depth: int
    digest: Digest


def chain_of(digest: Digest, steps: Iterable[Step]) -> tuple[Link, ...]:
    """Return the chain that *digest* is part of, each step below what it comes after, earlier ones first.

    The beginning may be no step, such as the report of a seizure; then it is known by its digest alone.
    """
    known = {one.digest: one for one in steps}
    below: dict[Digest, list[Step]] = {}
    for one in known.values():
        if (above := _above(one, known)) is not None:
            below.setdefault(above, []).append(one)
    return tuple(_walk(_beginning(digest, known), below))


def _above(step: Step, known: Mapping[Digest, Step]) -> Digest | None:
    """Return what a step comes after: the nearest that is known, else the last, which may be no step at all."""
    return next((one for one in step.after if one in known), step.after[-1] if step.after else None)


def _beginning(digest: Digest, known: Mapping[Digest, Step]) -> Digest:
    passed = {digest}
    while (step := known.get(digest)) is not None:
        above = _above(step, known)
        if above is None or above in passed:  # no honest chain has a ring, and a forged one must not hang us
            break
        passed.add(above)
        digest = above
    return digest


def _walk(digest: Digest, below: Mapping[Digest, list[Step]]) -> Iterator[Link]:
    waiting, seen = [Link(0, digest)], set[Digest]()
    while waiting:
        link = waiting.pop()
        if link.digest in seen:
            continue
        seen.add(link.digest)
        yield link
        after = sorted(below.get(link.digest, ()), key=lambda one: (one.issued_at, one.digest), reverse=True)
        waiting.extend(Link(link.depth + 1, one.digest) for one in after)
