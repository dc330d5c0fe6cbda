"""Text of others on our screen."""

from decimal import Decimal

import pytest

from tocsin.showing.plain import amount, plain


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
