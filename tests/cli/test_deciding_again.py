"""``policy try``, ``policy explain`` and ``audit replay``: decisions asked about, tried and made again."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from broker.policy.builtin import community_table, marking_table
from broker.policy.rule import Effect
from broker.policy.table import Layer, Table, format_table
from tests.cli.commands import SEIZURE, STOPPED, Ran, a_file, run
from tests.support.policy import a_rule, a_table

OPEN = a_rule("else")
NOT_TO_BE = a_rule("no-health", Effect.NEVER, "Nothing for health.", sector=["health"])
NO_NAMES = a_rule("no-names", Effect.NEVER, "Names stay here.", section=["nominal"])


@contextmanager
def database(federation: Path, code: str) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(federation / "nodes" / code / "node.sqlite")) as connection:
        yield connection
        connection.commit()


def table_file(folder: Path, table: Table) -> Path:
    path = folder / "table.json"
    path.write_text(format_table(table), "utf-8")
    return path


@pytest.fixture
def messages(federation: Path, tmp_path: Path) -> dict[str, str]:
    """Return the names of two messages that NL has sent, by their national references; all nodes have received."""
    file = a_file(tmp_path, SEIZURE, STOPPED)
    assert 0 == run("publish", file, "--as", "NL/customs", folder=federation).code
    for authority in ("NL/customs", "BE/police", "DE/police"):
        assert 0 == run("receive", "--as", authority, folder=federation).code
    published = run("publish", file, "--as", "NL/customs", "--json", folder=federation).document()
    return {one["national_reference"]: one["message"] for one in published["already"]}


def rows(federation: Path) -> dict[str, list[Any]]:
    """Return all that the nodes have on record."""
    found: dict[str, list[Any]] = {}
    for code in ("NL", "BE", "DE"):
        with database(federation, code) as connection:
            for name in ("decision", "judgement", "audience", "message", "inbox"):
                found[f"{code} {name}"] = connection.execute(f"SELECT * FROM {name}").fetchall()
    return found


def tried(federation: Path, folder: Path, table: Table, *more: str, code: str = "NL") -> dict[str, Any]:
    ran = run("policy", "try", table_file(folder, table), "--as", code, "--json", *more, folder=federation)
    assert 0 == ran.code, ran.err
    return dict(ran.document())


def test_a_table_that_says_the_same_changes_nothing(federation: Path, tmp_path: Path, messages: dict[str, str]) -> None:
    before = rows(federation)
    for table in (community_table(), a_table(OPEN, layer=Layer.NATIONAL), a_table(OPEN, layer=Layer.RELEASE)):
        assert {"messages": 2, "without_content": 0, "changes": []} == tried(federation, tmp_path, table)
    assert before == rows(federation), "it only looks"


@pytest.mark.parametrize("layer", [Layer.NATIONAL, Layer.RELEASE])
def test_a_sender_is_told_who_would_no_longer_see_what(
    federation: Path, tmp_path: Path, messages: dict[str, str], layer: Layer
) -> None:
    found = tried(federation, tmp_path, a_table(OPEN, NOT_TO_BE, layer=layer))
    lost = {(one["message"], one["reader"]) for one in found["changes"]}
    everybody = {
        (messages["NL-1"], "BE/health"),
        (messages["NL-2"], "DE/health"),
        *((message, "NL/health") for message in messages.values()),
    }
    own = {one for one in everybody if one[1] == "NL/health"}
    assert lost == (everybody if layer is Layer.NATIONAL else everybody - own), "release rules do not bind its own"
    assert {(False, "no-health", "Nothing for health.")} == {
        (one["gains"], one["rule"], one["says"]) for one in found["changes"]
    }


def test_a_reader_is_told_what_its_house_rules_would_close(
    federation: Path, tmp_path: Path, messages: dict[str, str]
) -> None:
    found = tried(federation, tmp_path, a_table(OPEN, NOT_TO_BE), code="BE")
    assert {(messages["NL-1"], "BE/health", "core", False)} == {
        (one["message"], one["reader"], one["section"], one["gains"]) for one in found["changes"]
    }
    assert 1 == found["without_content"], "the other is sealed from here"


def test_a_wider_community_table_is_told_as_gains_in_words(
    federation: Path, tmp_path: Path, messages: dict[str, str]
) -> None:
    wider = Table("wide", Layer.COMMUNITY, 3, "us", (*community_table().rules, a_rule("all", says="All of it.")))
    ran = run("policy", "try", table_file(tmp_path, wider), "--as", "NL", folder=federation)

    assert 0 == ran.code
    assert "see it besides" in ran.out
    assert "“All of it.” (rule all)" in ran.out


def test_only_a_window_is_tried(federation: Path, tmp_path: Path, messages: dict[str, str]) -> None:
    table = a_table(OPEN, NOT_TO_BE, layer=Layer.NATIONAL)
    assert 2 == tried(federation, tmp_path, table, "--since", "2020-01-01")["messages"]
    assert 0 == tried(federation, tmp_path, table, "--since", "2199-01-01")["messages"]


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["--as", "NL", "--since", "yesterday"], 2, "is no day; expected one like"),
        ([], 2, "name one of the nodes here"),
        (["--as", "FR"], 3, "FR"),
    ],
)
def test_a_trial_of_nothing_is_refused(
    federation: Path, tmp_path: Path, arguments: list[str], code: int, says: str
) -> None:
    ran = run("policy", "try", table_file(tmp_path, a_table(OPEN)), *arguments, folder=federation)
    assert code == ran.code
    assert says in ran.err


def test_the_marking_table_cannot_be_tried(federation: Path, tmp_path: Path) -> None:
    ran = run("policy", "try", table_file(tmp_path, marking_table()), "--as", "NL", folder=federation)
    assert 3 == ran.code
    assert "part of the format" in ran.err


def explained(federation: Path, message: str, authority: str, *more: str) -> Ran:
    return run("policy", "explain", message, "--as", authority, *more, folder=federation)


def test_a_sender_can_ask_about_any_authority(federation: Path, messages: dict[str, str]) -> None:
    document = explained(federation, messages["NL-1"], "BE/police", "--json").document()
    assert ("sender", "redacted", "redacted") == (
        document["view"],
        document["recorded"]["outcome"],
        document["now"]["outcome"],
    )
    closed = explained(federation, messages["NL-1"], "DE/police")
    assert 0 == closed.code
    assert "Decision: denied." in closed.out
    assert "the same would be decided" in closed.out


def test_what_would_be_decided_now_is_told_beside_what_was(
    federation: Path, tmp_path: Path, messages: dict[str, str]
) -> None:
    rules = (OPEN, a_rule("shut", Effect.NEVER, "No more.", section=["core"]))
    conditions = table_file(tmp_path, Table("shut", Layer.NATIONAL, 1, "NL", rules))
    assert 0 == run("directory", "add", "conditions", conditions, "--as", "NL", folder=federation).code
    assert 0 == run("receive", "--as", "NL/customs", folder=federation).code
    document = explained(federation, messages["NL-1"], "BE/police", "--json").document()
    assert ("redacted", "denied") == (document["recorded"]["outcome"], document["now"]["outcome"])
    assert "“No more.”" in document["now"]["text"]
    assert 0 == run("audit", "replay", "--as", "NL/customs", folder=federation).code, "old decisions by the old table"


def test_a_reader_can_ask_about_its_own_and_what_it_may_not_have_looks_absent(
    federation: Path, messages: dict[str, str]
) -> None:
    assert "reader" == explained(federation, messages["NL-1"], "BE/police", "--at", "BE", "--json").document()["view"]
    denied = explained(federation, messages["NL-2"], "BE/police", "--at", "BE")
    absent = explained(federation, "NL/customs/1#999", "BE/police", "--at", "BE")
    assert denied.code == absent.code != 0
    assert denied.err.replace(messages["NL-2"], "…") == absent.err.replace("NL/customs/1#999", "…")
    others = explained(federation, messages["NL-1"], "DE/police", "--at", "BE")
    assert 0 != others.code


def test_what_was_done_with_a_message_is_not_taken_for_what_may_be_had_of_it(
    federation: Path, messages: dict[str, str]
) -> None:
    shown = run("inbox", "show", messages["NL-1"], "--as", "BE/police", "--purpose", "prevention", folder=federation)
    used = ("inbox", "export", messages["NL-1"], "--as", "BE/police", "--purpose", "prevention", "--out", "case.json")
    refused = run(*used, folder=federation)
    assert (0, 5) == (shown.code, refused.code)
    said = explained(federation, messages["NL-1"], "BE/police", "--at", "BE")
    assert "BE/police wanted to receive a message of NL/customs" in said.out
    assert "the same would be decided" in said.out


def test_who_asks_about_nobody_or_nothing_is_told_so(federation: Path, messages: dict[str, str]) -> None:
    nobody = explained(federation, messages["NL-1"], "BE/polize")
    assert "did you mean 'BE/police'?" in nobody.err
    nothing = explained(federation, "NL/customs/1#999", "BE/police")
    assert "has sent no message" in nothing.err


def replayed(federation: Path, authority: str) -> tuple[int, dict[str, Any]]:
    ran = run("audit", "replay", "--as", authority, "--json", folder=federation)
    return ran.code, dict(ran.document())


@pytest.mark.parametrize(("authority", "decisions"), [("NL/customs", 4), ("BE/police", 1), ("DE/police", 1)])
def test_every_decision_comes_out_as_it_is_on_record(
    federation: Path, messages: dict[str, str], authority: str, decisions: int
) -> None:
    expected = {"decisions": decisions, "replayed": decisions, "without_content": 0, "findings": []}
    assert (0, expected) == replayed(federation, authority)


def test_what_was_changed_is_a_finding_and_ends_with_1(federation: Path, messages: dict[str, str]) -> None:
    with database(federation, "BE") as connection:
        for (facts,) in connection.execute("SELECT facts FROM judgement").fetchall():
            changed = json.dumps(json.loads(facts) | {"tlp": "CLEAR"}).encode()
            connection.execute("UPDATE judgement SET facts = ? WHERE facts = ?", (changed, facts))
    code, document = replayed(federation, "BE/police")
    assert 1 == code
    assert {"changed-decision", "facts-differ"} <= {one["code"] for one in document["findings"]}
    assert messages["NL-1"].partition("#")[0] in document["findings"][0]["place"]
