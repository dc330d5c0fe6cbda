"""What is planted in a report is found nowhere but where somebody may read it: not on the bus, in no database, log or
metric, on no node; and who has every key of another country, but not this one, reads nothing of it."""

import shutil
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.commands import a_file, finish, run, start

NAME = "Zephyrine Quackenbush"
ADDRESS = "17 Xylophone Mews"
TELEPHONE = "+999 555 0142 777"
CONTAINER = "QZXU 918273 6"
CONCEALMENT = "behind walnut veneer"
SUMMARY = "handed over by kestrel"
PLANTED = (NAME, ADDRESS, TELEPHONE, CONTAINER, CONCEALMENT, SUMMARY)
COLUMNS = (
    "national_reference,incident_type,date_incident,reporting_country,place,substance_as_reported,quantity_value,"
    "quantity_unit,circumstance,container,concealment,transport,recipients,tlp,party_name,party_role,party_address,"
    "party_telephone,fictitious"
)
REPORT = (
    f"NL-77,seizure,2026-01-10,NL,Rotterdam,acetic anhydride,1000,L,{SUMMARY},{CONTAINER},{CONCEALMENT},sea,BE/police,"
    f"AMBER,{NAME},suspect,{ADDRESS},{TELEPHONE},yes"
)


def holding(root: Path, *, but: tuple[Path, ...] = ()) -> list[str]:
    """Return where below *root* one of the planted words stands, in the bytes of any file."""
    return [f"{path.relative_to(root)}: {word}" for path, word in _holding(root) if path not in but]


def _holding(root: Path) -> Iterator[tuple[Path, str]]:
    for path in sorted(root.rglob("*")):
        content = path.read_bytes() if path.is_file() else b""
        spellings = (word for word in PLANTED if word.encode() in content or word.encode("utf-16-le") in content)
        yield from ((path, word) for word in spellings)


@pytest.fixture
def report(tmp_path: Path) -> Path:
    path = tmp_path / "report.csv"
    path.write_text(f"{COLUMNS}\n{REPORT}\n", "utf-8")
    return path


def test_the_search_finds_what_is_planted(report: Path) -> None:
    assert sorted(PLANTED) == sorted(word for _, word in _holding(report.parent))


def test_what_is_planted_is_read_by_whom_it_is_for_and_stands_nowhere_else(federation: Path, report: Path) -> None:
    said = [run("publish", report, "--as", "NL/customs", folder=federation)]
    said += [run("receive", "--as", f"{code}/police", folder=federation) for code in ("NL", "BE", "DE")]
    assert [0] * 4 == [one.code for one in said]

    listed = run("inbox", "--as", "BE/police", "--json", folder=federation)
    (name,) = [one["message"] for one in listed.document() if "NL/customs" in one["message"]]
    shown = run("inbox", "show", name, "--as", "BE/police", "--purpose", "investigation", folder=federation)
    assert (0, ()) == (shown.code, tuple(word for word in PLANTED if word not in shown.out))
    refused = run("inbox", "show", name, "--as", "DE/police", folder=federation)
    absent = run("inbox", "show", "NL/customs/1#99", "--as", "DE/police", folder=federation)
    assert refused.err.replace(name, "NL/customs/1#99") == absent.err, "denied looks like absent"
    said += [listed, refused, run("audit", "check", folder=federation), run("doctor", folder=federation)]

    assert [] == [word for one in said for word in PLANTED if word in one.err]
    assert [] == holding(federation)


def test_what_waits_unsent_is_with_its_author_alone_and_gone_once_it_is_sent(federation: Path, report: Path) -> None:
    run("receive", "--as", "NL/customs", folder=federation)
    away = federation / "bus.away"
    (federation / "bus.sqlite").rename(away)
    assert 7 == run("publish", report, "--as", "NL/customs", folder=federation).code
    where = {one.partition(":")[0].rpartition("/")[0] for one in holding(federation)}
    assert {"nodes/NL"} == where
    away.rename(federation / "bus.sqlite")
    assert 0 == run("publish", report, "--as", "NL/customs", folder=federation).code
    assert [] == holding(federation)


def test_log_and_metrics_of_a_following_node_say_nothing_of_it(federation: Path, report: Path, port: int) -> None:
    """Standard output is the duty officer's screen, and shows the alert; persons not even there."""
    run("receive", "--as", "BE/police", folder=federation)
    following = start("receive", "--as", "BE/police", "--follow", "--metrics", str(port), "--folder", federation)
    try:
        assert following.stderr is not None
        before = next(line for line in following.stderr if "following" in line)
        run("publish", report, "--as", "NL/customs", folder=federation)
        log = next(line for line in following.stderr if "taken" in line)
        assert following.stdout is not None
        shown = next(line for line in following.stdout if "NL/customs" in line)
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics") as answer:
            metrics = answer.read().decode()
    finally:
        following.terminate()
        ended = finish(following)
    assert "ALERT" in shown
    assert "tocsin_messages_total" in metrics
    assert [] == [word for word in PLANTED for text in (before, log, metrics, ended.err) if word in text]
    assert [] == [word for word in (NAME, ADDRESS, TELEPHONE) if word in shown + ended.out]


def test_every_key_of_another_country_opens_nothing(federation: Path, report: Path, tmp_path: Path) -> None:
    """A thief with all of DE's files, and the whole bus, is DE's node: it receives everything and reads nothing."""
    run("publish", report, "--as", "NL/customs", folder=federation)
    thief = Path(shutil.copytree(federation, tmp_path / "thief", ignore=shutil.ignore_patterns("NL", "BE", "hub")))
    received = run("receive", "--as", "DE/police", "--json", folder=thief)
    assert 0 == received.code
    assert [] == run("inbox", "--as", "DE/police", "--json", folder=thief).document()
    assert [] == holding(thief)


def test_the_planted_file_itself_is_valid(federation: Path, tmp_path: Path) -> None:
    """Else nothing would be found because nothing was taken in."""
    path = a_file(tmp_path, "NL-1,seizure,2026-01-10,NL,Rotterdam,acetone,5,kg,BE,,,")
    assert 0 == run("publish", path, "--as", "NL/customs", "--dry-run", folder=federation).code
