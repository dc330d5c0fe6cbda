"""Where in a JSON text each value stands, so that a mistake can be named by its line."""

import json
import re
from typing import Final, Never

import msgspec

from broker.errors import BadTable

JsonPath = tuple["str | int", ...]
_PIECE: Final = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\],:]|[^\s{}\[\],:"]+|\n')


class Place(msgspec.Struct, frozen=True):
    """A value in a JSON file: what to say about it begins with the file and the line."""

    source: str
    lines: dict[JsonPath, int]
    path: JsonPath = ()

    def at(self, step: str | int) -> "Place":
        """Return the place of the member or element *step* below this one."""
        return Place(self.source, self.lines, (*self.path, step))

    def refuse(self, message: str) -> Never:
        """Raise what is wrong here.

        Raises:
            BadTable: Always; the message names the file and the line.
        """
        line = next(self.lines[self.path[:n]] for n in range(len(self.path), -1, -1) if self.path[:n] in self.lines)
        raise BadTable(f"{self.source}, line {line}: {message}")


def read_json(text: str, *, source: str) -> tuple[object, Place]:
    """Parse *text* as JSON; return the value, and the place of its outermost part.

    Raises:
        BadTable: It is no JSON, or an object names a member twice.
    """
    try:
        value = json.loads(text)
    except json.JSONDecodeError as error:
        raise BadTable(f"{source}, line {error.lineno}: this is no JSON: {error.msg}") from error
    except (ValueError, RecursionError) as error:
        raise BadTable(
            f"{source}, line 1: this is no JSON that a table needs: a number too long, or too deep"
        ) from error
    return value, Place(source, _lines(text, source))


class _Level:
    """An object or array that the scan is inside of."""

    def __init__(self, path: JsonPath, *, is_object: bool) -> None:
        self.path = path
        self.is_object = is_object
        self.wants_key = is_object
        self.step: str | int = "" if is_object else 0


def _lines(text: str, source: str) -> dict[JsonPath, int]:
    """Return the line (from 1) of every value; of an object's member, the line of its name."""
    found: dict[JsonPath, int] = {(): 1}
    stack: list[_Level] = []
    line = 1
    for piece in _PIECE.findall(text):
        level = stack[-1] if stack else None
        if piece == "\n":
            line += 1
        elif piece in "}]":
            stack.pop()
        elif piece == ",":
            _step_on(level)
        elif level is not None and level.wants_key and piece != ":":
            name = str(json.loads(piece))
            level.step, level.wants_key = name, False
            if (*level.path, name) in found:
                Place(source, {(): line}).refuse(f"the name {name[:40]!r} stands here a second time")
            found[*level.path, name] = line
        elif piece != ":":
            path = (*level.path, level.step) if level is not None else ()
            found.setdefault(path, line)
            if piece in "{[":
                stack.append(_Level(path, is_object=piece == "{"))
    return found


def _step_on(level: _Level | None) -> None:
    """Move to the next member or element after a comma."""
    if level is None:
        return
    if isinstance(level.step, int):
        level.step += 1
    else:
        level.wants_key = True
