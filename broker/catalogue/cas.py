"""CAS registry numbers: their check digit, and what a number that stands beside a name raises as a question.

The check digit catches errors of typing. A valid number on the wrong substance it does not catch: the catalogue does.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Final

import msgspec

from broker.catalogue.catalogue import Catalogue
from broker.errors import BadCas
from broker.types.vocabulary import Word

_FORM: Final = re.compile(r"([1-9]\d{1,6})-(\d\d)-(\d)")
_DASHES: Final = re.compile("\\s*[\u2010-\u2015\u2212\ufe63\uff0d-]\\s*")
_BETWEEN: Final = re.compile(r"[;,|/\n]|(?<=\d)\s+(?=\d)")
_PREFIX: Final = re.compile(r"^\s*cas(?:\s*-?\s*(?:no|nr|rn|number)\b)?\s*[.:#]?\s*", re.IGNORECASE)
_SHOWN: Final = 40


class CasProblem(Word):
    """What a CAS number beside a name raises."""

    UNKNOWN = "UNKNOWN"
    BAD_CAS = "BAD_CAS"
    """It is none: not of the form, or the check digit fails."""
    CAS_OF_ANOTHER = "CAS_OF_ANOTHER"
    """It is that of another substance of the catalogue than the one named."""
    OFTEN_CONFUSED = "OFTEN_CONFUSED"
    """It is known to be printed for the one named, and is not its own."""
    CAS_NAMES = "CAS_NAMES"
    """Nothing of the catalogue is named, and the number is that of a substance in it."""
    UNKNOWN_CAS = "UNKNOWN_CAS"
    """It may be right; the catalogue has nothing of this number."""


class CasQuestion(msgspec.Struct, frozen=True, kw_only=True):
    """What looks wrong about a number.

    Attributes:
        is_refused: It cannot be right; all else are questions, and the report may be right.
        substances: Whose number it is, by identifier; empty if nobody's.
    """

    number: str
    problem: CasProblem
    message: str
    is_refused: bool = False
    substances: tuple[str, ...] = ()


def check_cas(text: str) -> str:
    """Return the CAS number that *text* is, with plain hyphens and without a leading ``CAS``.

    The check digit is the sum of the other digits, each times its place from the right, modulo 10.

    Raises:
        BadCas: It is none, or its check digit fails.

    Source: CAS, "Check Digit Verification of CAS Registry Numbers".
    """
    number = _DASHES.sub("-", _PREFIX.sub("", text)).strip()
    if not number.isascii() or not _FORM.fullmatch(number):
        raise BadCas(f"{text[:_SHOWN]!r} is no CAS number: expected two to seven digits, two and one, like 108-24-7")
    digits = number.replace("-", "")
    expected = sum(place * int(digit) for place, digit in enumerate(reversed(digits[:-1]), start=1)) % 10
    if expected != int(digits[-1]):
        raise BadCas(f"{number} is no CAS number: its check digit would be {expected}")
    return number


def cas_questions(catalogue: Catalogue, cas: str, ids: Sequence[str]) -> tuple[CasQuestion, ...]:
    """Return what looks wrong about *cas*, one number or several, beside the substances *ids* that are named.

    Args:
        ids: Identifiers; those that the catalogue does not know are passed over. Empty: nothing of it is named.
    """
    known = tuple(one for one in ids if one in catalogue.substances)
    return tuple(
        question
        for part in _BETWEEN.split(cas)
        if part.strip()
        for question in _questions(catalogue, part.strip(), known)
    )


def _questions(catalogue: Catalogue, part: str, ids: Sequence[str]) -> Iterator[CasQuestion]:
    try:
        number = check_cas(part)
    except BadCas as error:
        message = "; ".join(filter(None, (str(error), _confused(catalogue, part.strip(), ids))))
        yield CasQuestion(number=part[:_SHOWN], problem=CasProblem.BAD_CAS, message=message, is_refused=True)
        return
    whose = catalogue.by_cas(number)
    if set(whose) & set(ids):
        return
    named = " or ".join(catalogue.name_of(one) for one in ids)
    confused = _confused(catalogue, number, ids)
    if confused:
        problem, message = CasProblem.OFTEN_CONFUSED, f"{number} is not that of {named}: {confused}"
    elif not whose:
        problem, message = CasProblem.UNKNOWN_CAS, f"{number} is of nothing in the catalogue"
    else:
        names = " and ".join(catalogue.name_of(one) for one in whose)
        problem = CasProblem.CAS_OF_ANOTHER if ids else CasProblem.CAS_NAMES
        message = f"{number} is that of {names}" + (f", not of {named}" if ids else "")
    yield CasQuestion(number=number, problem=problem, message=message, substances=whose)


def _confused(catalogue: Catalogue, number: str, ids: Sequence[str]) -> str:
    confused = (one for key in ids for one in catalogue.substance(key).confused)
    return "; ".join(one.says for one in confused if one.number == number)
