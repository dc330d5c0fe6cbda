"""One table says what the deliver loop does about an error; the documentation says the same."""

import re
from pathlib import Path

import pytest

from broker import errors
from broker.errors import AccessDenied, BrokerError, CorruptBatch, RetentionPassed, TransportError, leaves
from consumers.effects import EFFECTS, Effect, effect_of

DOCUMENT = Path(__file__).parents[3] / "docs" / "errors.md"


class NoRefusal:
    def says(self) -> str:
        return "no"


def an_error(leaf: type[BrokerError]) -> BrokerError:
    if issubclass(leaf, AccessDenied):
        return leaf("said", decision=NoRefusal())
    if issubclass(leaf, RetentionPassed | CorruptBatch):
        return leaf("said", topic="exercise.msg.NL", start=3, next=7)
    return leaf("said")


@pytest.mark.parametrize("leaf", list(leaves()), ids=lambda leaf: leaf.code)
def test_every_error_has_exactly_one_row(leaf: type[BrokerError]) -> None:
    assert 1 == sum(issubclass(leaf, family) for family in EFFECTS)


@pytest.mark.parametrize("leaf", list(leaves()), ids=lambda leaf: leaf.code)
def test_a_message_never_halts_the_loop_and_what_cannot_be_retried_does(leaf: type[BrokerError]) -> None:
    error = an_error(leaf)
    if isinstance(error, errors.ConfigError):
        expected = Effect.HALT
    elif isinstance(error, TransportError):
        expected = Effect.RETRY if error.retriable else Effect.HALT
    else:
        expected = Effect.QUARANTINE
    assert expected is effect_of(error)


def test_the_effects_are_those_that_the_documentation_names() -> None:
    rows = re.findall(r"^\| `(\w+)` \| (halt|quarantine|retry) \|", DOCUMENT.read_text("utf-8"), re.MULTILINE)
    assert {family.__name__: effect.value for family, effect in EFFECTS.items()} == dict(rows)
