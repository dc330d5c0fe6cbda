"""What amounts measure. Mass and volume are different measures, and neither becomes the other."""

from decimal import Decimal

import msgspec

from broker.types.vocabulary import Word


class Measure(Word):
    """What an amount measures; amounts of different measures are never compared."""

    UNKNOWN = "UNKNOWN"
    MASS = "MASS"
    VOLUME = "VOLUME"
    PIECES = "PIECES"
    PACKAGES = "PACKAGES"


class BaseAmount(msgspec.Struct, frozen=True):
    """An amount in the one unit of its measure: kilograms, litres, pieces, packages.

    Attributes:
        low, high: Between which it lies: equal for one number, apart for a range and where the unit leaves room.
    """

    measure: Measure
    low: Decimal
    high: Decimal
