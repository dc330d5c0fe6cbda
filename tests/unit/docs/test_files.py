"""docs/files.md lists each column that intake knows, in the words of the program, and its example mapping is valid."""

import re
from html import unescape
from pathlib import Path

from producers.intake.columns import COLUMNS
from producers.intake.mapping import parse_mapping

TEXT = (Path(__file__).parents[3] / "docs" / "files.md").read_text(encoding="utf-8")


def test_lists_every_column_as_the_program_describes_it() -> None:
    rows = re.findall(r"^\| `([a-z_0-9]+)` \| (.+) \|$", TEXT, re.MULTILINE)

    assert list(COLUMNS.items()) == [(name, unescape(says)) for name, says in rows]


def test_its_example_of_a_mapping_file_can_be_used() -> None:
    (example,) = re.findall(r"```toml\n(.*?)```", TEXT, re.DOTALL)

    mapping = parse_mapping(example, source="docs/files.md")

    assert {"reporting_country": "NL"} == mapping.constants
    assert "seizure" == mapping.values["incident_type"]["inbeslagname"]


def test_its_smallest_file_has_only_known_columns() -> None:
    (header,) = re.findall(r"^(national_reference,.*)$", TEXT, re.MULTILINE)

    assert set() == set(header.split(",")) - COLUMNS.keys()
