"""The marking profiles of a node: a file of ``[[profile]]`` tables, as :mod:`broker.policy.profile_text` reads them."""

import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from broker.errors import BadSettings, MissingFile
from broker.policy.profile import CONCERNED_ROLES, Profile
from broker.policy.profile_text import parse_profile
from broker.policy.profile_usual import usual_profile
from broker.types.names import Originator
from broker.types.vocabulary import RecordKind

_TABLE: Final = "profile"

Profiles = Mapping[tuple[str, RecordKind], Profile]


def load_profiles(path: Path) -> Profiles:
    """Read the marking profiles in the file *path*.

    Raises:
        MissingFile: There is no such file.
        BadSettings: It has mistakes; the message names those of all profiles.
    """
    try:
        text = path.read_bytes().decode()
    except FileNotFoundError:
        raise MissingFile(f"there is no file {path.name} with marking profiles in {path.parent.name}") from None
    except (OSError, UnicodeDecodeError) as error:
        raise BadSettings(f"{path.name} cannot be read: {error}") from None
    return parse_profiles(text, source=f"{path.parent.name}/{path.name}")


def parse_profiles(text: str, *, source: str) -> Profiles:
    """Parse a file of marking profiles.

    Raises:
        BadSettings: It has mistakes; the message names those of all profiles.
    """
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadSettings(f"{source} is no TOML: {error}") from None
    mistakes = [f"{source}: {name[:40]!r} is unknown; expected [[{_TABLE}]]" for name in document if name != _TABLE]
    found: dict[tuple[str, RecordKind], Profile] = {}
    tables = document.get(_TABLE, [])
    if not isinstance(tables, list):
        raise BadSettings(f"{source}: write [[{_TABLE}]], with two brackets, above each profile")
    for number, table in enumerate(tables, start=1):
        try:
            profile = parse_profile(table, source=f"{source}, profile {number}")
        except BadSettings as error:
            mistakes.append(str(error))
            continue
        if (profile.authority, profile.kind) in found:
            mistakes.append(f"{source}, profile {number}: {profile.authority} has one for {profile.kind.word} already")
        found[profile.authority, profile.kind] = profile
    if mistakes:
        raise BadSettings("\n".join(mistakes))
    return found


def profile_for(profiles: Profiles, authority: Originator, kind: RecordKind) -> Profile:
    """Return the profile of *authority* for records of *kind*: its own, or else the usual one.

    Raises:
        BadSettings: There is none: nothing is published whose marking nobody has thought about.
    """
    found = profiles.get((authority, kind)) or usual_profile(authority, kind)
    if found is None:
        raise BadSettings(
            f"{authority} has no marking profile for records of kind {kind.word}",
            hint="Add one to profiles.toml of its node; those of other authorities there show how.",
        )
    return found


def format_usual_profiles(authorities: Sequence[str]) -> str:
    """Return the profiles that a new node starts from: careful ones, to be changed by its administrator."""
    return _HEAD + "".join(format_usual_profile(name) for name in authorities)


def format_usual_profile(authority: str) -> str:
    """Return the profile that *authority* starts from: the countries concerned see the core, nobody else anything."""
    roles = ", ".join(f'"{role}"' for role in CONCERNED_ROLES)
    return f"""
[[profile]]
authority = "{authority}"
kind = "incident"
tlp = "AMBER"
purposes = ["prevention", "investigation"]
tell = [{roles}]

[profile.bounds]
loosest_tlp = "GREEN"
purposes = ["prevention", "investigation", "regulation", "public-health", "training"]
"""


_HEAD: Final = """\
# Marking profiles: what a record's marking says where the record itself says nothing.
# A record may be tighter than its profile, and looser only within [profile.bounds].
# Kinds of record without a profile here have the usual one, which docs/intake.md describes; incidents need theirs.
"""
