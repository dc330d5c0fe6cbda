"""The marking profile of each reporting country: the one that ships for it, else the default."""

import json
import tomllib
from collections.abc import Iterable, Mapping
from typing import Any, Final

import msgspec

from broker.policy.profile import Profile
from broker.policy.profile_text import parse_profile
from broker.types.names import participant_of
from tocsin.demo.material import PROFILES, text_of
from tocsin.profiles import format_usual_profile

_USUAL_AUTHORITY: Final = "customs"


class Profiles(msgspec.Struct, frozen=True):
    """Profiles as mappings, by participant.

    Attributes:
        homeless: The authority that is handed the rows of no country.
    """

    default: Mapping[str, Any]
    own: Mapping[str, Mapping[str, Any]]
    homeless: str

    def profile(self, participant: str) -> Profile:
        """Return the profile of *participant*; its authority is the one that publishes.

        Raises:
            BadSettings: A profile that ships has a mistake.
        """
        return parse_profile(self._mapping(participant), source=PROFILES)

    def text(self, participant: str, authorities: Iterable[str]) -> str:
        """Return ``profiles.toml`` of a node: the profile above, and the usual one for its other authorities."""
        mapping = self._mapping(participant)
        # Words and lists of words look the same in TOML and JSON.
        lines = [f"{name} = {json.dumps(value, ensure_ascii=False)}" for name, value in mapping.items()]
        others = (format_usual_profile(name) for name in authorities if name != mapping["authority"])
        return "\n".join(["[[profile]]", *lines, "", *others])

    def _mapping(self, participant: str) -> Mapping[str, Any]:
        usual = self.homeless if participant == participant_of(self.homeless) else f"{participant}/{_USUAL_AUTHORITY}"
        return self.own.get(participant) or {"authority": usual, **self.default}


def load_profiles(*, homeless: str) -> Profiles:
    """Return the profiles that ship."""
    settings = tomllib.loads(text_of(PROFILES))
    own: dict[str, Mapping[str, Any]] = {participant_of(one["authority"]): one for one in settings["profile"]}
    return Profiles(settings["default"], own, homeless)
