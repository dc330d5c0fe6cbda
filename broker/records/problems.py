"""What is wrong with a record, said field by field and all at once."""

from collections.abc import Iterable, Iterator
from typing import TypeAlias

import msgspec

from broker.errors import InvalidRecord


class Problem(msgspec.Struct, frozen=True):
    """One broken rule.

    Attributes:
        field: Path of the field, such as ``quantities[0].value``.
        code: Stable word for the kind of mistake, such as ``bad-country``.
        message: What was seen and what was expected; never a person's data.
    """

    field: str
    code: str
    message: str

    def under(self, parent: str) -> "Problem":
        """Return this problem as one of *parent*, whose part was looked at."""
        separator = "." if parent and self.field and not self.field.startswith("[") else ""
        return Problem(parent + separator + self.field, self.code, self.message)

    def __str__(self) -> str:
        return f"{self.field or 'the record'}: {self.message}"


Problems: TypeAlias = Iterator[Problem]


def refuse(problems: Iterable[Problem]) -> None:
    """Raise one error that lists all of *problems*, if there are any.

    Raises:
        InvalidRecord: There is at least one.
    """
    found = tuple(problems)
    if found:
        raise InvalidRecord("; ".join(map(str, found)))
