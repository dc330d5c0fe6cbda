"""RELEASE messages: which lists of keys stand in one, who gets which, and what it says; pure.

A list is for one distinct set of nodes. One RELEASE has at most ``limits.MAX_LISTS`` lists and ``limits.MAX_WRAPS``
wraps; what does not fit goes into another one.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

import msgspec

from broker import limits
from broker.directory.index import EnrolledKey
from broker.envelope.body import Content
from broker.sealing.keys import SealingKey
from broker.sealing.pairwise import Pairwise
from broker.sealing.release import Item, Recipient, format_release, seal_release
from broker.sealing.section import Place
from broker.types.names import Originator
from broker.types.vocabulary import Tlp
from producers.signing import Randomness

Nodes: TypeAlias = frozenset[Originator]

_SALT: Final = 32
_STRICTNESS: Final = {label: place for place, label in enumerate(Tlp)}


class Keyed(msgspec.Struct, frozen=True):
    """The key of one section, and how strictly its message has to be treated."""

    item: Item
    tlp: Tlp


class Plan(msgspec.Struct, frozen=True):
    """What one RELEASE is to hold.

    Attributes:
        lists: The nodes for which each list is.
        nodes: Those that get a wrap.
    """

    lists: tuple[Nodes, ...]
    nodes: tuple[Originator, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wrapping:
    """To whom and by whom keys are wrapped.

    Attributes:
        keys: The sealing key of each node that has a valid one.
        sealer: That of the node that sends.
    """

    keys: Mapping[Originator, EnrolledKey]
    sealer: SealingKey
    pairwise: Pairwise
    randomness: Randomness


def plan_releases(sets: Iterable[Nodes]) -> tuple[Plan, ...]:
    """Return the RELEASE messages that it takes to reach all *sets* of nodes; none for empty ones."""
    # The large ones together, so that as few RELEASE messages as possible have a wrap for nearly everybody.
    ordered = sorted((one for one in dict.fromkeys(sets) if one), key=len, reverse=True)
    plans: list[Plan] = []
    for start in range(0, len(ordered), limits.MAX_LISTS):
        some = ordered[start : start + limits.MAX_LISTS]
        nodes = sorted(frozenset().union(*some))
        for first in range(0, len(nodes), limits.MAX_WRAPS):
            reached = nodes[first : first + limits.MAX_WRAPS]
            lists = tuple(one for one in some if not one.isdisjoint(reached))
            plans.append(Plan(lists, tuple(reached)))
    return tuple(plans)


def release_content(plan: Plan, keys: Mapping[Nodes, Sequence[Keyed]], place: Place, wrapping: Wrapping) -> Content:
    """Return what the RELEASE at *place* says.

    Args:
        keys: What each list of the plan holds.
    """
    release = seal_release(
        [[one.item for one in keys[nodes]] for nodes in plan.lists],
        [_recipient(node, wrapping.keys[node], plan) for node in plan.nodes],
        place=place,
        sealer=wrapping.sealer,
        pairwise=wrapping.pairwise,
        randomness=wrapping.randomness,
    )
    return format_release(release, salt=wrapping.randomness(_SALT))


def strictest(plan: Plan, keys: Mapping[Nodes, Sequence[Keyed]]) -> Tlp:
    """Return the strictest label among the messages that a RELEASE opens."""
    return max((one.tlp for nodes in plan.lists for one in keys[nodes]), key=_STRICTNESS.__getitem__)


def _recipient(node: Originator, key: EnrolledKey, plan: Plan) -> Recipient:
    lists = tuple(index for index, nodes in enumerate(plan.lists) if node in nodes)
    return Recipient(key.id, key.public, lists)
