"""Amounts and substances as reports give them. The text is kept, the number is read, nothing is converted."""

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Final

from broker.records.quantity import Packages, Qualifier, Quantity, QuantityForm, Unit
from broker.records.substances import Substance
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
_SUBSTANCE_ID: Final = re.compile(r"[A-Z][A-Z0-9-]{1,15}|W:\S.{0,99}")
_NO_ID: Final = "other"
"""Stands in a list of ids for a substance that the catalogue does not have."""
_COUNTED: Final = re.compile(r"([0-9]{1,9}) ([^\W\d_]+)")


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


def read_quantities(values: Mapping[str, str], substances: int, problems: list[FieldProblem]) -> tuple[Quantity, ...]:
    """Return the amount of a row, as one of all its *substances* (a count), or nothing where none is told."""
    qualifier = read_word("quantity_qualifier", values, QUALIFIERS, Qualifier.NOT_STATED, problems)
    unit = read_word("quantity_unit", values, UNITS, Unit.NOT_STATED, problems)
    value, upper = _amounts(values.get("quantity_value", ""), qualifier, problems)
    written = values.get("quantity_as_reported", "")
    packages = values.get("packages", "")
    if not written and not packages and value is None:
        return ()
    quantity = Quantity(
        as_written=written,
        value=value,
        upper=upper,
        unit=unit,
        qualifier=qualifier,
        form=_FORMS.get(values.get("physical_form", "").casefold(), QuantityForm.NOT_STATED),
        packages=(_packages(packages),) if packages else (),
        substances=tuple(range(substances)),
    )
    return (quantity,)


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


def _packages(text: str) -> Packages:
    found = _COUNTED.fullmatch(text)
    return Packages(count=int(found[1]), kind=found[2], as_written=text) if found else Packages(as_written=text)
