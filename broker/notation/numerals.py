"""Numerals in digits: which separator stands between thousands, and which before the decimals."""

import re
from decimal import Decimal
from typing import Final

import msgspec

from broker.notation.certainty import Certainty

MAX_DIGITS: Final = 32
"""Of a numeral; a longer one is no amount of anything."""
POINT_LANGUAGES: Final = frozenset({"en", "zh", "ja", "ko", "hi", "bn", "ur", "th", "he", "ms", "my", "km", "tl"})
"""Write 1,234.5. Spanish is in neither set: Mexico, Peru and Guatemala write so, Spain and Colombia do not."""
COMMA_LANGUAGES: Final = frozenset(
    {"de", "nl", "fr", "pt", "it", "ru", "uk", "bg", "cs", "sk", "pl", "hu", "ro", "tr", "da", "sv", "nb", "no", "fi"}
    | {"el", "hr", "sr", "sl", "sq", "lt", "lv", "et", "id", "vi", "kk", "ky", "uz", "tg", "az", "ka", "hy", "mk"}
)
"""Write 1.234,5."""
_SPACES: Final = re.compile("[ \u00a0\u2009\u202f]")
_APOSTROPHES: Final = re.compile("['\u2019\u02bc\u066c]")
_LIST_COMMAS: Final = re.compile("[\uff0c\u060c]")
_GROUPED: Final = re.compile(r"[0-9]{1,3}(?:[.,'][0-9]{3})+")
_INDIAN: Final = re.compile(r"[0-9]{1,2}(?:,[0-9]{2})+,[0-9]{3}")


class Numeral(msgspec.Struct, frozen=True):
    """What a numeral says.

    Attributes:
        value: None where no rule of writing numbers gives one.
        other: The value under the other rule, where both are possible.
    """

    value: Decimal | None
    certainty: Certainty = Certainty.CERTAIN
    other: Decimal | None = None
    notes: tuple[str, ...] = ()


def read_numeral(written: str, language: str = "") -> Numeral:
    """Return what *written* (digits and separators) says in *language*, a BCP 47 tag or empty."""
    if sum(map(str.isdigit, written)) > MAX_DIGITS:
        return Numeral(None, Certainty.UNSURE, notes=(f"more than {MAX_DIGITS} digits are no amount",))
    if _LIST_COMMAS.search(written):
        return _with_list_commas(written)
    text = _APOSTROPHES.sub("'", written).replace("\uff0e", ".")
    if "\u066b" in text:
        return _with_decimal_sign(text, written)
    if _SPACES.search(text):
        return _with_spaces(written, text, language)
    return _with_separators(text, written, language)


def _with_separators(text: str, written: str, language: str) -> Numeral:
    separators = [one for one in text if not one.isdigit()]
    if not separators:
        return Numeral(Decimal(text))
    if len(set(separators)) == 2:
        return _with_two(text, separators, written)
    if len(separators) > 1 or separators[0] == "'":
        return _with_many(text, separators[0], written)
    return _with_one(text, separators[0], language.partition("-")[0], written)


def _with_spaces(written: str, text: str, language: str) -> Numeral:
    """Read ``107 000``: three noughts, or a space that is not an ordinary one, leave no other reading."""
    joined = _SPACES.sub("", text)
    groups = _SPACES.split(text)[1:]
    rest = read_numeral(joined, language) if not joined.isdigit() else Numeral(Decimal(joined))
    if " " not in written or any(group.startswith("0") for group in groups):
        return rest
    note = f"{written} is taken as one number with a space between thousands"
    return Numeral(rest.value, Certainty.LIKELY, rest.other, (*rest.notes, note))


def _with_list_commas(written: str) -> Numeral:
    """Read ``٥،٠٠٠`` and its like: this comma stands in lists, and some write it between thousands."""
    text = _LIST_COMMAS.sub("", written).replace("\u066b", ".").replace("\uff0e", ".")
    note = f"{written} is taken as one number; its comma may part two"
    return Numeral(Decimal(text), Certainty.UNSURE, notes=(note,))


def _with_decimal_sign(text: str, written: str) -> Numeral:
    """Read the decimal sign of Arabic script, which is nothing else."""
    whole, _, decimals = text.partition("\u066b")
    whole = _SPACES.sub("'", whole)
    if decimals.isdigit() and (whole.isdigit() or _GROUPED.fullmatch(whole)):
        return Numeral(Decimal(f"{_digits(whole)}.{decimals}"))
    return _unreadable(written)


def _with_two(text: str, separators: list[str], written: str) -> Numeral:
    """Read ``1.234,5``: the last separator is the decimal one, if it stands there once."""
    last = separators[-1]
    whole, _, decimals = text.rpartition(last)
    if separators.count(last) == 1 and last != "'" and (_GROUPED.fullmatch(whole) or _INDIAN.fullmatch(whole)):
        return Numeral(Decimal(f"{_digits(whole)}.{decimals}"))
    return _unreadable(written)


def _with_many(text: str, separator: str, written: str) -> Numeral:
    """Read ``1.234.567``, or lakhs and crores as ``12,34,567``."""
    if _GROUPED.fullmatch(text) or (separator == "," and _INDIAN.fullmatch(text)):
        return Numeral(Decimal(_digits(text)))
    return _unreadable(written)


def _with_one(text: str, separator: str, language: str, written: str) -> Numeral:
    """Read one point or comma, which before three digits may be either."""
    whole, _, decimals = text.partition(separator)
    as_decimal, as_thousands = Decimal(f"{whole}.{decimals}"), Decimal(whole + decimals)
    if len(decimals) != 3 or len(whole) > 3 or whole.startswith("0"):
        return Numeral(as_decimal)
    is_point = separator == "."
    if language in COMMA_LANGUAGES:
        is_thousands, certainty = is_point, Certainty.LIKELY if is_point else Certainty.UNSURE
    elif language in POINT_LANGUAGES:
        is_thousands, certainty = not is_point, Certainty.UNSURE if is_point else Certainty.CERTAIN
    elif language == "es":
        is_thousands, certainty = True, Certainty.LIKELY
    else:
        is_thousands, certainty = not is_point, Certainty.UNSURE if is_point else Certainty.LIKELY
    value, other = (as_thousands, as_decimal) if is_thousands else (as_decimal, as_thousands)
    if certainty is Certainty.CERTAIN:
        return Numeral(value, certainty, other)
    note = f"{written} is taken as {value:f}; three digits after the separator may also mean {other:f}"
    return Numeral(value, certainty, other, (note,))


def _digits(text: str) -> str:
    return "".join(filter(str.isdigit, text))


def _unreadable(written: str) -> Numeral:
    return Numeral(None, Certainty.UNSURE, notes=(f"{written[:40]} is no number under any rule of writing them",))
