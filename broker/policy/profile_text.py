"""Read marking profiles from settings: a table of TOML, all mistakes said at once.

::

    authority = "NL/customs"
    kind = "incident"
    tlp = "AMBER"
    purposes = ["prevention", "investigation"]
    handling = ["H1"]               # from here on all may be left out
    handling_text = ""
    source = "B"                    # A B C X
    information = "2"               # 1 2 3 4
    basis = "fact"                  # fact, assessment
    recipients = ["@NL/lionfish"]
    excluded = ["XX"]
    release_after = "48 hours"      # hours, days, weeks, years of 365 days
    retain_for = "5 years"
    tell = ["seized-in", "destination"]

    [bounds]                        # what is left out stays as the profile says it
    loosest_tlp = "GREEN"
    required_handling = []
    purposes = ["prevention", "investigation", "training"]
    recipients = []                 # empty: any
"""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Final, TypeVar

from broker.errors import BadName, BadSettings
from broker.policy.profile import BASES, CONCERNED_ROLES, INFORMATION, SOURCES, Bounds, Profile, beyond_bounds
from broker.policy.vocabulary import nearest
from broker.types.names import check_authority, check_recipient
from broker.types.vocabulary import Handling, Purpose, RecordKind, Tlp, Word

_W = TypeVar("_W", bound=Word)
_UNITS: Final = {
    "hours": timedelta(hours=1),
    "days": timedelta(days=1),
    "weeks": timedelta(weeks=1),
    "years": timedelta(days=365),
}
_SPAN: Final = re.compile(r"([0-9]{1,5}) ([a-z]+)")
_MEMBERS: Final = (
    "authority",
    "kind",
    "tlp",
    "purposes",
    "handling",
    "handling_text",
    "source",
    "information",
    "basis",
    "recipients",
    "excluded",
    "release_after",
    "retain_for",
    "tell",
    "bounds",
)
_BOUNDS: Final = ("loosest_tlp", "required_handling", "purposes", "recipients")
_REQUIRED: Final = ("authority", "kind", "tlp", "purposes")


def parse_profile(mapping: Mapping[str, object], *, source: str) -> Profile:
    """Return the profile that *mapping* says; ``source`` is the file's name, for messages.

    Raises:
        BadSettings: Something is unknown, missing or of the wrong type; the message names every mistake.
    """
    reader = _Reader()
    bounds = mapping.get("bounds", {})
    reader.check_names(mapping, _MEMBERS, "")
    for name in _REQUIRED:
        if name not in mapping:
            reader.problems.append(f"{name} is missing")
    if not isinstance(bounds, Mapping):
        reader.problems.append("bounds: expected a table")
        bounds = {}
    reader.check_names(bounds, _BOUNDS, "bounds.")
    profile = _read(reader, mapping, bounds)
    if not reader.problems:
        reader.problems += beyond_bounds(profile, profile.bounds)
    if reader.problems:
        raise BadSettings(f"{source}: {'; '.join(reader.problems)}")
    return profile


def _read(reader: "_Reader", mapping: Mapping[str, object], bounds: Mapping[str, object]) -> Profile:
    tlp = reader.word(Tlp, mapping.get("tlp", "RED"), "tlp")
    handling = reader.words(Handling, mapping.get("handling", []), "handling")
    purposes = reader.words(Purpose, mapping.get("purposes", ["investigation"]), "purposes")
    if not purposes:
        reader.problems.append("purposes: at least one is needed")
    recipients = reader.names(mapping.get("recipients", []), "recipients")
    return Profile(
        authority=reader.name(mapping.get("authority", "XX/none"), "authority", check_authority),
        kind=reader.word(RecordKind, mapping.get("kind", "incident"), "kind"),
        tlp=tlp,
        handling=handling,
        handling_text=reader.text(mapping.get("handling_text", ""), "handling_text"),
        purposes=purposes,
        source=reader.choice(mapping.get("source", "X"), SOURCES, "source"),
        information=reader.choice(mapping.get("information", "4"), INFORMATION, "information"),
        basis=reader.choice(mapping.get("basis", "fact"), BASES, "basis"),
        recipients=recipients,
        excluded=reader.names(mapping.get("excluded", []), "excluded"),
        release_after=reader.span(mapping.get("release_after"), "release_after"),
        retain_for=reader.span(mapping.get("retain_for"), "retain_for"),
        tell=reader.choices(mapping.get("tell", []), CONCERNED_ROLES, "tell"),
        bounds=Bounds(
            loosest_tlp=reader.word(Tlp, bounds.get("loosest_tlp", tlp.word), "bounds.loosest_tlp"),
            required_handling=reader.words(
                Handling, bounds.get("required_handling", [code.word for code in handling]), "bounds.required_handling"
            ),
            purposes=reader.words(
                Purpose, bounds.get("purposes", [purpose.word for purpose in purposes]), "bounds.purposes"
            ),
            recipients=reader.names(bounds.get("recipients", list(recipients)), "bounds.recipients"),
        ),
    )


class _Reader:
    """Reads one value after the other and keeps what is wrong; a wrong value becomes the narrowest right one."""

    def __init__(self) -> None:
        self.problems: list[str] = []

    def check_names(self, mapping: Mapping[str, object], known: Sequence[str], where: str) -> None:
        """Keep a problem for each member that is unknown."""
        for name in mapping:
            if name not in known:
                self.problems.append(f"{where}{str(name)[:40]} is unknown; {nearest(str(name)[:40], known)}")

    def text(self, value: object, where: str) -> str:
        """Return *value* as one line of text."""
        if isinstance(value, str) and (value.isprintable()):
            return value
        self.problems.append(f"{where}: expected one line of text")
        return ""

    def choice(self, value: object, known: Sequence[str], where: str) -> str:
        """Return *value* if it is one of *known*."""
        if isinstance(value, str) and value in known:
            return value
        self.problems.append(f"{where}: {str(value)[:40]!r} is unknown; {nearest(str(value)[:40], known)}")
        return known[-1]

    def choices(self, value: object, known: Sequence[str], where: str) -> tuple[str, ...]:
        """Return *value* as a list of some of *known*, in their order."""
        found = [self.choice(item, known, where) for item in self._list(value, where)]
        return tuple(word for word in known if word in found)

    def word(self, words: type[_W], value: object, where: str) -> _W:
        """Return the member of an enum that is spelt *value*."""
        return words.from_word(self.choice(value, words.words(), where))

    def words(self, words: type[_W], value: object, where: str) -> tuple[_W, ...]:
        """Return the members of an enum that are spelt like the items of *value*."""
        return tuple(words.from_word(word) for word in self.choices(value, words.words(), where))

    def name(self, value: object, where: str, check: Callable[[str], str]) -> str:
        """Return *value* as a name that *check* accepts."""
        try:
            return check(str(value))
        except BadName as error:
            self.problems.append(f"{where}: {error}")
            return ""

    def names(self, value: object, where: str) -> tuple[str, ...]:
        """Return *value* as a list of participants, authorities and groups."""
        return tuple(self.name(item, where, check_recipient) for item in self._list(value, where))

    def span(self, value: object, where: str) -> timedelta | None:
        """Return *value*, like ``48 hours``, as a span of time."""
        match = _SPAN.fullmatch(str(value))
        if value is None or (match and match[2] in _UNITS):
            return None if match is None else int(match[1]) * _UNITS[match[2]]
        self.problems.append(f"{where}: {str(value)[:40]!r} is no span of time; like '48 hours'; {nearest('', _UNITS)}")
        return None

    def _list(self, value: object, where: str) -> Sequence[object]:
        if isinstance(value, list | tuple):
            return value
        self.problems.append(f"{where}: expected a list")
        return ()
