"""How evidence files are made in which one thing is wrong, and what has to fail for it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Final, TypeAlias

import msgspec

from tests.independent.cases.packing import Files, Made, packed
from tests.support.evidence import World, a_world
from tests.support.federation import a_signing_key

STRANGER: Final = a_signing_key("a stranger")
"""A key that no entry of any directory names."""

Make: TypeAlias = Callable[[], Made | bytes | Files]
"""A whole file and the root it is for; or a file, or what is in it, for the root of the plain world."""


class Case(msgspec.Struct, frozen=True):
    """A file in which something is wrong.

    Attributes:
        make: Returns the file, and the root digest that whoever checks it trusts.
        failed: The steps that have to fail; None: it is no evidence file.
    """

    make: Callable[[], Made]
    failed: frozenset[str] | None


@dataclass(slots=True)
class Planting:
    """Collects functions that plant something, by their names.

    ::

        @planted("root")
        def no_root_record() -> Files: ...
    """

    cases: dict[str, Case] = field(default_factory=dict)

    def __call__(self, *steps: str, root: bytes | None = None) -> Callable[[Make], Make]:
        """Enter what a function makes: the *steps* have to fail for who trusts *root*."""

        def enter(make: Make) -> Make:
            self.cases[make.__name__] = Case(lambda: _whole(make(), root), frozenset(steps) or None)
            return make

        return enter


@cache
def plain_world() -> World:
    """Return the world of the plain file; nothing more is said in it."""
    return a_world()


@cache
def plain_files() -> Files:
    """Return what the plain file is made of."""
    return plain_world().files(plain_world().write())


@cache
def plain_bytes() -> bytes:
    """Return the plain file."""
    return packed(plain_files(), plain_world().federation.root_digest)


def of(world: World, files: Files) -> Made:
    """Return the file of another world."""
    return packed(files, world.federation.root_digest), world.federation.root_digest


def written(world: World, **changes: Any) -> Made:
    """Return the file of a message that is written in *world* with *changes*."""
    return of(world, world.files(world.write(**changes)))


def _whole(made: Made | bytes | Files, root: bytes | None) -> Made:
    trusted = root or plain_world().federation.root_digest
    if isinstance(made, bytes):
        return made, trusted
    return made if isinstance(made, tuple) else (packed(made, plain_world().federation.root_digest), trusted)
