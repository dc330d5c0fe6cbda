"""``report.html`` and ``README.txt``: an evidence file in plain words, for somebody who has never heard of tocsin.

One page, no script, nothing from the network. What others wrote is shown as text and nothing else: characters that
change the direction of writing, or cannot be seen, are named.
"""

import html
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

import msgspec

from consumers.evidence.checklist import Checklist, Outcome, Step

VERIFY: Final = "tocsin audit verify FILE --root-digest DIGEST"
_YOURSELF: Final = (
    "Verify this yourself: the list below is what the exporter found. Take the root digest from somebody whom you"
    f" trust, not from this file, and run: {VERIFY}"
)
_NO_QUORUM: Final = (
    "NO QUORUM OF WITNESSES VOUCHES FOR THE LOG IN THIS FILE. The notary signed that the message is in its log, but too"
    " few independent witnesses confirmed that everybody is shown the same log."
)
_MARKS: Final = {Outcome.PASSED: "passed", Outcome.FAILED: "FAILED", Outcome.NOT_CHECKED: "not checked"}
_UNSEEN: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_JOINERS: Final = "\N{ZERO WIDTH JOINER}\N{ZERO WIDTH NON-JOINER}"
"""Needed to write some languages, and harmless."""

_PAGE: Final = """\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>{title}</title>
<style>
body {{ font: 1rem/1.5 Georgia, serif; max-width: 48rem; margin: 2rem auto; padding: 0 1rem; color: #111; }}
h1 {{ font-size: 1.4rem; }} h2 {{ font-size: 1.1rem; margin-top: 2rem; }}
table {{ border-collapse: collapse; width: 100%; }}
th, td {{ text-align: left; vertical-align: top; padding: .3rem .6rem .3rem 0; border-bottom: 1px solid #ccc; }}
th {{ font-weight: normal; color: #555; white-space: nowrap; }}
.banner, .loud {{ border: 3px solid #a00; padding: .5rem 1rem; font-weight: bold; }}
.failed {{ color: #a00; font-weight: bold; }}
</style>
</head>
<body>
{body}
</body>
</html>
"""


class Story(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be told of a message, beside what can be checked.

    Attributes:
        banner: What stands above everything that is no real case; empty for one that is.
        handling: How the file is to be handled: label, marking, and what it may be used for.
        facts: Of the message, as the exporter may show it: what each is, and what there is to say; an empty second
            part begins a new section.
    """

    title: str
    banner: str
    handling: tuple[str, ...]
    facts: tuple[tuple[str, str], ...]


def report(story: Story, checklist: Checklist, *, root_digest: str) -> bytes:
    """Return ``report.html``."""
    body = "\n".join(_body(story, checklist, root_digest))
    return _PAGE.format(title=_text(story.title), body=body).encode()


def readme(story: Story, checklist: Checklist, *, root_digest: str) -> bytes:
    """Return ``README.txt``."""
    return ("\n".join(_readme(story, checklist, root_digest)) + "\n").encode()


def visible(text: str) -> str:
    """Return *text* on one line, with a name for each character that cannot be seen or turns lines around."""
    return "".join(_visible(character) for character in text)


def _visible(character: str) -> str:
    if character in "\n\t\r":
        return " "
    if unicodedata.category(character) in _UNSEEN and character not in _JOINERS:
        return f"[U+{ord(character):04X}]"
    return character


def _text(text: str) -> str:
    return html.escape(visible(text))


def _body(story: Story, checklist: Checklist, root_digest: str) -> Iterator[str]:
    if story.banner:
        yield f'<p class="banner">{_text(story.banner)}</p>'
    yield f"<h1>{_text(story.title)}</h1>"
    for line in story.handling:
        yield f"<p>{_text(line)}</p>"
    if _lacks_quorum(checklist):
        yield f'<p class="loud">{_text(_NO_QUORUM)}</p>'
    yield "<h2>What it says</h2>"
    yield from _table(story.facts)
    yield "<h2>What can be checked</h2>"
    yield f"<p>{_text(_YOURSELF)}</p>"
    yield f"<p>The exporter trusts the root digest {_text(root_digest)}. Compare it.</p>"
    yield "<table>"
    yield from (_step_row(one) for one in checklist.steps)
    yield "</table>"
    if story.banner:
        yield f'<p class="banner">{_text(story.banner)}</p>'


def _table(facts: Sequence[tuple[str, str]]) -> Iterator[str]:
    yield "<table>"
    for label, says in facts:
        if says:
            yield f"<tr><th>{_text(label)}</th><td>{_text(says)}</td></tr>"
        else:
            yield f'<tr><th colspan="2"><strong>{_text(label)}</strong></th></tr>'
    yield "</table>"


def _step_row(step: Step) -> str:
    name, outcome = _text(step.step), step.outcome
    return f'<tr><th>{name}</th><td class="{outcome.value}">{_MARKS[outcome]}</td><td>{_text(step.says)}</td></tr>'


def _lacks_quorum(checklist: Checklist) -> bool:
    return checklist.step("witnesses").outcome is not Outcome.PASSED


def _readme(story: Story, checklist: Checklist, root_digest: str) -> Iterator[str]:
    yield from filter(None, (visible(story.banner), visible(story.title)))
    yield ""
    yield from (visible(line) for line in story.handling)
    yield ""
    if _lacks_quorum(checklist):
        yield from (_NO_QUORUM, "")
    yield from _HOW
    yield f"The root digest that the exporter trusts: {root_digest}. Take it from somebody whom you trust, and compare."
    yield ""
    yield "What the exporter found:"
    yield from _steps(checklist.steps)
    yield ""
    yield from _INSIDE


def _steps(steps: Iterable[Step]) -> Iterator[str]:
    for one in steps:
        yield f"  {visible(one.step):<11} {_MARKS[one.outcome]:<12} {visible(one.says)}"


_HOW: Final = (
    "This file shows what somebody said, who it was, and since when it stands in a public log. You need not believe",
    "whoever gave it to you. To check it, without any network:",
    "",
    f"    {VERIFY}",
    "",
)
_INSIDE: Final = (
    "In this file:",
    "  report.html            the same for people, with the message",
    "  evidence.json          what is in it, with the SHA-256 of every other file",
    "  message.bin            the signed message; the bodies of what is withheld are left out",
    "  sections/              what is disclosed: the bytes that the originator committed to, and as text",
    "  schemas/               how to read those bytes (Avro); a schema's name is its SHA-256",
    "  log/                   the entry in the log, and the proof that it is there (C2SP tlog-proof)",
    "  directory/             the messages that say whose the keys are, from the root record on",
    "  revocations/           where in the log keys were revoked, if any were",
    "  decisions.json tables/ what the exporter's node decided, and by which rules",
)
