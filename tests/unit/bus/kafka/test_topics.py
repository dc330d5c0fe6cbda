import pytest

from broker import limits
from broker.bus.kafka.topics import TOPIC_SETTINGS, Names, replicas, settings
from broker.errors import BadName


def test_a_topic_takes_a_record_of_the_largest_size_and_what_is_wrapped_around_it() -> None:
    assert limits.MAX_RECORD_BYTES < int(TOPIC_SETTINGS["max.message.bytes"])


@pytest.mark.parametrize(("brokers", "copies", "in_sync"), [(1, 1, "1"), (2, 2, "2"), (3, 3, "2"), (7, 3, "2")])
def test_has_as_many_copies_as_the_cluster_can_hold(brokers: int, copies: int, in_sync: str) -> None:
    assert (copies, in_sync) == (replicas(brokers), settings(brokers)["min.insync.replicas"])


@pytest.mark.parametrize("namespace", ["", "exercise", "a.b"])
def test_a_name_comes_back_from_the_cluster_as_it_went(namespace: str) -> None:
    names = Names(namespace)
    assert "eu.msg.NL" == names.ours(names.foreign("eu.msg.NL"))


@pytest.mark.parametrize("foreign", ["eu.msg.NL", "exercise", "exercise.", "exercises.a", "Exercise.a"])
def test_what_lies_outside_the_namespace_is_not_ours(foreign: str) -> None:
    assert Names("exercise").ours(foreign) is None


def test_refuses_a_name_that_is_too_long_only_with_its_namespace() -> None:
    Names("").check(["a" * 249])
    with pytest.raises(BadName):
        Names("n").check(["a" * 249])


@pytest.mark.parametrize("name", ["", "a b", "ü", ".", ".."])
def test_refuses_a_name_that_no_topic_can_have(name: str) -> None:
    with pytest.raises(BadName):
        Names("").check([name])
