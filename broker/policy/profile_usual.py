"""The marking profiles that hold where an authority has written none: careful ones, by kind of record.

What goes to a trade's countries or to those who are asked is TLP:AMBER; what the community has to know is TLP:GREEN.
Incidents have none: which country is told of what is for the authority to say before it publishes the first.
"""

from collections.abc import Mapping
from functools import cache
from typing import Final

from broker.policy.profile import CONCERNED_ROLES, Profile
from broker.policy.profile_text import parse_profile
from broker.types.vocabulary import RecordKind

_TRADE: Final = ("prevention", "regulation")
"""So the companies in a trade are read by regulators alone; who widens it to investigations may."""
_ASKED: Final = ("prevention", "investigation", "regulation")
_COMMUNITY: Final = ("prevention", "investigation", "regulation", "public-health", "training")
_TO_COUNTRIES: Final[Mapping[str, object]] = {
    "tlp": "AMBER",
    "purposes": _TRADE,
    "tell": CONCERNED_ROLES,
    "bounds": {"purposes": _COMMUNITY},
}
_TO_THOSE_ASKED: Final[Mapping[str, object]] = {
    "tlp": "AMBER",
    "purposes": _ASKED,
    "bounds": {"purposes": _COMMUNITY},
}
_TO_ALL: Final[Mapping[str, object]] = {
    "tlp": "GREEN",
    "purposes": _COMMUNITY,
    "tell": CONCERNED_ROLES,
    "bounds": {"loosest_tlp": "CLEAR", "purposes": (*_COMMUNITY, "statistics")},
}
_FIGURES: Final[Mapping[str, object]] = {
    "tlp": "GREEN",
    "purposes": ("prevention", "regulation", "statistics", "public-health", "training"),
    "bounds": {"loosest_tlp": "CLEAR", "purposes": (*_COMMUNITY, "statistics")},
}
_USUAL: Final[Mapping[RecordKind, Mapping[str, object]]] = {
    RecordKind.NOTIFICATION: _TO_COUNTRIES,
    RecordKind.NOTIFICATION_REPLY: _TO_COUNTRIES,
    RecordKind.SHIPMENT: _TO_COUNTRIES,
    RecordKind.REQUEST: _TO_THOSE_ASKED,
    RecordKind.ANSWER: _TO_THOSE_ASKED,
    RecordKind.SUBSTANCE_WARNING: _TO_ALL,
    RecordKind.SCHEDULING: _TO_ALL,
    RecordKind.STATISTICS: _FIGURES,
}
USUAL_KINDS: Final = tuple(_USUAL)
"""The kinds of record that have a usual profile."""


@cache
def usual_profile(authority: str, kind: RecordKind) -> Profile | None:
    """Return the profile of *authority* for a *kind* for which it has written none; None where it has to."""
    settings = _USUAL.get(kind)
    if settings is None:
        return None
    return parse_profile({"authority": authority, "kind": kind.word, **settings}, source="the usual profile")
