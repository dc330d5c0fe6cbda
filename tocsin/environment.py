"""The one door to the environment: ``TOCSIN_…`` overrides, and the variables that ``env:`` references name."""

import os
from collections.abc import Mapping
from typing import Final

PREFIX: Final = "TOCSIN_"
HOME: Final = "home"
DEBUG: Final = "debug"


def overrides() -> Mapping[str, str]:
    """Return what ``TOCSIN_…`` variables say, by their names in lower case without the prefix."""
    return {name[len(PREFIX) :].lower(): value for name, value in os.environ.items() if name.startswith(PREFIX)}


def variable(name: str) -> str | None:
    """Return the variable *name*; None where it is not set."""
    return os.environ.get(name)


def for_a_program(**changes: str) -> dict[str, str]:
    """Return the environment that a program of ours gets: this one, with *changes*."""
    return {**os.environ, **changes}


def wants_debug() -> bool:
    """Say whether ``TOCSIN_DEBUG`` asks to show unexpected errors whole."""
    return overrides().get(DEBUG, "") not in ("", "0")
