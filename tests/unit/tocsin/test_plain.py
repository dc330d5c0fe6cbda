"""Text of others on our screen."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from tocsin.showing.plain import amount, ending, plain


@pytest.mark.parametrize(
    "text", ["\x1b[2J", "a\x00b", "\N{RIGHT-TO-LEFT OVERRIDE}abc", "\x9b31m", "\N{LINE SEPARATOR}"]
)
def test_what_steers_a_terminal_is_replaced(text: str) -> None:
    assert all(character.isprintable() for character in plain(text))


@pytest.mark.parametrize("text", ["уксусный ангидрид", "醋酸酐", "anhídrido acético", "نص"])
def test_every_script_stays_as_it_is(text: str) -> None:
    assert text == plain(text)


@pytest.mark.parametrize(
    ("value", "shown"), [("1000", "1\N{NARROW NO-BREAK SPACE}000"), ("2.50", "2.5"), ("100", "100"), ("0", "0")]
)
def test_an_amount_has_no_needless_zeros(value: str, shown: str) -> None:
    assert shown == amount(Decimal(value))


@pytest.mark.parametrize(
    ("when", "shown"),
    [
        (datetime(2027, 1, 2, tzinfo=UTC), "to the end of 2027-01-01"),
        (datetime(2027, 1, 2, 0, 1, tzinfo=UTC), "2027-01-02 00:01 UTC"),
        (datetime(2027, 1, 1, 23, 59, 59, 999_999, tzinfo=UTC), "2027-01-01 23:59 UTC"),
        (datetime(2027, 1, 2, 0, 0, 0, 1, tzinfo=UTC), "2027-01-02 00:00 UTC"),
    ],
)
def test_an_end_at_midnight_is_the_end_of_the_day_before(when: datetime, shown: str) -> None:
    assert shown == ending(when)
