"""A marking that names nobody is refused: a mistyped exclusion would exclude nobody."""

import pytest

from broker.records.answer import AnswerCore, AnswerOutcome
from producers.named import Known, core_name_problems, name_problems
from tests.support.records import MESSAGE, a_marking

KNOWN = Known(
    participants=frozenset({"NL", "BE"}),
    authorities=frozenset({"NL/customs", "BE/police"}),
    groups=frozenset({"@NL/lionfish"}),
)


def test_takes_participants_authorities_and_groups_that_are_known() -> None:
    marking = a_marking(recipients=("BE", "BE/police", "@NL/lionfish"), excluded=("NL/customs",))
    assert () == name_problems(marking, KNOWN)


@pytest.mark.parametrize(
    ("name", "advice"),
    [
        ("BE/polise", "did you mean 'BE/police'?"),
        ("FR", "see tocsin directory show"),
        ("@NL/lionfsh", "did you mean '@NL/lionfish'?"),
        ("@BE/other", "a group has to be received by this node before a marking names it"),
    ],
)
def test_refuses_a_name_that_nobody_has_with_the_nearest_one(name: str, advice: str) -> None:
    for field in ("recipients", "excluded"):
        (problem,) = name_problems(a_marking(**{field: (name,)}), KNOWN)
        assert (field, "unknown-name") == (problem.field, problem.code)
        assert problem.message.endswith(advice)


def test_those_who_are_to_be_asked_next_have_to_exist_too() -> None:
    core = AnswerCore(
        marking=a_marking(recipients=("FR",)),
        national_reference="NL-1",
        request=MESSAGE,
        outcome=AnswerOutcome.NOTHING_KNOWN,
        ask_next=("BE", "BE/polise"),
    )

    assert [("recipients", "unknown-name"), ("ask_next", "unknown-name")] == [
        (one.field, one.code) for one in core_name_problems(core, KNOWN)
    ]
