"""Form D as a document: all of it on screen; out of the node only figures and the messages behind them.

A file names no message that is left out: that it is there is nobody else's to know.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from broker.errors import MissingItem
from broker.figures.amounts import plain_amount
from broker.figures.form_d import Case, FormD, FormLine
from broker.figures.reported import Left, LeftOut
from broker.figures.statistic import FORM, METHOD
from broker.policy.vocabulary import nearest
from broker.records.quantity import Unit
from tocsin.forms.handling import handling_document
from tocsin.forms.yearly import YearForm

_SYMBOL: Final[Mapping[Unit, str]] = {Unit.KG: "kg", Unit.LITRE: "L", Unit.NOT_STATED: ""}
COLUMNS: Final = ("heading", "tables", "substance", "amount", "unit", "cases", "origins", "remarks")
CASE_COLUMNS: Final = ("message", "heading", "tables", "amount", "unit", "remarks")
LEFT_COLUMNS: Final = ("message", "left out as", "why")


def screen_document(made: YearForm) -> dict[str, Any]:
    """Return the whole form, with what is left out and what a person should look at."""
    form = made.form
    return {
        "form": FORM,
        "handling": {"tlp": made.tlp.word, "status": made.wish.scope.status.word},
        **_head(form),
        "lines": [_line(one) for one in form.lines],
        "left_out": [_left(one) for one in form.left_out],
        "warnings": list(form.warnings),
    }


def leaving_document(made: YearForm, *, by: str, purpose: str, at: str) -> dict[str, Any]:
    """Return the form as it leaves the node: how it is to be handled first.

    Raises:
        MissingItem: It was not decided about.
    """
    if made.derived is None or made.departure is None:
        raise MissingItem("a form leaves only after each of its parts was decided about")
    return {
        "form": FORM,
        "handling": handling_document(made.derived, made.wish.scope.status),
        "use": {"action": "export", "by": by, "purpose": purpose, "at": at},
        **_head(made.form),
        "method": METHOD,
        "lines": [_line(one) | {"messages": [_case(case) for case in one.cases]} for one in made.form.lines],
    }


def opened_document(made: YearForm, key: str) -> dict[str, Any]:
    """Return what is behind a figure: each message that counts, and each that does not and why.

    Raises:
        MissingItem: No figure and nothing that is left out is of that substance.
    """
    lines, left = opened(made.form, key)
    return {
        "substance": key,
        "handling": {"tlp": made.tlp.word, "status": made.wish.scope.status.word},
        "lines": [_line(one) | {"messages": [_case(case) for case in one.cases]} for one in lines],
        "left_out": [_left(one) for one in left],
    }


def opened(form: FormD, key: str) -> tuple[Sequence[FormLine], Sequence[LeftOut]]:
    """Return the figures of a substance, totals that it has a part in as well, and what is left out of them.

    Raises:
        MissingItem: There is nothing of that substance.
    """
    wanted = key.casefold()
    lines = [one for one in form.lines if wanted in {part.casefold() for part in (one.key, *one.substances)}]
    left = [
        one
        for one in form.left_out
        if any(wanted in {part.casefold() for part in (text, *text.split("|"))} for text in one.substances)
    ]
    if not lines and not left:
        known = sorted({line.key for line in form.lines} | {text for one in form.left_out for text in one.substances})
        hint = nearest(key[:80], known) if known else "The form has no figures."
        raise MissingItem(f"the form has no figure of {key[:80]!r}", hint=hint)
    return lines, left


def amount_text(line: FormLine) -> str:
    """Return a figure for people: both ends where they differ."""
    if line.low is None or line.high is None:
        return "not told"
    return ends_text(line.low, line.high)


def ends_text(low: Decimal, high: Decimal) -> str:
    """Return an amount for people: both its ends where they differ."""
    return plain_amount(low) if low == high else f"{plain_amount(low)} (to {plain_amount(high)})"


def unit_text(unit: Unit) -> str:
    """Return a unit for people."""
    return _SYMBOL.get(unit, unit.word)


def line_cells(line: FormLine) -> tuple[str, ...]:
    """Return a figure as a row of :data:`COLUMNS`."""
    return (
        line.heading.word,
        line.part.word,
        line.key,
        amount_text(line),
        unit_text(line.unit),
        str(len(line.cases)),
        " ".join(line.origins),
        "; ".join(line.remarks),
    )


def case_rows(lines: Sequence[FormLine]) -> list[tuple[str, ...]]:
    """Return the messages behind figures as rows of :data:`CASE_COLUMNS`."""
    return [
        (
            case.name,
            line.heading.word,
            line.part.word,
            "not told" if case.low is None or case.high is None else ends_text(case.low, case.high),
            unit_text(line.unit),
            "; ".join(f"{one.kind.word}: {one.says}" for one in case.remarks),
        )
        for line in lines
        for case in line.cases
    ]


def left_rows(left: Sequence[LeftOut]) -> list[tuple[str, ...]]:
    """Return what is left out as rows of :data:`LEFT_COLUMNS`."""
    return [(one.name, one.reason.word, one.says) for one in left]


def _head(form: FormD) -> dict[str, Any]:
    reasons = Counter(one.reason for one in form.left_out)
    return {
        "country": form.scope.country,
        "year": form.scope.year,
        "due": form.due.isoformat(),
        "incidents": len(form.counted),
        "left_out_by_reason": {reason.word: reasons[reason] for reason in Left if reason in reasons},
    }


def _line(line: FormLine) -> dict[str, Any]:
    return {
        "heading": line.heading.word,
        "tables": line.part.word,
        "substance": line.key,
        "as_written": list(line.written),
        "unit": line.unit.word,
        "amount": None if line.low is None else plain_amount(line.low),
        "at_most": None if line.high is None else plain_amount(line.high),
        "cases": len(line.cases),
        "origins": list(line.origins),
        "remarks": list(line.remarks),
    }


def _case(case: Case) -> dict[str, Any]:
    return {
        "message": case.name,
        "amount": None if case.low is None else plain_amount(case.low),
        "at_most": None if case.high is None else plain_amount(case.high),
        "remarks": [f"{one.kind.word}: {one.says}" for one in case.remarks],
    }


def _left(one: LeftOut) -> dict[str, Any]:
    return {"message": one.name, "reason": one.reason.word, "says": one.says, "substances": list(one.substances)}
