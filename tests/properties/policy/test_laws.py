"""The laws of the baseline, proved on its decision diagram; and that engine, diagram and Cedar are one."""

import random
from collections.abc import Iterator
from functools import cache

import msgspec
import pytest

from broker.policy.builtin import (
    community_table,
    marking_table,
    open_house_table,
    open_national_table,
    open_release_table,
)
from broker.policy.decide import Tables, decide
from broker.policy.diagram import count_nodes, count_permitted, diagram, first_widening, fixed, is_permitted, paths
from broker.policy.laws import (
    a_grant_never_narrows,
    adding_handling_never_widens,
    dead_rules,
    embargo_always_holds,
    equal,
    exclusion_always_wins,
    overlaps,
    tightening_never_widens,
    widens,
)
from broker.policy.rule import Condition, Effect, Members, OneOf, Rule
from broker.policy.space import POINTS, VARIABLES
from broker.policy.table import Table, format_table, parse_table
from broker.policy.vocabulary import FACT_BY_NAME
from broker.types.vocabulary import RecordKind
from tests.support.cedar import cedar_permits
from tests.support.policy import a_rule, a_table, facts_at

pytestmark = pytest.mark.timeout(600)  # many points, and the diagrams of all tables before the first

COMMUNITY = community_table()
SHIPPED = [
    COMMUNITY,
    marking_table(),
    open_national_table("NL"),
    open_house_table("BE/~1"),
    open_release_table("NL/~1"),
]
RANDOM_POINTS = 20_000
WIDE_OPEN = a_table(a_rule())

Complete = dict[str, str]


def a_point(rng: random.Random, known: Complete) -> Complete:
    return {variable.name: known.get(variable.name) or rng.choice(variable.values) for variable in VARIABLES}


@cache
def on_every_path(table: Table) -> tuple[Complete, ...]:
    rng = random.Random(20260301)
    return tuple(a_point(rng, known) for known, _ in paths(diagram(table)))


def anywhere(count: int) -> Iterator[Complete]:
    rng = random.Random(4711)
    return (a_point(rng, {}) for _ in range(count))


def engine_permits(table: Table, point: Complete) -> bool:
    """Ask the engine about one table: the other three object to nothing."""
    return bool(decide(Tables(WIDE_OPEN, WIDE_OPEN, table, WIDE_OPEN), facts_at(point)).permitted)


@pytest.mark.parametrize("table", SHIPPED, ids=lambda table: table.name)
def test_the_engine_decides_as_the_diagram_on_a_point_of_every_path(table: Table) -> None:
    root = diagram(table)
    for point in on_every_path(table):
        assert is_permitted(root, point) is engine_permits(table, point), point


@pytest.mark.parametrize("table", SHIPPED[:2], ids=lambda table: table.name)
def test_the_engine_decides_as_the_diagram_on_random_points(table: Table) -> None:
    root = diagram(table)
    for point in anywhere(RANDOM_POINTS):
        assert is_permitted(root, point) is engine_permits(table, point), point


@pytest.mark.parametrize("table", SHIPPED, ids=lambda table: table.name)
def test_cedar_decides_as_the_diagram_on_a_point_of_every_path(table: Table) -> None:
    root = diagram(table)
    points = on_every_path(table)
    for point, permitted in zip(points, cedar_permits(table, points), strict=True):
        assert permitted is is_permitted(root, point), point


@pytest.mark.parametrize("table", SHIPPED[:2], ids=lambda table: table.name)
def test_cedar_decides_as_the_engine_on_random_points(table: Table) -> None:
    points = list(anywhere(RANDOM_POINTS))
    for point, permitted in zip(points, cedar_permits(table, points), strict=True):
        assert permitted is engine_permits(table, point), point


def test_cedar_finds_a_rule_that_was_broken() -> None:
    rules = tuple(rule for rule in COMMUNITY.rules if rule.id != "h1-not-in-court")
    broken = msgspec.structs.replace(COMMUNITY, rules=rules)
    points = on_every_path(COMMUNITY)[::10]
    assert cedar_permits(broken, points) != [engine_permits(COMMUNITY, point) for point in points]


@pytest.mark.parametrize("table", SHIPPED[:2], ids=lambda table: table.name)
def test_exclusion_always_wins_over_everything_but_ones_own(table: Table) -> None:
    assert exclusion_always_wins(table) is None


@pytest.mark.parametrize("table", SHIPPED, ids=lambda table: table.name)
def test_a_tighter_label_never_permits_more(table: Table) -> None:
    assert tightening_never_widens(table) is None


@pytest.mark.parametrize("table", SHIPPED, ids=lambda table: table.name)
def test_one_more_handling_code_never_permits_more(table: Table) -> None:
    assert adding_handling_never_widens(table) is None


@pytest.mark.parametrize("table", SHIPPED, ids=lambda table: table.name)
def test_a_grant_only_ever_widens(table: Table) -> None:
    assert a_grant_never_narrows(table) is None


@pytest.mark.parametrize("table", SHIPPED[:2], ids=lambda table: table.name)
def test_before_the_release_time_only_the_own_participant_and_a_named_group_see_anything(table: Table) -> None:
    assert embargo_always_holds(table) is None


@pytest.mark.parametrize("table", SHIPPED, ids=lambda table: table.name)
def test_no_rule_is_without_effect(table: Table) -> None:
    assert () == dead_rules(table)


def test_a_participant_sees_all_its_own_but_exercises_in_statistics() -> None:
    own = fixed(fixed(diagram(COMMUNITY), "relation:own", "yes"), "relation:community", "yes")
    actual = fixed(own, "status", "actual")
    not_statistics = [fixed(own, "purpose", word) for word in ("prevention", "investigation", "training")]
    assert {True} == {first_widening(part, True) is None for part in (actual, *not_statistics)}


PERMITTED_NOWHERE = {
    "a stranger to the community": {"relation:community": "no"},
    "an excluded reader": {"relation:excluded": "yes", "relation:own": "no"},
    "names for another purpose": {"section": "nominal", "purpose": "statistics", "relation:own": "no"},
    "names for health": {"section": "nominal", "sector": "health", "relation:own": "no"},
    "names for industry": {"section": "nominal", "sector": "industry-liaison", "relation:own": "no"},
    "names for those not named": {
        "section": "nominal",
        "relation:own": "no",
        "relation:named": "no",
        "relation:group": "no",
        "grant": "none",
    },
    "RED for those not named": {
        "tlp": "RED",
        "relation:own": "no",
        "relation:named": "no",
        "relation:group": "no",
        "grant": "none",
    },
    "a grant to the excluded": {"grant": "valid", "relation:excluded": "yes", "relation:own": "no"},
    "a grant before the release time": {
        "grant": "valid",
        "embargo": "before",
        "relation:group": "no",
        "relation:own": "no",
    },
    "a grant for another purpose": {"grant": "valid", "purpose-allowed": "no", "relation:own": "no"},
    "a grant of names to health": {"grant": "valid", "section": "trade", "sector": "health", "relation:own": "no"},
    "a grant of names for prevention": {
        "grant": "valid",
        "section": "nominal",
        "purpose": "prevention",
        "relation:own": "no",
    },
    "a grant in an exercise to those who stay away": {
        "grant": "valid",
        "status": "exercise",
        "takes-part": "no",
        "relation:own": "no",
    },
    "a grant to a stranger": {"grant": "valid", "relation:community": "no"},
    "AMBER passed on without a grant": {"tlp": "AMBER", "action": "forward", "grant": "none", "relation:own": "no"},
    "H1 in court without a grant": {
        "handling:H1": "yes",
        "action": "use-in-court",
        "grant": "none",
        "relation:own": "no",
    },
    "H0 for regulation": {"handling:H0": "yes", "purpose": "regulation", "relation:own": "no"},
    "an exercise for those who stay away": {"status": "exercise", "takes-part": "no", "relation:own": "no"},
    "a test in statistics": {"status": "test", "purpose": "statistics"},
    "an incident for industry": {"kind": "incident", "sector": "industry-liaison", "relation:own": "no"},
    "a recall for industry that does not name it": {
        "kind": "recall",
        "sector": "industry-liaison",
        "relation:named": "no",
        "relation:own": "no",
    },
    "an embargoed message for the named": {"embargo": "before", "relation:group": "no", "relation:own": "no"},
}


INDUSTRY_KINDS = ("substance-warning", "request", "recall")


@pytest.mark.parametrize("kind", [word for word in RecordKind.words() if word not in INDUSTRY_KINDS])
def test_industry_liaison_never_sees_a_record_of_any_other_kind(kind: str) -> None:
    root = diagram(COMMUNITY)
    for name, value in {"sector": "industry-liaison", "kind": kind, "relation:own": "no"}.items():
        root = fixed(root, name, value)
    assert first_widening(False, root) is None


@pytest.mark.parametrize("known", PERMITTED_NOWHERE.values(), ids=PERMITTED_NOWHERE)
def test_is_permitted_nowhere_in_the_whole_space(known: Complete) -> None:
    root = diagram(COMMUNITY)
    for name, value in known.items():
        root = fixed(root, name, value)
    assert first_widening(False, root) is None


def test_of_the_reasons_to_refuse_a_grant_lifts_only_what_says_so() -> None:
    """Every never-rule but those that speak of a grant themselves refuses with a grant what it refuses without."""
    speaks = {rule.id for rule in COMMUNITY.rules for one in rule.when if one.fact == "grant"}
    assert {"granted", "granted-names", "h1-not-in-court", "h2-not-passed-on", "tlp-not-passed-on"} == speaks
    for rule in COMMUNITY.rules:
        if rule.effect is Effect.NEVER and rule.id not in speaks:
            only = diagram(msgspec.structs.replace(COMMUNITY, rules=(*WIDE_OPEN.rules, rule)))
            granted, not_granted = fixed(only, "grant", "valid"), fixed(only, "grant", "none")
            assert first_widening(not_granted, granted) is None


def test_the_points_permitted_and_refused_are_all_points() -> None:
    root = diagram(COMMUNITY)
    weights = {variable.name: len(variable.values) for variable in VARIABLES}
    permitted = refused = 0
    for known, end in paths(root):
        size = POINTS
        for name in known:
            size //= weights[name]
        permitted, refused = permitted + size * end, refused + size * (not end)
    assert POINTS == permitted + refused
    assert permitted == count_permitted(root)


def test_the_diagram_of_the_baseline_stays_small() -> None:
    assert 60 < count_nodes(diagram(COMMUNITY)) < 400


def test_a_table_equals_itself_in_another_order_of_rules() -> None:
    assert equal(COMMUNITY, msgspec.structs.replace(COMMUNITY, rules=COMMUNITY.rules[::-1]))


@pytest.mark.parametrize("rule", COMMUNITY.rules, ids=lambda rule: rule.id)
def test_leaving_out_a_rule_is_seen_and_only_a_never_widens(rule: Rule) -> None:
    rest = tuple(other for other in COMMUNITY.rules if other is not rule)
    changed = msgspec.structs.replace(COMMUNITY, rules=rest)
    wider = widens(changed, COMMUNITY) is not None
    narrower = widens(COMMUNITY, changed) is not None
    assert (rule.effect is Effect.NEVER, rule.effect is Effect.PERMIT) == (wider, narrower)


def test_the_example_of_a_widening_is_one() -> None:
    rules = tuple(rule for rule in COMMUNITY.rules if rule.id != "embargo")
    changed = diagram(msgspec.structs.replace(COMMUNITY, rules=rules))
    example = first_widening(diagram(COMMUNITY), changed)
    assert example is not None
    point = a_point(random.Random(1), dict(example))
    assert (False, True) == (is_permitted(diagram(COMMUNITY), point), is_permitted(changed, point))


def test_overlaps_are_found_through_any_of_several_words() -> None:
    either = Rule("either", Effect.PERMIT, "Because.", (Members("relation", any_of=("named", "group")),))
    neither = Rule("neither", Effect.PERMIT, "Because.", (Members("relation", none_of=("named", "group")),))
    group = Rule("group", Effect.PERMIT, "Because.", (Members("relation", all_of=("group",)),))
    assert (("either", "group"),) == overlaps(a_table(either, neither, group))


WORDS = ("own", "named", "group")


def random_table(rng: random.Random) -> Table:
    """Return a small table of random rules over few facts, so that rules meet."""
    rules: list[Rule] = []
    for index in range(rng.randint(1, 6)):
        when: list[Condition] = [some_of(rng, name) for name in ("section", "tlp") if rng.random() < 0.5]
        members = Members(
            "relation",
            all_of=tuple(word for word in WORDS[:1] if rng.random() < 0.4),
            any_of=WORDS[1:] if rng.random() < 0.5 else (),
            none_of=tuple(word for word in ("excluded",) if rng.random() < 0.4),
        )
        conditions: tuple[Condition, ...] = (*when, members) if members != Members("relation") else (*when,)
        rules.append(Rule(f"r{index}", rng.choice((Effect.PERMIT, Effect.NEVER)), "Because.", conditions))
    return a_table(*rules)


def some_of(rng: random.Random, name: str) -> OneOf:
    words = FACT_BY_NAME[name].words
    return OneOf(name, tuple(word for word in words if rng.random() < 0.5) or words[:1])


@pytest.mark.parametrize("seed", range(60))
def test_random_tables_mean_the_same_to_engine_diagram_and_cedar(seed: int) -> None:
    rng = random.Random(seed)
    table = random_table(rng)
    root = diagram(table)
    points = [a_point(rng, known) for known, _ in paths(root)] + [a_point(rng, {}) for _ in range(20)]
    for point, permitted in zip(points, cedar_permits(table, points), strict=True):
        assert permitted is is_permitted(root, point), (table, point)
        assert permitted is engine_permits(table, point), (table, point)


@pytest.mark.parametrize("seed", range(60))
def test_a_random_table_is_read_back_as_it_was_printed(seed: int) -> None:
    table = random_table(random.Random(seed))
    assert table == parse_table(format_table(table), source="random")
