"""What a record and a table cannot tell of themselves: strangers, and agreements that have ended."""

from datetime import date

import pytest

from broker.policy.check import Remark
from broker.policy.rule import Effect, Members, Rule
from broker.policy.table import Layer, Table
from broker.records.core import Core
from broker.relationships import Relationships, StandingAgreement, StandingGroup
from broker.types.names import Originator, Participant
from producers.named import Known
from tests.support.policy import a_rule, a_table
from tests.support.records import a_contact, a_group, an_agreement
from tocsin.checking import ended_remarks, relating_problems

TODAY = date(2026, 6, 1)
CUSTOMS = Originator("NL/customs")
KNOWN = Known(participants={"NL", "BE", "DE"}, authorities={"BE/police"}, groups=())


NOTHING = Relationships()


def problems(core: Core, relationships: Relationships = NOTHING) -> list[tuple[str, str]]:
    found = relating_problems(core, by=CUSTOMS, known=KNOWN, relationships=relationships, today=TODAY)
    return [(one.field, one.code) for one in found]


def an_old_agreement(ends_on: date | None, *, by: str = "NL/customs") -> StandingAgreement:
    return StandingAgreement(
        by=Originator(by),
        name="pact",
        parties=frozenset({"BE"}),
        kinds=frozenset(),
        starts_on=date(2020, 1, 1),
        ends_on=ends_on,
    )


def an_old_group(ends_on: date) -> StandingGroup:
    return StandingGroup(
        by=CUSTOMS, name="@NL/lionfish", members=frozenset({"BE"}), starts_on=date(2020, 1, 1), ends_on=ends_on
    )


def test_an_agreement_and_a_group_of_known_ones_that_have_not_ended_are_fine() -> None:
    assert [] == problems(an_agreement("BE", "DE", ends_on=None))
    assert [] == problems(an_agreement("BE/police", starts_on=date(2026, 1, 1), ends_on=TODAY))
    assert [] == problems(a_group(members=("NL", "BE/police"), starts_on=date(2026, 1, 1), ends_on=TODAY))
    assert [] == problems(a_contact())


@pytest.mark.parametrize(
    ("core", "expected"),
    [
        (an_agreement("BF", ends_on=None), [("parties", "unknown-name")]),
        (an_agreement("BE", "DE/police", ends_on=None), [("parties", "unknown-name")]),
        (
            a_group(members=("XY", "BE"), starts_on=date(2020, 1, 1), ends_on=date(2021, 1, 1)),
            [("members", "unknown-name"), ("ends_on", "already-ended")],
        ),
        (
            an_agreement("BE", reference="new", starts_on=date(2020, 1, 1), ends_on=date(2026, 5, 31)),
            [("ends_on", "already-ended")],
        ),
    ],
)
def test_strangers_and_what_has_ended_already_are_refused_with_their_field(
    core: Core, expected: list[tuple[str, str]]
) -> None:
    assert expected == problems(core)


def test_a_record_may_end_an_agreement_or_a_group_that_stands() -> None:
    ending = an_agreement("BE", reference="pact", starts_on=date(2020, 1, 1), ends_on=date(2026, 5, 31))
    assert [] == problems(ending, Relationships(agreements=(an_old_agreement(None),)))
    assert [] != problems(ending, Relationships(agreements=(an_old_agreement(None, by="BE/police"),)))
    group = a_group(starts_on=date(2020, 1, 1), ends_on=date(2026, 5, 31), members=("BE",))
    assert [] == problems(group, Relationships(groups=(an_old_group(date(2027, 1, 1)),)))


def resting_on(word: str, layer: Layer = Layer.NATIONAL) -> Table:
    rule = Rule("partners", Effect.PERMIT, "Because.", (Members("relation", all_of=(word,)),))
    return a_table(a_rule("clear", tlp=["CLEAR"]), rule, layer=layer)


def remarks(table: Table, *agreements: StandingAgreement) -> list[Remark]:
    return ended_remarks(table, Relationships(agreements=agreements), Participant("NL"), TODAY)


def test_warns_of_a_rule_that_rests_on_an_agreement_that_has_ended() -> None:
    gone, standing = an_old_agreement(date(2025, 12, 31)), an_old_agreement(None)
    (said,) = remarks(resting_on("agreement"), gone, standing)
    assert ("warning", "partners") == (said.level, said.rule_id)
    assert "the agreement pact ended on 2025-12-31" in said.message


def test_warns_of_a_rule_that_rests_on_nothing_in_force() -> None:
    assert ["partners"] * 2 == [
        one.rule_id for one in remarks(resting_on("agreement"), an_old_agreement(TODAY.replace(year=2020)))
    ]
    assert ["partners"] == [one.rule_id for one in remarks(resting_on("group"))]
    assert ["partners"] == [one.rule_id for one in remarks(resting_on("agreement"), an_old_agreement(None, by="BE/x"))]


def test_says_nothing_of_tables_that_bind_others_too_or_rest_on_no_agreement() -> None:
    assert [] == remarks(resting_on("agreement", Layer.COMMUNITY))
    assert [] == remarks(resting_on("named"))
    assert [] == remarks(resting_on("agreement", Layer.RELEASE), an_old_agreement(None))
