"""The scenarios that ship, by name; the only place that knows where they lie."""

from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from typing import Final

from broker.errors import BadFile, MissingFile
from broker.policy.vocabulary import nearest
from tocsin.exercise.scenario import Scenario
from tocsin.exercise.scenario_file import parse_scenario

SHIPPED: Final = ("acetic-anhydride", "new-precursor")
_LARGEST: Final = 1024 * 1024
"""Bytes of a scenario's file."""


def load_scenario(name: str, *, cast: Mapping[str, str] | None = None) -> Scenario:
    """Return a scenario: one that ships, by its name, or the one in a TOML file.

    Raises:
        MissingFile: There is none.
        BadFile: It cannot be read.
        BadScenario: It has mistakes.
    """
    if name in SHIPPED:
        text = (resources.files("tocsin") / "data" / "exercise" / f"{name}.toml").read_text("utf-8")
        return parse_scenario(text, f"{name}.toml", cast=cast)
    path = Path(name)
    try:
        if path.stat().st_size > _LARGEST:
            raise BadFile(f"{path.name} is larger than a scenario can be")
        text = path.read_text("utf-8")
    except FileNotFoundError:
        hint = f"{nearest(name, SHIPPED)} (tocsin exercise list shows those that ship)"
        raise MissingFile(f"there is no scenario {name[:80]!r}, and no file of this name", hint=hint) from None
    except (OSError, UnicodeDecodeError) as error:
        raise BadFile(f"{path.name} cannot be read: {error}", hint="Save it as TOML, in UTF-8.") from None
    return parse_scenario(text, path.name, cast=cast)
