"""The report is text from others in a page of ours: nothing in it runs, hides or leads anywhere."""

import re
from html.parser import HTMLParser
from typing import Any

import pytest

from consumers.evidence.checklist import Checklist, Outcome, Step
from consumers.evidence.report import readme, report, visible
from tests.support.evidence import a_story

ROOT = "4f" * 32
PASSED = Checklist((Step("container", Outcome.PASSED, "It is whole."), Step("witnesses", Outcome.PASSED, "Two.")))
HOSTILE = (
    "<script>alert(1)</script><img src=//evil onerror=x>\" onload='x' & {body} "
    "\N{RIGHT-TO-LEFT OVERRIDE}fdp.exe\x00\x1b[31m"
)


class Tags(HTMLParser):
    """Collects tags and their attributes."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.found.append((tag, dict(attrs)))


def tags(page: bytes) -> list[tuple[str, dict[str, str | None]]]:
    parser = Tags()
    parser.feed(page.decode())
    parser.close()
    return parser.found


def hostile() -> tuple[bytes, bytes]:
    story = a_story(title=HOSTILE, banner=HOSTILE, handling=(HOSTILE,), facts=((HOSTILE, HOSTILE), (HOSTILE, "")))
    steps = Checklist((Step(HOSTILE, Outcome.FAILED, HOSTILE), Step("witnesses", Outcome.PASSED, HOSTILE)))
    return report(story, steps, root_digest=HOSTILE), readme(story, steps, root_digest=ROOT)


def test_nothing_that_others_wrote_becomes_a_tag() -> None:
    page, _ = hostile()
    names = {name for name, _ in tags(page)}
    assert names <= {
        "html",
        "head",
        "meta",
        "title",
        "style",
        "body",
        "p",
        "h1",
        "h2",
        "table",
        "tr",
        "th",
        "td",
        "strong",
    }
    attributes = {name for _, attrs in tags(page) for name in attrs}
    assert attributes <= {"lang", "charset", "http-equiv", "content", "class", "colspan"}


def test_nothing_leads_to_the_network() -> None:
    page = report(a_story(), PASSED, root_digest=ROOT).decode()
    assert re.search(r"https?:|//|src=|href=|url\(|@import|<script|javascript", page) is None
    assert "default-src 'none'" in page


@pytest.mark.parametrize("made", [0, 1], ids=["report.html", "README.txt"])
def test_what_cannot_be_seen_is_named(made: int) -> None:
    text = hostile()[made].decode()
    assert "[U+202E]fdp.exe[U+0000][U+001B][31m" in text
    assert not set(text) & {"\N{RIGHT-TO-LEFT OVERRIDE}", "\x00", "\x1b"}


def test_languages_that_need_joiners_stay_readable() -> None:
    word = "\N{DEVANAGARI LETTER KA}\N{DEVANAGARI SIGN VIRAMA}\N{ZERO WIDTH JOINER}"
    assert word == visible(word)
    assert "a b" == visible("a\nb")


def test_an_exercise_stands_above_and_below() -> None:
    page = report(a_story(), PASSED, root_digest=ROOT).decode()
    assert 2 == page.count("EXERCISE EXERCISE EXERCISE")
    assert 0 == report(a_story(banner=""), PASSED, root_digest=ROOT).decode().count("EXERCISE")


def test_says_how_to_check_it_and_whom_not_to_ask() -> None:
    for text in (report(a_story(), PASSED, root_digest=ROOT), readme(a_story(), PASSED, root_digest=ROOT)):
        assert b"tocsin audit verify FILE --root-digest DIGEST" in text
        assert ROOT.encode() in text
    assert b"Verify this yourself" in report(a_story(), PASSED, root_digest=ROOT)


@pytest.mark.parametrize("outcome", [Outcome.FAILED, Outcome.NOT_CHECKED])
def test_without_a_quorum_it_is_loud(outcome: Outcome) -> None:
    steps = Checklist((Step("witnesses", outcome, "One of two."),))
    for text in (report(a_story(), steps, root_digest=ROOT), readme(a_story(), steps, root_digest=ROOT)):
        assert b"NO QUORUM OF WITNESSES VOUCHES" in text
    assert b"NO QUORUM" not in report(a_story(), PASSED, root_digest=ROOT)
