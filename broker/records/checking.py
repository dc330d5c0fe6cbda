"""The one walk over a record that finds every broken rule.

Types cannot say everything. What holds for every value of a type is checked here; what holds for one kind of part is
said by that part, in its method ``broken_rules() -> Problems`` (by field of that part), and collected on the way.

Why here and not in the door to Avro: fastavro rounds a decimal that is too precise without a word, and takes a time
without a time zone for the machine's own.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from functools import cache, partial
from types import NoneType
from typing import Any, Final, TypeAlias, get_args, get_origin

import msgspec

from broker.errors import MalformedError
from broker.records.problems import Problem, Problems, refuse
from broker.types import time

DECIMAL_SCALE: Final = 6
"""Digits after the point that a decimal may have."""
DECIMAL_DIGITS: Final = 38
"""Digits that a decimal may have, before and after the point together."""

_Check: TypeAlias = Callable[[Any], Sequence[Problem]]
_Rules: TypeAlias = Callable[[Any], Problems]


def problems_in(record: msgspec.Struct) -> list[Problem]:
    """Return everything that is wrong with *record* and the parts inside it, by field path."""
    found: list[Problem] = []
    fields, rules = _plan(type(record))
    for name, check in fields:
        value = getattr(record, name)
        if value is not None and (problems := check(value)):
            found += [problem.under(name) for problem in problems]
    if rules is not None:
        found += rules(record)
    return found


def check_record(record: msgspec.Struct) -> None:
    """Check that *record* breaks no rule of its type.

    Raises:
        InvalidRecord: It breaks some; the message lists all of them by field path.
    """
    refuse(problems_in(record))


def check_sections(sections: Mapping[str, msgspec.Struct | None]) -> None:
    """Check the sections of one message together; absent ones are None.

    Raises:
        InvalidRecord: Some rule is broken; the message lists all of them, each path led by its section's name.
    """
    refuse(
        problem.under(name)
        for name, record in sections.items()
        if record is not None
        for problem in problems_in(record)
    )


def _word_problems(word: StrEnum) -> Sequence[Problem]:
    if word != "UNKNOWN":
        return ()
    return (Problem("", "unknown-word", "UNKNOWN is for readers of newer messages and cannot be written"),)


def _array_problems(check: _Check, values: tuple[object, ...]) -> list[Problem]:
    return [problem.under(f"[{index}]") for index, value in enumerate(values) for problem in check(value)]


def _decimal_problems(value: Decimal) -> list[Problem]:
    exponent = value.as_tuple().exponent
    if not isinstance(exponent, int):
        return [Problem("", "bad-decimal", f"{value} is no amount")]
    found: list[Problem] = []
    if exponent < -DECIMAL_SCALE:
        says = f"has {-exponent} digits after the point: at most {DECIMAL_SCALE} fit"
        found.append(Problem("", "bad-decimal", says))
    if value and value.adjusted() >= DECIMAL_DIGITS - DECIMAL_SCALE:
        says = f"has more than {DECIMAL_DIGITS - DECIMAL_SCALE} digits before the point"
        found.append(Problem("", "bad-decimal", says))
    return found


def _time_problems(when: datetime) -> Sequence[Problem]:
    try:
        time.to_micros(when)
    except MalformedError as error:
        return (Problem("", "bad-time", str(error)),)
    return ()


_CHECKS: Final[Mapping[type, _Check]] = {
    StrEnum: _word_problems,
    msgspec.Struct: problems_in,
    Decimal: _decimal_problems,
    datetime: _time_problems,
}


@cache
def _plan(kind: type[msgspec.Struct]) -> tuple[tuple[tuple[str, _Check], ...], _Rules | None]:
    """Return the check of each field that needs one, and the rules of the part as a whole.

    Worked out once for each type: asked for every value, it would take most of the time.
    """
    checks = ((field.name, _check_of(field.type)) for field in msgspec.structs.fields(kind))
    rules: _Rules | None = getattr(kind, "broken_rules", None)
    return tuple((name, check) for name, check in checks if check is not None), rules


def _check_of(annotation: Any) -> _Check | None:
    """Return what to ask of each value of the type that *annotation* writes, None if nothing."""
    inner = get_args(annotation)
    if get_origin(annotation) is tuple:
        check = _check_of(inner[0])
        return None if check is None else partial(_array_problems, check)
    if inner:  # an optional value, or one with bounds
        return _check_of(next(one for one in inner if one is not NoneType))
    if not isinstance(annotation, type):
        return None
    return next((check for known, check in _CHECKS.items() if issubclass(annotation, known)), None)
