"""Which governments ask for what: the most specific word, then the newest, counts."""

from datetime import date

import pytest

from broker.directory.entries import Asked, AskedScope
from broker.trade.asking import Asking, asked_for
from tests.support.trade import a_trade_entry, asked

DAY = date(2026, 4, 1)
TABLE_I, TABLE_II, ALL, ONE = AskedScope.TABLE_I, AskedScope.TABLE_II, AskedScope.EVERYTHING, AskedScope.SUBSTANCE
ASKED, NOT_WANTED, NOT_SAID = Asking.ASKED, Asking.NOT_WANTED, Asking.NOT_SAID

CASES: tuple[tuple[str, tuple[Asked, ...], tuple[str, ...], Asking], ...] = (
    ("nothing said", (), ("I",), NOT_SAID),
    ("its table", (asked(TABLE_I),), ("I",), ASKED),
    ("the other table", (asked(TABLE_II),), ("I",), NOT_SAID),
    ("everything", (asked(ALL),), (), ASKED),
    ("in no table", (asked(TABLE_I),), (), NOT_SAID),
    ("itself before its table", (asked(TABLE_I), asked(ONE, substance="E", wanted=False)), ("I",), NOT_WANTED),
    ("another one", (asked(ONE, substance="F"),), ("I",), NOT_SAID),
    ("its table before everything", (asked(ALL, wanted=False), asked(TABLE_I)), ("I",), ASKED),
    ("newer before older", (asked(TABLE_I), asked(TABLE_I, wanted=False, since="2026-01-01")), ("I",), NOT_WANTED),
    ("not yet", (asked(TABLE_I, since="2026-04-02"),), ("I",), NOT_SAID),
    ("from today on", (asked(TABLE_I, since="2026-04-01"),), ("I",), ASKED),
    ("unsure of the table, one of both asks", (asked(TABLE_I), asked(TABLE_II, wanted=False)), ("I", "II"), ASKED),
)


@pytest.mark.parametrize(("asks", "tables", "found"), [row[1:] for row in CASES], ids=[row[0] for row in CASES])
def test_the_most_specific_newest_word_counts(asks: tuple[Asked, ...], tables: tuple[str, ...], found: Asking) -> None:
    assert found is asked_for(a_trade_entry(asks=asks), "E", tables=tables, day=DAY).asking


def test_a_government_that_is_not_there_has_said_nothing() -> None:
    assert NOT_SAID is asked_for(None, "E", tables=("I",), day=DAY).asking
