"""Where a command's words go: results to standard output; with ``--json`` one document there, and words to the other.

Colour and width are Rich's to find out: none when piped, none under NO_COLOR.
"""

import errno
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from io import TextIOWrapper
from typing import Any, Final

import msgspec
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn
from rich.table import Table
from rich.text import Text

from broker.errors import BrokerError
from tocsin.showing.plain import plain
from tocsin.showing.records import Line

PIPED_WIDTH: Final = 200
"""Characters of a line where there is no terminal: wide, so that scripts' greps find whole sentences."""
FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT})
"""What the system says where there is no room to write, be it for words on standard output."""
_LABEL_WIDTH: Final = 12


def errors() -> Console:
    """Return the console of standard error."""
    return _console(stderr=True)


class Output:
    """The words and the document of one command."""

    def __init__(self, *, json: bool) -> None:
        self.json: Final = json
        self._console = _console(stderr=json)

    def say(self, text: str = "", *, style: str = "") -> None:
        """Print one line for people."""
        self._console.print(Text(text, style=style), soft_wrap=not self._console.is_terminal)

    def command(self, text: str) -> None:
        """Print a line to be pasted: whole, however narrow the terminal is."""
        self._console.print(Text(f"  {text}"), soft_wrap=True)

    def lines(self, lines: Iterable[Line], *, indent: int = 2) -> None:
        """Print lines with their labels in a column."""
        for line in lines:
            label = Text(f"{'':{indent}}{line.label:<{_LABEL_WIDTH}} ", style="dim")
            self._console.print(label + Text(line.text), soft_wrap=not self._console.is_terminal)

    def table(self, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
        """Print a table."""
        table = Table(box=None, pad_edge=False, header_style="bold")
        for name in columns:
            table.add_column(name, overflow="fold")
        for row in rows:
            table.add_row(*(Text(plain(cell)) for cell in row))
        if self._console.is_terminal:
            self._console.print(table)
            return
        with self._console.capture() as captured:
            self._console.print(table)
        for line in captured.get().splitlines():
            self._console.print(Text(line.rstrip()), soft_wrap=True)

    def document(self, document: Any) -> None:
        """Print the one document on standard output, if it was asked for."""
        if self.json:
            _write_document(msgspec.json.format(msgspec.json.encode(document), indent=2))

    def document_line(self, document: Any) -> None:
        """Print one of several documents on standard output, each a line, if they were asked for."""
        if self.json:
            _write_document(msgspec.json.encode(document))


@contextmanager
def progress_bar(what: str, total: int | None = None) -> Iterator[Callable[[int], None]]:
    """Give a function that is told of each step; a bar is drawn on standard error if a terminal is there."""
    console = errors()
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task(what, total=total)
        yield lambda steps: progress.advance(task, steps)


def report_error(error: BrokerError) -> None:
    """Say on standard error what went wrong and what to do about it."""
    console = errors()
    first, *more = str(error).splitlines() or [""]
    console.print(Text("error: ", style="bold red") + Text(plain(first)), soft_wrap=True)
    for line in more:
        console.print(Text(plain(line)), soft_wrap=True)
    if error.hint:
        console.print(Text("  what to do: ", style="bold") + Text(plain(error.hint)), soft_wrap=True)


def print_everywhere() -> None:
    """Have letters that the terminal's encoding has not come out as escapes: an alert must not stop in the middle."""
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")


def report_full(error: OSError) -> None:
    """Say on standard error that there is no room left to write."""
    console = errors()
    console.print(Text("error: ", style="bold red") + Text(f"cannot write: {error.strerror}"), soft_wrap=True)
    console.print(Text("  what to do: make room, then run it again: what was kept before stays."), soft_wrap=True)


def report_unexpected(error: BaseException) -> None:
    """Say on standard error that the program has a mistake; not what is in it, it may name persons."""
    console = errors()
    console.print(Text("error: ", style="bold red") + Text(f"this should not happen: {type(error).__name__}"))
    console.print(Text("  what to do: run it again with tocsin --debug …, and report what it prints"))


def _write_document(raw: bytes) -> None:
    """Write JSON and the end of a line to standard output: as UTF-8, whatever the terminal's encoding is (RFC 8259)."""
    sys.stdout.flush()
    sys.stdout.buffer.write(raw + b"\n")
    sys.stdout.flush()


def _console(*, stderr: bool) -> Console:
    console = Console(stderr=stderr, highlight=False, markup=False, emoji=False)
    if not console.is_terminal:
        console.width = PIPED_WIDTH
    return console
