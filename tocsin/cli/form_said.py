"""What ``tocsin form`` tells people: figures, what is behind them, what left the node and what did not."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from broker.figures.reported import Reported
from broker.types.vocabulary import Purpose, Status
from tocsin.cli.output import Output
from tocsin.forms.form_documents import CASE_COLUMNS, COLUMNS, LEFT_COLUMNS, case_rows, left_rows, line_cells, opened
from tocsin.forms.leaving import Departure
from tocsin.forms.yearly import YearForm
from tocsin.installation import Node
from tocsin.showing.items import BANNER
from tocsin.showing.plain import counted

_SHOWN: Final = 20
"""Lines of what is left out and of warnings; all of them stand in the JSON document."""
_COLUMNS: Final = ("message", "day", "type", "country", "substances", "tlp")


def say_list(output: Output, reports: Sequence[Reported], status: Status) -> None:
    """List incidents that a form would be made of."""
    if status in BANNER:
        output.say(BANNER[status], style="bold")
    rows = [
        (one.name, str(one.facts.first_day or ""), one.facts.incident_type.word, one.facts.reporting_country,
         " + ".join(named.as_written for named in one.facts.substances), one.facts.tlp.word)
        for one in reports
    ]  # fmt: skip
    output.table(_COLUMNS, rows)
    output.say(f"{counted(len(rows), 'incident')}. --output FILE and --purpose decide about each, and write the file.")
    output.document({"incidents": [dict(zip(_COLUMNS, row, strict=True)) for row in rows]})


def say_departure(output: Output, departure: Departure, file: Path) -> None:
    """Say what a file holds, and what may not leave."""
    for one in departure.kept[:_SHOWN]:
        output.say(f"Left out: {one.reported.name}: {one.says} (rule {one.rule})")
    if len(departure.kept) > _SHOWN:
        output.say(f"Left out: {len(departure.kept) - _SHOWN} more; --json names them.")
    closed = [
        f"{one.reported.name} {section.word} ({rule})" for one in departure.exported for section, rule in one.withheld
    ]
    for text in closed[:_SHOWN]:
        output.say(f"Without: {text}")
    held = counted(len(departure.exported), "incident")
    output.say(f"Written: {file}, {held}, TLP:{departure.mark.tlp.word}. The markings bind the file too.")
    output.document(
        {
            "file": str(file),
            "tlp": departure.mark.tlp.word,
            "incidents": [{"message": one.reported.name, "decision": one.decision} for one in departure.exported],
            "left_out": [{"message": one.reported.name, "rule": one.rule, "says": one.says} for one in departure.kept],
            "without": closed,
        }
    )


def say_form(output: Output, made: YearForm, node: Node) -> None:
    """Show the figures, what they leave out, and what a person should look at."""
    form, scope = made.form, made.form.scope
    if scope.status in BANNER:
        output.say(BANNER[scope.status], style="bold")
    output.say(f"INCB Form D, {scope.country} {scope.year}, due {form.due}. TLP:{made.tlp.word}.")
    if form.lines:
        output.table(COLUMNS, [line_cells(one) for one in form.lines])
    else:
        output.say(
            "No figure: no incident counts. What is missing is missing; to report that there was none: --none ID."
        )
    output.say(f"Made of {counted(len(form.counted), 'incident')}; left out: {len(form.left_out)}.")
    if form.left_out:
        output.table(LEFT_COLUMNS, left_rows(form.left_out[:_SHOWN]))
        if len(form.left_out) > _SHOWN:
            output.say(f"… and {len(form.left_out) - _SHOWN} more; --json names them.")
    for text in form.warnings[:_SHOWN]:
        output.say(f"Look at it: {text}")
    if len(form.warnings) > _SHOWN:
        output.say(f"… and {len(form.warnings) - _SHOWN} more to look at; --json has them.")
    if not form.counted and scope.status is Status.ACTUAL and not node.is_actual:
        output.say("This network is an exercise, and an exercise is never counted; a form for training: --exercise.")


def say_opened(output: Output, made: YearForm, key: str) -> None:
    """Show the messages behind a figure, and those that do not count."""
    lines, left = opened(made.form, key)
    output.table(CASE_COLUMNS, case_rows(lines))
    if left:
        output.say("Not counted:", style="bold")
        output.table(LEFT_COLUMNS, left_rows(left))


def say_purposes(output: Output, made: YearForm) -> None:
    """Say who will not get the record, because what it is made of is not for statistics."""
    purposes = () if made.derived is None else made.derived.marking.purposes
    if Purpose.STATISTICS not in purposes:
        allowed = ", ".join(one.word for one in purposes)
        output.say(f"Its parts allow {allowed or 'no purpose'} alone: readers who work for statistics will not get it.")
