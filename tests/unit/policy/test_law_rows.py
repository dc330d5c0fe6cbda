"""The baseline, row by row, as ``law.txt`` says it: written by hand from the law, and not from the table."""

from pathlib import Path
from typing import Final

import pytest

from broker.policy.decide import decide
from broker.policy.facts import Facts
from broker.types.vocabulary import (
    Action,
    Handling,
    Purpose,
    RecordKind,
    Relation,
    Section,
    Sector,
    Status,
    Tlp,
    Word,
)
from tests.support.policy import ALL_PURPOSES, ALL_SECTIONS, BASELINE, facts

_LINES: Final = Path(__file__).with_name("law.txt").read_text("utf-8").splitlines()
ROWS: Final = [" | ".join(cell.strip() for cell in line.split("|")) for line in _LINES if line and line[0] != "#"]


def read(row: str) -> tuple[Facts, str]:
    """Return the facts of a row, and the sections it expects."""
    kind, tlp, message, sector, relation, purposes, action, expected = (cell.strip("- ") for cell in row.split("|"))
    extras, relations = set(message.split()), set(relation.split())
    request = facts(
        action=Action.from_word(action),
        kind=RecordKind.from_word(kind),
        status=next((Status.from_word(word) for word in ("exercise", "test") if word in extras), Status.ACTUAL),
        tlp=next(one for one in Tlp if one.word == tlp),
        relation=read_relation(relations),
        sector=Sector.from_word(sector),
        purposes=tuple(Purpose.from_word(word) for word in purposes.split()),
        allowed_purposes=frozenset(Purpose.from_word(word) for word in named(extras, "for:")) or ALL_PURPOSES,
        addressed="to" in extras,
        takes_part="absent" not in extras,
        embargoed="embargo" in extras,
        handling=frozenset(code for code in Handling if code.word in extras),
        granted=frozenset(
            (section, purpose)
            for section in read_sections(" ".join(named(extras, "granted:")))
            for purpose in ALL_PURPOSES
        ),
    )
    return request, " ".join(section.word for section in read_sections(expected))


def named(extras: set[str], prefix: str) -> list[str]:
    return [extra.removeprefix(prefix) for extra in extras if extra.startswith(prefix)]


def read_relation(words: set[str]) -> frozenset[Relation]:
    community = set() if "stranger" in words else {Relation.COMMUNITY}
    return frozenset(Relation.from_word(word) for word in words - {"stranger"}) | community


def read_sections(words: str) -> tuple[Section, ...]:
    return ALL_SECTIONS if words == "all" else tuple(Section.from_word(word) for word in words.split())


@pytest.mark.parametrize("row", ROWS)
def test_the_baseline_decides_as_the_law_says(row: str) -> None:
    request, expected = read(row)
    decision = decide(BASELINE, request)
    assert expected == " ".join(section.word for section in decision.permitted)


def test_the_law_is_long_enough_and_says_nothing_twice() -> None:
    assert 150 <= len(ROWS) == len({read(row)[0] for row in ROWS})


@pytest.mark.parametrize(
    ("vocabulary", "member"),
    [(Action, "action"), (Sector, "sector"), (RecordKind, "kind"), (Tlp, "tlp"), (Status, "status")],
)
def test_the_law_has_a_row_for_every_word(vocabulary: type[Word], member: str) -> None:
    said = {getattr(read(row)[0], member) for row in ROWS}
    assert {one for one in vocabulary if one.value != "UNKNOWN"} == said


def test_the_law_has_a_row_for_every_relation_handling_code_purpose_and_granted_section() -> None:
    requests = [read(row)[0] for row in ROWS]
    granted = {section for one in requests for section, _ in one.granted}
    said = granted | {word for one in requests for word in (*one.relation, *one.handling, *one.purposes)}
    wanted = {word for words in (Relation, Handling, Purpose, Section) for word in words if word.value != "UNKNOWN"}
    assert wanted == said


def test_every_rule_of_the_baseline_decides_some_row() -> None:
    decisive = {
        (layer.layer, layer.rule_id)
        for row in ROWS
        for outcome in decide(BASELINE, read(row)[0]).outcomes
        for layer in outcome.layers
    }
    rules = {(layer, rule.id) for layer, table in BASELINE.in_order[:3:2] for rule in table.rules}
    assert set() == rules - decisive
