"""Laws of folding and matching, over all names of the catalogue and over any text."""

import string

from hypothesis import given, settings
from hypothesis import strategies as st

from broker.catalogue import Certainty, match_name, shipped_catalogue
from broker.catalogue.folding import fold, transliterate

CATALOGUE = shipped_catalogue()
NAMES = [(one.id, name.text) for one in CATALOGUE.substances.values() for name in one.names]
LETTERS = string.ascii_lowercase


@given(st.text(max_size=60))
def test_folding_again_changes_nothing(text: str) -> None:
    assert fold(text) == fold(fold(text))
    assert transliterate(text) == transliterate(transliterate(text))


@given(st.text(max_size=60))
def test_case_changes_nothing_that_is_folded(text: str) -> None:
    assert fold(text) == fold(text.casefold())


@given(st.text(max_size=80))
@settings(max_examples=200)
def test_no_text_breaks_the_matching_and_nothing_unsure_is_picked(text: str) -> None:
    found = match_name(CATALOGUE, text)

    assert (found.substance is not None) == (found.certainty in (Certainty.EXACT, Certainty.CLOSE))
    assert bool(found.candidates) == (found.certainty is not Certainty.NONE)
    assert found.substance is None or [found.substance] == [one.id for one in found.candidates[:1]]


def test_every_name_is_its_own_substance_or_is_declared_ambiguous() -> None:
    for key, text in NAMES:
        found = match_name(CATALOGUE, text)
        whose = CATALOGUE.exact_ids(text)
        assert key in whose
        if found.certainty is Certainty.EXACT:
            assert (key,) == whose == (found.substance,)
        else:
            assert found.certainty is Certainty.AMBIGUOUS, text
            assert key in {one.id for one in found.candidates}


def test_only_names_that_several_share_or_that_are_wrong_are_ambiguous() -> None:
    shared = {text for _, text in NAMES if match_name(CATALOGUE, text).certainty is Certainty.AMBIGUOUS}

    assert {"PMK glycidate", "BMK glycidate", "phenyl ethyl acetate"} == shared


def slips(draw: st.DrawFn, text: str) -> str:
    place = draw(st.integers(0, len(text) - 1))
    letter = draw(st.sampled_from(LETTERS))
    return draw(
        st.sampled_from(
            [
                text[:place] + text[place + 1 :],
                text[:place] + letter + text[place + 1 :],
                text[:place] + letter + text[place:],
                text[:place] + text[place : place + 2][::-1] + text[place + 2 :],
            ]
        )
    )


@given(st.data())
@settings(max_examples=400, deadline=None)
def test_a_slip_is_never_exactly_another_substance_unless_it_is_that_ones_name(data: st.DataObject) -> None:
    key, text = data.draw(st.sampled_from(NAMES))
    written = data.draw(st.composite(slips)(text))

    found = match_name(CATALOGUE, written)

    if found.certainty is Certainty.EXACT and found.substance != key:
        # BMK is one letter from PMK, and each is a name: what is written is then that one's, letter by letter.
        assert fold(written) in {fold(name) for other, name in NAMES if other == found.substance} or "(" in written


@given(st.data())
@settings(max_examples=300, deadline=None)
def test_a_slip_in_a_long_name_still_shows_its_substance(data: st.DataObject) -> None:
    key, text = data.draw(st.sampled_from([one for one in NAMES if len(one[1]) >= 12 and one[1].isascii()]))
    place = data.draw(st.integers(1, len(text) - 2).filter(lambda at: text[at].isalpha()))

    found = match_name(CATALOGUE, text[:place] + text[place + 1 :], most=20)

    assert key in {one.id for one in found.candidates}
