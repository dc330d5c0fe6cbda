"""Amounts as people say them."""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Final

from broker.records.quantity import Packages, Qualifier, Quantity, Unit
from tocsin.showing.plain import amount, plain

_AROUND: Final = {
    Qualifier.ABOUT: "about {}",
    Qualifier.AT_LEAST: "at least {}",
    Qualifier.AT_MOST: "at most {}",
    Qualifier.MORE_THAN: "more than {}",
    Qualifier.LESS_THAN: "less than {}",
    Qualifier.ALMOST: "almost {}",
    Qualifier.CONFLICTING: "{} (reports differ)",
}
_UNITS: Final = {
    Unit.KG: "kg", Unit.G: "g", Unit.MG: "mg", Unit.TONNE: "t", Unit.POUND: "lb", Unit.OUNCE: "oz",
    Unit.LITRE: "L", Unit.MILLILITRE: "mL", Unit.NOT_STATED: "", Unit.COUNT: "",
    Unit.SHORT_TON: "short tons", Unit.LONG_TON: "long tons", Unit.TON_UNSPECIFIED: "tons of a kind not said",
    Unit.GALLON_US: "US gallons", Unit.GALLON_IMPERIAL: "imperial gallons",
    Unit.GALLON_UNSPECIFIED: "gallons of a kind not said",
}  # fmt: skip


def how_much(quantity: Quantity) -> str:
    """Return an amount as people say it, and in the words of the report where those are others."""
    written = plain(quantity.as_written)
    if quantity.value is None:
        return written
    text = _counted(quantity, quantity.value)
    same = {text.replace("\N{NARROW NO-BREAK SPACE}", ""), text}
    return f"{text} (“{written}”)" if written and written not in same else text


def unit_of(unit: Unit) -> str:
    """Return how a unit is written behind a number; empty where the number stands alone."""
    return _UNITS.get(unit, unit.word.replace("-", " "))


def _counted(quantity: Quantity, value: Decimal) -> str:
    number = amount(value)
    if quantity.upper is not None:
        number = f"{number} to {amount(quantity.upper)}"
    unit = unit_of(quantity.unit)
    text = _AROUND.get(quantity.qualifier, "{}").format(f"{number} {unit}".strip())
    parts = [text, *_all_packages(quantity.packages)]
    if quantity.concentration_percent is not None:
        parts.append(f"{amount(quantity.concentration_percent)} %")
    return ", ".join(parts)


def _all_packages(several: Sequence[Packages]) -> Iterator[str]:
    """Yield the packages in words; what a longer text says already is not said again."""
    texts = [found for one in several if (found := _packages(one))]
    for text in dict.fromkeys(texts):
        if not any(text in other for other in texts if text != other):
            yield text


def _packages(packages: Packages) -> str:
    if packages.as_written:
        return plain(packages.as_written)
    count = "" if packages.count is None else f"{packages.count} ×"
    size = f"({packages.size})" if packages.size and (packages.count is not None or packages.kind) else packages.size
    return plain(" ".join(part for part in (count, packages.kind, size) if part))
