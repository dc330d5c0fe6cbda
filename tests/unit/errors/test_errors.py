"""The tree of errors: as drawn, each leaf with a code of its own."""

import re
from collections.abc import Iterator

import pytest

from broker import errors
from broker.errors import AccessDenied, BrokerError, BusClosed, TransportError, leaves

FAMILIES = tuple(BrokerError.__subclasses__())


def everyone(kind: type[BrokerError] = BrokerError) -> Iterator[type[BrokerError]]:
    """Yield *kind* and all below it."""
    yield kind
    for below in kind.__subclasses__():
        yield from everyone(below)


ALL = tuple(everyone())


def test_families_are_those_that_are_drawn() -> None:
    drawn = re.findall(r"[├└]─ (\w+)", errors.__doc__ or "")

    assert drawn == [family.__name__ for family in FAMILIES]


def test_every_leaf_stands_in_exactly_one_family() -> None:
    for leaf in leaves():
        assert 1 == sum(issubclass(leaf, family) for family in FAMILIES), leaf


def test_only_the_refusal_of_the_policy_is_a_family_and_a_leaf() -> None:
    assert [AccessDenied] == [family for family in FAMILIES if family in set(leaves())]


@pytest.mark.parametrize("kind", ALL, ids=lambda kind: kind.__name__)
def test_every_error_has_a_code_of_its_own_in_kebab_case(kind: type[BrokerError]) -> None:
    assert "code" in vars(kind), "a code must not be inherited"
    assert re.fullmatch(r"[a-z]+(-[a-z]+)*", kind.code)
    assert [kind] == [other for other in ALL if other.code == kind.code]


@pytest.mark.parametrize("leaf", list(leaves()), ids=lambda leaf: leaf.__name__)
def test_the_code_of_a_leaf_is_its_name(leaf: type[BrokerError]) -> None:
    assert leaf.code == re.sub(r"(?<=[a-z])(?=[A-Z])", "-", leaf.__name__).lower()


@pytest.mark.parametrize("kind", ALL, ids=lambda kind: kind.__name__)
def test_every_error_says_in_a_sentence_what_it_is(kind: type[BrokerError]) -> None:
    first = (vars(kind)["__doc__"] or "").split("\n")[0]

    assert first.endswith(".")


def test_only_transport_is_worth_trying_again() -> None:
    retriable = {kind for kind in ALL if kind.retriable}

    assert TransportError in retriable
    assert retriable < set(everyone(TransportError))


def test_a_bus_that_we_closed_ourselves_is_not_worth_trying_again() -> None:
    assert not BusClosed.retriable


def test_no_two_classes_of_the_module_are_outside_the_tree() -> None:
    strangers = [
        name
        for name, value in vars(errors).items()
        if isinstance(value, type) and issubclass(value, Exception) and value not in ALL
    ]

    assert [] == strangers


def test_leaves_of_a_family_are_below_it() -> None:
    assert {leaf for leaf in leaves() if issubclass(leaf, TransportError)} == set(leaves(TransportError))


def test_an_error_keeps_its_message_and_its_hint() -> None:
    error = BusClosed("the bus was closed", hint="start again")

    assert ("the bus was closed", "start again") == (str(error), error.hint)


def test_an_error_without_a_hint_has_an_empty_one() -> None:
    assert BusClosed("the bus was closed").hint == ""


def test_a_refusal_carries_its_decision() -> None:
    class Decision:
        def says(self) -> str:
            return "nobody may"

    decision = Decision()

    assert decision is AccessDenied("no", decision=decision).decision
