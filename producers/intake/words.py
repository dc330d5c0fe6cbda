"""Words of closed vocabularies as files write them: any case, hyphens, spaces and underscores alike."""

from collections.abc import Mapping
from datetime import datetime
from typing import TypeVar

from producers.intake.columns import NOMINAL
from producers.intake.nearest import did_you_mean, one_of
from producers.intake.rows import FieldProblem

T = TypeVar("T")


def plain(word: str) -> str:
    """Return *word* in the one spelling that words are compared in."""
    return "_".join(word.casefold().replace("-", " ").replace("_", " ").split())


def read_word(
    field: str, values: Mapping[str, str], known: Mapping[str, T], absent: T, problems: list[FieldProblem]
) -> T:
    """Return the meaning of what *field* says, *absent* where it says nothing or nothing that is known."""
    written = values.get(field, "")
    if not written or written in known:
        return known.get(written, absent)
    by_plain = {plain(word): meaning for word, meaning in known.items()}
    if plain(written) in by_plain:
        return by_plain[plain(written)]
    shown = "the word" if field in NOMINAL else repr(written[:40])
    hint = did_you_mean(written, known) or f"; known are {one_of(_one_spelling_each(known))}"
    message = f"{shown} is not known{hint}"
    problems.append(FieldProblem(field, "unknown-word", message))
    return absent


def _one_spelling_each(known: Mapping[str, T]) -> tuple[str, ...]:
    spellings: dict[T, str] = {}
    for word, meaning in known.items():
        spellings.setdefault(meaning, word)
    return tuple(spellings.values())


def split_list(text: str) -> tuple[str, ...]:
    """Return the parts of a list that a cell holds, separated by semicolons or commas."""
    return tuple(part for part in (one.strip() for one in text.replace(",", ";").split(";")) if part)


def read_time(field: str, values: Mapping[str, str], problems: list[FieldProblem]) -> datetime | None:
    """Return the time that *field* tells; one without a zone is refused."""
    text = values.get(field, "")
    if not text:
        return None
    try:
        when = datetime.fromisoformat(text)
    except ValueError:
        when = None
    if when is None or when.tzinfo is None:
        message = f"{text[:40]!r} is no time with its zone: expected 2026-01-31T08:00:00Z"
        problems.append(FieldProblem(field, "bad-time", message))
        return None
    return when


def read_words(
    field: str, values: Mapping[str, str], known: Mapping[str, T], problems: list[FieldProblem]
) -> tuple[T, ...]:
    """Return the meanings of a list of words, those that are known."""
    found: list[T] = []
    for word in split_list(values.get(field, "")):
        meaning = read_word(field, {field: word}, dict[str, T | None](known), None, problems)
        if meaning is not None and meaning not in found:
            found.append(meaning)
    return tuple(found)
