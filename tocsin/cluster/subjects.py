"""Whom a listener takes a certificate for: Kafka's ``ssl.principal.mapping.rules``, read as a broker reads them."""

import re
from collections.abc import Collection
from typing import Final

import msgspec

from broker.errors import BadFile
from broker.types.names import Participant

STRICT: Final = "RULE:^CN=([A-Z]{2}|X-[A-Z]{2,16})$/$1/"
"""The rule that a listener for participants has."""
DEFAULT: Final = "DEFAULT"

_RULE: Final = re.compile(
    r"\s*(?P<rule>(?P<default>DEFAULT)|RULE:(?P<pattern>(?:\\.|[^\\/])*)/(?P<replacement>(?:\\.|[^\\/])*)/(?P<case>[LU]?))"
    r"\s*(?:,|$)"
)
_NOBODYS: Final = (
    "CN=admin",
    "CN=kafka-node",
    "CN=kafka",
    "CN=nl",
    "CN=NLX",
    "CN=X-HUB2",
    "CN=NL,O=x",
    "O=x,CN=NL",
    "CN=NL,CN=admin",
)
"""Subjects of certificates that are no participant's: a careless authority may issue them."""


class Rule(msgspec.Struct, frozen=True):
    """One rule: the whole subject has to fit the pattern.

    Attributes:
        pattern: None takes every subject as it is written.
        case: ``L`` or ``U`` for lower or upper case; empty leaves it.
    """

    pattern: re.Pattern[str] | None
    replacement: str = ""
    case: str = ""

    def principal(self, subject: str) -> str | None:
        """Return whom the rule takes *subject* for; None where it does not apply."""
        if self.pattern is None:
            return subject
        found = self.pattern.fullmatch(subject)
        if found is None:
            return None
        name = re.sub(r"\$(\d)", lambda number: found[int(number[1])] or "", self.replacement)
        return {"L": name.lower(), "U": name.upper()}.get(self.case, name)


def parse_subject_rules(text: str) -> tuple[Rule, ...]:
    """Parse the rules of a listener.

    Raises:
        BadFile: They are not written so that a broker would take them, or not so that we understand them.
    """
    rules, place = [], 0
    while place < len(text):
        found = _RULE.match(text, place)
        if found is None:
            raise BadFile(f"{text[place : place + 60]!r} is no rule for subjects")
        try:
            rules.append(
                Rule(None)
                if found["default"]
                else Rule(re.compile(found["pattern"]), found["replacement"], found["case"])
            )
        except re.error as error:
            raise BadFile(f"{found['pattern'][:60]!r} is no pattern that can be checked here: {error}") from None
        place = found.end()
    return tuple(rules)


def principal_of_subject(rules: tuple[Rule, ...], subject: str) -> str | None:
    """Return whom a listener takes *subject* for; None where it refuses the certificate."""
    return next((found for rule in rules if (found := rule.principal(subject)) is not None), None)


def complaint(text: str, participants: tuple[Participant, ...], super_users: Collection[str] = ()) -> str | None:
    """Return what is gravest about the rules of a listener for *participants*; None where they let in them alone.

    Args:
        super_users: Principals, like ``User:root``, that no certificate may become which is issued to participants.
    """
    try:
        rules = parse_subject_rules(text)
    except BadFile as error:
        return str(error)
    if any(rule.pattern is None for rule in rules):
        return f"with {DEFAULT} every certificate of the clients' authority is somebody"
    masters = (f"CN={name.removeprefix('User:')}" for name in sorted(super_users))
    for subject in (*masters, *_NOBODYS):
        found = principal_of_subject(rules, subject)
        if found is not None:
            return f"a certificate with the subject {subject} becomes User:{found}"
    for code in participants:
        if principal_of_subject(rules, f"CN={code}") != code:
            return f"the certificate of {code}, with the subject CN={code}, does not become User:{code}"
    return None
