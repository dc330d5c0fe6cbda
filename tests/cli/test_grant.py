"""Ask, answer, use: as the people at two desks type it, and what they are told where it is refused."""

import shutil
import stat
from base64 import b64decode
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from broker.database import reading
from broker.envelope.body import Content, commitment
from broker.envelope.message import open_envelope
from broker.types.names import Originator, Participant
from consumers.inbox import items
from tests.cli.commands import SEIZURE, Ran, a_file, run
from tocsin.folder import open_folder
from tocsin.installation import open_node
from tocsin.naming import names_in

MESSAGE = "NL/customs/1#2"
SOON = f"{datetime.now(UTC) + timedelta(days=20):%Y-%m-%d}"
LATER = f"{datetime.now(UTC) + timedelta(days=40):%Y-%m-%d}"
EXPORT = ("--action", "export", "--section", "core", "--purpose", "investigation")
TO_GERMANY = ("--action", "forward", "--section", "core", "--to", "DE", "--purpose", "investigation")


@pytest.fixture(scope="module")
def sent(founded: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a federation where BE has read a report of NL; nobody may change it."""
    folder = tmp_path_factory.mktemp("sent")
    federation = Path(shutil.copytree(founded, folder / "federation"))
    assert 0 == run("publish", a_file(folder, SEIZURE), "--as", "NL/customs", folder=federation).code
    for authority in ("NL/customs", "BE/police"):
        receive(authority, federation)
    return federation


@pytest.fixture
def here(sent: Path, tmp_path: Path) -> Path:
    """Return a copy of it of the test's own."""
    return Path(shutil.copytree(sent, tmp_path / "federation"))


def receive(authority: str, federation: Path) -> None:
    assert 0 == run("receive", "--as", authority, folder=federation).code


def ask(*options: str, federation: Path, authority: str = "BE/police", message: str = MESSAGE) -> Ran:
    options = (*options, "--until", LATER) if "--until" not in options else options
    return run("grant", "request", message, "--as", authority, *options, "--reason", "known here", folder=federation)


def asked(*options: str, federation: Path) -> str:
    """Ask, and return the request as the originator has it."""
    assert 0 == ask(*options, federation=federation).code
    receive("NL/customs", federation)
    return str(desk("NL/customs", federation)["open"][0]["request"])


def given(*options: str, federation: Path) -> None:
    """Ask, have it given, and receive it."""
    answer = run("grant", "give", asked(*options, federation=federation), "--as", "NL/customs", folder=federation)
    assert 0 == answer.code, answer.err
    receive("BE/police", federation)


def desk(authority: str, federation: Path) -> dict[str, Any]:
    found: dict[str, Any] = run("grant", "list", "--as", authority, "--json", folder=federation).document()
    return found


def export(out: Path, federation: Path, *options: str, message: str = MESSAGE, purpose: str = "investigation") -> Ran:
    who = ("--as", "BE/police", "--purpose", purpose)
    return run("inbox", "export", message, *who, "--out", out, *options, folder=federation)


def forward(federation: Path, *options: str, purpose: str = "investigation") -> Ran:
    return run("inbox", "forward", MESSAGE, "--as", "BE/police", "--purpose", purpose, *options, folder=federation)


def test_a_refused_export_says_why_who_said_so_whom_to_call_and_what_to_type(sent: Path, tmp_path: Path) -> None:
    refused = export(tmp_path / "case.json", sent)
    assert 5 == refused.code
    assert "BE/police may not export core of NL/customs/1#2" in refused.err
    assert "rule tlp-not-passed-on of the community table, written by the community" in refused.err
    assert "Call NL/customs: duty desk of NL/customs" in refused.err
    command = f"tocsin grant request {MESSAGE} --as BE/police --action export --section core --purpose investigation"
    assert command in refused.err
    assert not (tmp_path / "case.json").exists()


def test_a_refusal_is_on_record_and_can_be_decided_again(here: Path, tmp_path: Path) -> None:
    first, second = (export(tmp_path / "case.json", here).err for _ in range(2))
    numbers = [int(text.split("This is decision ")[1].split(" ")[0]) for text in (first, second)]
    assert numbers[0] + 1 == numbers[1]
    assert 0 == run("audit", "replay", "--as", "BE/police", folder=here).code


def test_what_the_refusal_says_to_type_is_what_asks(here: Path, tmp_path: Path) -> None:
    words = export(tmp_path / "case.json", here).err.split("To ask for a grant: tocsin ")[1].split()
    options = [word.strip('"') for word in words]
    options[options.index("DATE")] = SOON
    assert 0 == run(*options, folder=here).code


def test_a_request_shows_at_the_originators_and_its_focal_points_desk(here: Path) -> None:
    asked(*TO_GERMANY, federation=here)
    for authority in ("NL/customs", "NL/police"):
        (found,) = desk(authority, here)["open"]
        assert ("BE/police", MESSAGE, "forward", ["DE"]) == (
            found["by"], found["message"], found["action"], found["recipients"],
        )  # fmt: skip
        assert ("investigation", ["core"], None) == (found["purpose"], found["sections"], found["answer"])
    assert [] == desk("NL/regulator", here)["open"]
    shown = run("grant", "list", "--as", "NL/customs", folder=here).out
    assert "to forward core to DE" in shown
    assert "tocsin grant give BE/police/1#" in shown


def test_a_message_is_passed_on_by_a_grant_with_the_word_of_its_author(here: Path) -> None:
    given(*TO_GERMANY, federation=here)
    (held,) = desk("BE/police", here)["held"]
    assert ("holds", "NL/customs", MESSAGE) == (held["state"], held["by"], held["message"])
    sent = forward(here, "--to", "DE", "--json").document()
    receive("DE/police", here)
    name = sent["published"][0]["message"]
    shown = run("inbox", "show", name, "--as", "DE/police", "--purpose", "investigation", folder=here).out
    assert "incident of NL/customs" in shown
    assert "by BE/police, of NL/customs/1#2" in shown
    assert "acetic anhydride" in shown
    assert "Voorbeeld" not in shown
    assert 5 == run("inbox", "show", name, "--as", "BE/customs", folder=here).code


def test_whoever_got_it_passed_on_needs_the_authors_permission_too(here: Path, tmp_path: Path) -> None:
    given(*TO_GERMANY, federation=here)
    name = forward(here, "--to", "DE", "--json").document()["published"][0]["message"]
    receive("DE/police", here)
    who = ("--as", "DE/police", "--purpose", "investigation")
    refused = run("inbox", "export", name, *who, "--out", tmp_path / "x.json", folder=here)
    assert 5 == refused.code
    assert "Call NL/customs" in refused.err
    assert 0 == ask(*EXPORT, federation=here, authority="DE/police", message=name).code
    receive("NL/police", here)
    (request,) = desk("NL/police", here)["open"]
    assert MESSAGE == request["message"]
    assert 0 == run("grant", "give", request["request"], "--as", "NL/police", folder=here).code
    receive("DE/police", here)
    assert 0 == run("inbox", "export", name, *who, "--out", tmp_path / "x.json", folder=here).code
    for authority in ("BE/police", "DE/police", "NL/customs"):
        assert 0 == run("audit", "replay", "--as", authority, folder=here).code


def test_an_export_says_first_how_to_handle_it_and_can_be_proved(here: Path, tmp_path: Path) -> None:
    given(*EXPORT, federation=here)
    out = tmp_path / "case.json"
    assert 0 == export(out, here).code
    assert 0o600 == stat.S_IMODE(out.stat().st_mode)
    assert out.read_text("utf-8").startswith('{\n  "handling": {\n    "tlp": "AMBER"')
    written = Ran(0, out.read_text("utf-8"), "").document()
    assert (["core"], MESSAGE) == (list(written["sections"]), written["message"]["name"])
    assert "EXERCISE" in written["handling"]["says"]
    assert "NL/customs" == written["decision"]["grant"]["by"]
    original = open_envelope(b64decode(written["proof"]["envelope"]))
    part = {name: b64decode(text) for name, text in written["proof"]["sections"]["core"].items()}
    assert original.header.sections[0].commitment == commitment(Content(**part))
    assert written["message"]["digest"] == original.digest.hex()


def test_nothing_is_overwritten(here: Path, tmp_path: Path) -> None:
    (tmp_path / "case.json").write_text("mine")
    refused = export(tmp_path / "case.json", here)
    assert (4, "mine") == (refused.code, (tmp_path / "case.json").read_text())


def test_a_statement_for_a_court_names_its_case(here: Path, tmp_path: Path) -> None:
    given("--action", "use-in-court", "--section", "core", "--purpose", "investigation", federation=here)
    out = tmp_path / "statement.json"
    options = ("--case", "Antwerp 2026/7", "--out", out, "--json")
    used = run(
        "inbox", "use-in-court", MESSAGE, "--as", "BE/police", "--purpose", "investigation", *options, folder=here
    )
    assert ("use-in-court", ["core"]) == (used.document()["action"], used.document()["sections"])
    assert "Antwerp 2026/7" == Ran(0, out.read_text("utf-8"), "").document()["use"]["case"]


def test_a_grant_to_receive_brings_the_key(here: Path) -> None:
    show = ("inbox", "show", MESSAGE, "--as", "BE/police", "--purpose", "investigation")
    assert "Voorbeeld" not in run(*show, folder=here).out
    given("--action", "receive", "--section", "nominal", "--purpose", "investigation", federation=here)
    assert "FICTITIOUS Jan Voorbeeld" in run(*show, folder=here).out
    assert "Voorbeeld" not in run("inbox", "show", MESSAGE, "--as", "BE/customs", folder=here).out


def test_a_refusal_is_an_answer(here: Path, tmp_path: Path) -> None:
    request = asked(*EXPORT, federation=here)
    assert 0 == run("grant", "refuse", request, "--as", "NL/customs", "--reason", "Not now.", folder=here).code
    assert [] == desk("NL/customs", here)["open"]
    receive("BE/police", here)
    assert "refused" == desk("BE/police", here)["asked"][0]["answer"]
    assert "NL/customs refused it" in export(tmp_path / "case.json", here).err
    answer = run("inbox", "--as", "BE/police", "--json", folder=here).document()[-1]["message"]
    shown = run("inbox", "show", answer, "--as", "BE/police", folder=here).out
    assert ("refusal of NL/customs" in shown, "grant of" in shown) == (True, False)


def test_what_was_given_can_be_taken_back_and_given_again(here: Path, tmp_path: Path) -> None:
    given(*EXPORT, federation=here)
    mine = ("--message", MESSAGE, "--grantee", "BE/police", *EXPORT, "--as", "NL/customs")
    assert 0 == run("grant", "refuse", *mine, folder=here).code
    receive("BE/police", here)
    assert "took the permission back" in export(tmp_path / "case.json", here).err
    assert ["refused", "replaced"] == sorted(one["state"] for one in desk("BE/police", here)["held"])
    assert 0 == run("grant", "give", *mine, "--until", SOON, folder=here).code
    receive("BE/police", here)
    assert 0 == export(tmp_path / "case.json", here).code


LACKING = {
    "another recipient": (TO_GERMANY, ("--to", "DE", "--to", "NL/police"), "investigation", "to DE, not to NL/police"),
    "another purpose": (TO_GERMANY, ("--to", "DE"), "prevention", "is for investigation, not for prevention"),
}


@pytest.mark.parametrize(("granted", "options", "purpose", "says"), LACKING.values(), ids=LACKING)
def test_a_grant_to_pass_on_is_for_what_it_says(
    granted: tuple[str, ...], options: tuple[str, ...], purpose: str, says: str, here: Path
) -> None:
    given(*granted, federation=here)
    refused = forward(here, *options, purpose=purpose)
    assert 5 == refused.code
    assert says in refused.err


def test_a_grant_to_export_is_for_its_purpose(here: Path, tmp_path: Path) -> None:
    given(*EXPORT, federation=here)
    refused = export(tmp_path / "case.json", here, purpose="prevention")
    assert 5 == refused.code
    assert "is for investigation, not for prevention" in refused.err


def test_what_was_never_delivered_cannot_be_used(here: Path, tmp_path: Path) -> None:
    given(*EXPORT, federation=here)
    refused = export(tmp_path / "case.json", here, "--section", "nominal")
    assert 5 == refused.code
    assert "nominal: “No rule" in refused.err


FOR = ("--purpose", "investigation")
ASKED_WRONGLY = {
    "no such section": (("--action", "export", "--section", "trade", *FOR), 4, "no section trade: it has core"),
    "a purpose that it does not allow": (
        ("--action", "export", "--section", "core", "--purpose", "training"), 4, "never for training",
    ),
    "an end that has passed": ((*EXPORT, "--until", "2026-01-01"), 4, "a moment that is still to come"),
    "a recipient that nobody knows": ((*TO_GERMANY, "--to", "FR"), 4, "'FR' is nobody that this node knows"),
    "a group": ((*TO_GERMANY, "--to", "@NL/lionfish"), 4, "is nobody that this node knows"),
    "whom it comes from": ((*TO_GERMANY, "--to", "NL/police"), 4, "the participant that the message comes from"),
    "nobody to pass it on to": (("--action", "forward", "--section", "core", *FOR), 4, "name at least one participant"),
    "no section": (("--action", "export", *FOR), 2, "say what for"),
    "no day": ((*EXPORT, "--until", "soon"), 2, "'soon' is no day or time"),
    "an unknown action": (("--action", "sell", "--section", "core", *FOR), 2, "unknown"),
}  # fmt: skip


@pytest.mark.parametrize(("options", "code", "says"), ASKED_WRONGLY.values(), ids=ASKED_WRONGLY)
def test_refuses_to_ask(options: tuple[str, ...], code: int, says: str, sent: Path) -> None:
    refused = ask(*options, federation=sent)
    assert code == refused.code
    assert says in refused.err


def test_what_was_never_there_and_what_is_denied_cannot_be_asked_about(sent: Path) -> None:
    for message in ("NL/customs/1#99", "0" * 64):
        refused = ask(*EXPORT, federation=sent, message=message)
        assert (5, True) == (refused.code, "has no message" in refused.err)


def test_nobody_asks_for_what_is_its_own(sent: Path) -> None:
    refused = ask(*EXPORT, federation=sent, authority="NL/police")
    assert 4 == refused.code
    assert "you need no permission of another participant" in refused.err


GIVEN_WRONGLY = {
    "a foreign message": (("--message", MESSAGE, "--grantee", "DE/police", *EXPORT, "--until", SOON), "BE/police", 6,
                          "Only NL/customs, or a focal point of NL, grants or refuses it"),
    "another desk of the same house": (("--message", MESSAGE, "--grantee", "DE/police", *EXPORT, "--until", SOON),
                                       "NL/regulator", 6, "is not NL/regulator's to speak for"),
    "nobody": (("--message", MESSAGE, "--grantee", "DE/navy", *EXPORT, "--until", SOON), "NL/customs", 4,
               "'DE/navy' is no active authority"),
    "what is no request": ((MESSAGE,), "NL/customs", 4, "is no request, but a incident"),
    "no end": (("--message", MESSAGE, "--grantee", "DE/police", *EXPORT), "NL/customs", 2, "permission has an end"),
    "no request and no message": ((), "NL/customs", 2, "name the request"),
    "a request and a message": (("BE/police/1#2", "--message", MESSAGE), "NL/customs", 2, "name the request"),
    "a message and nobody": (("--message", MESSAGE), "NL/customs", 2, "name the authority"),
    "a request that is not there": (("BE/police/1#77",), "NL/customs", 5, "has no message"),
}  # fmt: skip


@pytest.mark.parametrize(("options", "authority", "code", "says"), GIVEN_WRONGLY.values(), ids=GIVEN_WRONGLY)
def test_refuses_to_give(options: tuple[str, ...], authority: str, code: int, says: str, sent: Path) -> None:
    refused = run("grant", "give", *options, "--as", authority, folder=sent)
    assert code == refused.code, refused.err
    assert says in refused.err


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("--section", "nominal"), "nominal was not asked for"),
        (("--to", "BE"), "BE was not asked for"),
        (("--until", "2099-01-01"), "it was asked for until"),
    ],
)
def test_an_answer_gives_no_more_than_was_asked(options: tuple[str, ...], says: str, here: Path) -> None:
    request = asked(*TO_GERMANY, federation=here)
    refused = run("grant", "give", request, "--as", "NL/customs", *options, folder=here)
    assert 4 == refused.code
    assert says in refused.err


def test_an_answer_may_give_less_than_was_asked(here: Path) -> None:
    request = asked(*TO_GERMANY, federation=here)
    narrower = ("--to", "DE/police", "--until", SOON)
    assert 0 == run("grant", "give", request, "--as", "NL/customs", *narrower, folder=here).code
    receive("BE/police", here)
    assert 5 == forward(here, "--to", "DE").code
    assert 0 == forward(here, "--to", "DE/police").code


def test_an_authority_uses_its_own_as_it_likes(here: Path, tmp_path: Path) -> None:
    who = ("--as", "NL/customs", "--purpose", "investigation")
    assert 0 == run("inbox", "export", MESSAGE, *who, "--out", tmp_path / "own.json", folder=here).code
    assert "FICTITIOUS Jan Voorbeeld" in (tmp_path / "own.json").read_text("utf-8")
    assert 0 == run("inbox", "forward", MESSAGE, *who, "--to", "DE/police", folder=here).code


def test_who_read_tells_the_author_who_passed_it_on_and_to_whom(here: Path) -> None:
    given(*TO_GERMANY, federation=here)
    name = forward(here, "--to", "DE", "--json").document()["published"][0]["message"]
    receive("NL/customs", here)
    asked = ("inbox", "who-read", MESSAGE, "--as", "NL/customs")
    (passed_on,) = run(*asked, "--json", folder=here).document()["passed_on"]

    assert (name, "BE/police", ["DE"]) == (passed_on["message"], passed_on["by"], passed_on["to"])
    assert f"Passed on by BE/police to DE on {passed_on['issued_at'][:10]}" in run(*asked, folder=here).out


def test_a_forward_to_nobody_or_under_a_wider_label_is_refused_or_kept_narrow(here: Path) -> None:
    given(*TO_GERMANY, federation=here)
    assert 2 == forward(here).code
    sent = forward(here, "--to", "DE", "--tlp", "CLEAR", "--reference", "BE-7", "--json").document()
    receive("DE/police", here)
    name = sent["published"][0]["message"]
    assert "BE-7" == sent["published"][0]["national_reference"]
    assert "TLP:AMBER" in run("inbox", "show", name, "--as", "DE/police", folder=here).out


@pytest.mark.parametrize(("to", "says"), [("DE/polise", "Did you mean 'DE/police'?"), ("XX", "tocsin directory show")])
def test_a_forward_to_somebody_unknown_is_a_slip_and_no_decision(to: str, says: str, sent: Path) -> None:
    refused = forward(sent, "--to", to)
    assert (4, True) == (refused.code, f"{to!r} is nobody that this node knows" in refused.err)
    assert says in refused.err
    assert "decision" not in refused.err


def test_an_empty_desk_says_so(sent: Path) -> None:
    assert "No requests and no grants" in run("grant", "list", "--as", "DE/police", folder=sent).out
    assert {"open": [], "asked": [], "held": [], "given": []} == desk("DE/police", sent)


AGAIN = {"give": "given", "refuse": "refused"}


@pytest.mark.parametrize(("word", "was"), AGAIN.items(), ids=AGAIN)
def test_the_same_answer_again_writes_nothing_and_says_by_what_it_was_answered(word: str, was: str, here: Path) -> None:
    request = asked(*EXPORT, federation=here)
    who = ("grant", word, request, "--as", "NL/customs")
    first = run(*who, "--json", folder=here).document()["published"][0]
    again = run(*who, folder=here)

    assert (0, True) == (again.code, f"{request} was {was} before: message {first['message']}." in again.out)
    assert 1 == len(desk("NL/customs", here)["given"])
    (already,) = run(*who, "--json", folder=here).document()["already"]
    assert (first["message"], first["national_reference"]) == (already["message"], already["national_reference"])
    receive("BE/police", here)
    assert 1 == len(desk("BE/police", here)["held"])


def test_an_answer_that_gives_less_or_the_contrary_is_a_new_one(here: Path) -> None:
    request = asked(*EXPORT, federation=here)
    who = ("--as", "NL/customs")
    for answer in (("give", request), ("give", request, "--until", SOON), ("refuse", request), ("give", request)):
        assert 1 == len(run("grant", *answer, *who, "--json", folder=here).document()["published"])
    assert 4 == len(desk("NL/customs", here)["given"])


def test_what_is_about_a_message_names_it_to_whoever_may_know_of_it(here: Path) -> None:
    assert 0 == ask(*EXPORT, federation=here).code
    taken = run("receive", "--as", "NL/customs", folder=here).out
    request = desk("NL/customs", here)["open"][0]["request"]

    assert f"about        {MESSAGE}\n" in taken
    shown = run("inbox", "show", request, "--as", "NL/customs", folder=here).out
    assert f"about        {MESSAGE}\n" in shown
    salt = ("recall", MESSAGE, "--as", "NL/customs", "--reason", "Salt.", "--json")
    recall = run(*salt, folder=here).document()["record"]
    receive("BE/police", here)
    told = run("inbox", "show", recall, "--as", "BE/police", folder=here).out
    assert f"{MESSAGE} is taken back: do not use it any more" in told
    assert f"related      recalls {MESSAGE}\n" in told
    assert f"recall of {MESSAGE}: Salt." in run("inbox", "--as", "BE/police", folder=here).out


def test_an_end_of_a_day_is_shown_as_that_day(here: Path) -> None:
    asked(*EXPORT, "--until", SOON, federation=here)
    (request,) = desk("NL/customs", here)["open"]
    shown = run("inbox", "show", request["request"], "--as", "NL/customs", folder=here).out

    assert f"until        to the end of {SOON}\n" in shown
    assert f"to the end of {SOON}" in run("grant", "list", "--as", "NL/customs", folder=here).out
    wider = run("grant", "give", request["request"], "--as", "NL/customs", "--until", LATER, folder=here)
    assert (4, True) == (wider.code, f"to the end of {SOON}" in wider.err)


def test_a_message_that_a_reader_may_not_know_of_is_not_named_to_it(here: Path) -> None:
    given(*EXPORT, federation=here)
    with open_node(open_folder(here), Participant("BE")) as node:
        with reading(node.engine) as connection:
            mine = list(items(connection, node.section_keys, Originator("BE/police"), node.clock()))
        told = [names_in(node, Originator(reader), mine) for reader in ("BE/police", "BE/navy")]

    assert [[MESSAGE], []] == [[str(name) for name in names.values()] for names in told]
