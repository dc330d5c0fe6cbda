"""A scene on the screen: its heading, paragraphs, tables. Whatever others wrote is made harmless first."""

from collections.abc import Iterable, Sequence

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from tocsin.showing.plain import plain


def heading(console: Console, text: str) -> None:
    """Begin a scene."""
    console.print()
    console.print(Text(plain(text), style="bold"))


def say(console: Console, text: str) -> None:
    """Print a paragraph."""
    console.print(Text(plain(text)), soft_wrap=not console.is_terminal)


def table(console: Console, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print rows under *columns*; a cell may have several lines."""
    grid = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_lines=False, header_style="bold")
    for name in columns:
        grid.add_column(Text(plain(name)), overflow="fold", vertical="top")
    for row in rows:
        grid.add_row(*(Text("\n".join(plain(line) for line in cell.split("\n"))) for cell in row))
    console.print(grid)
