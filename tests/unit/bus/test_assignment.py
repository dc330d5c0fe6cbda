from hypothesis import given
from hypothesis import strategies as st

from broker.bus.assignment import assign

MEMBERS = st.integers(1, 5)
TOPICS = st.integers(1, 9)
WISHES = st.dictionaries(MEMBERS, st.frozensets(TOPICS), max_size=5)
OWNERS = st.dictionaries(TOPICS, MEMBERS, max_size=9)


def test_a_single_member_gets_everything() -> None:
    assert {1: 7, 2: 7, 3: 7} == assign({7: frozenset({1, 2, 3})}, {})


def test_nobody_is_given_nothing() -> None:
    assert {} == assign({}, {1: 4})


def test_a_newcomer_gets_its_part_and_the_rest_stays() -> None:
    topics = frozenset({1, 2, 3, 4})
    plan = assign({7: topics, 8: topics}, dict.fromkeys(topics, 7))
    assert [2, 2] == [list(plan.values()).count(member) for member in (7, 8)]


@given(WISHES, OWNERS)
def test_every_wished_topic_has_one_willing_owner(wishes: dict[int, frozenset[int]], owners: dict[int, int]) -> None:
    plan = assign(wishes, owners)
    assert frozenset[int]().union(*wishes.values()) == plan.keys()
    assert all(topic in wishes[member] for topic, member in plan.items())


@given(WISHES, OWNERS)
def test_shares_are_even_among_the_willing(wishes: dict[int, frozenset[int]], owners: dict[int, int]) -> None:
    plan = assign(wishes, owners)
    share = {member: list(plan.values()).count(member) for member in wishes}
    for topic, member in plan.items():
        assert all(share[member] - share[other] < 2 for other in wishes if topic in wishes[other])


@given(WISHES, OWNERS)
def test_a_plan_that_is_carried_out_stays(wishes: dict[int, frozenset[int]], owners: dict[int, int]) -> None:
    plan = assign(wishes, owners)
    assert plan == assign(wishes, plan)
