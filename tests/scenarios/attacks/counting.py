"""What the database is asked to do: a cost that can be compared, where a time cannot."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Engine, event


class Counted:
    """The statements of an engine, each with the number of rows it was given."""

    def __init__(self) -> None:
        self.statements: list[tuple[str, int]] = []

    def rows_for(self, *words: str) -> int:
        """Return how many rows were given to the statements that hold all of *words*."""
        return sum(count for text, count in self.statements if all(word in text for word in words))


@contextmanager
def counted(engine: Engine) -> Iterator[Counted]:
    """Count what *engine* is asked to do."""
    found = Counted()

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, _context: Any, many: bool) -> None:
        found.statements.append((statement, len(parameters) if many else 1))

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield found
    finally:
        event.remove(engine, "before_cursor_execute", note)
