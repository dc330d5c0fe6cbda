"""What a government asks for, as its administrator writes it: a JSON file.

::

    {
      "asks": [
        {"scope": "table-i", "wanted": true, "from_day": "2026-01-01"},
        {"scope": "substance", "substance": "KMNO4", "wanted": false, "from_day": "2026-01-01"}
      ],
      "agreed": ["import-authorization"],
      "rule": {"number": 15, "unit": "working-days", "calendar": "NL", "law": "Export Order, article 3",
               "silence": "The exporter may proceed."},
      "simplified_months": 12
    }
"""

from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import msgspec

from broker.catalogue import shipped_catalogue
from broker.directory.entries import (
    AgreedField,
    AskedScope,
    DeadlineRule,
    DeadlineUnit,
    TradeEntry,
    Weekday,
)
from broker.errors import BrokerError, InvalidRecord
from broker.policy.vocabulary import nearest
from broker.trade.calendars import check_calendar
from broker.types.names import Originator, participant_of
from broker.types.vocabulary import Word
from tocsin.cataloguing import catalogue_at
from tocsin.installation import Node
from tocsin.json_file import load_object

_USUAL: Final[Mapping[str, Any]] = {"asks": [], "agreed": [], "rule": None, "simplified_months": 0}
_ASKED: Final = ("scope", "substance", "wanted", "from_day")
_RULE: Final = tuple(DeadlineRule.__struct_fields__)


def load_trade(path: Path, participant: str) -> TradeEntry:
    """Read what the government of *participant* asks for from a JSON file, and check what no reader can.

    Raises:
        MissingFile: There is no such file.
        BadFile: It is no JSON object.
        InvalidRecord: It has mistakes; the message names all that can be named at once.
        NoCalendar: There are no public holidays for the calendar that it names.
    """
    document = {**_USUAL, **load_object(path)}
    problems = [*_unknown("", document, (*_USUAL, "participant"))]
    if document.pop("participant", participant) != participant:
        problems.append(f"participant: this is written for {participant}")
    for number, one in enumerate(_list(document, "asks")):
        problems += _words(f"asks[{number}]", one, _ASKED, {"scope": AskedScope})
    problems += _listed(document, "agreed", AgreedField)
    rule = document["rule"]
    if rule is not None:
        problems += _words("rule", rule, _RULE, {"unit": DeadlineUnit})
        problems += _listed(rule, "weekend", Weekday) if isinstance(rule, dict) else []
    if problems:
        raise InvalidRecord(f"{path.name}: {'; '.join(problems)}")
    try:
        entry = msgspec.convert({**document, "participant": participant}, TradeEntry)
    except msgspec.ValidationError as error:
        raise InvalidRecord(f"{path.name}: {error}") from None
    _check(entry, path.name)
    return entry


def trade_questions(entry: TradeEntry, known: Collection[str]) -> Iterator[str]:
    """Yield what looks wrong with an entry and may be right.

    Args:
        known: Our identifiers of substances, by the editions that its participant has received.
    """
    for one in entry.asks:
        if one.substance and one.substance not in known:
            yield f"the catalogue has no substance {one.substance[:40]!r}: {nearest(one.substance[:40], known)}"
    if not entry.asks:
        yield "it asks for nothing: others then know neither that notifications are wanted nor that they are not"
    if entry.rule is not None and not entry.rule.silence.strip():
        yield "the rule does not say what follows when no answer comes (silence): nothing is shown of it"


def known_substances(node: Node) -> tuple[str, ...]:
    """Return our identifiers of substances, by the editions that authorities of the node's participant received."""
    everybody = (Originator(one.authority) for one in node.directory.authorities(node.clock()))
    own = [one for one in everybody if participant_of(one) == node.participant]
    known = (one for authority in own for one in catalogue_at(node, authority).ids)
    return tuple(dict.fromkeys((*shipped_catalogue().ids, *known)))


def _check(entry: TradeEntry, source: str) -> None:
    rule = entry.rule
    if rule is None:
        return
    if not rule.law.strip():
        raise InvalidRecord(f"{source}: rule.law: name the law or order that the rule comes from")
    if rule.unit is not DeadlineUnit.DAYS:
        check_calendar(rule.calendar, rule.subdivision)


def _list(document: Mapping[str, Any], name: str) -> list[Any]:
    found = document.get(name)
    return found if isinstance(found, list) else []


def _unknown(where: str, table: Mapping[str, Any], known: tuple[str, ...]) -> Iterator[str]:
    for name in table:
        if name not in known:
            yield f"{where}{name[:40]!r} is unknown; {nearest(name[:40], known)}"


def _words(where: str, table: Any, known: tuple[str, ...], words: Mapping[str, type[Word]]) -> list[str]:
    """Put the words of *table* as the wire spells them, in place; return what is wrong with it."""
    if not isinstance(table, dict):
        return [f"{where}: expected an object with {', '.join(known)}"]
    problems = list(_unknown(f"{where}.", table, known))
    for name, vocabulary in words.items():
        if name in table:
            try:
                table[name] = _symbol(vocabulary, table[name])
            except BrokerError as error:
                problems.append(f"{where}.{name}: {error}")
    return problems


def _listed(table: dict[str, Any], name: str, words: type[Word]) -> list[str]:
    problems: list[str] = []
    for number, one in enumerate(_list(table, name)):
        try:
            table[name][number] = _symbol(words, one)
        except BrokerError as error:
            problems.append(f"{name}[{number}]: {error}")
    return problems


def _symbol(words: type[Word], said: object) -> str:
    """Return a word as the wire spells it.

    Raises:
        InvalidRecord: It is none.
    """
    known = {one.word: one.value for one in words if one.value != "UNKNOWN"}
    if said in known.values():
        return str(said)
    if not isinstance(said, str) or said not in known:
        raise InvalidRecord(nearest(str(said)[:40], known))
    return known[said]
