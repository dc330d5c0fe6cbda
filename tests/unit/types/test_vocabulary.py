"""The closed vocabularies."""

import pytest

from broker.errors import MalformedError
from broker.types.vocabulary import Handling, Purpose, Tlp, Word

VOCABULARIES = tuple(kind for kind in Word.__subclasses__() if kind.__module__ == Word.__module__)
"""Those of every layer; the policy has words of its own that never travel."""


@pytest.mark.parametrize("vocabulary", VOCABULARIES, ids=lambda one: one.__name__)
class TestEveryVocabulary:
    def test_begins_with_the_default_symbol(self, vocabulary: type[Word]) -> None:
        assert next(iter(vocabulary)).value == "UNKNOWN"

    def test_finds_each_member_by_its_word(self, vocabulary: type[Word]) -> None:
        known = [member for member in vocabulary if member.value != "UNKNOWN"]

        assert known == [vocabulary.from_word(member.word) for member in known]

    def test_spells_no_two_members_alike(self, vocabulary: type[Word]) -> None:
        assert len(vocabulary) == len({member.word for member in vocabulary})

    def test_lists_the_words_of_all_but_the_default(self, vocabulary: type[Word]) -> None:
        assert vocabulary.words() == tuple(member.word for member in list(vocabulary)[1:])

    @pytest.mark.parametrize("word", ["", "unknown", "UNKNOWN", "nonsense", " red", "x" * 10_000])
    def test_refuses_a_word_that_it_does_not_have(self, vocabulary: type[Word], word: str) -> None:
        with pytest.raises(MalformedError) as refusal:
            vocabulary.from_word(word)

        assert vocabulary.__name__ in str(refusal.value)
        assert "x" * 41 not in str(refusal.value)

    def test_knows_no_symbol_in_another_case(self, vocabulary: type[Word]) -> None:
        for member in vocabulary:
            with pytest.raises(ValueError, match="is not a valid"):
                vocabulary(member.value.lower() + " ")


@pytest.mark.parametrize(
    ("member", "word"),
    [
        (Purpose.PUBLIC_HEALTH, "public-health"),
        (Tlp.AMBER_STRICT, "AMBER+STRICT"),
        (Tlp.RED, "RED"),
        (Handling.H0, "H0"),
    ],
)
def test_spells_a_member_as_people_do(member: Word, word: str) -> None:
    assert word == member.word


def test_labels_run_from_the_widest_to_the_narrowest() -> None:
    assert Tlp.words() == ("CLEAR", "GREEN", "AMBER", "AMBER+STRICT", "RED")
