import msgspec
import pytest

from broker.errors import AccessDenied
from broker.policy.decide import Decider, Obligation, Tables, decide
from broker.policy.rule import Effect, Rule
from broker.policy.table import Layer, table_digest
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
)
from tests.support.policy import ALL_PURPOSES, ALL_USES, BASELINE, a_rule, a_table, facts

OWN = frozenset({Relation.OWN, Relation.COMMUNITY})


def with_house(*rules: Rule) -> Tables:
    return msgspec.structs.replace(BASELINE, house=a_table(*rules))


def test_releases_all_sections_to_a_named_investigator() -> None:
    decision = decide(BASELINE, facts())
    assert "released" == decision.outcome
    assert () == decision.refused


def test_redacts_what_some_section_may_not_be_seen_of() -> None:
    decision = decide(BASELINE, facts(purposes=(Purpose.PREVENTION,)))
    assert "redacted" == decision.outcome
    assert (Section.NOMINAL, Section.TRADE) == decision.refused


def test_denies_where_nothing_is_permitted_and_obliges_to_nothing() -> None:
    decision = decide(BASELINE, facts(relation=frozenset({Relation.EXCLUDED}), tlp=Tlp.RED))
    assert ("denied", ()) == (decision.outcome, decision.obligations)


def test_a_message_without_sections_is_denied() -> None:
    assert "denied" == decide(BASELINE, facts(sections=())).outcome


def test_keeps_the_facts_and_the_digest_of_each_table() -> None:
    decision = decide(BASELINE, facts())
    assert facts() == decision.facts
    assert tuple(table_digest(table) for _, table in BASELINE.in_order) == decision.digests


def test_names_the_purpose_that_was_permitted_for_each_section() -> None:
    decision = decide(BASELINE, facts(purposes=(Purpose.PREVENTION, Purpose.INVESTIGATION)))
    assert [Purpose.PREVENTION, Purpose.PREVENTION, Purpose.INVESTIGATION] == [
        outcome.purpose for outcome in decision.outcomes[:3]
    ]


def test_a_permission_quotes_the_rule_of_the_community() -> None:
    core = decide(BASELINE, facts()).outcomes[0]
    assert (Layer.COMMUNITY, "core-named") == (core.layer, core.rule_id)
    assert ["addressed", "no-objection", "core-named", "no-objection"] == [layer.rule_id for layer in core.layers]


def test_a_refusal_quotes_the_first_layer_that_refuses() -> None:
    excluded = frozenset({Relation.COMMUNITY, Relation.NAMED, Relation.EXCLUDED})
    core = decide(BASELINE, facts(relation=excluded)).outcomes[0]
    assert (Layer.MARKING, "excluded") == (core.layer, core.rule_id)
    assert [False, True, False, True] == [layer.permitted for layer in core.layers]


def test_a_refusal_without_a_never_says_that_nothing_permits() -> None:
    core = decide(BASELINE, facts(relation=frozenset({Relation.COMMUNITY}), addressed=False)).outcomes[0]
    assert (Layer.COMMUNITY, "nothing-permits") == (core.layer, core.rule_id)


def test_a_refusal_quotes_the_purpose_that_came_furthest() -> None:
    request = facts(
        purposes=(Purpose.TRAINING, Purpose.PREVENTION),
        allowed_purposes=frozenset({Purpose.PREVENTION}),
        sections=(Section.NOMINAL,),
    )
    nominal = decide(BASELINE, request).outcomes[0]
    assert (Layer.COMMUNITY, "nothing-permits") == (nominal.layer, nominal.rule_id)


def test_a_refusal_quotes_the_first_of_the_purposes_that_came_equally_far() -> None:
    purposes = (Purpose.PREVENTION, Purpose.TRAINING)
    request = facts(purposes=purposes, handling=frozenset({Handling.H0}), sections=(Section.NOMINAL,))
    assert "nothing-permits" == decide(BASELINE, request).outcomes[0].rule_id
    request = msgspec.structs.replace(request, purposes=purposes[::-1])
    assert "h0-crime-only" == decide(BASELINE, request).outcomes[0].rule_id


@pytest.mark.parametrize("layer", ["marking", "national", "community", "house"])
def test_every_one_of_the_four_layers_can_refuse(layer: str) -> None:
    never = a_table(a_rule("all"), a_rule("closed", Effect.NEVER, "Closed."))
    decision = decide(msgspec.structs.replace(BASELINE, **{layer: never}), facts(relation=OWN))
    assert ("denied", "Closed.") == (decision.outcome, decision.says())


def test_the_house_narrows_section_by_section() -> None:
    tables = with_house(a_rule(), a_rule("no-names", Effect.NEVER, "Not here.", section=["nominal"]))
    assert (Section.NOMINAL,) == decide(tables, facts()).refused


def test_release_rules_stand_where_a_reader_has_its_house() -> None:
    closed = a_table(a_rule(), a_rule("kept", Effect.NEVER, "Kept.", section=["nominal"]), layer=Layer.RELEASE)
    decision = decide(msgspec.structs.replace(BASELINE, house=closed), facts())
    nominal = next(one for one in decision.outcomes if one.section is Section.NOMINAL)
    assert (Layer.RELEASE, "kept") == (nominal.layer, nominal.rule_id)
    assert [Layer.MARKING, Layer.NATIONAL, Layer.COMMUNITY, Layer.RELEASE] == [one.layer for one in nominal.layers]


def test_release_rules_that_permit_nothing_say_whose_they_are() -> None:
    silent = a_table(a_rule("export", action=["export"]), layer=Layer.RELEASE)
    core = decide(msgspec.structs.replace(BASELINE, house=silent), facts()).outcomes[0]
    assert "No release rule of the sender opens the core section to this reader." == core.says


def test_what_refuses_before_any_table_names_the_layers_of_these_tables() -> None:
    tables = msgspec.structs.replace(BASELINE, house=a_table(a_rule(), layer=Layer.RELEASE))
    assert Layer.RELEASE is decide(tables, facts(purposes=())).outcomes[0].layers[-1].layer
    assert 4 == len(decide(tables, facts(purposes=())).outcomes[0].layers)


def test_a_grant_of_one_section_opens_that_one_only() -> None:
    uses = frozenset((Section.OPERATIONAL, purpose) for purpose in ALL_PURPOSES)
    stranger = facts(relation=frozenset({Relation.COMMUNITY}), granted=uses)
    assert (Section.OPERATIONAL,) == decide(BASELINE, stranger).permitted


def test_a_grant_for_one_purpose_opens_for_that_one_only() -> None:
    """The reader has both purposes, and persons are shown for an investigation only."""
    purposes = (Purpose.INVESTIGATION, Purpose.PREVENTION)
    for granted, seen in (
        (Purpose.PREVENTION, (Section.CORE,)),
        (Purpose.INVESTIGATION, (Section.CORE, Section.NOMINAL)),
    ):
        uses = frozenset({(Section.CORE, granted), (Section.NOMINAL, granted)})
        stranger = facts(relation=frozenset({Relation.COMMUNITY}), purposes=purposes, granted=uses)
        decision = decide(BASELINE, stranger)
        assert seen == decision.permitted
        assert {granted} == {one.purpose for one in decision.outcomes if one.permitted}


UNKNOWN = {
    "action": Action.UNKNOWN,
    "kind": RecordKind.UNKNOWN,
    "status": Status.UNKNOWN,
    "tlp": Tlp.UNKNOWN,
    "relation": OWN | {Relation.UNKNOWN},
    "sector": Sector.UNKNOWN,
    "roles": frozenset({Role.SUBSCRIBER, Role.UNKNOWN}),
    "purposes": (Purpose.INVESTIGATION, Purpose.UNKNOWN),
    "allowed_purposes": frozenset({Purpose.INVESTIGATION, Purpose.UNKNOWN}),
    "handling": frozenset({Handling.UNKNOWN}),
    "granted": frozenset({(Section.CORE, Purpose.UNKNOWN)}),
    "sections": (Section.CORE, Section.UNKNOWN),
}


@pytest.mark.parametrize("name", UNKNOWN)
def test_a_fact_outside_its_vocabulary_refuses_the_whole_request_even_of_the_own_participant(name: str) -> None:
    decision = decide(BASELINE, facts(**({"relation": OWN} | {name: UNKNOWN[name]})))
    assert "denied" == decision.outcome
    assert {"unknown-fact"} == {outcome.rule_id for outcome in decision.outcomes}
    assert name.replace("_", "-") in decision.says()


@pytest.mark.parametrize(("name", "value"), [("tlp", "PURPLE"), ("granted", None), ("addressed", "yes")])
def test_a_fact_of_another_type_refuses_the_whole_request(name: str, value: object) -> None:
    assert "denied" == decide(BASELINE, facts(**{"relation": OWN, name: value})).outcome


def test_nothing_is_shared_without_a_purpose() -> None:
    decision = decide(BASELINE, facts(relation=OWN, purposes=()))
    assert ("denied", "no-purpose") == (decision.outcome, decision.outcomes[0].rule_id)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"tlp": Tlp.GREEN}, ()),
        ({"tlp": Tlp.GREEN, "purposes": (Purpose.PREVENTION,)}, (Obligation.REDACT,)),
        ({"tlp": Tlp.GREEN, "expires": True}, (Obligation.PURGE_BY,)),
        ({"tlp": Tlp.AMBER}, (Obligation.NO_ONWARD,)),
        ({"tlp": Tlp.GREEN, "handling": frozenset({Handling.H2})}, (Obligation.NO_ONWARD,)),
        (
            {"tlp": Tlp.GREEN, "handling": frozenset({Handling.H2}), "granted": ALL_USES},
            (Obligation.NO_ONWARD,),
        ),
        (
            {
                "action": Action.FORWARD,
                "tlp": Tlp.GREEN,
                "handling": frozenset({Handling.H2}),
                "granted": ALL_USES,
            },
            (),
        ),
        ({"tlp": Tlp.RED}, (Obligation.NO_ONWARD, Obligation.POINTER_ONLY)),
        ({"tlp": Tlp.RED, "relation": OWN}, (Obligation.POINTER_ONLY,)),
        ({"tlp": Tlp.GREEN, "status": Status.EXERCISE}, (Obligation.EXERCISE_BANNER,)),
        ({"tlp": Tlp.GREEN, "status": Status.TEST}, (Obligation.EXERCISE_BANNER,)),
    ],
)
def test_a_release_comes_with_its_obligations(changes: dict[str, object], expected: tuple[Obligation, ...]) -> None:
    assert expected == decide(BASELINE, facts(**changes)).obligations


def test_access_denied_carries_a_decision_that_can_say_why() -> None:
    decision = decide(BASELINE, facts(relation=frozenset()))
    denied = AccessDenied("no", decision=decision)
    assert "The author named this reader" not in denied.decision.says()
    assert decision.outcomes[0].says == denied.decision.says()


def test_a_decider_remembers_equal_facts_and_decides_as_decide_does() -> None:
    decider = Decider(BASELINE)
    first = decider.decide(facts())
    assert first is decider.decide(facts())
    assert decide(BASELINE, facts()) == first


def test_a_decider_forgets_the_oldest_facts_beyond_its_bound() -> None:
    decider = Decider(BASELINE, remembered=2)
    first = decider.decide(facts())
    decider.decide(facts(tlp=Tlp.RED))
    decider.decide(facts(tlp=Tlp.GREEN))
    again = decider.decide(facts())
    assert first is not again
    assert first == again
