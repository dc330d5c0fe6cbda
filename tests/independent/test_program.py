"""A network as its commands make it, from founding to evidence: others check what anybody would be handed."""

import re
from pathlib import Path

from tests.cli.commands import SEIZURE, a_file, run
from tests.independent.logs import served
from tests.independent.programs import Programs
from tests.independent.verdicts import COMPARED

BY = ("--as", "NL/customs")


def test_log_and_evidence_hold_for_others(tmp_path: Path, programs: Programs) -> None:
    federation, case, key = tmp_path / "federation", tmp_path / "case.zip", tmp_path / "notary.vkey"
    for words in (
        ("federation", "new", federation, "-p", "NL", "-p", "BE", "-p", "DE"),
        ("publish", a_file(tmp_path, SEIZURE), *BY, "--folder", federation),
        ("receive", *BY, "--folder", federation),
        ("notary", "run", "--once", "--folder", federation),
    ):
        done = run(*words)
        assert 0 == done.code, done.err
    proved = run("audit", "prove", "NL/customs/1#2", *BY, "--purpose", "investigation", "-o", case, folder=federation)
    assert 0 == proved.code, proved.err
    shown = run("notary", "show", folder=federation)
    origin, _, _ = (found := re.findall(r"\S+\+[0-9a-f]{8}\+\S+", shown.out + shown.err)[0]).partition("+")
    key.write_text(found, encoding="utf-8")

    with served(federation / "log") as url:
        assert "Successfully fsck'd log" in programs.fsck(url, origin, key)
    code, steps = programs.evidence(case, root_digest(federation))
    assert 0 == code
    assert dict.fromkeys(COMPARED, "passed") == {
        one["step"]: one["outcome"] for one in steps if one["step"] in COMPARED
    }


def root_digest(federation: Path) -> str:
    """Return what every node of the network is told by hand."""
    found = re.search(
        r'^root_digest = "([0-9a-f]+)"$', (federation / "federation.toml").read_text("utf-8"), re.MULTILINE
    )
    assert found is not None
    return found[1]
