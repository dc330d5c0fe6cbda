"""One amount between two tokens of a text, and the packages that hold it."""

from collections.abc import Sequence
from decimal import Decimal

import msgspec

from broker.notation.certainty import Certainty
from broker.notation.tokens import Token
from broker.records.quantity import Packages, Unit


class Measured(msgspec.Struct, frozen=True, kw_only=True):
    """An amount between two tokens of a text.

    Attributes:
        after: Index of the first token after it.
        packages: Count, and the tokens of kind and size (first and after the last), where packages are told.
        factor: So many of the unit is one of what is written; what is smaller may follow: 12 stone 4 lb.
    """

    value: Decimal | None
    unit: Unit
    after: int
    certainty: Certainty = Certainty.CERTAIN
    upper: Decimal | None = None
    other: Decimal | None = None
    notes: tuple[str, ...] = ()
    start: int = 0
    factor: Decimal = Decimal(1)
    count: int | None = None
    kind: tuple[int, int] = (0, 0)
    size: tuple[int, int] = (0, 0)

    def packages_of(self, text: str, tokens: Sequence[Token], written: str) -> tuple[Packages, ...]:
        """Return the packages that *text* tells with the amount, which as a whole is *written* so."""
        if self.count is None:
            return ()
        kind, size = _written(text, tokens, self.kind), _written(text, tokens, self.size)
        return (Packages(count=self.count, kind=kind, size=size, as_written=written),)


def _written(text: str, tokens: Sequence[Token], span: tuple[int, int]) -> str:
    first, after = span
    return text[tokens[first].start : tokens[after - 1].end] if after > first else ""
