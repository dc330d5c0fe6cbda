"""Every kind of message by command: received, listed, shown, explained, passed on, taken back, corrected, accounted."""

import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.cli.commands import Ran, run
from tests.cli.kinds import KINDS, NAMED, send

LATER = f"{datetime.now(UTC) + timedelta(days=40):%Y-%m-%d}"
HEADLINES = {
    "notification": "pre-export notification · acetic anhydride · 5 000 kg · NL → BE · answer by 2026-03-30",
    "notification-reply": "no objection, to the message 0909090909090909…",
    "shipment": "shipment 1 has left · acetic anhydride · 2 000 kg",
    "substance-warning": "warning: new substance · An invented chemical that no list has yet",
    "scheduling": "scheduling decision · invented chemical · UN-1988: to I",
    "catalogue": "catalogue edition 2026-1 of X-HUB, issued 2026-03-01",
    "request": "asks where it came from · acetic anhydride · Who sent the drums with this lot number? · answer by",
    "answer": "answered to the message 0909090909090909… · They came from a store that has no licence.",
    "statistics": "figures of NL for form D · 2025-01-01 to 2025-12-31 · 1 line",
}
SHOWN = {
    "notification": ["way          NL → BE", "enters at    Antwerp, BE", "silence: it is no consent"],
    "notification-reply": ["reply        no objection", "about        the message 0909"],
    "shipment": ["what         shipment 1 has left", "when         2026-04-01"],
    "substance-warning": ["warning      new substance", "Seen twice in one month", "EVIDENCE", "officer's report"],
    "scheduling": ["what         scheduling decision", "class        UN-1988: to I", "decided      2026-03-15"],
    "catalogue": ["catalogue edition of NL/customs", "says         1 substance, 1 statuses"],
    "request": ["request for information of NL/customs", "lot          LOT-1", "container TOCU 305438 3"],
    "answer": ["answer       answered", "says         They came from a store"],
    "statistics": ["scheduled    acetic anhydride: 120 L, 2 cases"],
}


@pytest.fixture(scope="module", params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def sent(kind: str, founded: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """Return a federation where BE/police has received a message of a kind; nobody may change it."""
    folder = Path(shutil.copytree(founded, tmp_path_factory.mktemp(kind) / "federation"))
    for authority in ("BE/police", "NL/customs"):  # the first time that a node receives, it raises no alerts
        asked(folder, "receive", authority=authority)
    message = send(folder, KINDS[kind])
    for authority in ("BE/police", "NL/customs"):
        asked(folder, "receive", authority=authority)
    return folder, message


@pytest.fixture
def here(sent: tuple[Path, str], tmp_path: Path) -> tuple[Path, str]:
    """Return a copy of it of the test's own."""
    return Path(shutil.copytree(sent[0], tmp_path / "federation")), sent[1]


def wide(text: str) -> str:
    """Return what was printed with ordinary spaces between thousands."""
    return text.replace("\N{NARROW NO-BREAK SPACE}", " ")


def asked(folder: Path, *words: str, authority: str = "BE/police") -> Ran:
    ran = run(*words, "--as", authority, folder=folder)
    assert 0 == ran.code, ran.err
    return Ran(ran.code, wide(ran.out), wide(ran.err))


def test_it_is_listed_in_a_few_words_and_without_anybodys_name(kind: str, sent: tuple[Path, str]) -> None:
    folder, message = sent
    listed, document = asked(folder, "inbox"), asked(folder, "inbox", "--json")
    assert (True, True) == (HEADLINES[kind] in listed.out, message in listed.out)
    assert not [name for name in NAMED if name in listed.out + document.out + document.err]
    (found,) = document.document()
    assert (message, "NL/customs", "AMBER") == (found["message"], found["originator"], found["tlp"])
    assert found["sections"]["core"] is not None


def test_it_is_an_alert_without_anybodys_name(kind: str, here: tuple[Path, str]) -> None:
    again = asked(here[0], "inbox", "alerts", authority="BE/regulator")
    followed = asked(here[0], "receive", authority="BE/regulator")
    assert HEADLINES[kind] in again.out
    assert not [name for name in NAMED if name in again.out + followed.out]


def test_it_is_shown_in_peoples_words(kind: str, sent: tuple[Path, str]) -> None:
    shown = asked(sent[0], "inbox", "show", sent[1]).out
    assert [] == [words for words in SHOWN[kind] if words not in shown]
    assert "struct" not in shown.lower()


def test_scripts_get_every_section_that_is_released(kind: str, sent: tuple[Path, str]) -> None:
    document = asked(sent[0], "inbox", "show", sent[1], "--purpose", "investigation", "--json").document()
    sections: dict[str, Any] = document["sections"]
    assert set(KINDS[kind].present()) == set(sections)
    assert KINDS[kind].core.national_reference == sections["core"]["national_reference"]


def test_it_says_why_it_is_shown_so(kind: str, sent: tuple[Path, str]) -> None:
    explained = asked(sent[0], "inbox", "explain", sent[1], "--json").document()
    core = explained["sections"][0]
    assert ("core", True, "core-named") == (core["section"], core["permitted"], core["rule"])
    assert "BE/police" in explained["text"]


def test_names_are_shown_to_whoever_states_a_purpose_that_allows_them(kind: str, sent: tuple[Path, str]) -> None:
    shown = asked(sent[0], "inbox", "show", sent[1], "--purpose", "investigation").out
    names = {"notification": NAMED[1], "request": NAMED[0], "answer": NAMED[0]}
    assert names.get(kind, "") in shown


def test_it_is_passed_on_by_a_grant_and_never_without(kind: str, here: tuple[Path, str]) -> None:
    folder, message = here
    onward = ("inbox", "forward", message, "--as", "BE/police", "--purpose", "investigation", "--to", "DE", "--json")
    refused = run(*onward, folder=folder)
    if kind == "request":
        assert (4, True) == (refused.code, "counts from whoever says it, and is not passed on" in refused.err)
        return
    assert 5 == refused.code
    what = (
        "--action",
        "forward",
        "--section",
        "core",
        "--to",
        "DE",
        "--purpose",
        "investigation",
        "--until",
        LATER,
        "--reason",
        "Theirs, too.",
    )
    asked(folder, "grant", "request", message, *what)
    asked(folder, "receive", authority="NL/customs")
    (request,) = asked(folder, "grant", "list", "--json", authority="NL/customs").document()["open"]
    asked(folder, "grant", "give", request["request"], authority="NL/customs")
    asked(folder, "receive")
    forward = run(*onward, folder=folder).document()["published"][0]["message"]
    asked(folder, "receive", authority="DE/police")
    shown = asked(folder, "inbox", "show", forward, authority="DE/police").out
    assert (True, True) == (f"of {message}" in shown, "by BE/police" in shown)
    assert HEADLINES[kind] in asked(folder, "inbox", authority="DE/police").out


def test_it_is_taken_back(kind: str, here: tuple[Path, str]) -> None:
    folder, message = here
    asked(folder, "recall", message, "--reason", "It was wrong.", authority="NL/customs")
    asked(folder, "receive")
    document = asked(folder, "inbox", "show", message, "--json").document()
    assert ({None}, "recalled") == (set(document["sections"].values()), document["withdrawn"]["reason"])
    assert HEADLINES[kind] not in asked(folder, "inbox").out


def test_it_is_corrected(kind: str, here: tuple[Path, str]) -> None:
    folder, message = here
    core = msgspec.structs.replace(KINDS[kind].core, national_reference="NL-MENDED")
    send(folder, msgspec.structs.replace(KINDS[kind], core=core))
    who = ("--reason", "A slip.", "--reference", "NL-MENDED")
    asked(folder, "correct", message, *who, authority="NL/customs")
    asked(folder, "receive")
    document = asked(folder, "inbox", "show", message, "--json").document()
    assert "corrected" == document["withdrawn"]["reason"]
    assert HEADLINES[kind] in asked(folder, "inbox").out


def test_its_author_learns_who_has_it(kind: str, here: tuple[Path, str]) -> None:
    folder, message = here
    assert 0 == run("receipts", "--as", "BE", folder=folder).code, kind
    asked(folder, "receive", authority="NL/customs")
    document = asked(folder, "inbox", "who-read", message, "--json", authority="NL/customs").document()
    assert "BE/police" in [one["authority"] for one in document["readers"] if one["answered"]]


def test_what_was_decided_can_be_decided_again(kind: str, sent: tuple[Path, str]) -> None:
    assert 0 == run("audit", "replay", "--as", "BE/police", folder=sent[0]).code, kind
