"""A settings file: a flat table of texts (and true or false) in TOML, read strictly, all mistakes at once.

What a file says may be overridden by ``TOCSIN_…``; what it does not say has a default, or is a mistake.
"""

import tomllib
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from broker.errors import BrokerError
from broker.policy.vocabulary import nearest
from tocsin.environment import PREFIX
from tocsin.secret import HIDDEN


class Key(msgspec.Struct, frozen=True):
    """A setting.

    Attributes:
        read: Turns its text into a value; raises a BrokerError where it cannot.
        default: Its text where the file says nothing; None where the file has to say it.
        secret: The value is never shown.
    """

    name: str
    read: Callable[[str], Any]
    default: str | None = None
    secret: bool = False


class Effective(msgspec.Struct, frozen=True):
    """A setting as it is in force.

    Attributes:
        origin: The file, the override or ``default``.
    """

    name: str
    shown: str
    origin: str
    value: Any


def read_settings(
    path: Path, keys: Sequence[Key], overrides: Mapping[str, str], mistakes: list[str]
) -> Mapping[str, Effective]:
    """Return the settings in the file *path*; what is wrong goes to *mistakes*, and that setting is left out."""
    name = f"{path.parent.name}/{path.name}"
    stated = _stated(path, name, mistakes)
    if stated is None:
        return {}
    known = [key.name for key in keys]
    mistakes += (f"{name}: {one[:40]!r} is unknown; {nearest(one[:40], known)}" for one in stated if one not in known)
    found = (_effective(key, stated, overrides, name, mistakes) for key in keys)
    return {one.name: one for one in found if one is not None}


def check_overrides(overrides: Mapping[str, str], known: Iterable[str], mistakes: list[str]) -> None:
    """Note every override that overrides nothing."""
    words = sorted(PREFIX + name.upper() for name in known)
    for name in overrides:
        shown = PREFIX + name.upper()
        if shown not in words:
            mistakes.append(f"the variable {shown[:60]} is unknown; {nearest(shown, words)}")


def format_settings(values: Mapping[str, str]) -> str:
    """Return a settings file that says *values*."""
    return "".join(f"{name} = {_quoted(text)}\n" for name, text in values.items())


def _quoted(text: str) -> str:
    # JSON's strings are TOML's basic strings, as long as nothing is escaped that TOML does not know.
    return msgspec.json.encode(text).decode()


def _stated(path: Path, name: str, mistakes: list[str]) -> Mapping[str, Any] | None:
    try:
        return tomllib.loads(path.read_bytes().decode())
    except FileNotFoundError:
        mistakes.append(f"{name} is not there")
    except (OSError, UnicodeDecodeError) as error:
        mistakes.append(f"{name} cannot be read: {error}")
    except tomllib.TOMLDecodeError as error:
        mistakes.append(f"{name} is no TOML: {error}")
    return None


def _effective(
    key: Key, stated: Mapping[str, Any], overrides: Mapping[str, str], name: str, mistakes: list[str]
) -> Effective | None:
    origin = place = f"{PREFIX}{key.name.upper()}"
    text: Any = overrides.get(key.name)
    if text is None:
        origin, place = name if key.name in stated else "default", f"{name}: {key.name}"
        text = stated.get(key.name, key.default)
    if text is None:
        mistakes.append(f"{name}: {key.name} is missing")
        return None
    if isinstance(text, bool):
        text = str(text).lower()
    if not isinstance(text, str):
        mistakes.append(f"{place}: expected a text in quotes")
        return None
    try:
        value = key.read(text)
    except BrokerError as error:
        mistakes.append(f"{place}: {error}")
        return None
    return Effective(key.name, HIDDEN if key.secret and text else text, origin, value)


def replace_setting(path: Path, name: str, text: str) -> None:
    """State one setting of the file *path* anew, and leave every other line as it is."""
    lines = path.read_text("utf-8").splitlines(keepends=True)
    stated = format_settings({name: text})
    kept = [line for line in lines if line.partition("=")[0].strip() != name]
    written = path.with_suffix(".new")
    written.write_text("".join([*kept, stated]), "utf-8")
    written.replace(path)
