"""Amounts and substances as reports give them. The text is kept, the number is read, nothing is converted.

What a text tells beside its columns is read as well: a missing number is filled in where the text leaves little doubt,
every other amount is kept beside the entered one, and both are said in a question.
"""

import re
from collections.abc import Mapping
from decimal import Decimal
from functools import lru_cache
from typing import Final, NamedTuple

import msgspec

from broker.notation.agreement import other_amounts
from broker.notation.amounts import AmountReading, read_amounts
from broker.notation.certainty import Certainty
from broker.notation.packages import packages_of
from broker.records.quantity import Packages, Qualifier, Quantity, QuantityForm, Unit
from broker.records.substances import Substance
from producers.intake.amount_questions import AmountOfRow, fill, questions_about
from producers.intake.rows import FieldProblem
from producers.intake.words import read_word

UNITS: Final[Mapping[str, Unit]] = {
    "kg": Unit.KG,
    "g": Unit.G,
    "mg": Unit.MG,
    "t": Unit.TONNE,
    "short_ton": Unit.SHORT_TON,
    "long_ton": Unit.LONG_TON,
    "ton_unspecified": Unit.TON_UNSPECIFIED,
    "lb": Unit.POUND,
    "oz": Unit.OUNCE,
    "L": Unit.LITRE,
    "mL": Unit.MILLILITRE,
    "US_gal": Unit.GALLON_US,
    "imp_gal": Unit.GALLON_IMPERIAL,
    "gal_unspecified": Unit.GALLON_UNSPECIFIED,
    "drum": Unit.DRUM,
    "barrel": Unit.BARREL,
    "box": Unit.BOX,
    "bag": Unit.BAG,
    "container": Unit.CONTAINER,
    "tablet": Unit.TABLET,
    "capsule": Unit.CAPSULE,
    "count": Unit.COUNT,
    "shipment": Unit.SHIPMENT,
}
QUALIFIERS: Final[Mapping[str, Qualifier]] = {
    "exact": Qualifier.EXACT,
    "about": Qualifier.ABOUT,
    "at_least": Qualifier.AT_LEAST,
    "at_most": Qualifier.AT_MOST,
    "more_than": Qualifier.MORE_THAN,
    "less_than": Qualifier.LESS_THAN,
    "almost": Qualifier.ALMOST,
    "nearly": Qualifier.ALMOST,
    "range": Qualifier.RANGE,
    "conflicting": Qualifier.CONFLICTING,
}
_FORMS: Final[Mapping[str, QuantityForm]] = {
    "liquid": QuantityForm.LIQUID,
    "solution": QuantityForm.SOLUTION,
    "preparation": QuantityForm.PREPARATION,
    "tablet": QuantityForm.PREPARATION,
    "capsule": QuantityForm.PREPARATION,
    "powder": QuantityForm.SOLID,
    "crystals": QuantityForm.SOLID,
    "solid": QuantityForm.SOLID,
    "gas": QuantityForm.GAS,
    "mixture": QuantityForm.MIXTURE,
}
_AMOUNT: Final = re.compile(r"[0-9]{1,32}(\.[0-9]{1,6})?")
_SUBSTANCE_ID: Final = re.compile(r"[A-Z0-9][A-Z0-9-]{1,15}|W:\S.{0,99}")
_NO_ID: Final = "other"
"""Stands in a list of ids for a substance that the catalogue does not have."""
_REMEMBERED: Final = 512
"""Texts whose reading is kept: lines of one case, and of bulk uploads, repeat each other."""


class AmountRead(NamedTuple):
    """The amounts of a row, the one that counts first, and what a person should look at."""

    quantities: tuple[Quantity, ...]
    questions: tuple[FieldProblem, ...] = ()


def read_substances(values: Mapping[str, str], problems: list[FieldProblem]) -> tuple[Substance, ...]:
    """Return the substances of a row; one name may stand for several ids."""
    ids = [part.strip() for part in values.get("substance_id", "").split("|") if part.strip()]
    problems += [
        FieldProblem("substance_id", "bad-substance", f"{one[:40]!r} is no substance id; several are separated by |")
        for one in ids
        if one != _NO_ID and not _SUBSTANCE_ID.fullmatch(one)
    ]
    written = values.get("substance_as_reported", "")
    if not ids and not written:
        return ()
    return tuple(
        Substance(
            as_written=written,
            language=values.get("source_lang", ""),
            substance_id=None if one == _NO_ID else one,
            physical_form=values.get("physical_form", ""),
        )
        for one in ids or [_NO_ID]
    )


def read_amount(values: Mapping[str, str], substances: int, problems: list[FieldProblem]) -> AmountRead:
    """Return the amounts of a row, each of all its *substances* (a count), with what is doubtful about them.

    The first is what the columns say, or what the text says where they say no number. What the text tells besides
    follows: other statements about the same goods, not to be added.
    """
    already = len(problems)
    stated = _stated(values, substances, problems)
    if stated is None:
        return AmountRead(())
    written, language = stated.as_written, values.get("source_lang", "")
    row = AmountOfRow(
        stated=stated,
        readings=readings_in(written, language),
        packages=readings_in(values.get("packages", ""), language),
        substance_id=values.get("substance_id", ""),
    )
    if len(problems) > already:
        return AmountRead((stated,))
    counted = fill(row)
    # What may as well be another amount is asked about and stays in the words: a record states no guess.
    sure = [one for one in row.readings if one.certainty is not Certainty.UNSURE]
    others = [one for one in other_amounts(counted, sure) if _is_storable(one)]
    indices = tuple(range(substances))
    kept = tuple(msgspec.structs.replace(one, substances=indices, form=stated.form) for one in others)
    return AmountRead((_with_text_packages(counted, row.readings), *kept), tuple(questions_about(row, counted)))


def read_quantities(values: Mapping[str, str], substances: int, problems: list[FieldProblem]) -> tuple[Quantity, ...]:
    """Return what the columns of a row say of its amount, and nothing that only its text says."""
    stated = _stated(values, substances, problems)
    return () if stated is None else (stated,)


def _stated(values: Mapping[str, str], substances: int, problems: list[FieldProblem]) -> Quantity | None:
    """Return the amount of a row, as one of all its *substances* (a count), or None where none is told."""
    qualifier = read_word("quantity_qualifier", values, QUALIFIERS, Qualifier.NOT_STATED, problems)
    unit = read_word("quantity_unit", values, UNITS, Unit.NOT_STATED, problems)
    value, upper = _amounts(values.get("quantity_value", ""), qualifier, problems)
    written = values.get("quantity_as_reported", "")
    packages = values.get("packages", "")
    if not written and not packages and value is None:
        return None
    return Quantity(
        as_written=written,
        value=value,
        upper=upper,
        unit=unit,
        qualifier=qualifier,
        form=_FORMS.get(values.get("physical_form", "").casefold(), QuantityForm.NOT_STATED),
        packages=_packages(packages, values.get("source_lang", "")),
        substances=tuple(range(substances)),
    )


@lru_cache(maxsize=_REMEMBERED)
def readings_in(text: str, language: str) -> tuple[AmountReading, ...]:
    """Return the amounts that *text* tells, of those that a record can hold."""
    found = read_amounts(text, language)
    return tuple(one for one in found if _is_storable(one.quantity))


@lru_cache(maxsize=_REMEMBERED)
def _packages(text: str, language: str) -> tuple[Packages, ...]:
    return packages_of(text, readings_in(text, language))


def _is_storable(quantity: Quantity) -> bool:
    """Return whether the numbers of *quantity* are of the length that columns may have as well."""
    numbers = [one for one in (quantity.value, quantity.upper) if one is not None]
    return all(_AMOUNT.fullmatch(f"{one:f}") for one in numbers)


def _with_text_packages(counted: Quantity, readings: tuple[AmountReading, ...]) -> Quantity:
    """Return *counted* with the packages that its text tells, where their column counts none."""
    if any(one.count is not None for one in counted.packages):
        return counted
    told = tuple(packages for one in readings for packages in one.quantity.packages)
    return msgspec.structs.replace(counted, packages=counted.packages + told)


def _amounts(text: str, qualifier: Qualifier, problems: list[FieldProblem]) -> tuple[Decimal | None, Decimal | None]:
    if not text:
        return None, None
    lower, slash, upper = text.partition("/")
    if bool(slash) != (qualifier is Qualifier.RANGE):
        expected = "two amounts, as in 5/10," if qualifier is Qualifier.RANGE else "one amount"
        problems.append(FieldProblem("quantity_value", "bad-number", f"{text[:40]!r}: expected {expected} here"))
        return None, None
    value = _amount(lower.strip(), problems)
    last = _amount(upper.strip(), problems) if slash else None
    if value is not None and last is not None and value > last:
        problems.append(FieldProblem("quantity_value", "bad-number", f"{text[:40]!r}: the lower amount comes first"))
    return value, last


def _amount(text: str, problems: list[FieldProblem]) -> Decimal | None:
    if _AMOUNT.fullmatch(text):
        return Decimal(text)
    hint = "at most 6 digits may follow the point"
    if "," in text:
        hint = "write a decimal point and no separator between thousands; the comma stays in quantity_as_reported"
    elif not re.fullmatch(r"[0-9.]+", text):
        hint = "only digits and a decimal point; the text stays in quantity_as_reported"
    problems.append(FieldProblem("quantity_value", "bad-number", f"{text[:40]!r} is no amount: {hint}"))
    return None
