"""What the exporter's node decided is decided again, and compared."""

import hashlib
from collections.abc import Callable

import msgspec
import pytest

from broker.errors import BadEvidence
from broker.policy.builtin import open_house_table
from broker.policy.table import format_table, table_digest
from broker.types.vocabulary import Action, Purpose, Section
from consumers.evidence.checklist import Outcome
from consumers.evidence.decided import Judged, format_decisions, parse_decisions
from consumers.evidence.evidence import open_evidence, table_file
from tests.support.evidence import World, forged

Made = tuple[World, bytes]
Change = Callable[[Judged], Judged]


def decision(made: Made, raw: bytes) -> tuple[Outcome, str]:
    step = made[0].check(open_evidence(raw)).step("decision")
    return step.outcome, step.says


def the_decision(raw: bytes) -> Judged:
    (found,) = parse_decisions(open_evidence(raw).files["decisions.json"])
    return found


def with_decisions(made: Made, *several: Judged) -> tuple[Outcome, str]:
    return decision(made, forged(made[1], {"decisions.json": format_decisions(several)}))


def with_facts(one: Judged, **changes: object) -> Judged:
    return msgspec.structs.replace(one, facts=msgspec.structs.replace(one.facts, **changes))


def test_what_is_written_is_read_again(made: Made) -> None:
    raw = open_evidence(made[1]).files["decisions.json"]
    assert raw == format_decisions(parse_decisions(raw))


FALSE: dict[str, tuple[Change, str]] = {
    "other facts": (lambda one: with_facts(one, granted=frozenset()), "does not follow"),
    "a permission that the tables do not give": (
        lambda one: msgspec.structs.replace(
            one, outcomes=tuple(msgspec.structs.replace(each, permitted=True) for each in one.outcomes)
        ),
        "does not follow",
    ),
    "no obligations": (lambda one: msgspec.structs.replace(one, obligations=()), "does not follow"),
    "another table than is there": (
        lambda one: msgspec.structs.replace(one, tables=(*one.tables[:3], "00" * 32)), "is not in the file"
    ),
    "tables in another order": (
        lambda one: msgspec.structs.replace(one, tables=(one.tables[3], *one.tables[1:3], one.tables[0])),
        "does not follow",
    ),
    "another reader": (lambda one: msgspec.structs.replace(one, reader="BE/customs"), "no decision in it permits"),
    "a directory that is none": (lambda one: msgspec.structs.replace(one, directory="here"), "no SHA-256 digest"),
}  # fmt: skip


@pytest.mark.parametrize(("change", "says"), FALSE.values(), ids=FALSE)
def test_finds(change: Change, says: str, made: Made) -> None:
    outcome, said = with_decisions(made, change(the_decision(made[1])))
    assert (Outcome.FAILED, True) == (outcome, says in said)


def test_a_decision_to_receive_permits_no_export(made: Made) -> None:
    _, raw = made
    received = with_facts(the_decision(raw), action=Action.RECEIVE)
    assert Outcome.FAILED is with_decisions(made, received)[0]
    assert Outcome.FAILED is with_decisions(made)[0]


def test_all_that_is_disclosed_has_to_be_permitted(made: Made) -> None:
    world, raw = made
    message = open_evidence(raw).message
    only_core = world.decided(message, [Section.CORE])["decisions.json"]
    outcome, said = decision(made, forged(raw, {"decisions.json": only_core}))
    assert (Outcome.FAILED, True) == (outcome, "permits BE/police to hand these sections on" in said)


def test_a_table_that_was_changed_is_found(made: Made) -> None:
    name = next(one for one in open_evidence(made[1]).files if one.startswith("tables/"))
    text = open_evidence(made[1]).files[name]
    outcome, said = decision(made, forged(made[1], {name: text.replace(b"permit", b"PERMIT")}))
    assert (Outcome.FAILED, True) == (outcome, "is not the table of that digest" in said)


def test_a_table_of_another_version_is_not_judged(made: Made) -> None:
    outcome, said = decision(made, forged(made[1], with_table(b'{"name": "of the future"}\n')))
    assert (Outcome.NOT_CHECKED, True) == (outcome, "no table of this version" in said)


def test_a_table_that_is_not_in_its_form_is_found(made: Made) -> None:
    text = format_table(open_house_table("BE/~1")).encode()
    assert Outcome.FAILED is decision(made, forged(made[1], with_table(text + b"\n")))[0]


def with_table(text: bytes) -> dict[str, bytes | None]:
    return {table_file(hashlib.sha256(text).digest()): text}


NO_LISTS = (
    b"",
    b"[]",
    b"{}\n",
    b"[ ]\n",
    b"[null]\n",
    b'[{"number":1}]\n',
    b"\xff",
    b"[" * 50_000,
    b"[" + b"null," * 300_000,
)


@pytest.mark.parametrize("raw", NO_LISTS)
def test_refuses_what_is_no_list_of_decisions(raw: bytes) -> None:
    with pytest.raises(BadEvidence):
        parse_decisions(raw)


def test_says_where_tables_were_replaced_since(made: Made) -> None:
    _, raw = made
    assert "are those of the directory in this file" in decision(made, raw)[1]
    assert table_digest(open_house_table("BE/~1")).hex() == the_decision(raw).tables[3]
    assert (Purpose.INVESTIGATION,) == the_decision(raw).facts.purposes
