"""What came of a request: silence is silence, nobody answers for another, and the order of arrival says nothing."""

from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker.records.answer import AnswerOutcome
from broker.types.names import Digest, Originator
from tocsin.asking.state import Addressed, Question, Reply, RequestState, state_of

ASKED = datetime(2026, 3, 14, 12, tzinfo=UTC)
DUE = ASKED + timedelta(hours=8)
REQUEST, CORRECTED, OTHER = Digest(b"\x01" * 32), Digest(b"\x02" * 32), Digest(b"\x03" * 32)


def a_question(*addressed: str, digests: frozenset[Digest] = frozenset({REQUEST})) -> Question:
    return Question(
        digests=digests,
        asker=Originator("NL/customs"),
        issued_at=ASKED,
        answer_by=DUE,
        addressed=tuple(Addressed(name, frozenset({name})) for name in addressed or ("BE",)),
    )


def a_reply(
    outcome: AnswerOutcome = AnswerOutcome.ANSWERED,
    *,
    by: str = "BE/police",
    hours: float = 1,
    until: float | None = None,
    request: Digest = REQUEST,
) -> Reply:
    seed = f"{outcome}{by}{hours}{until}".encode()
    return Reply(
        record=Digest((seed * 32)[:32]),
        request=request,
        by=Originator(by),
        issued_at=ASKED + timedelta(hours=hours),
        outcome=outcome,
        until=None if until is None else ASKED + timedelta(hours=until),
    )


def outcomes(state: RequestState) -> dict[str, AnswerOutcome | None]:
    return {one.name: one.outcome for one in state.standings}


def test_silence_is_shown_as_silence() -> None:
    state = state_of(a_question("BE", "DE/customs"), [])
    assert {"BE": None, "DE/customs": None} == outcomes(state)
    assert (True, DUE, 0) == (state.is_open, state.due, state.settled)


@pytest.mark.parametrize(("hours", "expected"), [(7.9, False), (8, True), (9, True)])
def test_it_is_overdue_from_the_moment_on_that_it_is_due(hours: float, expected: bool) -> None:
    assert expected == state_of(a_question(), []).is_overdue(ASKED + timedelta(hours=hours))


@pytest.mark.parametrize(
    ("outcome", "settles"),
    [
        (AnswerOutcome.ANSWERED, True),
        (AnswerOutcome.NOTHING_KNOWN, True),
        (AnswerOutcome.REFUSED, True),
        (AnswerOutcome.PARTLY, False),
        (AnswerOutcome.MORE_TIME, False),
        (AnswerOutcome.UNKNOWN, False),
    ],
)
def test_a_part_more_time_and_what_we_do_not_know_stop_no_clock(outcome: AnswerOutcome, settles: bool) -> None:
    until = 20 if outcome is AnswerOutcome.MORE_TIME else None
    assert settles is not state_of(a_question(), [a_reply(outcome, until=until)]).is_open


def test_any_authority_of_a_participant_answers_for_it_and_none_of_another_does() -> None:
    state = state_of(a_question("BE", "DE/customs"), [a_reply(by="BE/health"), a_reply(by="DE/police")])
    assert {"BE": AnswerOutcome.ANSWERED, "DE/customs": None} == outcomes(state)
    assert ["DE/police"] == [one.by for one in state.unasked]


def test_who_was_not_asked_stops_no_clock() -> None:
    state = state_of(a_question(), [a_reply(by="FR/police")])
    assert (True, ["FR/police"]) == (state.is_open, [one.by for one in state.unasked])


def test_an_answer_to_another_request_is_none_to_this_one() -> None:
    state = state_of(a_question(), [a_reply(request=OTHER)])
    assert (True, ()) == (state.is_open, state.unasked)


def test_an_answer_to_what_was_corrected_is_one_to_what_corrects_it() -> None:
    state = state_of(a_question(digests=frozenset({REQUEST, CORRECTED})), [a_reply(request=CORRECTED)])
    assert not state.is_open


def test_a_later_answer_of_the_same_authority_replaces_its_earlier_one() -> None:
    both = [a_reply(AnswerOutcome.ANSWERED, hours=1), a_reply(AnswerOutcome.REFUSED, hours=2)]
    assert {"BE": AnswerOutcome.REFUSED} == outcomes(state_of(a_question(), both))


def test_of_several_desks_what_helps_most_counts() -> None:
    both = [
        a_reply(AnswerOutcome.NOTHING_KNOWN, by="BE/customs", hours=2),
        a_reply(AnswerOutcome.ANSWERED, by="BE/police", hours=1),
    ]
    assert {"BE": AnswerOutcome.ANSWERED} == outcomes(state_of(a_question(), both))


def test_more_time_moves_the_clock_of_whoever_asked_for_it_alone() -> None:
    state = state_of(a_question("BE", "DE"), [a_reply(AnswerOutcome.MORE_TIME, until=30)])
    assert {"BE": ASKED + timedelta(hours=30), "DE": DUE} == {one.name: one.due for one in state.standings}
    assert DUE == state.due
    assert [False, True] == [one.is_overdue(ASKED + timedelta(hours=10)) for one in state.standings]


def test_more_time_never_shortens_the_clock() -> None:
    (one,) = state_of(a_question(), [a_reply(AnswerOutcome.MORE_TIME, until=2)]).standings
    assert DUE == one.due


def test_an_answer_after_its_time_is_late_and_one_before_is_not() -> None:
    (late,) = state_of(a_question(), [a_reply(hours=9)]).standings
    (timely,) = state_of(a_question(), [a_reply(hours=8)]).standings
    assert (True, False) == (late.is_late, timely.is_late)


REPLIES = (
    a_reply(AnswerOutcome.MORE_TIME, until=30),
    a_reply(AnswerOutcome.PARTLY, hours=2),
    a_reply(AnswerOutcome.NOTHING_KNOWN, by="BE/customs", hours=2),
    a_reply(AnswerOutcome.ANSWERED, by="DE/police", hours=3),
    a_reply(AnswerOutcome.ANSWERED, by="FR/police", hours=4),
)


def test_the_order_of_arrival_changes_nothing() -> None:
    states = {state_of(a_question("BE", "DE"), several) for several in permutations(REPLIES)}
    assert 1 == len(states)


@given(st.lists(st.sampled_from(REPLIES), max_size=12), st.randoms())
def test_nor_does_how_often_each_arrives(several: list[Reply], order: object) -> None:
    again = [*several, *several]
    order.shuffle(again)  # type: ignore[attr-defined]
    assert state_of(a_question("BE", "DE"), several) == state_of(a_question("BE", "DE"), again)
