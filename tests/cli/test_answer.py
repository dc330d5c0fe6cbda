"""``tocsin answer``: by those who were asked, to whoever asked; and what is refused."""

import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from broker.records.marking import Marking
from broker.types.names import Digest
from broker.types.vocabulary import Purpose, Status
from producers.draft import Sections
from tests.cli.commands import Ran, run
from tests.cli.kinds import about, send
from tests.cli.test_request import LOT, answered, ask, asked, listed, receive, shown
from tests.support.kinds import an_answer

REQUEST = "NL/customs/1#2"
SOON = datetime.now(UTC) + timedelta(days=1)
LATER = f"{datetime.now(UTC) + timedelta(days=9):%Y-%m-%dT%H:%M}Z"


@pytest.fixture(scope="module")
def sent(founded: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a federation where NL has asked BE and DE/customs; nobody may change it."""
    federation = Path(shutil.copytree(founded, tmp_path_factory.mktemp("answering") / "federation"))
    for authority in ("NL/customs", "BE/police", "DE/police"):
        receive(federation, authority)
    assert REQUEST == asked(federation, *LOT, "--to", "BE", "--to", "DE/customs")
    return federation


@pytest.fixture
def here(sent: Path, tmp_path: Path) -> Path:
    """Return a copy of it of the test's own."""
    return Path(shutil.copytree(sent, tmp_path / "federation"))


def answer(federation: Path, *options: str, by: str = "BE/police", request: str = REQUEST) -> Ran:
    return run("answer", request, "--as", by, *options, folder=federation)


def test_it_goes_to_whoever_asked_and_its_focal_points_for_the_purpose_of_the_request_alone(here: Path) -> None:
    name = answered(here, REQUEST, "--outcome", "nothing-known")
    found = run("inbox", "show", name, "--as", "NL/customs", "--json", folder=here).document()
    marking = found["sections"]["core"]["marking"]
    assert (["NL/customs", "NL/police"], ["INVESTIGATION"]) == (marking["recipients"], marking["purposes"])
    assert 5 == run("inbox", "show", name, "--as", "DE/customs", folder=here).code
    assert 5 == run("inbox", "show", name, "--as", "NL/regulator", folder=here).code


def test_its_label_may_be_narrower_than_that_of_the_request_and_never_wider(here: Path) -> None:
    for label, expected in {"RED": "RED", "GREEN": "AMBER"}.items():
        name = answered(here, REQUEST, "--outcome", "partly", "--says", f"A part, {label}.", "--tlp", label)
        assert expected == run("inbox", "show", name, "--as", "NL/customs", "--json", folder=here).document()["tlp"]


def test_more_time_moves_the_clock_and_says_until_when(here: Path) -> None:
    answered(here, REQUEST, "--outcome", "more-time", "--until", LATER)
    (belgium, germany) = shown(here, REQUEST)["addressed"]
    assert (True, "more-time", True) == (belgium["open"], belgium["outcome"], belgium["due"] > germany["due"])
    assert "asks for more time" in run("request", "show", REQUEST, "--as", "NL/customs", folder=here).out


def test_a_part_leaves_the_clock_running_and_a_later_answer_settles_it(here: Path) -> None:
    answered(here, REQUEST, "--outcome", "partly", "--says", "A store here.")
    assert [REQUEST] == listed(here, "BE/police", "--to-me", "--open")
    answered(here, REQUEST, "--outcome", "answered", "--says", "It was sold by a store here.")
    assert [] == listed(here, "BE/police", "--to-me", "--open")


def test_the_same_answer_again_sends_nothing_and_after_another_one_it_does(here: Path) -> None:
    name = answered(here, REQUEST, "--outcome", "nothing-known")
    again = answer(here, "--outcome", "nothing-known", "--json")
    assert (0, name) == (again.code, again.document()["already"][0]["message"])
    answered(here, REQUEST, "--outcome", "refused", "--says", "Not ours.")
    assert name != answered(here, REQUEST, "--outcome", "nothing-known")
    assert "nothing-known" == shown(here, REQUEST)["addressed"][0]["outcome"]


def test_a_country_that_takes_no_part_may_still_be_the_one_to_ask(here: Path) -> None:
    ran = answer(here, "--outcome", "answered", "--says", "By sea.", "--ask-next", "TR", "--ask-next", "DE")
    assert (0, True, False) == (ran.code, "TR takes no part here" in ran.out, "DE takes no part" in ran.out)


def test_a_foreign_answer_that_arrives_was_not_asked_for_and_stops_no_clock(here: Path) -> None:
    digest = Digest(bytes.fromhex(shown(here, REQUEST)["digest"]))
    to_asker = Marking(purposes=(Purpose.INVESTIGATION,), recipients=("NL/customs",))
    foreign = about(Sections(core=an_answer(marking=to_asker)), "request", digest)
    send(here, foreign, by="DE/police")
    receive(here, "NL/customs")
    found = shown(here, REQUEST)
    assert ([None, None], ["DE/police"]) == (
        [one["outcome"] for one in found["addressed"]], [one["by"] for one in found["not_asked"]],
    )  # fmt: skip
    text = run("request", "show", REQUEST, "--as", "NL/customs", folder=here).out
    assert "was not asked DE/police: answered" in text
    assert "it stops no clock" in text


def test_an_answer_in_a_test_stops_no_clock_of_a_request_that_is_none(here: Path) -> None:
    digest = Digest(bytes.fromhex(shown(here, REQUEST)["digest"]))
    to_asker = Marking(purposes=(Purpose.INVESTIGATION,), recipients=("NL/customs",))
    core = an_answer(marking=to_asker)
    send(here, about(Sections(core=core), "request", digest), by="BE/police", status=Status.TEST)
    receive(here, "NL/customs")
    assert [None, None] == [one["outcome"] for one in shown(here, REQUEST)["addressed"]]


def test_an_answer_to_what_was_corrected_still_counts(here: Path) -> None:
    answered(here, REQUEST, "--outcome", "nothing-known")
    mended = ask(here, *LOT, "--to", "BE", "--reference", "NL-MENDED", "--question", "Who sold the drums?")
    name = mended.document()["published"][0]["message"]
    assert [None] == [one["outcome"] for one in shown(here, name)["addressed"]]
    who = ("--as", "NL/customs", "--reason", "The wrong word.", "--reference", "NL-MENDED")
    corrected = run("correct", REQUEST, *who, folder=here)
    assert 0 == corrected.code, corrected.err
    receive(here, "NL/customs")
    assert [name] == listed(here, "NL/customs")
    assert "nothing-known" == shown(here, name)["addressed"][0]["outcome"]
    assert [name, "BE/police/1#2"] == [one["message"] for one in shown(here, name)["chain"]]
    refused = run("request", "show", REQUEST, "--as", "NL/customs", folder=here)
    assert (4, True) == (refused.code, f"Use {name} instead." in refused.err)


REFUSED = {
    "who was not asked": ("DE/police", ("--outcome", "nothing-known"), 5, "has no message"),
    "who asked": ("NL/customs", ("--outcome", "nothing-known"), 4, "is your own: you asked it"),
    "another desk of whoever asked": ("NL/police", ("--outcome", "nothing-known"), 4, "NL/police was not asked"),
    "nothing to say": ("BE/police", ("--outcome", "answered"), 4, "says: an answer that is answered has to say"),
    "a refusal without a reason": ("BE/police", ("--outcome", "refused"), 4, "has to say something"),
    "more time without an end": ("BE/police", ("--outcome", "more-time"), 4, "more-time and until when belong"),
    "an end without more time": (
        "BE/police", ("--outcome", "nothing-known", "--until", LATER), 4, "more-time and until when belong together",
    ),
    "an end that has passed": (
        "BE/police", ("--outcome", "more-time", "--until", "2026-01-01"), 4, "until: more time is until a moment",
    ),
    "an end that is no later": (
        "BE/police", ("--outcome", "more-time", "--until", f"{SOON:%Y-%m-%dT%H:%M}"), 4, "without asking for more time",
    ),
    "no time": ("BE/police", ("--outcome", "more-time", "--until", "soon"), 2, "'soon' is no day or time"),
    "a misspelt outcome": ("BE/police", ("--outcome", "answerd"), 2, "did you mean 'answered'?"),
    "a misspelt authority": (
        "BE/police", ("--outcome", "answered", "--says", "x", "--ask-next", "DE/custms"), 4, "'DE/customs'",
    ),
    "no name": (
        "BE/police", ("--outcome", "answered", "--says", "x", "--ask-next", "Turkey"), 4, "ask_next[0]",
    ),
    "a misspelt label": ("BE/police", ("--outcome", "nothing-known", "--tlp", "REDD"), 2, "did you mean 'RED'?"),
}  # fmt: skip


@pytest.mark.parametrize(("by", "options", "code", "says"), REFUSED.values(), ids=REFUSED)
def test_refuses_to_answer(by: str, options: tuple[str, ...], code: int, says: str, sent: Path) -> None:
    refused = answer(sent, *options, by=by)
    assert code == refused.code, refused.err
    assert says in " ".join(refused.err.replace("│", "").split())


def test_only_requests_for_information_are_answered(here: Path) -> None:
    name = answered(here, REQUEST, "--outcome", "nothing-known")
    refused = answer(here, "--outcome", "nothing-known", by="NL/customs", request=name)
    assert (4, True) == (refused.code, "is no request for information, but a answer" in refused.err)
