"""Python source that is made from a layout, with what it refers to.

It is made of nothing but the schemas and types that ship: no message and no setting has a part in it.
"""

from collections.abc import Callable, Iterable
from typing import Any, Final, TypeAlias

import msgspec

Write: TypeAlias = Callable[[msgspec.Struct], bytes]
Read: TypeAlias = Callable[[bytes, int], tuple[msgspec.Struct, int]]
"""From bytes and a place in them to the record there, and the place after it."""

_INDENT: Final = "    "


class Program:
    """Functions in the order in which they were defined; the last one is what the program is for."""

    def __init__(self, known: Iterable[Any]) -> None:
        self._known: dict[str, Any] = {one.__name__: one for one in known}
        self._functions: dict[str, str] = {}

    def know(self, name: str, value: Any) -> str:
        """Let the source refer to *value* by *name*; return the name."""
        if self._known.setdefault(name, value) != value:
            raise ValueError(f"two things are called {name}")
        return name

    def has(self, name: str) -> bool:
        """Say whether the function *name* is defined."""
        return name in self._functions

    def define(self, name: str, text: str) -> None:
        """Define the function *name*."""
        self._functions[name] = text

    def source(self) -> str:
        """Return the whole text."""
        return "\n\n".join(self._functions.values())

    def function(self, title: str) -> Callable[..., Any]:
        """Return the last function, compiled; tracebacks call its file *title*."""
        # Nothing foreign can be in the source: it is made of sizes, and of names that are both in a schema that ships
        # and in a type of ours. Functions composed for each field need no exec and twice the time (docs/adr/0010).
        exec(compile(self.source(), title, "exec"), self._known)  # noqa: S102
        found: Callable[..., Any] = self._known[list(self._functions)[-1]]
        return found


def lines(text: str) -> list[str]:
    """Return the lines of a filled template."""
    return text.strip("\n").split("\n")


def joined(inner: Iterable[str], levels: int) -> str:
    """Return the lines *inner* as one text, moved to the right."""
    return "\n".join(_INDENT * levels + line for line in inner)
