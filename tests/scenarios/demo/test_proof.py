"""The log and the evidence file, as the demo leaves them on the sample data."""

import shutil
from collections import Counter
from pathlib import Path

import pytest

from broker.admit import Verified
from broker.database import open_engine, reading
from broker.envelope.message import Opened, open_envelope
from broker.log.trust import check_checkpoint
from broker.log_trust import log_trust
from broker.logbook import Assurance
from broker.types.names import Digest, Originator, Participant, message_topic
from broker.types.vocabulary import Kind
from consumers import inbox
from consumers.heads import read_heads
from tests.scenarios.demo.playing import Played
from tests.support.patience import ANSWER_SECONDS
from tocsin.auditing import AuditOptions, audit_folder
from tocsin.demo.document import Evidence, Log
from tocsin.demo.evidence import DECISION, Checked, Made, check_evidence
from tocsin.demo.forging import Topic
from tocsin.demo.second_verifier import Second, second_verifier
from tocsin.evidence.verifying import verify
from tocsin.folder import FederationFolder, open_folder
from tocsin.installation import now, open_node
from tocsin.settings import load_federation

pytestmark = pytest.mark.timeout(900)

_ABSENT = Path("absent")


@pytest.fixture(scope="session")
def log(played: Played) -> Log:
    assert played.document.log is not None
    return played.document.log


@pytest.fixture(scope="session")
def evidence(played: Played) -> Evidence:
    assert played.document.evidence is not None
    return played.document.evidence


def _root_digest(played: Played) -> Digest:
    return load_federation(played.folder).root_digest


def _made(path: Path, played: Played) -> Made:
    return Made(
        path=path,
        by=Originator("NL/police"),
        grant="",
        size=path.stat().st_size,
        root_digest=_root_digest(played),
        disclosed=("core",),
        withheld=(),
    )


def _messages(played: Played, code: Participant, kind: Kind) -> list[Opened]:
    engine = open_engine(played.folder.bus_file, readonly=True)
    try:
        topic = Topic(engine, message_topic(load_federation(played.folder).id, code))
        found = [open_envelope(one.value) for one in topic.messages()]
    finally:
        engine.dispose()
    return [one for one in found if one.header.kind is kind]


async def _codes(folder: Path) -> set[str]:
    found = await audit_folder(open_folder(folder), options=AuditOptions(workers=1, content=False))
    return {one.code for one in found.findings}


def _copy(played: Played, tmp_path: Path) -> FederationFolder:
    shutil.copytree(played.folder.root, tmp_path / "copy")
    return FederationFolder(tmp_path / "copy")


# ── the log ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_every_message_on_the_bus_has_its_leaf(played: Played, log: Log) -> None:
    assert played.document.audit.messages == log.size


def test_the_checkpoint_is_the_published_one_and_holds_by_the_root_record(played: Played, log: Log) -> None:
    assert log.checkpoint.encode() == (played.folder.log / "checkpoint").read_bytes()
    with open_node(played.folder, Participant("NL")) as node:
        signed = check_checkpoint(log.checkpoint.encode(), log_trust(node.directory))
    assert (log.size, log.witnesses, log.quorum) == (signed.size, signed.witnesses, signed.quorum)
    assert (5, 3) == (len(log.witnesses), log.quorum)
    assert signed.is_witnessed


def test_everything_in_every_inbox_is_witnessed(played: Played, log: Log) -> None:
    assert {"received": 0, "logged": 0} == {name: log.assurance[name] for name in ("received", "logged")}
    with open_node(played.folder, Participant("NL")) as node, reading(node.engine) as connection:
        items = [
            one
            for name in ("NL/customs", "NL/police")
            for one in inbox.items(connection, node.section_keys, Originator(name), now())
        ]
    assert {Assurance.WITNESSED} == {one.standing.assurance for one in items}
    assert 0 < len(items) < log.assurance["witnessed"]


def test_the_shown_report_rises_from_received_to_witnessed(played: Played) -> None:
    assert "went received → logged → witnessed" in " ".join(played.err.split())


def test_every_node_has_sent_heads_that_name_a_witnessed_checkpoint(played: Played, log: Log) -> None:
    with open_node(played.folder, Participant("NL")) as node:
        trust = log_trust(node.directory)
    for code in played.folder.participants():
        (said,) = (read_heads(Verified(one, late=False)) for one in _messages(played, code, Kind.HEADS))
        assert said.checkpoint is not None
        signed = check_checkpoint(said.checkpoint, trust)
        assert signed.is_witnessed
        assert signed.size < log.size


def test_says_who_cosigned_what_it_proves_and_that_one_machine_proves_nothing(played: Played, log: Log) -> None:
    said = " ".join(played.err.split())
    assert "5 of 5 witnesses cosigned it (AF, AU, BE, BG, BR)" in said
    assert f"{log.size} entries, one for every message on the bus" in said
    assert "same machine: proves nothing about independence" in said


async def test_an_audit_says_that_the_checkpoint_was_taken_away(played: Played, tmp_path: Path) -> None:
    copy = _copy(played, tmp_path)
    (copy.log / "checkpoint").unlink()
    assert "missing-checkpoint" in await _codes(copy.root)


# ── evidence ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_evidence_file_stays_and_holds_for_whoever_trusts_the_root(played: Played, evidence: Evidence) -> None:
    found = verify(played.folder.root / "evidence.zip", _root_digest(played))
    assert [(one.step, one.outcome) for one in evidence.steps] == [
        (one.step, one.outcome.value) for one in found.checklist.steps
    ]
    assert {"passed": 10} == Counter(one.outcome for one in evidence.steps)
    assert evidence.verdicts.tocsin


def test_the_evidence_is_of_the_report_that_was_granted_and_then_taken_back(played: Played, evidence: Evidence) -> None:
    assert played.document.permission is not None
    assert played.document.recall is not None
    assert {evidence.message} == {played.document.permission.message, played.document.recall.message}
    said = " ".join(played.err.split())
    assert f"by the grant {played.document.permission.grant}, before the report was taken back" in said


def test_both_verifiers_agree_where_both_were_tried(played: Played, evidence: Evidence) -> None:
    said = " ".join(played.err.split())
    if evidence.verdicts.independent is None:
        assert "A second verifier, in Go, was not tried: " in said
    else:
        assert evidence.verdicts.tocsin is evidence.verdicts.independent
        assert "says the same of 9 steps" in said


async def test_an_evidence_file_for_another_root_fails(played: Played) -> None:
    path = played.folder.root / "evidence.zip"
    found = verify(path, Digest(bytes(32)))
    assert "root" in {one.step for one in found.checklist.failed}


def test_a_second_verifier_that_says_otherwise_is_told_by_the_step(played: Played, evidence: Evidence) -> None:
    outcomes = {one.step: one.outcome for one in evidence.steps} | {"log": "failed", DECISION: "not-checked"}
    made = _made(played.folder.root / "evidence.zip", played)
    checked = Checked(document=evidence, made=made, second=Second(False, outcomes))
    assert ("log",) == checked.disagreed


async def test_without_the_source_there_is_no_second_verifier_and_a_sentence_says_so(played: Played) -> None:
    made = _made(played.folder.root / "evidence.zip", played)
    with second_verifier(_ABSENT) as verifier:
        checked = await check_evidence(made, verifier)
    assert (None, ()) == (checked.second.verdict, checked.disagreed)
    assert "not with an installed one" in checked.second.why_not
    assert checked.document.verdicts.tocsin


async def test_without_go_there_is_no_second_verifier(
    played: Played, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "evidence").mkdir()
    (tmp_path / "evidence" / "main.go").touch()
    monkeypatch.setenv("PATH", str(tmp_path))
    with second_verifier(tmp_path) as verifier:
        second = await verifier.verify(played.folder.root / "evidence.zip", "00" * 32)
    assert (None, "there is no Go here to build it with") == (second.verdict, second.why_not)


@pytest.mark.parametrize(
    ("build", "why_not"),
    [
        (("exit 1", ANSWER_SECONDS), "does not build it (go build ended with 1)"),
        (("sleep 600 & wait", 0.5), "takes too long"),
    ],
)
async def test_a_build_that_fails_or_takes_too_long_is_no_failure_of_the_demo(
    played: Played, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, build: tuple[str, float], why_not: str
) -> None:
    script, patience = build
    source = _a_source(tmp_path, monkeypatch, script)
    with second_verifier(source) as verifier:
        second = await verifier.verify(played.folder.root / "evidence.zip", "00" * 32, patience_seconds=patience)
    assert second.verdict is None
    assert why_not in second.why_not


@pytest.mark.parametrize(("code", "verdict"), [(0, True), (6, False), (4, False), (2, None)])
async def test_the_exit_code_of_the_second_verifier_is_its_verdict(
    played: Played, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int, verdict: bool | None
) -> None:
    program = f'printf "#!/bin/sh\\nexit {code}\\n" > "$5"; chmod +x "$5"'
    source = _a_source(tmp_path, monkeypatch, program)
    with second_verifier(source) as verifier:
        second = await verifier.verify(played.folder.root / "evidence.zip", "00" * 32)
    assert verdict == second.verdict


def _a_source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> Path:
    """Return a folder like that of the independent checkers, beside a Go that does what *script* says."""
    (tmp_path / "evidence").mkdir()
    (tmp_path / "evidence" / "main.go").touch()
    go = tmp_path / "go"
    go.write_text(f"#!/bin/sh\n{script}\n", "utf-8")
    go.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    return tmp_path
