"""What incidents are to one another: corrections, second reports of one event, parts of a total.

::

    second report ──duplicates──▶ first report     the first counts
    part ──part-of──▶ total                        the total counts
    A ──duplicates──▶ B ──duplicates──▶ A          one of a circle counts
    report ──duplicates──▶ (not here)              it counts itself, and a person is told
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from typing import Final

from broker.figures.reported import Left, Reported
from broker.records.core import RelatedAs
from broker.types.names import Digest

_CORRECTING: Final = (RelatedAs.CORRECTS, RelatedAs.SUPERSEDES, RelatedAs.RECALLS)
_AGAIN: Final = (RelatedAs.DUPLICATES, RelatedAs.PART_OF)


class Chains:
    """How the incidents in hand relate to one another."""

    def __init__(
        self, ordered: Sequence[Reported], eligible: Sequence[Reported], *, heard: Callable[[Reported], bool]
    ) -> None:
        """Find which incident counts in the stead of which.

        Args:
            ordered: All that is in hand, in an order that does not depend on arrival.
            eligible: Those that count if no other one tells of the same goods.
            heard: Whether a record may correct others.
        """
        self._there: Final = {one.digest: one for one in ordered if one.digest is not None}
        self._successors: Final = dict(
            pair for one in ordered if one.facts.related and heard(one) for pair in self._corrected_by(one)
        )
        standing = [one for one in eligible if one.digest is None or one.digest not in self._successors]
        self._standing: Final = {one.order for one in standing}
        self._instead: Final = self._find_first([one for one in standing if one.facts.related])

    def told_elsewhere(self, one: Reported) -> tuple[Left, str] | None:
        """Return why an incident is told by another one, which counts in its stead; None where it is not."""
        if one.digest is not None and one.digest in self._successors:
            return Left.CORRECTED, f"corrected by {self._successors[one.digest].name}"
        first = self._instead.get(one.order)
        if first is None:
            return None
        duplicates = any(
            related.relation is RelatedAs.DUPLICATES and self._counts(related.digest) for related in one.facts.related
        )
        if duplicates:
            return Left.DUPLICATE, f"a second report of what {first.name} tells"
        return Left.PART_OF_TOTAL, f"a part of the total in {first.name}"

    def doubts(self, one: Reported) -> Iterator[str]:
        """Yield what a person should look at in an incident that counts."""
        for related in one.facts.related:
            if related.relation in _AGAIN and not self._counts(related.digest):
                word = related.relation.word
                yield f"{one.name} is told as {word} of a report that does not count here; so it counts itself"
            elif related.relation is RelatedAs.FOLLOWS and self._counts(related.digest):
                yield f"{one.name} follows another report that counts: look whether both tell of the same goods"
        yield from self._unlinked(one)

    def _unlinked(self, one: Reported) -> Iterator[str]:
        """Yield what a corrected report repeated and its correction does not: the goods may be counted twice."""
        said = {related.digest for related in one.facts.related}
        for related in one.facts.related:
            before = self._there.get(related.digest)
            if related.relation not in _CORRECTING or before is None:
                continue
            for again in before.facts.related:
                if again.relation in _AGAIN and again.digest not in said and self._counts(again.digest):
                    word = again.relation.word
                    yield f"{one.name} corrects {before.name}, which was told as {word} of a report that counts: look"

    def _corrected_by(self, one: Reported) -> Iterator[tuple[Digest, Reported]]:
        for related in one.facts.related:
            corrected = self._there.get(related.digest)
            # Only the originator's own participant can take its word back.
            if related.relation in _CORRECTING and (corrected is None or corrected.participant == one.participant):
                yield related.digest, one

    def _find_first(self, related: Sequence[Reported]) -> dict[tuple[str, bytes], Reported]:
        """Return, for each report that another one makes needless, that other one."""
        told_by: defaultdict[tuple[str, bytes], list[Reported]] = defaultdict(list)
        targets = {one.order: list(self._targets(one)) for one in related}
        for one in related:
            for target in targets[one.order]:
                told_by[target.order].append(one)
        every = {target.order: target for several in targets.values() for target in several}
        firsts = [one for _, one in sorted(every.items()) if not targets.get(one.order)]
        instead: dict[tuple[str, bytes], Reported] = {}
        for first in firsts:
            _mark(first, told_by, instead)
        for one in related:  # what is left leads into a circle: one of it counts
            if targets[one.order] and one.order not in instead and one not in instead.values():
                _mark(_of_circle(one, targets), told_by, instead)
        return instead

    def _targets(self, one: Reported) -> Iterator[Reported]:
        for related in one.facts.related:
            found = self._current(related.digest)
            if related.relation in _AGAIN and found is not None and found.order in self._standing and found != one:
                yield found

    def _counts(self, digest: Digest) -> bool:
        found = self._current(digest)
        return found is not None and found.order in self._standing

    def _current(self, digest: Digest) -> Reported | None:
        """Return what a digest names now: of what was corrected, the correction."""
        seen: set[Digest] = set()
        while digest in self._successors and digest not in seen:
            seen.add(digest)
            successor = self._successors[digest]
            if successor.digest is None:
                return successor
            digest = successor.digest
        return self._there.get(digest)


def _mark(
    first: Reported,
    told_by: dict[tuple[str, bytes], list[Reported]],
    instead: dict[tuple[str, bytes], Reported],
) -> None:
    """Note that *first* counts in the stead of all that lead to it."""
    waiting = [first]
    while waiting:
        for one in told_by.get(waiting.pop().order, ()):
            if one.order not in instead and one != first:
                instead[one.order] = first
                waiting.append(one)


def _of_circle(one: Reported, targets: dict[tuple[str, bytes], list[Reported]]) -> Reported:
    path = [one]
    while True:
        following = targets[path[-1].order][0]
        if following in path:
            return min(path[path.index(following) :], key=lambda each: each.order)
        path.append(following)
