"""Who of a group should own which topic: a pure function that all members compute alike."""

from collections.abc import Mapping


def assign(wishes: Mapping[int, frozenset[int]], owners: Mapping[int, int]) -> dict[int, int]:
    """Return the member that should own each wished topic.

    Even: no member has two topics more than another that is willing to own one of them. Steady: a topic moves only if
    that makes the shares more even, or because its owner is gone or no longer willing.

    Args:
        wishes: The topics that each living member is willing to own.
        owners: Who owns a topic now; may name members that are gone.
    """
    plan = {topic: member for topic, member in owners.items() if topic in wishes.get(member, frozenset())}
    share = dict.fromkeys(sorted(wishes), 0)
    for member in plan.values():
        share[member] += 1
    wanted = sorted(frozenset[int]().union(*wishes.values()))
    for topic in wanted:
        if topic not in plan:
            _give(topic, min(_willing(topic, wishes), key=lambda member: (share[member], member)), plan, share)
    while any(_moved(topic, wishes, plan, share) for topic in wanted):
        pass
    return plan


def _moved(topic: int, wishes: Mapping[int, frozenset[int]], plan: dict[int, int], share: dict[int, int]) -> bool:
    poorest = min(_willing(topic, wishes), key=lambda member: (share[member], member))
    if share[plan[topic]] - share[poorest] < 2:
        return False
    _give(topic, poorest, plan, share)
    return True


def _give(topic: int, member: int, plan: dict[int, int], share: dict[int, int]) -> None:
    if topic in plan:
        share[plan[topic]] -= 1
    plan[topic] = member
    share[member] += 1


def _willing(topic: int, wishes: Mapping[int, frozenset[int]]) -> list[int]:
    return [member for member, topics in wishes.items() if topic in topics]
