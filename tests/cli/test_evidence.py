"""One message proved by its author and by a reader with permission, and checked by whoever gets the file."""

import io
import shutil
import stat
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from consumers.evidence.container import format_container, parse_container
from consumers.evidence.evidence import open_evidence
from tests.cli.commands import SEIZURE, Ran, a_file, run
from tests.support.evidence import forged

MESSAGE = "NL/customs/1#2"
LATER = f"{datetime.now(UTC) + timedelta(days=40):%Y-%m-%d}"
FOR = ("--purpose", "investigation")
EXPORT = ("--action", "export", "--section", "core", *FOR)


def receive(authority: str, federation: Path) -> None:
    assert 0 == run("receive", "--as", authority, folder=federation).code


def log(federation: Path) -> None:
    """Let the notary take in what is on the bus."""
    done = run("notary", "run", "--once", folder=federation)
    assert 0 == done.code, done.err


def prove(out: Path, federation: Path, *options: str, by: str = "NL/customs", message: str = MESSAGE) -> Ran:
    return run("audit", "prove", message, "--as", by, *FOR, "-o", out, *options, folder=federation)


def root_of(federation: Path) -> str:
    text = (federation / "federation.toml").read_text("utf-8")
    return next(line.split('"')[1] for line in text.splitlines() if line.startswith("root_digest"))


def verify(file: Path, federation: Path, *options: str) -> Ran:
    return run("audit", "verify", file, "--root-digest", root_of(federation), *options)


def outcomes(ran: Ran) -> dict[str, str]:
    """Return what became of the steps that did not pass."""
    steps: list[dict[str, str]] = ran.document()["steps"]
    return {one["step"]: one["outcome"] for one in steps if one["outcome"] != "passed"}


@pytest.fixture(scope="module")
def sent(founded: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a federation where BE has read a report of NL that is not logged yet; nobody may change it."""
    folder = tmp_path_factory.mktemp("sent")
    federation = Path(shutil.copytree(founded, folder / "federation"))
    assert 0 == run("publish", a_file(folder, SEIZURE), "--as", "NL/customs", folder=federation).code
    for authority in ("NL/customs", "BE/police"):
        receive(authority, federation)
    return federation


@pytest.fixture(scope="module")
def logged(sent: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the same, logged and witnessed; nobody may change it but by asking for a proof."""
    federation = Path(shutil.copytree(sent, tmp_path_factory.mktemp("logged") / "federation"))
    log(federation)
    return federation


@pytest.fixture(scope="module")
def case(logged: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return an evidence file that the author of the report made."""
    out = tmp_path_factory.mktemp("case") / "case.zip"
    assert 0 == prove(out, logged).code
    return out


@pytest.fixture
def here(logged: Path, tmp_path: Path) -> Path:
    """Return a copy of the logged federation of the test's own."""
    return Path(shutil.copytree(logged, tmp_path / "federation"))


def test_its_author_proves_a_message_and_anybody_checks_it(case: Path, logged: Path) -> None:
    assert 0o600 == stat.S_IMODE(case.stat().st_mode)
    checked = verify(case, logged)
    assert (0, True) == (checked.code, "No step failed." in checked.out)
    document = verify(case, logged, "--json").document()
    assert (MESSAGE, "exercise", "NL/customs", True) == (
        document["message"], document["federation"], document["exported_by"], document["passed"],
    )  # fmt: skip
    names = "container root directory signers signatures bodies sections log witnesses decision"
    assert names.split() == [one["step"] for one in document["steps"]]
    assert {"passed"} == {one["outcome"] for one in document["steps"]}


def test_whoever_checks_an_exercise_is_told_so_whatever_the_page_in_the_file_says(case: Path, logged: Path) -> None:
    assert verify(case, logged).out.startswith("EXERCISE EXERCISE EXERCISE")
    assert "exercise" == verify(case, logged, "--json").document()["status"]


def test_whoever_checks_is_told_that_what_was_said_later_may_be_left_out(case: Path, logged: Path) -> None:
    says = {one["step"]: one["says"] for one in verify(case, logged, "--json").document()["steps"]}
    assert "a later word, a revocation too, may have been left out" in says["directory"]


def test_the_root_digest_of_a_folder_is_taken_where_there_is_one(case: Path, logged: Path) -> None:
    assert 0 == run("audit", "verify", case, folder=logged).code


def test_whoever_trusts_nobody_is_told_how(case: Path) -> None:
    refused = run("audit", "verify", case)
    assert 2 == refused.code
    assert "--root-digest HEX" in refused.err
    assert 2 == run("audit", "verify", case, "--root-digest", "4f1c").code


def test_two_files_of_one_message_are_the_same(case: Path, logged: Path, tmp_path: Path) -> None:
    assert 0 == prove(tmp_path / "again.zip", logged).code
    assert case.read_bytes() == (tmp_path / "again.zip").read_bytes()


def test_people_find_a_page_and_a_text_in_it(case: Path) -> None:
    with zipfile.ZipFile(case) as archive:
        page, text = archive.read("report.html").decode(), archive.read("README.txt").decode()
    for one in (page, text):
        assert "EXERCISE EXERCISE EXERCISE" in one
        assert "From NL/customs, exported by NL/customs for investigation" in one
    assert "acetic anhydride" in page
    assert "NO QUORUM" not in page + text


def test_a_reader_needs_the_permission_of_the_author(logged: Path, tmp_path: Path) -> None:
    refused = prove(tmp_path / "case.zip", logged, by="BE/police")
    assert 5 == refused.code
    assert "BE/police may not export core of NL/customs/1#2" in refused.err
    assert f"tocsin grant request {MESSAGE} --as BE/police --action export" in refused.err
    assert not (tmp_path / "case.zip").exists()


def test_who_may_not_see_a_message_is_told_that_there_is_none(logged: Path, tmp_path: Path) -> None:
    for message in ("NL/customs/1#99", "0" * 64):
        refused = prove(tmp_path / "case.zip", logged, by="BE/police", message=message)
        assert (5, True) == (refused.code, "has no message" in refused.err)


def test_a_reader_with_permission_proves_what_it_may_and_no_more(here: Path, tmp_path: Path) -> None:
    given = ("--message", MESSAGE, "--grantee", "BE/police", *EXPORT, "--until", LATER)
    assert 0 == run("grant", "give", *given, "--as", "NL/customs", folder=here).code
    receive("BE/police", here)
    out = tmp_path / "case.zip"
    made = prove(out, here, "--json", by="BE/police")
    assert (0, ["core"], ["nominal"]) == (made.code, made.document()["disclosed"], made.document()["withheld"])
    assert {} == outcomes(verify(out, here, "--json"))
    assert b"Voorbeeld" not in out.read_bytes()
    assert [True, False] == [body is not None for body in open_evidence(out.read_bytes()).message.bodies]
    assert 0 == run("audit", "replay", "--as", "BE/police", folder=here).code


def test_of_a_message_that_was_passed_on_the_original_is_proved(here: Path, tmp_path: Path) -> None:
    mine = ("--message", MESSAGE, "--section", "core", *FOR, "--until", LATER, "--as", "NL/customs")
    uses = (("BE/police", "--action", "forward", "--to", "DE"), ("DE/police", "--action", "export"))
    for grantee, *use in uses:
        assert 0 == run("grant", "give", "--grantee", grantee, *use, *mine, folder=here).code
    receive("BE/police", here)
    who = ("--as", "BE/police", "--to", "DE", *FOR, "--json")
    name = run("inbox", "forward", MESSAGE, *who, folder=here).document()["published"][0]["message"]
    receive("DE/police", here)
    log(here)
    made = prove(tmp_path / "case.zip", here, by="DE/police", message=name)
    assert (0, True) == (made.code, f"{name} passes on {MESSAGE}: that is what is proved" in made.out)
    checked = verify(tmp_path / "case.zip", here, "--json")
    assert (0, MESSAGE, {}) == (checked.code, checked.document()["message"], outcomes(checked))
    assert ["core"] == checked.document()["disclosed"]


def test_use_in_court_is_another_permission(here: Path, tmp_path: Path) -> None:
    given = ("--message", MESSAGE, "--grantee", "BE/police", *EXPORT, "--until", LATER)
    assert 0 == run("grant", "give", *given, "--as", "NL/customs", folder=here).code
    receive("BE/police", here)
    refused = prove(tmp_path / "case.zip", here, "--case", "Antwerp 2026/7", by="BE/police")
    assert (5, True) == (refused.code, "may not use in court core" in refused.err)
    assert 0 == prove(tmp_path / "case.zip", here, "--case", "Antwerp 2026/7").code
    assert b"Antwerp 2026/7" in (tmp_path / "case.zip").read_bytes()


def test_what_is_not_logged_yet_waits_for_the_notary(sent: Path, tmp_path: Path) -> None:
    federation = Path(shutil.copytree(sent, tmp_path / "federation"))
    refused = prove(tmp_path / "case.zip", federation)
    assert (6, True) == (refused.code, "not in the log yet" in refused.err)
    assert "notary" in refused.err
    log(federation)
    assert 0 == prove(tmp_path / "case.zip", federation).code


def test_whoever_has_not_read_back_what_it_sent_is_told_to(founded: Path, tmp_path: Path) -> None:
    federation = Path(shutil.copytree(founded, tmp_path / "federation"))
    assert 0 == run("publish", a_file(tmp_path, SEIZURE), "--as", "NL/customs", folder=federation).code
    log(federation)
    refused = prove(tmp_path / "case.zip", federation)
    assert (5, True) == (refused.code, "tocsin receive --as NL/customs" in refused.err)
    assert "receive" not in prove(tmp_path / "case.zip", federation, message="NL/customs/1#3").err
    assert "receive" not in prove(tmp_path / "case.zip", federation, by="BE/police").err


def test_without_a_quorum_the_file_says_so_loudly(sent: Path, tmp_path: Path) -> None:
    federation = Path(shutil.copytree(sent, tmp_path / "federation"))
    for code in ("BE", "DE"):
        (federation / "nodes" / code / "keys" / "witness.pem").unlink()
        settings = federation / "nodes" / code / "node.toml"
        lines = settings.read_text("utf-8").splitlines(keepends=True)
        settings.write_text("".join(line for line in lines if not line.startswith("witness_key")), "utf-8")
    log(federation)
    made = prove(tmp_path / "case.zip", federation)
    assert (0, True) == (made.code, "NO QUORUM" in made.out)
    checked = verify(tmp_path / "case.zip", federation, "--json")
    assert (6, {"witnesses": "failed"}) == (checked.code, outcomes(checked))
    assert "DO NOT RELY ON IT: failed: witnesses." in verify(tmp_path / "case.zip", federation).out


def test_nothing_is_overwritten(logged: Path, tmp_path: Path) -> None:
    (tmp_path / "case.zip").write_text("mine")
    assert 4 == prove(tmp_path / "case.zip", logged).code
    assert "mine" == (tmp_path / "case.zip").read_text()
    assert ["case.zip"] == [path.name for path in tmp_path.iterdir()]


def test_where_it_cannot_be_written_nothing_is_left(logged: Path, tmp_path: Path) -> None:
    assert 4 == prove(tmp_path / "missing" / "case.zip", logged).code
    assert [] == list(tmp_path.iterdir())


def bomb() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("evidence.json", bytes(50_000_000))
    return out.getvalue()


def with_text(raw: bytes, name: str, old: bytes, new: bytes) -> bytes:
    files = parse_container(raw)
    assert old in files[name]
    return forged(raw, {name: files[name].replace(old, new)})


def of_the_future(raw: bytes) -> bytes:
    files = parse_container(raw)
    return format_container(files | {"evidence.json": files["evidence.json"].replace(b'"version":1', b'"version":2')})


BAD: dict[str, tuple[Callable[[bytes], bytes], int, str]] = {
    "a truncated zip": (lambda raw: raw[: len(raw) // 2], 4, "cut off"),
    "a zip bomb": (lambda _: bomb(), 4, "compressed"),
    "a text file": (lambda _: b"dear judge,\n", 4, "no evidence file"),
    "an empty file": (lambda _: b"", 4, "no evidence file"),
    "a future version": (of_the_future, 4, "version 2"),
    "one changed byte": (lambda raw: raw[:5000] + bytes([raw[5000] ^ 1]) + raw[5001:], 4, "changed"),
    "too much of it": (lambda raw: raw + bytes(64 * 1024 * 1024), 4, "larger than"),
    "a checkpoint of another log": (
        lambda raw: with_text(raw, "log/message.tlog-proof", b"exercise/log\n", b"exercize/log\n"), 6, "exercize/log"
    ),
    "a leaf of another message": (
        lambda raw: with_text(raw, "log/entry.txt", b"NL/customs/1\n2\n", b"NL/customs/1\n3\n"), 6, "not of NL/customs"
    ),
    "a leaf of another time": (
        lambda raw: with_text(raw, "log/entry.txt", b"\n17", b"\n16"), 6, "does not lead"
    ),
}  # fmt: skip


@pytest.mark.parametrize("given", BAD.values(), ids=BAD)
def test_refuses(given: tuple[Callable[[bytes], bytes], int, str], case: Path, logged: Path, tmp_path: Path) -> None:
    change, code, says = given
    bad = tmp_path / "bad.zip"
    bad.write_bytes(change(case.read_bytes()))
    refused = verify(bad, logged)
    assert (code, True) == (refused.code, says in refused.err + refused.out)
    assert "Traceback" not in refused.err


def test_a_proof_of_another_message_is_none(here: Path, tmp_path: Path) -> None:
    other = SEIZURE.replace("NL-1", "NL-9").replace("1000", "900")
    assert 0 == run("publish", a_file(tmp_path, other), "--as", "NL/customs", folder=here).code
    receive("NL/customs", here)
    log(here)
    first, second = tmp_path / "first.zip", tmp_path / "second.zip"
    assert 0 == prove(first, here).code
    assert 0 == prove(second, here, message="NL/customs/1#4").code
    taken = parse_container(second.read_bytes())
    names = ("log/entry.txt", "log/message.tlog-proof")
    first.write_bytes(forged(first.read_bytes(), {name: taken[name] for name in names}))
    checked = verify(first, here, "--json")
    assert (6, {"log": "failed", "witnesses": "not-checked"}) == (checked.code, outcomes(checked))


def test_another_root_is_told_apart(case: Path) -> None:
    checked = run("audit", "verify", case, "--root-digest", "00" * 32, "--json")
    assert (6, "failed") == (checked.code, outcomes(checked)["root"])


def test_what_is_no_file_is_refused(tmp_path: Path, logged: Path) -> None:
    missing, folder = verify(tmp_path / "missing.zip", logged), verify(tmp_path, logged)
    assert (3, True) == (missing.code, "there is no file" in missing.err)
    assert (4, True) == (folder.code, "no file at all" in folder.err)


def key_of(federation: Path, owner: str = "NL/~1") -> str:
    keys = run("directory", "show", "--json", folder=federation).document()["keys"]
    return str(next(one["id"] for one in keys if one["owner"] == owner and one["use"] == "sign"))


def affected(federation: Path, key: str) -> dict[str, Any]:
    found: dict[str, Any] = run("audit", "affected", key, "--json", folder=federation).document()
    return found


def test_what_a_key_has_signed_is_listed_in_the_order_of_the_log(here: Path) -> None:
    assert 0 == run("heads", "--as", "BE", folder=here).code
    found = affected(here, key_of(here)[:8])
    assert ("NL/~1", None) == (found["owner"], found["revoked"])
    names = [one["message"] for one in found["messages"]]
    assert ["NL/customs/1#1", MESSAGE, "NL/~1/1#1"] == names
    places = [one["log_index"] for one in found["messages"]]
    assert sorted(places) == places
    assert {"stands"} == {one["standing"] for one in found["messages"]}
    shown = run("audit", "affected", key_of(here), folder=here)
    assert (0, True) == (shown.code, MESSAGE in shown.out)


def test_a_node_that_read_the_log_says_so_in_its_heads(here: Path) -> None:
    receive("BE/police", here)
    assert 0 == run("heads", "--as", "BE", folder=here).code
    (report,) = (one for one in affected(here, key_of(here))["messages"] if one["message"] == MESSAGE)
    assert ["BE/~1"] == report["seen_by"]


def test_receipts_tell_where_their_addressee_is_here_and_need_no_database(here: Path) -> None:
    assert 0 == run("receipts", "--as", "BE", folder=here).code
    receive("NL/customs", here)
    (report,) = (one for one in affected(here, key_of(here))["messages"] if one["message"] == MESSAGE)
    assert "BE/police" in {one["reader"] for one in report["receipts"]}
    shutil.rmtree(here / "nodes")
    (report,) = (one for one in affected(here, key_of(here))["messages"] if one["message"] == MESSAGE)
    assert ([], "stands") == (report["receipts"], report["standing"])


def test_a_revoked_key_leaves_what_was_logged_before_and_disputes_what_came_after(here: Path, tmp_path: Path) -> None:
    key = key_of(here)
    again = SEIZURE.replace("NL-1", "NL-8").replace("1000", "800")
    assert 0 == run("publish", a_file(tmp_path, again), "--as", "NL/customs", folder=here).code
    assert 0 == run("directory", "revoke", key, "--as", "NL", folder=here).code
    log(here)
    found = affected(here, key)
    standing = {one["message"]: one["standing"] for one in found["messages"]}
    assert ("stands", "disputed") == (standing[MESSAGE], standing["NL/customs/1#4"])
    assert found["revoked"] is not None
    shown = run("audit", "affected", key, folder=here)
    assert "the log saw it only after that" in shown.out
    receive("NL/customs", here)
    proved = prove(tmp_path / "case.zip", here)
    assert 0 == proved.code, proved.err
    checked = verify(tmp_path / "case.zip", here, "--json")
    assert (0, {}) == (checked.code, outcomes(checked))


@pytest.mark.parametrize("key", ["", "12", "nothing of the kind", "00000000"])
def test_a_key_that_is_none_is_told_apart(key: str, logged: Path) -> None:
    refused = run("audit", "affected", key, folder=logged)
    assert (3, True) == (refused.code, "at least 8 digits" in refused.err)
