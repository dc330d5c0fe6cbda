"""Names as written: what is near, what must never be merged, and what is not picked."""

import pytest

from broker.catalogue import Certainty, Match, match_name, shipped_catalogue
from broker.catalogue.matching import MAX_CHARACTERS


def matched(text: str) -> Match:
    return match_name(shipped_catalogue(), text)


@pytest.mark.parametrize(
    ("written", "substance"),
    [
        ("ACETIC  ANHYDRIDE", "AA"),
        ("Essigsäureanhydrid", "AA"),
        ("уксусный ангидрид", "AA"),
        ("أنهيدريد الخل", "AA"),
        ("1-boc-4-AP", "1B4AP"),
        ("1 BOC 4 AP", "1B4AP"),
        ("4-AP", "4AP"),
        ("γ-Butyrolactone", "W:gamma-Butyrolactone"),
        ("KMnO₄", "KMNO4"),
        ("ＰＭＫ", "PMK"),
    ],
)
def test_case_accents_script_and_punctuation_change_nothing(written: str, substance: str) -> None:
    assert (Certainty.EXACT, substance) == (matched(written).certainty, matched(written).substance)


@pytest.mark.parametrize(
    ("written", "substance", "why"),
    [
        ("ephedrine HCl", "EPH", "a salt of it"),
        ("clorhidrato de efedrina", "EPH", "a salt of it"),
        ("盐酸麻黄素", "EPH", "a salt or a form of it"),
        ("ergotamine tartrate", "ERGT", "a salt of it"),
        ("PMK glycidic acid sodium salt", "PMKGA", "a salt of it"),
        ("l-pseudoephedrine", "PSE", "an isomer of it"),
        ("acetic anhydride 98 %", "AA", "with a word of its form"),
        ("acetic anhydrid", "AA", "1 letter differs"),
        ("pottasium permanganate", "KMNO4", "2 letters differ"),
        ("уксусный ангидред", "AA", "1 letter differs"),
    ],
)
def test_salt_form_and_slips_are_close_and_say_why(written: str, substance: str, why: str) -> None:
    found = matched(written)

    assert (Certainty.CLOSE, substance, why) == (found.certainty, found.substance, found.candidates[0].why)


@pytest.mark.parametrize(
    "written",
    [
        "2-boc-4-AP",  # another locant
        "N-phenyl-3-piperidinamine",
        "sodium cyanate",  # another ending, another chemical
        "norpseudoephedrine",
        "ephedrone",
        "ethylamine",  # another stem
        "nitromethane",
        "benzoyl chloride",
        "piperazine",
        "potassium manganate",
        "iodine chloride",  # no salt of iodine
        "hydrochloric acid sodium salt",  # its listing excludes salts
    ],
)
def test_another_chemical_is_never_more_than_a_guess(written: str) -> None:
    assert matched(written).substance is None


@pytest.mark.parametrize(
    "written", ["PMK ethy glycidate", "PMK methy glycidate", "PMK buty glycidate", "BMK glycidate"]
)
def test_esters_of_one_acid_are_never_merged(written: str) -> None:
    found = matched(written)

    assert (Certainty.AMBIGUOUS, None) == (found.certainty, found.substance)
    assert len(found.candidates) > 1


def test_a_wrong_name_on_goods_is_told_and_not_taken() -> None:
    found = matched("phenyl ethyl acetate")

    assert (Certainty.AMBIGUOUS, None) == (found.certainty, found.substance)
    assert [("W:Ethyl phenylacetate", "goods are seen under this name, wrongly")] == [
        (one.id, one.why) for one in found.candidates
    ]


def test_a_name_and_another_one_in_brackets_are_both_shown() -> None:
    found = matched("acetone (toluene)")

    assert (Certainty.AMBIGUOUS, None) == (found.certainty, found.substance)
    assert ["ACE", "TOL"] == [one.id for one in found.candidates]


def test_candidates_of_a_guess_are_as_many_as_asked_for() -> None:
    assert 2 == len(match_name(shipped_catalogue(), "PMK ethy glycidate", most=2).candidates)


@pytest.mark.parametrize("written", ["", "  ", "?!", "()", "1", "x" * (MAX_CHARACTERS + 1), "((((", "\x00", "a" * 300])
def test_what_is_no_name_matches_nothing(written: str) -> None:
    assert (Certainty.NONE, None, ()) == (
        matched(written).certainty,
        matched(written).substance,
        matched(written).candidates,
    )


def test_an_exact_look_up_finds_all_whose_name_it_is() -> None:
    catalogue = shipped_catalogue()

    assert ("AA",) == catalogue.exact_ids("Acetic Anhydride")
    assert () == catalogue.exact_ids("acetic anhydrid")
    assert {"PMKGA", "PMKMG", "PMKEG"} < set(catalogue.exact_ids("pmk-glycidate"))
