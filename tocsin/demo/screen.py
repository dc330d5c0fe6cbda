"""What the demo says to people: tables where a terminal is there, plain text where it is piped."""

import shlex
import shutil
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from broker.types.vocabulary import Section, Status
from tocsin.demo.document import AuditResult, RefusedRow
from tocsin.demo.outcome import Outcome, ReaderView
from tocsin.demo.printing import heading, say, table
from tocsin.demo.reasons import BEYOND_CORE, NOT_ENTITLED, NOT_NAMED
from tocsin.demo.screen_log import show_evidence, show_log
from tocsin.demo.screen_sealed import show_permission, show_recall, show_sealing
from tocsin.demo.sides import Alert, Cell, Side
from tocsin.demo.telling import shortened
from tocsin.showing.items import BANNER
from tocsin.showing.plain import plain

PIPED_WIDTH: Final = 140
_REFUSED_SHOWN: Final = 4
_REASON_CHARACTERS: Final = 150
_LABEL_WIDTH: Final = 12
_NUMBERS: Final = "{:>8}  {:>8}  {:>6}"
_SECTION_WIDTH: Final = 14
_SIDE_WIDTH: Final = 18
_OUTCOMES: Final = {
    "released": "sees all of it",
    "redacted": "sees a part",
    "denied": "sees nothing, not even that it exists",
}


def console_for(*, json: bool) -> Console:
    """Return the console for people: standard output, or standard error beside a JSON document."""
    console = Console(stderr=json, highlight=False, markup=False, emoji=False)
    if not console.is_terminal:
        console.width = PIPED_WIDTH
    return console


@contextmanager
def show_progress() -> Iterator[Callable[[str], None]]:
    """Give a function that is told what happens now; it says so on standard error if a terminal is there."""
    console = Console(stderr=True, highlight=False, markup=False, emoji=False)
    if not console.is_terminal:
        yield lambda _: None
        return
    with console.status("reading") as status:
        yield lambda what: status.update(Text(what))


def show_outcome(console: Console, outcome: Outcome) -> None:
    """Say everything that the demo brought to light."""
    console.print(Text(BANNER[Status.EXERCISE], style="bold"))
    _show_intake(console, outcome)
    _show_views(console, outcome)
    _show_layers(console, outcome)
    if outcome.sides:
        _show_sides(console, outcome.sides, outcome.sided or "")
    if outcome.alert is not None:
        _show_alert(console, outcome.alert, outcome.document.alerts)
    if outcome.asked is not None:
        show_permission(console, outcome.asked, "6")
    if outcome.taken_back is not None:
        show_recall(console, outcome.taken_back, "7")
    if outcome.document.sealing is not None:
        show_sealing(console, outcome.document.sealing, "8")
    if outcome.logged is not None:
        show_log(console, outcome.logged, "9")
    if outcome.evidence is not None:
        show_evidence(console, outcome.evidence, "10")
    _show_audit(console, outcome)
    _show_tampering(console, outcome)
    for complaint in outcome.complaints:
        console.print(Text(f"NOT AS IT SHOULD BE: {complaint}", style="bold red"))


def show_next(console: Console, folder: Path, outcome: Outcome) -> None:
    """Say what to type next, a line each."""
    program = "tocsin" if shutil.which("tocsin") else sys.argv[0]
    reader = outcome.readers[0].reader.authority
    commands = [f"inbox --as {reader}", f"inbox alerts --as {reader}"]
    recall = outcome.document.recall
    if recall is not None:
        commands.append(f"inbox who-read {shlex.quote(recall.message)} --as {recall.by}")
    heading(console, "Go on from here")
    if outcome.logged is not None:
        commands.append("notary show")
    if outcome.evidence is not None:
        commands.append(f"audit verify {shlex.quote(str(outcome.evidence.made.path))}")
    for command in (*commands, "audit check"):
        console.print(f"  {program} {command} --folder {shlex.quote(str(folder))}", soft_wrap=True)


def _show_intake(console: Console, outcome: Outcome) -> None:
    document = outcome.document
    heading(console, f"1. {outcome.file}: what was taken in")
    say(
        console,
        f"{document.taken_in} of {outcome.rows} rows became reports; {outcome.linked} are second reports or parts, "
        f"linked and not added. The network has {outcome.participants} participants with {outcome.authorities} "
        "authorities.",
    )
    if outcome.parked:
        say(console, f"{outcome.parked} wait for a report that they refer to and that nobody has published.")
    if document.refused:
        say(console, f"{len(document.refused)} rows were refused; their country's node keeps each with its reason:")
        table(console, ("line", "field", "code", "reason"), _refused_rows(document.refused[:_REFUSED_SHOWN]))
        more = document.refused[_REFUSED_SHOWN:]
        if more:
            codes = ", ".join(sorted({reason.code for one in more for reason in one.reasons}))
            say(console, f"  … and {len(more)} more: {codes}")


def _refused_rows(refused: Iterable[RefusedRow]) -> Iterable[Sequence[str]]:
    for one in refused:
        for reason in one.reasons:
            yield str(one.line), reason.field, reason.code, shortened(reason.message, _REASON_CHARACTERS)


def _show_views(console: Console, outcome: Outcome) -> None:
    heading(console, f"2. What each authority sees of the same {outcome.document.published} reports")
    counts = {view.reader: view for view in outcome.document.views}
    width = max(len(one.reader.authority) for one in outcome.readers)
    console.print()
    console.print(Text(f" {'reader':<{width}}  {_NUMBERS.format('released', 'redacted', 'denied')}", style="bold"))
    for one in outcome.readers:
        view = counts[one.reader.authority]
        numbers = _NUMBERS.format(view.released, view.redacted, view.denied)
        console.print(Text(f" {one.reader.authority:<{width}}  {numbers}  {one.reader.stands_for}"))
        _show_reasons(console, one)
    say(console, f" The rest is withheld: {BEYOND_CORE} Or denied: {NOT_ENTITLED} Or: {NOT_NAMED}")


def _show_reasons(console: Console, one: ReaderView) -> None:
    # Sentences go over the whole width: in a column of their own they would be read letter by letter.
    marks = {True: "✓", False: "✗"}
    for reason in one.reasons:
        text = f"{marks[reason.permitted]} {reason.count} × {plain(reason.says)} ({reason.layer.word})"
        console.print(Padding(Text(text, style="dim"), (0, 0, 0, 4)))


def _show_layers(console: Console, outcome: Outcome) -> None:
    heading(console, "3. Which of the five layers decided: release at the author's node, house at the reader's")
    rows = [
        (
            share.layer.word,
            f"{share.count:,}",
            f"{share.example.says} ({share.example.rule_id})" if share.example else "did not have to decide here",
        )
        for share in outcome.layers
    ]
    table(console, ("layer", "decisions", "for example"), rows)


def _show_sides(console: Console, sides: Sequence[Side], message: str) -> None:
    # On a narrow terminal fewer columns; the last is of somebody who sees nothing, if there is one.
    columns = max(2, (console.width - _SECTION_WIDTH) // _SIDE_WIDTH)
    sides = sides if len(sides) <= columns else [*sides[: columns - 1], sides[-1]]
    heading(console, f"4. One report, {message}, as {len(sides)} authorities see it")
    sections = dict.fromkeys(cell.section for one in sides for cell in one.cells)
    rows: list[Sequence[str]] = [
        ("", *(_OUTCOMES[one.outcome] for one in sides)),
        *((section.word, *(_told(one, section) for one in sides)) for section in sections),
    ]
    table(console, ("", *(one.reader for one in sides)), rows)


def _told(side: Side, section: Section) -> str:
    cell = next((one for one in side.cells if one.section is section), None)
    if cell is None or (side.outcome == "denied" and section is not Section.CORE):
        return ""
    return _cell(cell)


def _cell(cell: Cell) -> str:
    return "\n".join(f"· {line}" for line in cell.lines) if cell.shown else f"✗ {cell.lines[0]}"


def _show_alert(console: Console, alert: Alert, count: int) -> None:
    heading(console, f"5. One of {count} alerts, as {alert.reader} gets it")
    for line in (alert.banner, alert.title):
        console.print(Text(f"  {line}", style="bold"), soft_wrap=not console.is_terminal)
    lines = Table.grid(padding=(0, 1), pad_edge=True)
    lines.add_column(width=_LABEL_WIDTH, style="dim")
    lines.add_column(overflow="fold")
    for one in alert.lines:
        lines.add_row(Text(one.label), Text(one.text))
    console.print(Padding(lines, (0, 0, 0, 1)))


def _show_audit(console: Console, outcome: Outcome) -> None:
    audit = outcome.document.audit
    heading(console, "11. The audit, trusting nobody but the root digest")
    result = "no findings" if not audit.findings else f"{audit.findings} FINDINGS"
    say(
        console,
        f"{audit.messages} messages, {audit.signatures} signatures, {outcome.nodes} node databases compared with the "
        f"bus, every delivery with its decision, {_of_the_log(audit)}: {result}.",
    )


def _of_the_log(audit: AuditResult) -> str:
    if not audit.log_size:
        return "no log yet"
    return f"every message with its place among {audit.log_size} in the log, which {audit.witnesses} witnesses cosigned"


def _show_tampering(console: Console, outcome: Outcome) -> None:
    tried = outcome.document.tampering
    caught = sum(one.caught for one in tried)
    heading(console, f"12. Tampering with copies of the record: {caught} of {len(tried)} attempts caught")
    rows = [
        (one.attempt, outcome.deeds[one.attempt], one.code if one.caught else f"NOT CAUGHT {one.code}") for one in tried
    ]
    table(console, ("attempt", "what was done", "caught as"), rows)
