"""The page about notation says what the code does."""

import re
from pathlib import Path
from typing import Final

import pytest

from broker.notation.amounts import read_amounts
from broker.notation.certainty import Certainty
from broker.records.quantity import Qualifier, Unit

PAGE: Final = (Path(__file__).parents[3] / "docs" / "notation.md").read_text("utf-8")
ROWS: Final = re.findall(r"^\| `(.+?)` \| (\w+) \| (.+?) \| ([A-Z]+) \|$", PAGE, re.MULTILINE)


@pytest.mark.parametrize(("text", "language", "says", "certainty"), ROWS, ids=[row[0] for row in ROWS])
def test_a_row_of_the_page_is_read_as_it_says(text: str, language: str, says: str, certainty: str) -> None:
    (reading,) = read_amounts(text, language)
    quantity = reading.quantity
    value, unit = says.split(maxsplit=1)[0], re.split(r"[ ,:]", says.split(" ", 1)[1])[0]
    qualifier = re.search(r", ([A-Z_]+)$", says)
    other = re.search(r"\(or ([\d.]+)\)", says)

    assert (value, Unit(unit), Certainty(certainty)) == (
        f"{quantity.value:f}".removesuffix(".0"),
        quantity.unit,
        reading.certainty,
    )
    assert Qualifier(qualifier[1] if qualifier else "EXACT") is quantity.qualifier
    assert (other[1] if other else None) == (f"{reading.other:f}" if reading.other is not None else None)


def test_the_page_has_its_table() -> None:
    assert len(ROWS) >= 35
