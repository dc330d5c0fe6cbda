"""Where a following node stands, against where its group does."""

from broker.bus.port import Delivered
from broker.errors import CorruptBatch
from consumers.standing import Standing


def a_batch(*offsets: int, topic: str = "a") -> list[Delivered]:
    return [Delivered(topic, offset, "", b"") for offset in offsets]


def test_what_was_read_outside_the_group_is_not_new() -> None:
    standing = Standing({"a": 3})
    assert a_batch(3, 4) == standing.take(a_batch(1, 2, 3, 4))
    assert {"a": 5} == standing.positions


def test_a_group_that_stands_further_is_led_back_once_for_each_place() -> None:
    standing = Standing({"a": 3, "b": 1})
    batch = [*a_batch(5, 6), *a_batch(1, topic="b")]
    assert standing.jumps(batch)
    assert {"a": 3} == standing.go_back(batch)
    assert {} == standing.go_back(batch), "nothing that could be read lies between"
    standing.take(batch)
    assert {"a": 7} == standing.go_back(a_batch(9))


def test_a_topic_that_was_never_read_begins_at_its_beginning() -> None:
    assert {"a": 0} == Standing({}).go_back(a_batch(2))
    assert not Standing({}).jumps(a_batch(0, 1))


def test_a_torn_part_is_no_jump_once_all_before_it_was_read() -> None:
    standing = Standing({"a": 3})
    standing.step_over(CorruptBatch("torn", topic="a", start=3, next=6))
    assert not standing.jumps(a_batch(6))


def test_a_torn_part_hides_nothing_that_was_not_read_before_it() -> None:
    standing = Standing({"a": 3})
    standing.step_over(CorruptBatch("torn", topic="a", start=5, next=6))
    assert {"a": 3} == standing.go_back(a_batch(6))
