"""Ask and be answered, as people at the desks of three countries type it, and what they are refused."""

import json
import shutil
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.cli.commands import SEIZURE, Ran, a_file, run

SEIZED = "NL/customs/1#2"
SECRET = "FICTITIOUS Handel BV"
ABOUT = ("--about", SEIZED)
LOT = ("--type", "backtracking", "--lot", "L-77", "--purpose", "investigation")
WHO = ("--question", "Who sent the drums?")


@pytest.fixture(scope="module")
def sent(founded: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a federation where BE and DE receive, and NL has reported a seizure; nobody may change it."""
    folder = tmp_path_factory.mktemp("asking")
    federation = Path(shutil.copytree(founded, folder / "federation"))
    for authority in ("NL/customs", "BE/police", "DE/police"):
        receive(federation, authority)
    assert 0 == run("publish", a_file(folder, SEIZURE), "--as", "NL/customs", folder=federation).code
    for authority in ("NL/customs", "BE/police"):
        receive(federation, authority)
    return federation


@pytest.fixture
def here(sent: Path, tmp_path: Path) -> Path:
    """Return a copy of it of the test's own."""
    return Path(shutil.copytree(sent, tmp_path / "federation"))


def receive(federation: Path, authority: str) -> None:
    ran = run("receive", "--as", authority, folder=federation)
    assert 0 == ran.code, ran.err


def ask(federation: Path, *options: str, by: str = "NL/customs") -> Ran:
    whole = (*options, *(() if "--question" in options else WHO))
    return run("request", "new", "--as", by, *whole, "--json", folder=federation)


def asked(federation: Path, *options: str, by: str = "NL/customs") -> str:
    """Ask, let everybody receive it, and return the name of the request."""
    ran = ask(federation, *options, by=by)
    assert 0 == ran.code, ran.err
    for authority in ("NL/customs", "BE/police", "DE/police"):
        receive(federation, authority)
    return str(ran.document()["published"][0]["message"])


def answered(federation: Path, request: str, *options: str, by: str = "BE/police") -> str:
    """Answer, let everybody receive it, and return the name of the answer."""
    ran = run("answer", request, "--as", by, *options, "--json", folder=federation)
    assert 0 == ran.code, ran.err
    for authority in ("NL/customs", "BE/police", "DE/police"):
        receive(federation, authority)
    return str(ran.document()["published"][0]["message"])


def shown(federation: Path, request: str, authority: str = "NL/customs") -> dict[str, Any]:
    ran = run("request", "show", request, "--as", authority, "--json", folder=federation)
    assert 0 == ran.code, ran.err
    return dict(ran.document())


def listed(federation: Path, authority: str, *options: str) -> list[str]:
    found = run("request", "list", "--as", authority, *options, "--json", folder=federation).document()
    return [one["request"] for one in found]


def a_party_file(folder: Path, text: str = "") -> Path:
    path = folder / "parties.json"
    party = {"kind": "company", "role": "consignor", "name": SECRET}
    path.write_text(text or json.dumps({"parties": [party], "fictitious": True}), "utf-8")
    return path


@pytest.mark.parametrize(("urgency", "hours"), [("urgent", 8), ("normal", 72), ("routine", 168)])
def test_the_clock_is_that_of_the_urgency(urgency: str, hours: int, here: Path) -> None:
    request = shown(here, asked(here, *LOT, "--to", "BE", "--urgency", urgency))
    left = datetime.fromisoformat(request["answer_by"]) - datetime.fromisoformat(request["issued_at"])
    assert timedelta(0) <= timedelta(hours=hours) - left < timedelta(minutes=1)
    assert (urgency, True, False) == (request["urgency"], request["open"], request["overdue"])


def test_a_time_of_ones_own_goes_before_the_urgency(here: Path) -> None:
    request = shown(here, asked(here, *LOT, "--to", "BE", "--answer-by", "2099-01-01T12:00Z"))
    assert "2099-01-01T12:00:00+00:00" == request["answer_by"]


def test_silence_is_shown_as_silence_with_whom_to_call(here: Path) -> None:
    name = asked(here, *LOT, "--to", "BE", "--to", "DE/customs", "--urgency", "urgent")
    request = shown(here, name)
    assert ["BE", "DE/customs"] == [one["to"] for one in request["addressed"]]
    assert [None, None] == [one["outcome"] for one in request["addressed"]]
    assert [["BE/police"], ["DE/customs"]] == [
        [call["authority"] for call in one["call"]] for one in request["addressed"]
    ]
    text = run("request", "show", name, "--as", "NL/customs", folder=here).out
    assert "clock        7 h 59 min left" in text
    assert "BE           silent, 7 h 59 min left" in text
    assert "call         BE/police: duty desk of BE/police" in text


def test_a_participants_name_reaches_all_its_authorities_and_an_authoritys_only_itself(here: Path) -> None:
    name = asked(here, *LOT, "--to", "BE", "--to", "DE/customs")
    for authority, expected in {"BE/customs": [name], "DE/customs": [name], "DE/police": []}.items():
        assert expected == listed(here, authority, "--to-me")


def test_who_has_answered_and_who_has_not(here: Path) -> None:
    name = asked(here, *LOT, "--to", "BE", "--to", "DE/customs")
    answered(here, name, "--outcome", "answered", "--says", "A store here.", by="BE/customs")
    request = shown(here, name)
    assert [("answered", False), (None, True)] == [(one["outcome"], one["open"]) for one in request["addressed"]]
    assert "1 of 2" in run("request", "list", "--as", "NL/customs", folder=here).out
    assert [name] == listed(here, "NL/customs", "--open", "--mine")
    answered(here, name, "--outcome", "nothing-known", by="DE/customs")
    assert [] == listed(here, "NL/customs", "--open")
    assert "answered" == shown(here, name)["clock"]


def test_others_who_are_asked_are_not_told_what_was_answered_nor_that_there_is_silence(here: Path) -> None:
    name = asked(here, *LOT, "--to", "BE", "--to", "DE/customs")
    answered(here, name, "--outcome", "answered", "--says", "A store here.")
    request = shown(here, name, "DE/customs")
    assert (["DE/customs"], ["BE"]) == ([one["to"] for one in request["addressed"]], request["not_known_here"])
    text = run("request", "show", name, "--as", "DE/customs", folder=here).out
    assert "BE           not known here: answers go to whoever asked" in text
    assert "A store here." not in text


def test_the_focal_point_of_whoever_asked_sees_the_answers_and_other_desks_do_not(here: Path) -> None:
    name = asked(here, *LOT, "--to", "BE")
    answered(here, name, "--outcome", "answered", "--says", "A store here.")
    assert ["answered"] == [one["outcome"] for one in shown(here, name, "NL/police")["addressed"]]
    regulator = shown(here, name, "NL/regulator")
    assert ([], ["BE"]) == (regulator["addressed"], regulator["not_known_here"])


def test_a_chain_goes_from_a_seizure_to_the_shipping_country_and_to_the_producer(here: Path) -> None:
    first = asked(here, "--type", "backtracking", "--purpose", "investigation", *ABOUT, "--to", "BE")
    says = ("--outcome", "answered", "--says", "Made in Germany.", "--ask-next", "DE", "--ask-next", "TR")
    answer = answered(here, first, *says)
    onward = ("--type", "backtracking", "--purpose", "investigation", "--follows", answer, "--to", "DE/police")
    second = asked(here, *onward, by="NL/customs")
    last = answered(here, second, "--outcome", "partly", "--says", "Sold to a trader.", by="DE/police")
    chain = [(one["depth"], one["message"]) for one in shown(here, second)["chain"]]
    assert [(0, SEIZED), (1, first), (2, answer), (3, second), (4, last)] == chain
    text = run("request", "show", second, "--as", "NL/customs", folder=here).out
    assert f"{SEIZED} seizure · acetic anhydride" in text
    assert f"→                  {second}" in text
    known = shown(here, second, "DE/police")["chain"]
    assert [second, last] == [one["message"] for one in known if one["message"]], "each sees its part"


def test_whoever_was_asked_asks_on(here: Path) -> None:
    first = asked(here, "--type", "backtracking", "--purpose", "investigation", *ABOUT, "--to", "BE")
    answer = answered(here, first, "--outcome", "partly", "--says", "From Germany.", "--ask-next", "DE")
    second = asked(here, "--type", "backtracking", "--purpose", "investigation", "--follows", answer, by="BE/police")
    assert [second] == listed(here, "DE/customs", "--to-me"), "those whom the answer named"
    chain = [one["message"] for one in shown(here, second, "BE/police")["chain"]]
    assert [SEIZED, first, answer, second] == chain


def test_persons_and_companies_stand_in_no_list_and_are_shown_for_an_investigation(here: Path, tmp_path: Path) -> None:
    options = ("--container", "TOCU 305438 3", "--party-file", str(a_party_file(tmp_path)))
    name = asked(here, "--type", "match", "--purpose", "investigation", "--to", "BE", *options)
    for words in (("request", "list"), ("request", "show", name), ("inbox",), ("inbox", "show", name)):
        ran = run(*words, "--as", "BE/police", folder=here)
        assert SECRET not in ran.out + ran.err
    opened = run("inbox", "show", name, "--as", "BE/police", "--purpose", "investigation", folder=here).out
    assert (True, True, True) == (SECRET in opened, "FICTITIOUS: every" in opened, "container TOCU 305438 3" in opened)


def test_a_request_is_no_wider_than_the_message_that_it_is_about(here: Path, tmp_path: Path) -> None:
    row = "NL-9,seizure,2026-01-10,NL,Rotterdam,acetone,5,kg,BE,,,"
    columns = "tlp,handling"
    path = a_file(tmp_path, f"{row},RED,H2", name="red.csv")
    head, body = path.read_text("utf-8").splitlines()
    path.write_text(f"{head},{columns}\n{body}\n", "utf-8")
    published = run("publish", path, "--as", "NL/customs", "--json", folder=here)
    assert 0 == published.code, published.err
    receive(here, "NL/customs")
    about = published.document()["published"][0]["message"]
    name = asked(here, "--type", "information", "--purpose", "investigation", "--about", about, "--to", "BE/police")
    found = run("inbox", "show", name, "--as", "BE/police", "--json", folder=here).document()
    assert ("RED", ["H2"]) == (found["tlp"], found["sections"]["core"]["marking"]["handling"])
    answer = answered(here, name, "--outcome", "nothing-known")
    found = run("inbox", "show", answer, "--as", "NL/customs", "--json", folder=here).document()
    assert ("RED", ["H2"]) == (found["tlp"], found["sections"]["core"]["marking"]["handling"])


def test_the_same_question_once_more_asks_nothing_while_it_is_open(here: Path) -> None:
    name = asked(here, *LOT, "--to", "BE")
    again = ask(here, *LOT, "--to", "BE")
    assert (0, name, []) == (again.code, again.document()["already"][0]["message"], again.document()["published"])
    assert [] == again.document()["reach"], "nothing is sent, so nobody reads it"
    answered(here, name, "--outcome", "nothing-known")
    assert name != asked(here, *LOT, "--to", "BE"), "what was answered may be asked again"


def test_a_request_that_was_taken_back_says_so(here: Path) -> None:
    name = asked(here, *LOT, "--to", "BE")
    taken = run("recall", name, "--as", "NL/customs", "--reason", "Found out.", folder=here)
    assert 0 == taken.code, taken.err
    receive(here, "BE/police")
    assert [] == listed(here, "BE/police")
    refused = run("request", "show", name, "--as", "BE/police", folder=here)
    assert (4, True) == (refused.code, "Found out." in refused.err)


def test_an_answer_that_was_taken_back_leaves_silence(here: Path) -> None:
    name = asked(here, *LOT, "--to", "BE")
    answer = answered(here, name, "--outcome", "nothing-known")
    assert 0 == run("recall", answer, "--as", "BE/police", "--reason", "A slip.", folder=here).code
    receive(here, "NL/customs")
    assert [None] == [one["outcome"] for one in shown(here, name)["addressed"]]


def test_an_empty_list_says_so(sent: Path) -> None:
    assert "No such requests" in run("request", "list", "--as", "DE/police", folder=sent).out
    assert [] == listed(sent, "DE/police", "--overdue")


PAST = f"{datetime.now(UTC) - timedelta(days=2):%Y-%m-%d}"
FOR = ("--purpose", "investigation")
REFUSED = {
    "nobody": (LOT, 4, "to: whom do you ask? Name at least one"),
    "an unknown country": ((*LOT, "--to", "FR"), 4, "to: 'FR' is nobody that this node knows"),
    "a misspelt authority": ((*LOT, "--to", "BE/polise"), 4, "did you mean 'BE/police'?"),
    "a group": ((*LOT, "--to", "@NL/lionfish"), 4, "is a group, and nobody answers for one"),
    "itself": ((*LOT, "--to", "NL/customs"), 4, "NL/customs would ask itself"),
    "no name at all": ((*LOT, "--to", "nobody"), 4, "to: 'nobody' is nobody that this node knows"),
    "a time that has passed": ((*LOT, "--to", "BE", "--answer-by", PAST), 4, "answer-by: an answer is due at a moment"),
    "no time": ((*LOT, "--to", "BE", "--answer-by", "soon"), 2, "'soon' is no day or time"),
    "no question": ((*LOT, "--to", "BE", "--question", " "), 4, "question: must not be empty"),
    "backtracking from nothing": (("--type", "backtracking", *FOR, "--to", "BE"), 4, "begins with a seizure or a lot"),
    "a match of nothing": (("--type", "match", *FOR, "--to", "BE"), 4, "what is to match?"),
    "a substance that is not named": (("--type", "substance", *FOR, "--to", "BE"), 4, "which substance is asked about"),
    "a misspelt type": (("--type", "backtrack", *FOR, "--to", "BE"), 2, "did you mean 'backtracking'?"),
    "a misspelt urgency": ((*LOT, "--to", "BE", "--urgency", "urgnt"), 2, "did you mean 'urgent'?"),
    "a misspelt purpose": (("--type", "match", "--purpose", "investigating", "--to", "BE"), 2, "did you mean 'inv"),
    "a misspelt label": ((*LOT, "--to", "BE", "--tlp", "AMBRE"), 2, "did you mean 'AMBER'?"),
    "no such message": (("--type", "information", *FOR, "--to", "BE", "--about", "NL/customs/1#99"), 5, "no message"),
    "what is no answer": (("--type", "information", *FOR, "--to", "BE", "--follows", SEIZED), 4, "is no answer"),
    "a purpose that the message forbids": (
        ("--type", "information", "--purpose", "training", "--to", "BE", *ABOUT), 4, "never for training",
    ),
    "a purpose that they do not work for": (
        ("--type", "information", *FOR, "--to", "BE/regulator"), 4,
        "BE/regulator works for regulation, prevention, not for investigation: it would never see the request",
    ),
    "a purpose of no desk of one's own": (
        ("--type", "information", "--purpose", "regulation", "--to", "BE"), 4,
        "NL/customs works for investigation, prevention, not for regulation: it would never see the answers",
    ),
    "a wrong language": ((*LOT, "--to", "BE", "--language", "Dutch!"), 4, "is no language tag"),
}  # fmt: skip


@pytest.mark.parametrize(("options", "code", "says"), REFUSED.values(), ids=REFUSED)
def test_refuses_to_ask(options: tuple[str, ...], code: int, says: str, sent: Path) -> None:
    refused = ask(sent, *options)
    assert code == refused.code, refused.err
    assert says in " ".join(refused.err.replace("│", "").split())


def test_says_all_that_is_wrong_at_once(sent: Path) -> None:
    refused = ask(sent, *LOT, "--to", "BE/polise", "--to", "FR", "--answer-by", PAST)
    assert [True] * 3 == [words in refused.err for words in ("BE/polise", "'FR'", "answer-by")]


PARTIES = {
    "no file": (None, 3, "there is no file"),
    "no JSON": ("nobody", 4, "cannot be read"),
    "a list": ("[1]", 4, "is no JSON object"),
    "nobody": ("{}", 4, "names nobody"),
    "an unknown field": (f'{{"people": [{{"name": "{SECRET}"}}]}}', 4, "is not as it has to be"),
    "a number for a name": ('{"parties": [{"kind": "company", "role": "other", "name": 7}]}', 4, "parties[0].name"),
    "an unknown role": (f'{{"parties": [{{"kind": "company", "role": "{SECRET}", "name": "x"}}]}}', 4, "[0].role"),
    "a bad country": (
        f'{{"parties": [{{"kind": "person", "role": "other", "name": "{SECRET}", "nationality": "{SECRET}"}}]}}', 4,
        "parties[0].nationality: is no country code",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("text", "code", "says"), PARTIES.values(), ids=PARTIES)
def test_refuses_a_file_of_parties_without_repeating_it(
    text: str | None, code: int, says: str, sent: Path, tmp_path: Path
) -> None:
    path = tmp_path / "missing.json" if text is None else a_party_file(tmp_path, text)
    refused = ask(sent, *LOT, "--to", "BE", "--party-file", str(path))
    assert (code, True) == (refused.code, says in refused.err), refused.err
    assert SECRET not in refused.out + refused.err


def test_parties_are_for_investigations_alone(sent: Path, tmp_path: Path) -> None:
    options = ("--type", "information", "--purpose", "prevention", "--to", "BE")
    refused = ask(sent, *options, "--party-file", str(a_party_file(tmp_path)))
    assert (4, True) == (refused.code, "are shown for an investigation only" in refused.err)


NOT_SHOWN = {
    "what is not there": ("NL/customs/1#99", 5, "has no message"),
    "a report": (SEIZED, 4, "is no request for information, but a incident"),
}


@pytest.mark.parametrize(("name", "code", "says"), NOT_SHOWN.values(), ids=NOT_SHOWN)
def test_shows_requests_alone(name: str, code: int, says: str, sent: Path) -> None:
    refused = run("request", "show", name, "--as", "NL/customs", folder=sent)
    assert (code, True) == (refused.code, says in refused.err), refused.err


def test_places_and_amounts_are_asked_about_as_they_are_written(here: Path) -> None:
    request = asked(
        here, "--to", "BE", *LOT, *WHO, "--substance", "acetic anhydride", "--quantity", "1,5 tonnes", "--quantity",
        "some drums", "--place", "TR Mersin", "--language", "nl",
    )  # fmt: skip

    core = run("inbox", "show", request, "--as", "NL/customs", "--json", folder=here).document()["sections"]["core"]

    sure, unsure = core["quantities"]
    assert ("1,5 tonnes", Decimal("1.5"), "TONNE") == (sure["as_written"], Decimal(sure["value"]), sure["unit"])
    assert ("some drums", None) == (unsure["as_written"], unsure.get("value"))
    assert [("TR", "TR Mersin")] == [(one["country"], one["as_written"]) for one in core["places"]]


def test_a_place_without_its_country_is_told_how_to_be_written(here: Path) -> None:
    ran = ask(here, "--to", "BE", *LOT, *WHO, "--place", "the old port")

    assert 4 == ran.code
    assert "begins with the code of its country" in ran.err


def reached(document: Any, section: str) -> dict[str, tuple[list[str], list[str]]]:
    """Return of each who is asked who reads a section, and who does not."""
    return {
        one["to"]: (one["readers"], sorted(name for rule in one["refused"] for name in rule["authorities"]))
        for one in document["reach"]
        if one["section"] == section
    }


def test_whoever_asks_sees_before_sending_who_will_read_which_part(here: Path) -> None:
    ran = ask(here, *LOT, "--to", "BE", "--to", "DE/police", "--container", "TOCU 305438 3", "--dry-run")

    assert 0 == ran.code, ran.err
    document = ran.document()
    assert (["BE/customs", "BE/police"], ["BE/health", "BE/regulator"]) == reached(document, "operational")["BE"]
    assert (["DE/police"], []) == reached(document, "operational")["DE/police"]
    assert all(rule["says"] and rule["rule"] for one in document["reach"] for rule in one["refused"])
    assert [] == listed(here, "NL/customs"), "nothing is sent"


def test_a_part_that_nobody_asked_will_read_is_said_when_it_is_sent(here: Path) -> None:
    options = ("--type", "match", "--to", "BE/health", "--container", "TOCU3054383", "--purpose", "prevention", *WHO)

    ran = run("request", "new", "--as", "NL/customs", *options, folder=here)

    assert 0 == ran.code, ran.err
    assert "Nobody of BE/health will be able to read the operational section." in ran.out
    assert "not operational" in ran.out
    assert ran.out.index("Nobody of BE/health") < ran.out.index("is published as"), "before it is sent"


def test_a_part_that_all_read_is_passed_over(here: Path) -> None:
    ran = run("request", "new", "--as", "NL/customs", *LOT, "--to", "BE/police", *WHO, folder=here)

    assert 0 == ran.code, ran.err
    assert "will be able to read" not in ran.out
    assert "not core" not in ran.out
