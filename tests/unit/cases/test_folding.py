"""Words and names as they are compared."""

import pytest

from broker.cases.folding import folded, name_key, words_of


@pytest.mark.parametrize("text", ["ACETIC  anhydride", "Acetic-Anhydride", "acetic, anhydride."])
def test_a_word_is_compared_without_case_and_punctuation(text: str) -> None:
    assert "acetic anhydride" == folded(text)


def test_another_script_is_compared_in_latin_letters_and_a_name_keeps_its_own() -> None:
    assert "atseton" == folded("ацетон")
    assert "ацетон" == name_key("Ацетон")


@pytest.mark.parametrize(
    "text", ["Chemical for heroin", "chemical  for heroin.", "CHEMICAL FOR HEROIN", "\uff43hemical for heroin"]
)
def test_a_name_that_nobody_knows_is_one_however_it_is_typed(text: str) -> None:
    assert "chemical for heroin" == name_key(text)


def test_accents_and_hyphens_tell_names_apart() -> None:
    assert name_key("1-boc") != name_key("1 boc")
    assert name_key("acétone") != name_key("acetone")


def test_single_letters_are_no_words() -> None:
    assert ("drums", "of") == words_of("5 drums of X")
