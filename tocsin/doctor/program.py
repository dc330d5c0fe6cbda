"""The program itself: its Python, and whether all its packages are its own."""

import sys
from collections.abc import Iterator, Mapping, Sequence
from importlib.metadata import packages_distributions

from tocsin.doctor.check import Check, bad, good

OUR_PACKAGES = ("broker", "consumers", "producers", "schemas", "tocsin")
"""Some of these names exist on the package index too; a second owner silently overwrites files."""
_OURS = "tocsin"
_OLDEST = (3, 11)


def check_program() -> Iterator[Check]:
    """Look at Python and the installed packages."""
    version = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info < _OLDEST:
        yield bad("python", f"Python {version}", "Use Python 3.11 or newer.")
    else:
        yield good("python", f"Python {version}")
    yield from check_owners(packages_distributions())


def check_owners(owners: Mapping[str, Sequence[str]]) -> Iterator[Check]:
    """Look for other distributions that own one of our names.

    Args:
        owners: The distributions that own each top-level name.
    """
    strangers = {
        name: found
        for name in OUR_PACKAGES
        if (found := sorted({one for one in owners.get(name, ()) if one.lower() != _OURS}))
    }
    if not strangers:
        yield good("packages", "no other distribution owns one of our names")
    for name, others in strangers.items():
        remedy = "Install tocsin into an environment of its own (venv, pipx, container)."
        yield bad("packages", f"{name} is owned by {', '.join(others)} as well", remedy)
