"""Rules for codes and names that are written as text."""

import re
from collections.abc import Callable, Sequence
from typing import Final

from broker.errors import BadName
from broker.records.problems import Problem, Problems
from broker.types import names

_COUNTRY: Final = re.compile(r"[A-Z]{2}")
_LOCODE: Final = re.compile(r"[A-Z]{2}[A-Z2-9]{3}")
_LANGUAGE: Final = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")
_SHOWN: Final = 40
"""Characters of a wrong value that a message repeats."""


def country_problems(field: str, code: str) -> Problems:
    """Yield what keeps *code* from being two capitals; whether such a country exists is not asked.

    Historic codes and those of unions (EU) occur in real reports.
    """
    if not _COUNTRY.fullmatch(code):
        yield Problem(field, "bad-country", f"{code[:_SHOWN]!r} is no country code: expected two capitals, like NL")


def optional_country_problems(field: str, code: str | None) -> Problems:
    """Yield what is wrong with *code* unless it is absent or empty."""
    if code:
        yield from country_problems(field, code)


def locode_problems(field: str, code: str | None, *, country: str) -> Problems:
    """Yield what is wrong with a UN/LOCODE, which begins with the code of its *country*."""
    if code is None:
        return
    if not _LOCODE.fullmatch(code):
        yield Problem(field, "bad-locode", f"{code[:_SHOWN]!r} is no UN/LOCODE: expected five characters, like NLRTM")
    elif country and code[:2] != country:
        yield Problem(field, "bad-locode", f"{code} does not lie in {country[:_SHOWN]}")


def language_problems(field: str, tag: str) -> Problems:
    """Yield what is wrong with a BCP 47 tag unless it is empty."""
    if tag and not _LANGUAGE.fullmatch(tag):
        yield Problem(field, "bad-language", f"{tag[:_SHOWN]!r} is no language tag: expected one like es or zh-Hant")


def required_problems(field: str, text: str) -> Problems:
    """Yield a problem if *text* is empty or blank."""
    if not text.strip():
        yield Problem(field, "missing", "must not be empty")


def name_problems(field: str, named: Sequence[str], check: Callable[[str], str] = names.check_recipient) -> Problems:
    """Yield every element of *named* that *check* refuses, and every repetition."""
    for index, name in enumerate(named):
        try:
            check(name)
        except BadName as error:
            yield Problem(f"{field}[{index}]", "bad-name", str(error))
    yield from repetition_problems(field, named)


def repetition_problems(field: str, values: Sequence[object]) -> Problems:
    """Yield a problem for each element of *values* that was there before."""
    seen: set[object] = set()
    for index, value in enumerate(values):
        if value in seen:
            yield Problem(f"{field}[{index}]", "repeated", "is there already")
        seen.add(value)


def check_party(name: str) -> str:
    """Return *name* as a participant or authority.

    Raises:
        BadName: It is a group, or nothing that we know.
    """
    if name.startswith("@"):
        raise BadName(f"{name[:60]!r} is a group: expected a participant or an authority")
    return names.check_recipient(name)
