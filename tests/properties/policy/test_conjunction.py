"""All four tables must permit: none of them can widen what the others leave, and what is unknown widens nothing."""

import itertools
import random

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from broker.policy.decide import Tables, decide
from broker.policy.diagram import diagram, is_permitted
from broker.policy.facts import Facts
from broker.policy.rule import Effect, OneOf, Rule
from broker.policy.space import VARIABLES
from broker.policy.table import Layer
from broker.policy.vocabulary import FACT_BY_NAME
from broker.types.vocabulary import (
    Action,
    Handling,
    Purpose,
    RecordKind,
    Relation,
    Role,
    Section,
    Sector,
    Status,
    Tlp,
    Word,
)
from tests.support.cedar import cedar_permits
from tests.support.policy import ALL_PURPOSES, ALL_SECTIONS, ALL_USES, BASELINE, a_rule, a_table, facts, facts_at

pytestmark = pytest.mark.timeout(180)  # many examples

PLACES = ("marking", "national", "community", "house")
HOME_LAYERS = (Layer.HOUSE, Layer.RELEASE)
POINTS = 2_000


@pytest.mark.parametrize("home", HOME_LAYERS)
@pytest.mark.parametrize("permits", list(itertools.product((True, False), repeat=4)))
def test_a_section_is_permitted_exactly_where_all_four_tables_permit_it(
    permits: tuple[bool, bool, bool, bool], home: Layer
) -> None:
    layers = (Layer.MARKING, Layer.NATIONAL, Layer.COMMUNITY, home)
    effects = {True: Effect.PERMIT, False: Effect.NEVER}
    tables = [a_table(a_rule(effect=effects[yes]), layer=of) for yes, of in zip(permits, layers, strict=True)]
    decision = decide(Tables(*tables), facts())
    assert all(permits) is (ALL_SECTIONS == decision.permitted)
    assert any(decision.permitted) is all(permits)
    assert [list(zip(layers, permits, strict=True))] * 5 == [
        [(one.layer, one.permitted) for one in outcome.layers] for outcome in decision.outcomes
    ]


def test_the_four_together_permit_what_each_of_their_diagrams_and_cedar_do() -> None:
    rng = random.Random(50)
    points = [{variable.name: rng.choice(variable.values) for variable in VARIABLES} for _ in range(POINTS)]
    permitted = [bool(decide(BASELINE, facts_at(point)).permitted) for point in points]
    tables = [table for _, table in BASELINE.in_order]
    assert [all(is_permitted(diagram(table), point) for table in tables) for point in points] == permitted
    assert [
        all(answers) for answers in zip(*(cedar_permits(table, points) for table in tables), strict=True)
    ] == permitted


def some(words: type[Word]) -> st.SearchStrategy[frozenset[object]]:
    return st.frozensets(one(words))


def one(words: type[Word]) -> st.SearchStrategy[object]:
    return st.sampled_from([word for word in words if word.value != "UNKNOWN"])


REQUESTS: st.SearchStrategy[Facts] = st.builds(
    facts,
    action=one(Action),
    kind=one(RecordKind),
    status=one(Status),
    tlp=one(Tlp),
    relation=some(Relation),
    sector=one(Sector),
    roles=some(Role),
    purposes=st.permutations(sorted(ALL_PURPOSES)).map(lambda all_of: tuple(all_of[:3])),
    allowed_purposes=some(Purpose),
    addressed=st.booleans(),
    takes_part=st.booleans(),
    embargoed=st.booleans(),
    handling=some(Handling),
    granted=st.frozensets(st.sampled_from(sorted(ALL_USES))),
)


@st.composite
def rules(draw: st.DrawFn) -> tuple[Rule, ...]:
    found = []
    for index in range(draw(st.integers(1, 4))):
        name = draw(st.sampled_from(["section", "tlp", "sector", "action"]))
        words = draw(st.lists(st.sampled_from(FACT_BY_NAME[name].words), min_size=1, unique=True))
        effect = draw(st.sampled_from([Effect.PERMIT, Effect.NEVER]))
        found.append(Rule(f"r{index}", effect, "Because.", (OneOf(name, tuple(words)),)))
    return tuple(found)


@settings(max_examples=300, deadline=None)
@given(request=REQUESTS, home=rules(), layer=st.sampled_from(HOME_LAYERS))
def test_what_is_kept_at_home_never_widens(request: Facts, home: tuple[Rule, ...], layer: Layer) -> None:
    narrowed = msgspec.structs.replace(BASELINE, house=a_table(*home, layer=layer))
    assert set(decide(narrowed, request).permitted) <= set(decide(BASELINE, request).permitted)


@settings(max_examples=300, deadline=None)
@given(request=REQUESTS, other=st.frozensets(st.sampled_from(sorted(ALL_USES))))
def test_a_grant_opens_no_section_but_those_that_it_names(
    request: Facts, other: frozenset[tuple[Section, Purpose]]
) -> None:
    without = msgspec.structs.replace(request, granted=frozenset())
    granted = msgspec.structs.replace(request, granted=other)
    before, after = (
        {(one.section, one.purpose) for one in decide(BASELINE, asked).outcomes if one.permitted}
        for asked in (without, granted)
    )
    assert after - before <= other
    assert {section for section, _ in before} <= {section for section, _ in after}


UNKNOWN: dict[str, object] = {
    "action": Action.UNKNOWN,
    "kind": RecordKind.UNKNOWN,
    "status": Status.UNKNOWN,
    "tlp": Tlp.UNKNOWN,
    "relation": frozenset({Relation.OWN, Relation.COMMUNITY, Relation.UNKNOWN}),
    "sector": Sector.UNKNOWN,
    "roles": frozenset({Role.UNKNOWN}),
    "purposes": (Purpose.INVESTIGATION, Purpose.UNKNOWN),
    "allowed_purposes": frozenset({Purpose.INVESTIGATION, Purpose.UNKNOWN}),
    "handling": frozenset({Handling.UNKNOWN}),
    "granted": frozenset({(Section.UNKNOWN, Purpose.PREVENTION)}),
    "sections": (Section.CORE, Section.UNKNOWN),
    "addressed": None,
    "takes_part": "yes",
    "embargoed": None,
}


@settings(max_examples=300, deadline=None)
@given(request=REQUESTS, name=st.sampled_from(sorted(UNKNOWN)))
def test_one_unknown_fact_means_no_whatever_the_others_say(request: Facts, name: str) -> None:
    decision = decide(BASELINE, msgspec.structs.replace(request, **{name: UNKNOWN[name]}))
    assert ("denied", ()) == (decision.outcome, decision.permitted)
    assert {"unknown-fact"} == {outcome.rule_id for outcome in decision.outcomes}


def test_every_fact_has_its_unknown() -> None:
    assert {*UNKNOWN, "expires"} == set(Facts.__struct_fields__)
