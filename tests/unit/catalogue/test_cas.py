"""CAS numbers: the check digit, and the questions that a number beside a name raises."""

import pytest

from broker.catalogue import CasProblem, cas_questions, check_cas, shipped_catalogue
from broker.errors import BadCas


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("108-24-7", "108-24-7"),
        ("CAS 108-24-7", "108-24-7"),
        ("CAS No. 7722-64-7", "7722-64-7"),
        ("cas-nr: 2167189-50-4", "2167189-50-4"),
        (" 67‑64‑1 ", "67-64-1"),
        ("67 - 64 - 1", "67-64-1"),
    ],
)
def test_a_number_is_read_however_it_is_set(written: str, number: str) -> None:
    assert number == check_cas(written)


@pytest.mark.parametrize(
    "written",
    ["", "108-24-8", "1609-66-5", "108247", "8-24-7", "12345678-12-1", "0108-24-7", "108-2-47", "١٠٨-٢٤-٧", "none"],
)
def test_what_is_no_number_is_refused(written: str) -> None:
    with pytest.raises(BadCas):
        check_cas(written)


def test_every_wrong_last_digit_is_refused() -> None:
    wrong = [f"108-24-{digit}" for digit in range(10) if digit != 7]
    for one in wrong:
        with pytest.raises(BadCas, match="check digit would be 7"):
            check_cas(one)


def test_every_number_of_the_catalogue_holds() -> None:
    numbers = [one.number for each in shipped_catalogue().substances.values() for one in each.cas]

    assert numbers == [check_cas(number) for number in numbers]
    assert 80 < len(numbers)


@pytest.mark.parametrize(
    ("cas", "ids", "problem", "refused", "whose"),
    [
        ("108-24-8", ("AA",), CasProblem.BAD_CAS, True, ()),
        ("67-64-1", ("AA",), CasProblem.CAS_OF_ANOTHER, False, ("ACE",)),
        ("3612-20-2", ("4PIP",), CasProblem.OFTEN_CONFUSED, False, ("W:N-Benzyl-4-piperidone",)),
        (
            "288573-56-8",
            ("1B4AP",),
            CasProblem.OFTEN_CONFUSED,
            False,
            ("W:tert-Butyl 4-(4-fluoroanilino)piperidine-1-carboxylate",),
        ),
        ("1609-66-5", ("NORF",), CasProblem.BAD_CAS, True, ()),
        ("50-00-0", ("AA",), CasProblem.UNKNOWN_CAS, False, ()),
        ("50-00-0", (), CasProblem.UNKNOWN_CAS, False, ()),
        ("108-24-7", (), CasProblem.CAS_NAMES, False, ("AA",)),
        ("108-24-7", ("no such substance",), CasProblem.CAS_NAMES, False, ("AA",)),
    ],
)
def test_a_number_beside_a_name_raises_its_question(
    cas: str, ids: tuple[str, ...], problem: CasProblem, refused: bool, whose: tuple[str, ...]
) -> None:
    (question,) = cas_questions(shipped_catalogue(), cas, ids)

    assert (problem, refused, whose) == (question.problem, question.is_refused, question.substances)


@pytest.mark.parametrize(
    ("cas", "ids"), [("108-24-7", ("AA",)), ("345-78-8", ("PSE",)), ("67-64-1", ("AA", "ACE")), ("", ("AA",))]
)
def test_a_right_number_raises_none(cas: str, ids: tuple[str, ...]) -> None:
    assert () == cas_questions(shipped_catalogue(), cas, ids)


def test_several_numbers_are_asked_about_one_by_one() -> None:
    found = cas_questions(shipped_catalogue(), "CAS 108-24-7; 67-64-1 108-24-8", ("AA",))

    assert [CasProblem.CAS_OF_ANOTHER, CasProblem.BAD_CAS] == [one.problem for one in found]


def test_a_question_names_both_substances() -> None:
    (question,) = cas_questions(shipped_catalogue(), "67-64-1", ("AA",))

    assert question.message == "67-64-1 is that of Acetone, not of Acetic anhydride"
