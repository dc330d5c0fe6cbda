"""A grant counts from whom it has to, for what it says, until its end."""

from datetime import timedelta
from typing import Any

import pytest

from broker.errors import InvalidRecord, MissingItem
from broker.records.grant import GrantOutcome
from broker.types.names import Digest
from broker.types.vocabulary import Action, Handling, Purpose, Section, Tlp
from tests.scenarios.grants.case import CUSTOMS, POLICE, Case, a_report
from tests.support.exercise import Exercise

EXPORT: dict[str, Any] = {"action": Action.EXPORT, "recipients": ()}
CORE = (Section.CORE,)


async def test_nothing_above_green_is_used_onward_without_a_grant(case: Case) -> None:
    for action in (Action.EXPORT, Action.USE_IN_COURT):
        ruling = case.rule(action)
        assert () == ruling.sections
        assert {"tlp-not-passed-on"} == {one.rule for one in ruling.refused}
        assert Section.CORE in ruling.remedy
    assert () == case.rule(Action.FORWARD, "BE/customs").sections


async def test_a_grant_permits_its_sections(case: Case) -> None:
    digest = await case.grant(**EXPORT)
    ruling = case.rule(Action.EXPORT, sections=CORE)
    assert CORE == ruling.sections
    assert ruling.grant is not None
    assert digest == ruling.grant.record
    assert () == case.rule(Action.EXPORT, sections=(Section.NOMINAL,)).sections
    assert () == case.rule(Action.USE_IN_COURT).sections


async def test_whoever_names_no_section_gets_those_that_may_be(case: Case) -> None:
    await case.grant(**EXPORT, sections=(Section.CORE, Section.EVIDENCE))
    ruling = case.rule(Action.EXPORT)
    assert (Section.CORE, Section.EVIDENCE) == ruling.sections
    assert {Section.OPERATIONAL, Section.NOMINAL} == {one.section for one in ruling.refused}


async def test_a_grant_ends(case: Case) -> None:
    await case.grant(**EXPORT, until=case.node.clock.now + timedelta(hours=2))
    assert CORE == case.rule(Action.EXPORT).sections
    case.node.clock.advance(hours=2)
    ruling = case.rule(Action.EXPORT)
    assert () == ruling.sections
    assert ruling.lack.startswith("the permission of NL/customs ended on")


@pytest.mark.parametrize("by", ["BE/police", "NL/health", "BE/customs"])
async def test_nobody_else_grants_and_it_is_a_finding(by: str, case: Case) -> None:
    await case.grant(by=by, **EXPORT)
    assert () == case.rule(Action.EXPORT).sections
    assert {"foreign-recall"} == {one.code for one in case.node.findings()}


async def test_a_focal_point_grants_for_its_participant(case: Case) -> None:
    await case.grant(by="NL/police", **EXPORT)
    assert CORE == case.rule(Action.EXPORT).sections
    assert [] == case.node.findings()


async def test_nobody_else_takes_a_grant_back(case: Case) -> None:
    await case.grant(**EXPORT)
    await case.grant(by="NL/health", **EXPORT, outcome=GrantOutcome.REFUSED)
    assert CORE == case.rule(Action.EXPORT).sections


async def test_a_refusal_takes_a_grant_back(case: Case) -> None:
    await case.grant(**EXPORT)
    await case.grant(**EXPORT, outcome=GrantOutcome.REFUSED, until=None)
    ruling = case.rule(Action.EXPORT)
    assert () == ruling.sections
    assert "took the permission back" in ruling.lack


async def test_a_grant_is_for_the_authority_that_it_names(case: Case) -> None:
    await case.grant(**EXPORT, grantee=CUSTOMS)
    assert () == case.rule(Action.EXPORT).sections


async def test_a_grant_before_its_message_counts_when_that_has_come(exercise: Exercise) -> None:
    report = a_report()
    original = exercise.authors.write(report)
    node = exercise.node()
    late = Case(exercise, node, report, original)
    await late.grant(**EXPORT)
    await exercise.send(original)
    await node.receive()
    assert CORE == late.rule(Action.EXPORT).sections


async def test_a_grant_to_receive_shows_what_was_denied(case: Case) -> None:
    assert not case.sees(CUSTOMS, case.digest)
    await case.grant(grantee=CUSTOMS, action=Action.RECEIVE, recipients=())
    assert case.sees(CUSTOMS, case.digest)
    sections = case.item(CUSTOMS, case.digest).sections
    assert [Section.CORE] == [one for one, record in sections.items() if record is not None]


async def test_every_ruling_is_on_record(case: Case) -> None:
    refused = case.rule(Action.EXPORT)
    await case.grant(**EXPORT)
    permitted = case.rule(Action.EXPORT)
    assert refused.number < permitted.number
    uses = frozenset({(Section.CORE, Purpose.INVESTIGATION)})
    assert (frozenset(), uses) == (refused.decision.facts.granted, permitted.decision.facts.granted)


@pytest.mark.parametrize("action", [Action.EXPORT, Action.USE_IN_COURT])
@pytest.mark.parametrize(("handling", "sections"), [((), CORE), ((Handling.H1, Handling.H2), ())])
async def test_green_needs_a_grant_only_under_a_handling_code(
    action: Action, handling: tuple[Handling, ...], sections: tuple[Section, ...], exercise: Exercise
) -> None:
    report = {"core": a_report(handling=handling)["core"]}
    raw = await exercise.write(report, tlp=Tlp.GREEN)
    node = exercise.node()
    await node.receive()
    assert sections == Case(exercise, node, report, raw).rule(action).sections


async def test_what_it_does_not_have_is_an_invalid_wish(case: Case) -> None:
    with pytest.raises(InvalidRecord, match="has no section trade: it has core, operational, nominal, evidence"):
        case.rule(Action.EXPORT, sections=(Section.TRADE,))


async def test_what_may_not_be_kept_may_not_be_used(exercise: Exercise) -> None:
    report = a_report(retain_until=exercise.clock.now + timedelta(days=1))
    raw = await exercise.write(report)
    node = exercise.node()
    await node.receive()
    over = Case(exercise, node, report, raw)
    await over.grant(**EXPORT)
    exercise.clock.advance(days=1)
    with pytest.raises(MissingItem, match="nothing of NL/customs/1#1 can be used any more"):
        over.rule(Action.EXPORT)


async def test_a_purpose_that_the_message_does_not_allow_is_never_granted(case: Case) -> None:
    await case.grant(**EXPORT, purposes=(Purpose.TRAINING,))
    ruling = case.rule(Action.EXPORT, purpose=Purpose.TRAINING)
    assert () == ruling.sections
    assert () == ruling.remedy


async def test_denied_looks_like_absent(case: Case) -> None:
    for digest in (case.digest, Digest(b"x" * 32)):
        with pytest.raises(MissingItem, match="has no message"):
            case.rule(Action.EXPORT, by=CUSTOMS, digest=digest)
    assert case.sees(POLICE, case.digest)


async def test_nothing_is_used_that_was_never_delivered(case: Case) -> None:
    """The node has the key of everything, for BE/police; what BE/customs may export does not widen what it sees."""
    both = (Section.CORE, Section.NOMINAL)
    await case.grant(grantee=CUSTOMS, action=Action.RECEIVE, recipients=())
    await case.grant(grantee=CUSTOMS, **EXPORT, sections=both)
    ruling = case.rule(Action.EXPORT, by=CUSTOMS)
    assert (CORE, set(CORE)) == (ruling.sections, set(ruling.contents))
    named = case.rule(Action.EXPORT, by=CUSTOMS, sections=both)
    assert ((), {Section.NOMINAL}) == (named.sections, {one.section for one in named.refused})
