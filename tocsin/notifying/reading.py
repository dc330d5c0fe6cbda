"""What a person hands in of a notification or a shipment: columns of its form, by options or in a file of JSON."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import msgspec

from broker.catalogue import Catalogue
from broker.errors import InvalidRecord
from broker.policy.vocabulary import nearest
from producers.intake.forms.notification import NOTIFICATION
from producers.intake.goods import Goods, read_traded_goods
from producers.intake.rows import FieldProblem
from tocsin.json_file import load_object

COLUMNS: Final = NOTIFICATION.known.columns
_AMOUNT: Final = re.compile(r"(?P<value>[0-9]+(?:\.[0-9]+)?)\s*(?P<unit>[^\W\d]\w*)")
_QUESTION: Final = "missing"
"""Where a draft file lists what is missing; it is read over."""
_EXAMPLE: Final = 'Write one like {"importing_country": "BE", …}.'


def load_columns(path: Path) -> Mapping[str, str]:
    """Return the columns of a notification in a JSON file: one object, column by column.

    Raises:
        MissingFile: There is no such file.
        BadFile: It is no JSON object.
        InvalidRecord: It has a column that a notification has not, or a value that is no text.
    """
    document = load_object(path, example=_EXAMPLE)
    document.pop(_QUESTION, None)
    problems = [f"{name[:40]!r} is unknown; {nearest(name, COLUMNS)}" for name in document if name not in COLUMNS]
    problems += [
        f"{name}: expected text, a number or true or false"
        for name, value in document.items()
        if isinstance(value, dict | list)
    ]
    if problems:
        hint = "tocsin publish --columns --kind notification lists the columns."
        raise InvalidRecord(f"{path.name}: {'; '.join(problems)}", hint=hint)
    return {name: text for name, value in document.items() if (text := _text(value))}


def format_columns(values: Mapping[str, str], missing: list[str]) -> str:
    """Return a draft file: the columns, and what they still lack."""
    document: dict[str, Any] = {name: values[name] for name in COLUMNS if name in values}
    return msgspec.json.format(msgspec.json.encode({**document, _QUESTION: missing}), indent=2).decode() + "\n"


def amount_columns(text: str) -> Mapping[str, str]:
    """Return the columns of an amount like ``1000 kg``; one that cannot be split is left to the form to refuse."""
    found = _AMOUNT.fullmatch(text.strip())
    if found is None:
        return {"quantity_as_reported": text, "quantity_value": text}
    return {"quantity_as_reported": text, "quantity_value": found["value"], "quantity_unit": found["unit"]}


def read_amount(catalogue: Catalogue, substance: str, amount: str, problems: list[FieldProblem]) -> Goods:
    """Return substance and amount as options name them; what is wrong is added to *problems*."""
    values = {"substance_as_reported": substance, **(amount_columns(amount) if amount else {})}
    return read_traded_goods(catalogue, {name: text for name, text in values.items() if text}, problems)


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value).strip()
