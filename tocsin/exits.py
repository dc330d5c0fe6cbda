"""What a command ends with: one table from errors to exit codes."""

from collections.abc import Mapping
from enum import IntEnum
from typing import Final

from broker.errors import (
    AccessDenied,
    BrokerError,
    ConfigError,
    ConflictError,
    MalformedError,
    MissingItem,
    SchemaError,
    TransportError,
    VerificationError,
)


class Exit(IntEnum):
    """The exit codes; part of the API."""

    DONE = 0
    FINDINGS = 1
    USAGE = 2
    CONFIGURATION = 3
    REFUSED = 4
    DENIED = 5
    VERIFICATION = 6
    TRANSPORT = 7
    INTERNAL = 70
    """A mistake of ours (``EX_SOFTWARE`` of sysexits)."""
    INTERRUPTED = 130
    """Ctrl-C, as shells say it."""


EXITS: Final[Mapping[type[BrokerError], Exit]] = {
    MissingItem: Exit.DENIED,  # what is denied looks as if it were not there
    ConfigError: Exit.CONFIGURATION,
    MalformedError: Exit.REFUSED,
    SchemaError: Exit.REFUSED,
    VerificationError: Exit.VERIFICATION,
    AccessDenied: Exit.DENIED,
    ConflictError: Exit.REFUSED,
    TransportError: Exit.TRANSPORT,
}
"""The first row that fits an error counts, so a leaf stands before its family."""


def exit_of(error: BrokerError) -> Exit:
    """Return the exit code for *error*."""
    return next((code for kind, code in EXITS.items() if isinstance(error, kind)), Exit.INTERNAL)
