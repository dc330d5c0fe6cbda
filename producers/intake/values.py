"""Single values as cells hold them: a day, a count, yes or no, a country, a member of a vocabulary."""

import re
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from functools import cache
from typing import Any, Final, TypeVar

from broker.errors import BadName
from broker.notation.dates import FIRST_YEAR, LAST_YEAR
from broker.records.texts import check_party
from broker.types.names import Originator, participant_of
from broker.types.vocabulary import Word
from producers.intake.countries import country_problem
from producers.intake.dates import asked
from producers.intake.rows import FieldProblem
from producers.intake.words import plain, read_word, split_list

W = TypeVar("W", bound=Word)
YES_NO: Final[Mapping[str, bool]] = {"yes": True, "no": False, "true": True, "false": False, "1": True, "0": False}
_DAY: Final = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})(?:[T ]00:00(?::00)?)?")
_COUNT: Final = re.compile(r"[0-9]{1,9}")
_LANGUAGE: Final = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")


def words_of(vocabulary: type[W]) -> Mapping[str, W]:
    """Return the members of *vocabulary* that may be written, by their spelling in files."""
    # The vocabulary decides the type of its members, which a cache does not know.
    found: Mapping[str, W] = _words_of(vocabulary)
    return found


@cache
def _words_of(vocabulary: type[Word]) -> Mapping[str, Any]:
    return {plain(member.word): member for member in vocabulary if member.value != "UNKNOWN"}


def read_member(field: str, values: Mapping[str, str], absent: W, problems: list[FieldProblem]) -> W:
    """Return the member of a vocabulary that *field* says, *absent* where it is empty."""
    return read_word(field, values, words_of(type(absent)), absent, problems)


def need_member(field: str, values: Mapping[str, str], stand_in: W, problems: list[FieldProblem]) -> W:
    """Return the member of a vocabulary that *field* has to say; *stand_in* where it does not, which is noted."""
    if not values.get(field):
        known = ", ".join(words_of(type(stand_in)))
        problems.append(FieldProblem(field, "missing", f"which one? Known are {known}"))
    return read_member(field, values, stand_in, problems)


def need_text(field: str, values: Mapping[str, str], asks: str, problems: list[FieldProblem]) -> str:
    """Return what *field* has to say; *asks* is the question to whoever left it empty."""
    text = values.get(field, "")
    if not text:
        problems.append(FieldProblem(field, "missing", asks))
    return text


def read_day(
    field: str, values: Mapping[str, str], problems: list[FieldProblem], *, today: date | None = None
) -> date | None:
    """Return the day that *field* tells; one after *today* is refused (a day later, for other time zones)."""
    text = values.get(field, "")
    if not text:
        return None
    found = _DAY.fullmatch(text)
    try:
        day = date.fromisoformat(found[1]) if found else None
    except ValueError:
        day = None
    if day is None or not FIRST_YEAR <= day.year <= LAST_YEAR:
        message = f"{text[:40]!r} is no day{asked(text, values.get('source_lang', ''))}; expected 2026-01-31"
        problems.append(FieldProblem(field, "bad-date", message))
        return None
    if today is not None and day > today + timedelta(days=1):
        problems.append(FieldProblem(field, "future-date", f"{text[:40]} lies in the future"))
    return day


def read_count(field: str, values: Mapping[str, str], problems: list[FieldProblem]) -> int | None:
    """Return the whole number that *field* tells."""
    text = values.get(field, "")
    if not text:
        return None
    if not _COUNT.fullmatch(text):
        message = f"{text[:40]!r} is no count: expected a whole number of at most 9 digits"
        problems.append(FieldProblem(field, "bad-number", message))
        return None
    return int(text)


def read_yes(field: str, values: Mapping[str, str], problems: list[FieldProblem]) -> bool:
    """Say whether *field* says yes; an empty one says no."""
    return read_word(field, values, YES_NO, absent=False, problems=problems)


def read_country(field: str, values: Mapping[str, str], problems: list[FieldProblem]) -> str:
    """Return the country code in *field*, or nothing."""
    code = values.get(field, "")
    if code and (problem := country_problem(field, code)):
        problems.append(problem)
    return code


def read_countries(field: str, values: Mapping[str, str], problems: list[FieldProblem]) -> tuple[str, ...]:
    """Return the country codes that *field* lists, each once."""
    codes = tuple(dict.fromkeys(split_list(values.get(field, ""))))
    problems += [problem for code in codes if (problem := country_problem(field, code))]
    return codes


def check_own_country(field: str, code: str, authority: Originator, problems: list[FieldProblem]) -> None:
    """Note a country that is not the one *authority* writes for; an organisation's authority has none, and may."""
    participant = participant_of(authority)
    if code and len(participant) == 2 and code != participant and not any(one.field == field for one in problems):
        message = f"the row is of {code[:40]}, and {authority} writes for {participant}; {code[:40]} has to publish it"
        problems.append(FieldProblem(field, "foreign-row", message))


def read_parties(field: str, values: Mapping[str, str], problems: list[FieldProblem]) -> tuple[str, ...]:
    """Return the participants and authorities that *field* lists, each once."""
    return tuple(_checked(field, dict.fromkeys(split_list(values.get(field, ""))), problems))


def _checked(field: str, named: Mapping[str, None], problems: list[FieldProblem]) -> Iterator[str]:
    for name in named:
        try:
            check_party(name)
        except BadName as error:
            problems.append(FieldProblem(field, "bad-name", str(error)))
        yield name


def read_language(values: Mapping[str, str], problems: list[FieldProblem]) -> str:
    """Return the language tag of a row; one that is none is noted and left out."""
    tag = values.get("source_lang", "")
    if tag and not _LANGUAGE.fullmatch(tag):
        problems.append(FieldProblem("source_lang", "bad-language", f"{tag[:40]!r}: expected a tag like es or zh-Hant"))
        return ""
    return tag
