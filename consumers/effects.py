"""What the deliver loop does about an error: one table, by family.

A message is never a reason to stop: what is wrong with it goes into quarantine with its reason, and the next one is
read. The bus being away is waited for. Only a mistake in this installation halts the loop, because every further
message would meet it too.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from broker.errors import (
    AccessDenied,
    BrokerError,
    ConfigError,
    ConflictError,
    MalformedError,
    SchemaError,
    TransportError,
    VerificationError,
)


class Effect(StrEnum):
    """What the deliver loop does."""

    RETRY = "retry"
    QUARANTINE = "quarantine"
    HALT = "halt"


EFFECTS: Final[Mapping[type[BrokerError], Effect]] = {
    ConfigError: Effect.HALT,
    MalformedError: Effect.QUARANTINE,
    SchemaError: Effect.QUARANTINE,
    VerificationError: Effect.QUARANTINE,
    AccessDenied: Effect.QUARANTINE,  # a decision where none was asked for: our own mistake, but no reason to stop
    ConflictError: Effect.QUARANTINE,
    TransportError: Effect.RETRY,
}


def effect_of(error: BrokerError) -> Effect:
    """Return what to do about *error*."""
    for family, effect in EFFECTS.items():
        if isinstance(error, family):
            return effect if effect is not Effect.RETRY or error.retriable else Effect.HALT
    return Effect.HALT
