"""``tocsin record publish``: agreements, groups and contacts, one a file; every mistake is a sentence."""

from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.cli.commands import SEIZURE, Ran, a_file, run
from tocsin.publishing import Publication

GROUP = {
    "national_reference": "G-1", "name": "lionfish", "title": "Operation Lionfish", "members": ["NL", "BE/police"],
    "starts_on": "2026-01-01", "ends_on": "2027-12-31",
}  # fmt: skip
CONTACT = {
    "national_reference": "C-1", "authority": "NL/customs", "desk": "Night desk", "telephone": "+31 00 000 0001",
    "languages": ["nl", "en"], "starts_on": "2026-01-01",
}  # fmt: skip
AGREEMENT = {"national_reference": "A-1", "reference": "nl-de", "parties": ["DE"], "starts_on": "2026-01-01"}
TO_ALL = {"marking": {"recipients": ["BE", "DE"]}}


def publish(federation: Path, folder: Path, document: Any, *more: str, authority: str = "NL/customs") -> Ran:
    file = folder / "record.json"
    file.write_bytes(document if isinstance(document, bytes) else msgspec.json.encode(document))
    return run("record", "publish", file, "--as", authority, *more, folder=federation)


def a_group(**changes: Any) -> dict[str, Any]:
    return {"kind": "group", "core": GROUP | TO_ALL | changes}


@pytest.mark.parametrize(
    ("document", "headline"),
    [
        ({"kind": "group", "tlp": "green", "core": GROUP | TO_ALL}, "group lionfish: NL, BE/police"),
        ({"kind": "CONTACT", "tlp": "AMBER", "core": CONTACT | TO_ALL}, "contact of NL/customs: +31 00 000 0001"),
        ({"kind": "agreement", "core": AGREEMENT | TO_ALL | {"kinds": ["incident"]}}, "agreement nl-de with DE"),
    ],
    ids=["group", "contact", "agreement"],
)
def test_a_record_reaches_those_whom_it_names(
    federation: Path, tmp_path: Path, document: dict[str, Any], headline: str
) -> None:
    ran = publish(federation, tmp_path, document)
    run("receive", "--as", "BE/police", folder=federation)
    shown = run("inbox", "show", "NL/customs/1#2", "--as", "BE/police", folder=federation)

    assert 0 == ran.code, ran.err
    assert "published as NL/customs/1#2 by node NL/~1." in ran.out
    assert headline in run("inbox", "--as", "BE/police", folder=federation).out
    assert 0 == shown.code


def test_a_group_lets_its_members_see_what_is_sent_to_it(federation: Path, tmp_path: Path) -> None:
    assert 0 == publish(federation, tmp_path, a_group(), authority="NL/police").code  # the focal point
    file = a_file(tmp_path, SEIZURE.replace(",BE,", ",DE,"))
    lines = file.read_text("utf-8").splitlines()
    file.write_text(f"{lines[0]},recipients\n{lines[1]},@NL/lionfish\n", "utf-8")
    assert 0 == run("publish", file, "--as", "NL/customs", folder=federation).code
    run("receive", "--as", "BE/police", folder=federation)
    items = run("inbox", "--as", "BE/police", "--json", folder=federation).document()

    assert "NL/customs/1#2" in {one["message"] for one in items}


@pytest.mark.parametrize(
    ("kind", "instead"),
    [("incident", "tocsin publish"), ("request", "tocsin grant request"), ("grant", "tocsin grant give"),
     ("recall", "tocsin recall"), ("RECEIPT", "by themselves")],
)  # fmt: skip
def test_says_which_command_takes_what_this_one_does_not(
    federation: Path, tmp_path: Path, kind: str, instead: str
) -> None:
    refused = publish(federation, tmp_path, {"kind": kind, "core": {}})

    assert 4 == refused.code
    assert instead in refused.err


def test_the_same_record_again_is_not_taken_in_again(federation: Path, tmp_path: Path) -> None:
    publish(federation, tmp_path, a_group())
    again = publish(federation, tmp_path, a_group(), "--json")

    assert (0, "NL/customs/1#2") == (again.code, again.document(Publication).already[0].message)
    assert "was there before, published as NL/customs/1#2" in again.err


def test_another_record_under_the_same_reference_is_refused_in_words(federation: Path, tmp_path: Path) -> None:
    publish(federation, tmp_path, a_group())
    ran = publish(federation, tmp_path, a_group(title="Another"))

    assert 4 == ran.code
    assert "Refused, reference-conflict: national_reference: " in ran.out
    assert "line" not in ran.out


def test_while_the_bus_is_away_a_record_waits(federation: Path, tmp_path: Path) -> None:
    run("receive", "--as", "NL/customs", folder=federation)
    bus, away = federation / "bus.sqlite", tmp_path / "away.sqlite"
    bus.rename(away)
    first = publish(federation, tmp_path, a_group())
    again = publish(federation, tmp_path, a_group())
    away.rename(bus)

    assert (7, 7) == (first.code, again.code)
    assert "is taken in, and not signed yet." in first.out
    assert "was there before, taken in, and not signed yet" in again.out
    assert "NOT SENT yet. Nothing is lost" in first.out
    assert "1 message sent." in publish(federation, tmp_path, a_group()).out


@pytest.mark.parametrize(
    ("document", "says"),
    [
        (b"{", "cannot be read"),
        (b"[]", "no JSON object"),
        (b"\xff", "cannot be read"),
        (b" " * 2_000_000, "larger than a message can be"),
        ({"knd": "group"}, "did you mean 'kind'?"),
        ({"kind": "grup", "core": GROUP}, "did you mean 'group'?"),
        ({"kind": 5, "core": GROUP}, "known are agreement, group, contact"),
        ({"kind": "incident", "core": {}}, "tocsin publish takes them in"),
        ({"kind": "group"}, "the core is missing"),
        (a_group(title=5), "Expected `str`"),
        (a_group(member=["NL"]), "member"),
        (a_group(ends_on="2025-01-01"), "ends_on"),
        (a_group(marking={"purposes": ["curiosity"]}), "purposes"),
        (a_group(marking=7), "marking"),
        ({**a_group(), "tlp": "AMBRE"}, "did you mean 'AMBER'?"),
        ({**a_group(), "status": "actual"}, "leave status out"),
    ],
)
def test_a_mistake_in_a_record_is_a_sentence(federation: Path, tmp_path: Path, document: Any, says: str) -> None:
    ran = publish(federation, tmp_path, document)

    assert (4, True) == (ran.code, says in ran.err), ran.err


def test_a_record_that_is_not_there(federation: Path, tmp_path: Path) -> None:
    assert 3 == run("record", "publish", tmp_path / "none.json", "--as", "NL/customs", folder=federation).code


def test_a_record_that_names_nobody_is_refused(federation: Path, tmp_path: Path) -> None:
    ran = publish(federation, tmp_path, {"kind": "group", "core": GROUP | {"marking": {"excluded": ["BE/polise"]}}})

    assert 4 == ran.code
    assert "'BE/polise' is nobody that this node knows: did you mean 'BE/police'?" in ran.out


@pytest.mark.parametrize("waits", [False, True], ids=["at once", "the bus was away in between"])
def test_an_agreement_counts_for_the_very_next_report(federation: Path, tmp_path: Path, *, waits: bool) -> None:
    agreement = {"kind": "agreement", "core": AGREEMENT | {"marking": {"recipients": ["DE"]}}}
    if waits:
        assert 0 == run("receive", "--as", "NL/customs", folder=federation).code
        bus, away = federation / "bus.sqlite", tmp_path / "away.sqlite"
        bus.rename(away)
        assert 7 == publish(federation, tmp_path, agreement).code
        away.rename(bus)
    assert 0 == publish(federation, tmp_path, agreement).code
    assert 0 == run("publish", a_file(tmp_path, SEIZURE), "--as", "NL/customs", folder=federation).code
    run("receive", "--as", "DE/police", folder=federation)
    shown = run("inbox", "--as", "DE/police", folder=federation).out

    assert "agreement nl-de with DE" in shown
    assert "acetic anhydride" in shown
