import pytest

from broker.bus.kafka.holding import Holding


def a_holding(**positions: int) -> Holding:
    holding = Holding()
    holding.assign(positions)
    return holding


def test_serves_the_topic_after_the_last_one_first() -> None:
    holding = a_holding(a=0, b=0, c=0)
    holding.hand_out("b", 1)
    assert ["c", "a", "b"] == holding.in_turn()


def test_hands_are_empty_when_all_that_was_handed_out_is_committed() -> None:
    holding = a_holding(a=0, b=0)
    holding.hand_out("a", 3)
    holding.hand_out("b", 2)
    holding.commit({"a": 3, "b": 1})
    assert not holding.is_empty_handed
    holding.commit({"b": 2})
    assert holding.is_empty_handed


def test_owns_nothing_once_it_was_revoked() -> None:
    holding = a_holding(a=0)
    holding.hand_out("a", 3)
    holding.revoke()
    assert (True, False, [], {"a"}) == (
        holding.is_empty_handed,
        holding.settled,
        holding.in_turn(),
        holding.lost({"a": 3}),
    )


def test_what_is_in_hand_can_be_committed_while_topics_are_shared_out_anew() -> None:
    holding = a_holding(a=0)
    holding.hand_out("a", 3)
    holding.freeze()
    assert set() == holding.lost({"a": 3})


def test_cannot_commit_below_where_it_began_for_another_one_came_further() -> None:
    holding = a_holding(a=0)
    holding.hand_out("a", 3)
    holding.revoke()
    holding.assign({"a": 5})
    assert ({"a"}, set()) == (holding.lost({"a": 3}), holding.lost({"a": 5}))


def test_can_commit_below_where_it_began_after_going_back_on_purpose() -> None:
    holding = a_holding(a=5)
    holding.seek("a", 1)
    assert set() == holding.lost({"a": 2})


def test_does_not_wait_for_what_was_left_by_a_seek() -> None:
    holding = a_holding(a=0)
    holding.hand_out("a", 3)
    holding.seek("a", 1)
    assert (True, 1) == (holding.is_empty_handed, holding.next["a"])


def test_leaves_a_topic_aside_until_it_is_told_where_to_go_on() -> None:
    holding = a_holding(a=0, b=0)
    holding.put_aside("a")
    assert ["b"] == holding.in_turn()
    holding.seek("a", 7)
    assert ["a", "b"] == holding.in_turn()


def test_says_again_what_stood_in_the_way_after_topics_were_shared_out_anew() -> None:
    holding = a_holding(a=0)
    holding.put_aside("a")
    holding.revoke()
    holding.assign({"a": 0})
    assert ["a"] == holding.in_turn()


@pytest.mark.parametrize("what", ["freeze", "revoke"])
def test_nobody_hands_out_between_two_owners(what: str) -> None:
    holding = a_holding(a=0)
    getattr(holding, what)()
    assert not holding.settled


def test_everything_that_spoils_a_fetch_under_way_changes_the_stamp() -> None:
    holding = a_holding(a=0, b=0)
    stamps = [holding.stamp]
    for act in (
        holding.freeze,
        lambda: holding.assign({"a": 0, "b": 0}),
        lambda: holding.put_aside("a"),
        lambda: holding.seek("a", 1),
        lambda: holding.lose(["b"]),
        holding.revoke,
    ):
        act()
        stamps.append(holding.stamp)
    assert len(stamps) == len(set(stamps))
