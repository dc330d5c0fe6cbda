from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from broker.grants import NO_GRANTS, Grants, StandingGrant, Use, may_speak
from broker.records.grant import GrantOutcome
from broker.types.names import Digest, Originator
from broker.types.vocabulary import Action, Purpose, Section
from tests.support import records

NOW = datetime(2026, 3, 20, 12, tzinfo=UTC)
DAY = timedelta(days=1)
CUSTOMS, FOCAL, POLICE = Originator("NL/customs"), Originator("NL/focal"), Originator("BE/police")
FOCAL_POINTS = frozenset({FOCAL, Originator("BE/focal")})
INVESTIGATION, TRAINING = Purpose.INVESTIGATION, Purpose.TRAINING
OTHER = Digest(b"o" * 32)


def an_answer(*sections: Section, **changes: Any) -> StandingGrant:
    fields: dict[str, Any] = {
        "by": CUSTOMS,
        "message": records.MESSAGE,
        "action": Action.EXPORT,
        "grantee": POLICE,
        "sections": frozenset(sections or {Section.CORE}),
        "recipients": frozenset(),
        "purposes": frozenset({INVESTIGATION}),
        "until": NOW + DAY,
        "issued_at": NOW - DAY,
    }
    return StandingGrant(**(fields | changes))


def a_refusal(*sections: Section, **changes: Any) -> StandingGrant:
    fields: dict[str, Any] = {"given": False, "until": None, "issued_at": NOW - DAY / 2}
    return an_answer(*sections, **(fields | changes))


def a_use(**changes: Any) -> Use:
    fields: dict[str, Any] = {
        "message": records.MESSAGE,
        "originator": CUSTOMS,
        "grantee": POLICE,
        "action": Action.EXPORT,
        "purposes": (INVESTIGATION,),
        "recipients": (),
        "now": NOW,
    }
    return Use(**(fields | changes))


def granted(*answers: StandingGrant, **changes: Any) -> frozenset[Section]:
    return frozenset(section for section, _ in Grants.of(answers).uses(a_use(**changes), FOCAL_POINTS))


CORE = frozenset({Section.CORE})
NOTHING: frozenset[Section] = frozenset()


def test_permits_the_sections_that_it_names() -> None:
    assert CORE | {Section.NOMINAL} == granted(an_answer(Section.CORE, Section.NOMINAL))
    assert frozenset() == NO_GRANTS.uses(a_use(), FOCAL_POINTS)


@pytest.mark.parametrize(
    "use",
    [
        {"message": OTHER},
        {"grantee": Originator("BE/customs")},
        {"action": Action.FORWARD, "recipients": ("FR",)},
        {"action": Action.USE_IN_COURT},
        {"action": Action.OPEN},
        {"purposes": (TRAINING,)},
        {"purposes": ()},
        {"now": NOW + DAY},
        {"now": NOW + 2 * DAY},
        {"originator": Originator("BE/customs")},
    ],
)
def test_permits_nothing_but_just_this_use(use: dict[str, Any]) -> None:
    assert CORE == granted(an_answer())
    assert NOTHING == granted(an_answer(), **use)


def test_holds_to_the_last_moment_before_its_end() -> None:
    assert CORE == granted(an_answer(), now=NOW + DAY - timedelta(microseconds=1))


@pytest.mark.parametrize(("by", "sections"), [(CUSTOMS, CORE), (FOCAL, CORE), (POLICE, NOTHING)])
def test_only_the_originator_and_its_focal_point_are_heard(by: Originator, sections: frozenset[Section]) -> None:
    assert sections == granted(an_answer(by=by))


@pytest.mark.parametrize("by", [Originator("NL/police"), Originator("BE/focal"), Originator("NL")])
def test_nobody_else_speaks_for_an_originator(by: Originator) -> None:
    assert not may_speak(by, CUSTOMS, FOCAL_POINTS)
    assert NOTHING == granted(an_answer(by=by))


def test_nobody_else_withdraws_either() -> None:
    assert CORE == granted(an_answer(), a_refusal(by=Originator("BE/focal")))


def test_a_later_refusal_withdraws() -> None:
    assert NOTHING == granted(an_answer(), a_refusal())
    assert NOTHING == granted(an_answer(), a_refusal(by=FOCAL))


def test_a_refusal_withdraws_what_it_names_and_no_more() -> None:
    answer = an_answer(Section.CORE, Section.NOMINAL, purposes=frozenset({INVESTIGATION, TRAINING}))
    refusal = a_refusal(Section.NOMINAL)
    assert CORE == granted(answer, refusal)
    assert CORE | {Section.NOMINAL} == granted(answer, refusal, purposes=(TRAINING,))


def test_the_newest_answer_counts_whatever_order_they_came_in() -> None:
    again = an_answer(issued_at=NOW - DAY / 4)
    assert CORE == granted(again, a_refusal(), an_answer())
    assert CORE == granted(an_answer(), a_refusal(), again)


def test_a_newer_and_shorter_permission_replaces_a_longer_one() -> None:
    shorter = an_answer(until=NOW - DAY / 3, issued_at=NOW - DAY / 2)
    assert NOTHING == granted(an_answer(), shorter)


def test_two_answers_of_one_moment_are_in_one_order_for_everybody() -> None:
    one, other = an_answer(record=OTHER), a_refusal(issued_at=NOW - DAY, record=records.MESSAGE)
    assert granted(one, other) == granted(other, one)


TO_FRANCE = {"action": Action.FORWARD, "recipients": frozenset({"FR"})}
TO_GERMANY = {"action": Action.FORWARD, "recipients": frozenset({"DE/police"})}


@pytest.mark.parametrize(
    ("recipients", "sections"),
    [
        (("FR",), CORE),
        (("FR/customs",), CORE),
        (("DE/police",), CORE),
        (("FR", "DE/police"), CORE),
        (("DE",), NOTHING),
        (("FR", "DE/customs"), NOTHING),
    ],
)
def test_every_recipient_has_to_be_granted(recipients: tuple[str, ...], sections: frozenset[Section]) -> None:
    answers = an_answer(**TO_FRANCE), an_answer(**TO_GERMANY)
    assert sections == granted(*answers, action=Action.FORWARD, recipients=recipients)


def test_says_whether_it_may_be_passed_on_to_anybody_at_all() -> None:
    refusal = a_refusal(action=Action.FORWARD, recipients=frozenset({"FR"}))
    both = an_answer(**TO_FRANCE), an_answer(**TO_GERMANY)
    assert CORE == granted(*both, refusal, action=Action.FORWARD)
    assert NOTHING == granted(both[0], refusal, action=Action.FORWARD)


@pytest.mark.parametrize("named", [frozenset(), frozenset({"FR"}), frozenset({"FR/customs"})])
def test_a_refusal_withdraws_for_those_it_names_or_for_everybody(named: frozenset[str]) -> None:
    refusal = a_refusal(action=Action.FORWARD, recipients=named)
    use = {"action": Action.FORWARD, "recipients": ("FR/customs",)}
    assert CORE == granted(an_answer(**TO_FRANCE), **use)
    assert NOTHING == granted(an_answer(**TO_FRANCE), refusal, **use)
    if named:
        assert CORE == granted(an_answer(**TO_GERMANY), refusal, action=Action.FORWARD, recipients=("DE/police",))


@pytest.mark.parametrize("given", [Action.RECEIVE, Action.OPEN])
@pytest.mark.parametrize("wanted", [Action.RECEIVE, Action.OPEN])
def test_whoever_may_receive_may_open(given: Action, wanted: Action) -> None:
    assert CORE == granted(an_answer(action=given), action=wanted)
    assert NOTHING == granted(an_answer(action=given))


def test_names_the_answer_that_decides() -> None:
    grants = Grants.of([an_answer(), refusal := a_refusal()])
    assert (refusal,) == grants.deciding(a_use(), Section.CORE, FOCAL_POINTS)
    assert () == grants.deciding(a_use(), Section.NOMINAL, FOCAL_POINTS)


FOR_FRANCE = {"action": Action.FORWARD, "recipients": ("FR",)}
LACKS = [
    ([], Section.CORE, {}, ""),
    ([an_answer()], Section.CORE, {}, ""),
    ([an_answer()], Section.CORE, {"action": Action.USE_IN_COURT}, ""),
    ([an_answer(by=POLICE)], Section.CORE, {}, ""),
    ([an_answer()], Section.CORE, {"now": NOW + DAY}, "the permission of NL/customs ended on 2026-03-21 12:00 UTC"),
    ([an_answer(), a_refusal(by=FOCAL)], Section.CORE, {}, "NL/focal refused it, or took the permission back, on 2026"),
    ([an_answer()], Section.NOMINAL, {}, "is for the section core, not for nominal"),
    ([an_answer()], Section.CORE, {"purposes": (TRAINING,)}, "is for investigation, not for training"),
    ([an_answer(**TO_GERMANY)], Section.CORE, FOR_FRANCE, "is for passing it on to DE/police, not to FR"),
]


@pytest.mark.parametrize(("answers", "section", "use", "says"), LACKS)
def test_says_what_the_answers_lack(
    answers: list[StandingGrant], section: Section, use: dict[str, Any], says: str
) -> None:
    found = Grants.of(answers).lack(a_use(**use), section, FOCAL_POINTS)
    assert says in found
    assert bool(says) == bool(found)


def test_is_read_from_its_record() -> None:
    core = records.a_grant(request=OTHER)
    found = StandingGrant.of(CUSTOMS, core, record=OTHER, issued_at=NOW)
    assert (CUSTOMS, records.MESSAGE, POLICE, records.MAY) == (found.by, found.message, found.grantee, found.until)
    assert (True, OTHER, OTHER) == (found.given, found.request, found.record)
    refused = records.a_grant(outcome=GrantOutcome.REFUSED, until=None)
    assert not StandingGrant.of(CUSTOMS, refused, record=OTHER, issued_at=NOW).given
