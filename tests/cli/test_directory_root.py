"""A new root record by commands: proposed at the hub, signed where each root key lies, followed by every node."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from broker.policy.builtin import community_table
from broker.policy.table import format_table
from broker.types.names import Participant
from tests.cli.commands import SEIZURE, Ran, a_file, run
from tocsin.exits import Exit
from tocsin.folder import open_folder
from tocsin.installation import open_node

HUB_KEYS = ("root-1.pem", "root-2.pem", "root-3.pem")


def root(federation: Path | None, *words: object) -> Ran:
    return run("directory", "root", *words, folder=federation)


def shown(federation: Path) -> dict[str, Any]:
    document: dict[str, Any] = root(federation, "show", "--json").document()
    return document


def keys_of(federation: Path, office: str) -> list[str]:
    return [one["id"] for one in shown(federation)["keys"] if one["office"] == office]


def sign(federation: Path, proposal: Path, *keys: str | Path) -> None:
    for key in keys or HUB_KEYS:
        ran = root(federation, "sign", proposal, "--key", federation / "hub" / "keys" / key)
        assert Exit.DONE == ran.code, ran.err


def version_at(federation: Path, code: str) -> int:
    """Return the version of the root record that a node follows, once it has read the directory."""
    received = run("receive", "--as", f"{code}/police", folder=federation)
    assert Exit.DONE == received.code, received.err
    with open_node(open_folder(federation), Participant(code)) as node:
        return node.directory.root.version


def a_witness(folder: Path, federation: Path, code: str, operator: str) -> Path:
    """Return the request of the node of *code* to be a witness; it is told where its key lies."""
    node, request = federation / "nodes" / code, folder / f"{code}.json"
    made = run(
        *("directory", "root", "request", "witness", node / "keys" / "witness.pem", request),
        *("--name", f"exercise/witness/{code}", "--operator", operator),
    )
    assert Exit.DONE == made.code, made.err
    with (node / "node.toml").open("a", encoding="utf-8") as settings:
        settings.write('witness_key = "file:keys/witness.pem"\n')
    return request


def test_another_quorum_and_another_witness_are_followed_by_every_node(federation: Path, tmp_path: Path) -> None:
    run("directory", "add", "participant", "FR=France", folder=federation)
    request, proposal = a_witness(tmp_path, federation, "FR", "France"), tmp_path / "root-2.json"
    proposed = root(federation, "propose", proposal, "--add", request, "--quorum", "3", "--json")
    before = shown(federation)["version"]
    sign(federation, proposal)
    published = root(federation, "publish", proposal, "--json")
    logged = run("notary", "run", "--once", "--json", folder=federation)

    assert (Exit.DONE, 1) == (proposed.code, before), proposed.err
    assert ["X-HUB/~root/1#2"] == published.document()["messages"], published.err
    assert (2, 3, 4) == (
        shown(federation)["version"],
        shown(federation)["witness_quorum"],
        len(keys_of(federation, "witness")),
    )
    assert [2, 2, 2, 2] == [version_at(federation, code) for code in ("NL", "BE", "DE", "FR")]
    assert (4, 3) == (len(logged.document()["witnesses"]), logged.document()["quorum"]), logged.err
    assert Exit.DONE == run("audit", "check", folder=federation).code


def test_a_rotated_root_key_signs_the_next_record(federation: Path, tmp_path: Path) -> None:
    (first, *_), proposal, request = keys_of(federation, "root"), tmp_path / "root.json", tmp_path / "request.json"
    key = federation / "hub" / "keys" / "root-4.pem"
    assert Exit.DONE == run("directory", "root", "request", "root", key, request).code
    root(federation, "propose", proposal, "--add", request, "--remove", first[:12])
    sign(federation, proposal, "root-2.pem", "root-3.pem", "root-4.pem")
    assert Exit.DONE == root(federation, "publish", proposal).code
    third = tmp_path / "third.json"
    by_the_old = root(
        federation,
        "propose",
        third,
        "--heads-hours",
        "24",
        "--signer",
        first,
        "--signer",
        keys_of(federation, "root")[0],
    )
    root(federation, "propose", third, "--heads-hours", "24")
    sign(federation, third, "root-2.pem", "root-3.pem", "root-4.pem")
    published = root(federation, "publish", third)

    assert 0o600 == key.stat().st_mode & 0o777
    assert (Exit.VERIFICATION, Exit.DONE) == (by_the_old.code, published.code), published.err
    assert (3, 24) == (shown(federation)["version"], shown(federation)["heads_max_age_hours"])
    assert 3 == version_at(federation, "NL")
    ran = run("publish", a_file(tmp_path, SEIZURE), "--as", "NL/customs", folder=federation)
    assert Exit.DONE == ran.code, ran.err


def test_a_keeper_signs_with_the_file_the_key_and_the_root_digest_alone(federation: Path, tmp_path: Path) -> None:
    proposal, offline = tmp_path / "root.json", tmp_path / "offline"
    root(federation, "propose", proposal, "--quorum", "3")
    offline.mkdir()
    for name in HUB_KEYS:
        shutil.copy(federation / "hub" / "keys" / name, offline)
        shutil.copy(proposal, offline / f"{name}.json")
    digest = run("directory", "show", "--json", folder=federation).document()["root_digest"]
    signed = [
        root(None, "sign", offline / f"{name}.json", "--key", offline / name, "--root-digest", digest, "--json")
        for name in HUB_KEYS
    ]
    copies = [offline / f"{name}.json" for name in HUB_KEYS]
    together = root(None, "show", *copies, "--root-digest", digest, "--json").document()

    assert [2, 2, 2] == [len(ran.document()["missing"]) for ran in signed]
    assert ([], 3) == (together["missing"], together["after"]["witness_quorum"])
    assert Exit.VERIFICATION == root(federation, "publish", *copies[:2]).code
    assert Exit.DONE == root(federation, "publish", *copies).code
    assert Exit.REFUSED == root(federation, "publish", *copies).code


def test_who_signs_reads_what_changes(federation: Path, tmp_path: Path) -> None:
    (leaves, *_), proposal = keys_of(federation, "witness"), tmp_path / "root.json"
    root(federation, "propose", proposal, "--remove", leaves, "--quorum", "2", "--threshold", "3")
    said = root(federation, "show", proposal).out

    assert "root version 1 to 2" in said
    assert f"witness {leaves} of exercise/witness/NL" in said
    assert "3 root keys that have to sign, not 2" in said
    assert 3 == said.count("not yet")


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (("--quorum", "4"), Exit.VERIFICATION, "a quorum of 4 of 3 witnesses can never be had"),
        (("--quorum", "1"), Exit.VERIFICATION, "two histories"),
        (("--threshold", "4"), Exit.REFUSED, "3 keys cannot have the threshold 4"),
        (("--remove", "ffff"), Exit.VERIFICATION, "is not one key of the root record"),
        (("--signer", "ffff", "--threshold", "1"), Exit.VERIFICATION, "is not one root key"),
        (("--quorum", "2"), Exit.REFUSED, "would say what the present one says"),
        ((), Exit.REFUSED, "would say what the present one says"),
        (("--add", "nowhere.json"), Exit.CONFIGURATION, "there is no file nowhere.json"),
    ],
    ids=["too many", "too few", "threshold", "unknown key", "unknown signer", "the same", "nothing", "no request"],
)
def test_a_root_record_that_cannot_be_is_not_written_down(
    federation: Path, tmp_path: Path, words: tuple[str, ...], code: Exit, says: str
) -> None:
    ran = root(federation, "propose", tmp_path / "root.json", *words)

    assert (code, True) == (ran.code, says in ran.err), ran.err
    assert not (tmp_path / "root.json").exists()


def test_a_key_that_is_no_root_key_signs_nothing(federation: Path, tmp_path: Path) -> None:
    proposal = tmp_path / "root.json"
    root(federation, "propose", proposal, "--quorum", "3")
    before = proposal.read_bytes()
    ran = root(federation, "sign", proposal, "--key", federation / "hub" / "keys" / "admin.pem")

    assert (Exit.VERIFICATION, True) == (ran.code, "does not sign this root record" in ran.err)
    assert before == proposal.read_bytes()


def test_a_proposal_that_was_overtaken_is_not_sent(federation: Path, tmp_path: Path) -> None:
    first, second = tmp_path / "first.json", tmp_path / "second.json"
    for proposal, hours in ((first, "24"), (second, "36")):
        root(federation, "propose", proposal, "--heads-hours", hours)
        sign(federation, proposal)
    done, overtaken = root(federation, "publish", first), root(federation, "publish", second)

    assert (Exit.DONE, Exit.VERIFICATION) == (done.code, overtaken.code)
    assert "does not follow" in overtaken.err
    assert 24 == shown(federation)["heads_max_age_hours"]
    assert [] == [one for one in run("directory", "show", folder=federation).out.splitlines() if "finding" in one]


def a_table(folder: Path, **changes: Any) -> Path:
    """Return a file with the community's table and one rule more: nobody of the health sector sees anything."""
    table = json.loads(format_table(community_table()))
    health = {"id": "no-health", "effect": "never", "says": "Not for health.", "when": {"sector": ["health"]}}
    path = folder / "community.json"
    path.write_text(json.dumps(table | {"version": 2, "rules": [health, *table["rules"]]} | changes), "utf-8")
    return path


def test_the_communitys_table_counts_once_the_root_has_signed_it(federation: Path, tmp_path: Path) -> None:
    table, proposal = a_table(tmp_path), tmp_path / "root.json"
    early = root(federation, "propose", proposal, "--table", table)
    added = run("directory", "add", "table", table, folder=federation)
    proposed = root(federation, "propose", proposal, "--table", table)
    sign(federation, proposal)
    published = root(federation, "publish", proposal)
    run("receive", "--as", "BE/health", folder=federation)
    run("publish", a_file(tmp_path, SEIZURE), "--as", "NL/customs", folder=federation)
    received = run("receive", "--as", "BE/police", folder=federation)
    readers = [
        run("inbox", "--as", name, "--json", folder=federation).document() for name in ("BE/police", "BE/health")
    ]

    assert (Exit.REFUSED, True) == (early.code, "tocsin directory add table" in early.err), early.err
    assert [Exit.DONE] * 4 == [added.code, proposed.code, published.code, received.code], proposed.err + published.err
    assert [1, 0] == [len(one) for one in readers]
    assert Exit.DONE == run("audit", "check", folder=federation).code


@pytest.mark.parametrize(
    "changes", [{"layer": "house"}, {"rulez": []}, {"rules": []}], ids=["layer", "member", "empty"]
)
def test_a_table_with_a_mistake_is_not_sent(federation: Path, tmp_path: Path, changes: dict[str, Any]) -> None:
    before = run("directory", "show", "--json", folder=federation).document()["state"]

    assert Exit.CONFIGURATION == run("directory", "add", "table", a_table(tmp_path, **changes), folder=federation).code
    assert before == run("directory", "show", "--json", folder=federation).document()["state"]


@pytest.mark.parametrize("text", ["", "{}", "[1]", '{"format": "tocsin-root-proposal-2"}', "\x00\xff"])
def test_a_file_that_is_no_proposal(federation: Path, tmp_path: Path, text: str) -> None:
    proposal = tmp_path / "root.json"
    proposal.write_text(text, "utf-8")

    for words in (
        ("show", proposal),
        ("sign", proposal, "--key", federation / "hub" / "keys" / "root-1.pem"),
        ("publish", proposal),
    ):
        assert Exit.REFUSED == root(federation, *words).code


def test_a_proposal_of_another_network_is_refused(federation: Path, tmp_path: Path) -> None:
    proposal, other = tmp_path / "root.json", tmp_path / "other"
    root(federation, "propose", proposal, "--quorum", "3")
    run("federation", "new", other, "-p", "NL")

    assert Exit.VERIFICATION == root(other, "show", proposal).code
    assert Exit.CONFIGURATION == root(None, "show", proposal, "--root-digest", "00").code


def test_bytes_of_a_proposal_that_were_exchanged_are_found(federation: Path, tmp_path: Path) -> None:
    quiet, loud = tmp_path / "quiet.json", tmp_path / "loud.json"
    root(federation, "propose", quiet, "--heads-hours", "24")
    root(federation, "propose", loud, "--threshold", "1")
    document = json.loads(quiet.read_text("utf-8"))
    document["body"] = json.loads(loud.read_text("utf-8"))["body"]
    quiet.write_text(json.dumps(document), "utf-8")
    ran = root(federation, "sign", quiet, "--key", federation / "hub" / "keys" / "root-1.pem")

    assert (True, False) == (ran.code in (Exit.REFUSED, Exit.VERIFICATION), "Traceback" in ran.err), ran.err


def test_a_file_that_was_exchanged_since_it_was_shown_is_not_signed(federation: Path, tmp_path: Path) -> None:
    agreed, other = tmp_path / "agreed.json", tmp_path / "other.json"
    root(federation, "propose", agreed, "--heads-hours", "24")
    root(federation, "propose", other, "--threshold", "1")
    message = root(federation, "show", agreed, "--json").document()["message"]
    words = ("--key", federation / "hub" / "keys" / "root-1.pem", "--message")
    shutil.copy(other, tmp_path / "exchanged.json")
    refused = root(federation, "sign", tmp_path / "exchanged.json", *words, message)

    assert (Exit.REFUSED, True) == (refused.code, "is another message" in refused.err), refused.err
    assert other.read_bytes() == (tmp_path / "exchanged.json").read_bytes()
    assert Exit.DONE == root(federation, "sign", agreed, *words, message).code
    assert Exit.REFUSED == root(federation, "sign", other, *words, "4f1c").code


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("notry", "key.pem", "out.json"), "did you mean 'notary'"),
        (("witness", "key.pem", "out.json"), "a witness has a name and an operator"),
        (("root", "key.pem", "out.json", "--name", "x"), "a witness has a name and an operator"),
    ],
)
def test_an_office_is_one_of_four(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], says: str
) -> None:
    monkeypatch.chdir(tmp_path)
    ran = run("directory", "root", "request", *words)

    assert (Exit.USAGE, True) == (ran.code, says in " ".join(ran.err.split())), ran.err
    assert [] == list(tmp_path.iterdir())


def test_evidence_from_after_a_rotation_is_verified_with_the_first_root_digest(
    federation: Path, tmp_path: Path
) -> None:
    (first, *_), proposal, request = keys_of(federation, "root"), tmp_path / "root.json", tmp_path / "request.json"
    key, case = federation / "hub" / "keys" / "root-4.pem", tmp_path / "case.zip"
    digest = run("directory", "show", "--json", folder=federation).document()["root_digest"]
    run("directory", "root", "request", "root", key, request)
    root(federation, "propose", proposal, "--add", request, "--remove", first, "--quorum", "3")
    sign(federation, proposal, "root-2.pem", "root-3.pem", "root-4.pem")
    published = root(federation, "publish", proposal)
    run("publish", a_file(tmp_path, SEIZURE), "--as", "NL/customs", folder=federation)
    run("notary", "run", "--once", folder=federation)
    run("receive", "--as", "NL/customs", folder=federation)
    proved = run(
        *("audit", "prove", "NL/customs/1#2", "--as", "NL/customs", "--purpose", "investigation", "--out", case),
        folder=federation,
    )
    verified = run("audit", "verify", case, "--root-digest", digest)

    assert [Exit.DONE] * 3 == [published.code, proved.code, verified.code], proved.err + verified.out


def test_a_proposal_that_keepers_have_signed_is_not_written_over(federation: Path, tmp_path: Path) -> None:
    proposal, key = tmp_path / "root.json", federation / "hub" / "keys" / "root-1.pem"
    root(federation, "propose", proposal, "--heads-hours", "24")
    sign(federation, proposal, "root-1.pem")
    before = proposal.read_bytes(), key.read_bytes()
    again = [root(federation, "propose", path, "--heads-hours", "36") for path in (proposal, key)]

    assert [(Exit.REFUSED, True)] * 2 == [(ran.code, "is not overwritten" in ran.err) for ran in again]
    assert before == (proposal.read_bytes(), key.read_bytes())


@pytest.mark.parametrize(
    "words",
    [
        ("root", "key.pem", "out.json", "--id", "No Name"),
        ("witness", "key.pem", "out.json", "--name", "with a space", "--operator", "BE"),
        ("root", "key.pem", "nowhere/out.json"),
        ("root", "key.pem", "key.pem"),
        ("root", "key.pem", "there.json"),
    ],
    ids=["network", "witness", "folder", "one file", "there"],
)
def test_a_request_that_cannot_be_made_leaves_no_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "there.json").write_text("signed by somebody", "utf-8")
    ran = run("directory", "root", "request", *words)

    assert ran.code not in (Exit.DONE, Exit.INTERNAL), ran.err
    assert ["there.json"] == [path.name for path in tmp_path.iterdir()]
    assert "signed by somebody" == (tmp_path / "there.json").read_text("utf-8")


@pytest.mark.parametrize(
    ("office", "says"),
    [("notary", "set key in hub/notary.toml"), ("administrator", "in the place of hub/keys/admin.pem")],
)
def test_who_made_a_key_is_told_where_it_belongs(tmp_path: Path, office: str, says: str) -> None:
    ran = run("directory", "root", "request", office, tmp_path / "key.pem", tmp_path / "out.json")

    assert (Exit.DONE, True) == (ran.code, says in ran.out), ran.err


def test_a_notary_with_a_new_key_goes_on_with_the_log(federation: Path, tmp_path: Path) -> None:
    request, proposal, settings = tmp_path / "notary.json", tmp_path / "root.json", federation / "hub" / "notary.toml"
    run("directory", "root", "request", "notary", federation / "hub" / "keys" / "notary-2.pem", request)
    root(federation, "propose", proposal, "--add", request)
    sign(federation, proposal)
    root(federation, "publish", proposal)
    former = run("notary", "run", "--once", folder=federation)
    settings.write_text(settings.read_text("utf-8").replace("notary.pem", "notary-2.pem"), "utf-8")
    logged = run("notary", "run", "--once", "--json", folder=federation)

    assert (Exit.CONFIGURATION, True) == (former.code, "not the one that the newest root record" in former.err)
    assert (Exit.DONE, 3) == (logged.code, len(logged.document()["witnesses"])), logged.err
    assert [2, 2] == [version_at(federation, code) for code in ("NL", "BE")]
    assert Exit.DONE == run("audit", "check", folder=federation).code


def test_a_folder_and_a_digest_that_differ_are_not_guessed_at(federation: Path, tmp_path: Path) -> None:
    proposal = tmp_path / "root.json"
    root(federation, "propose", proposal, "--heads-hours", "24")
    ran = root(federation, "show", proposal, "--root-digest", "ab" * 32)

    assert (Exit.CONFIGURATION, True) == (ran.code, "has another one" in ran.err), ran.err


def test_the_hubs_administrator_is_replaced_in_three_steps_and_nobody_is_lost(federation: Path, tmp_path: Path) -> None:
    (old,), request = keys_of(federation, "administrator"), tmp_path / "admin.json"
    key, admin = tmp_path / "admin.pem", federation / "hub" / "keys" / "admin.pem"
    first, second = tmp_path / "root-2.json", tmp_path / "root-3.json"
    assert Exit.DONE == run("directory", "root", "request", "administrator", key, request).code
    at_once = root(federation, "propose", first, "--add", request, "--remove", old)
    root(federation, "propose", first, "--add", request)
    sign(federation, first)
    assert Exit.DONE == root(federation, "publish", first).code
    too_early = root(federation, "propose", second, "--remove", old)
    key.replace(admin)
    written = run("directory", "rotate", "--as", "X-HUB", folder=federation)
    root(federation, "propose", second, "--remove", old)
    sign(federation, second)
    published = root(federation, "publish", second)
    codes = [one["code"] for one in run("directory", "show", "--json", folder=federation).document()["participants"]]

    for ran in (at_once, too_early):
        assert (Exit.REFUSED, True) == (ran.code, "would count no more" in ran.err), ran.err
    assert [Exit.DONE, Exit.DONE] == [written.code, published.code], written.err + published.err
    assert ["BE", "DE", "NL"] == codes


def test_what_a_thief_said_for_the_hub_is_ended_by_saying_so(federation: Path, tmp_path: Path) -> None:
    (old,), request = keys_of(federation, "administrator"), tmp_path / "admin.json"
    proposal = tmp_path / "root.json"
    run("directory", "root", "request", "administrator", tmp_path / "admin.pem", request)
    ends = ("propose", proposal, "--add", request, "--remove", old, "--end-hub-entries")
    proposed = root(federation, *ends)
    sign(federation, proposal)
    refused, done = root(federation, "publish", proposal), root(federation, "publish", proposal, "--end-hub-entries")

    assert [Exit.DONE, Exit.REFUSED, Exit.DONE] == [proposed.code, refused.code, done.code], done.err
