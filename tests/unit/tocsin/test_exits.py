"""Every error has an exit code, and the table has a row for every family."""

import pytest

from broker import errors
from broker.errors import BrokerError, leaves
from tocsin.exits import Exit, exit_of

FAMILIES = {
    errors.ConfigError: Exit.CONFIGURATION,
    errors.MalformedError: Exit.REFUSED,
    errors.SchemaError: Exit.REFUSED,
    errors.VerificationError: Exit.VERIFICATION,
    errors.AccessDenied: Exit.DENIED,
    errors.ConflictError: Exit.REFUSED,
    errors.TransportError: Exit.TRANSPORT,
}


def made(leaf: type[BrokerError]) -> BrokerError:
    return leaf.__new__(leaf)


@pytest.mark.parametrize(
    "leaf", [one for one in leaves() if one.__module__ == errors.__name__], ids=lambda one: one.code
)
def test_every_leaf_ends_a_command_with_the_code_of_its_family(leaf: type[BrokerError]) -> None:
    (expected,) = [code for family, code in FAMILIES.items() if issubclass(leaf, family)]

    assert (Exit.DENIED if leaf is errors.MissingItem else expected) == exit_of(made(leaf))


def test_an_error_outside_the_families_is_a_mistake_of_ours() -> None:
    assert Exit.INTERNAL == exit_of(BrokerError("something"))
