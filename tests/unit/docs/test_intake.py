"""docs/intake.md lists the columns of each kind in the words of the program; its examples can be used."""

import json
import re
from html import unescape
from pathlib import Path

import pytest

from broker.policy.profile_usual import USUAL_KINDS, usual_profile
from broker.types.vocabulary import RecordKind
from producers.intake.forms import FORMS, form_of
from producers.intake.rows import Row
from producers.intake.take_in import Refused
from tests.support.rows_by_kind import read_one, take
from tests.unit.producers.test_refusals_by_kind import REFUSALS

TEXT = (Path(__file__).parents[3] / "docs" / "intake.md").read_text(encoding="utf-8")
KINDS = [pytest.param(kind, id=kind.word) for kind in FORMS if kind is not RecordKind.INCIDENT]


def part(kind: RecordKind) -> str:
    """Return what the page says under the heading of *kind*."""
    return TEXT.partition(f"\n### `{kind.word}`\n")[2].partition("\n### ")[0]


@pytest.mark.parametrize("kind", KINDS)
def test_lists_every_column_as_the_program_describes_it(kind: RecordKind) -> None:
    rows = re.findall(r"^\| `([a-z_0-9]+)` \| (needed)? ?\| (.+) \|$", part(kind), re.MULTILINE)
    known = form_of(kind).known

    assert list(known.columns.items()) == [(name, unescape(says)) for name, _, says in rows]
    assert set(known.required) == {name for name, needed, _ in rows if needed}


@pytest.mark.parametrize("kind", KINDS)
def test_names_the_sections(kind: RecordKind) -> None:
    (line,) = re.findall(r"^Sections: (.*)\.$", part(kind), re.MULTILINE)

    assert form_of(kind).known.sections == tuple(re.findall(r"`([a-z]+)`", line))


def test_its_smallest_notification_is_taken(tmp_path: Path) -> None:
    (table,) = re.findall(r"```\n(importing_country,.*?)```", TEXT, re.DOTALL)

    kind = RecordKind.NOTIFICATION
    assert not isinstance(take(kind, read_one(tmp_path, "a.csv", table.encode(), kind))[0], Refused)


def test_its_nested_record_is_taken() -> None:
    (example,) = re.findall(r"```json\n(.*?)```", TEXT, re.DOTALL)
    record = json.loads(example)
    record["core"]["notification"] = "BE/regulator/1#7"
    row = Row(line=1, values={"national_reference": "NL-SHIP-7"}, sections={"core": record["core"]})

    (result,) = take(RecordKind.SHIPMENT, row)
    assert not isinstance(result, Refused), result.problems


def test_describes_the_usual_profile_of_each_kind() -> None:
    rows = re.findall(r"^\| (`[a-z-]+`(?:, `[a-z-]+`)*) \| ([A-Z]+) \| ([a-z, -]+) \| ([A-Z]+) \| .* \|$", TEXT, re.M)
    described = {
        word: (tlp, purposes.split(", "), loosest)
        for words, tlp, purposes, loosest in rows
        for word in re.findall(r"`([a-z-]+)`", words)
    }

    assert {kind.word for kind in USUAL_KINDS} == described.keys()
    for kind in USUAL_KINDS:
        profile = usual_profile("NL/customs", kind)
        assert profile is not None
        purposes = [purpose.word for purpose in profile.purposes]
        tlp, said, loosest = described[kind.word]
        assert (profile.tlp.word, sorted(purposes), profile.bounds.loosest_tlp.word) == (tlp, sorted(said), loosest)


def test_explains_every_code_that_the_table_of_refusals_has() -> None:
    codes = {code for kind, table in REFUSALS.items() if kind is not RecordKind.INCIDENT for _, _, code, _ in table}

    explained = set(re.findall(r"`([a-z-]+)`", TEXT.partition("## What is refused")[2].partition("## The columns")[0]))
    assert {"formula-cell", "control-character", "not-actual"} >= codes - explained
