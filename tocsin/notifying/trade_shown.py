"""What a government says of pre-export notifications, for people and for scripts."""

from collections.abc import Iterator
from typing import Any

import msgspec

from broker.directory.entries import Asked, TradeEntry
from broker.trade.deadlines import in_words, on_silence
from tocsin.showing.plain import plain
from tocsin.showing.records import Line


def trade_lines(entry: TradeEntry | None) -> Iterator[Line]:
    """Yield what a government says, line by line."""
    if entry is None:
        yield Line("says", "nothing about notifications yet")
        return
    for one in entry.asks:
        yield Line("asks" if one.wanted else "wants none", f"{_scope(one)}, from {one.from_day} on")
    if entry.agreed:
        yield Line("besides", ", ".join(one.word for one in entry.agreed))
    if entry.rule is None:
        yield Line("rule", "it has said no rule for answers to its own notifications")
    else:
        yield Line("rule", plain(in_words(entry.rule)))
        yield Line("silence", plain(on_silence(entry.rule)))
    months = entry.simplified_months
    yield Line("simplified", f"of at most {months} months" if months else "not accepted")


def trade_document(code: str, entry: TradeEntry | None) -> dict[str, Any]:
    """Return what a government says as scripts get it; nothing but its code where it has said nothing."""
    if entry is None:
        return {"participant": code, "says": None}
    rule = entry.rule
    return {
        "participant": code,
        "says": {
            "asks": [{**msgspec.to_builtins(one), "scope": one.scope.word} for one in entry.asks],
            "agreed": [one.word for one in entry.agreed],
            "rule": None
            if rule is None
            else {
                **msgspec.to_builtins(rule),
                "unit": rule.unit.word,
                "weekend": [one.word for one in rule.weekend],
                "in_words": in_words(rule),
                "on_silence": on_silence(rule),
            },
            "simplified_months": entry.simplified_months,
        },
    }


def _scope(asked: Asked) -> str:
    return asked.substance if asked.substance else asked.scope.word
