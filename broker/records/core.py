"""What every core section begins with."""

from collections.abc import Sequence
from typing import Final, Protocol

import msgspec

from broker.records.bounds import Sha256
from broker.records.marking import Marking
from broker.records.problems import Problem, Problems
from broker.records.texts import country_problems, repetition_problems
from broker.types.names import ZERO_DIGEST, Digest
from broker.types.vocabulary import Word

MAX_REFERENCE_CHARACTERS: Final = 200


class CountryRole(Word):
    """What a country has to do with an incident."""

    UNKNOWN = "UNKNOWN"
    SEIZED_IN = "SEIZED_IN"
    MADE_IN = "MADE_IN"
    SENT_FROM = "SENT_FROM"
    TRANSIT = "TRANSIT"
    DESTINATION = "DESTINATION"


class Concerned(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A country that the message names."""

    country: str
    role: CountryRole
    tell: bool = False

    def broken_rules(self) -> Problems:
        """Yield what is wrong with the country's code."""
        yield from country_problems("country", self.country)


class RelatedAs(Word):
    """What a message is to another one."""

    UNKNOWN = "UNKNOWN"
    SUPERSEDES = "SUPERSEDES"
    CORRECTS = "CORRECTS"
    REPLIES = "REPLIES"
    FOLLOWS = "FOLLOWS"
    DUPLICATES = "DUPLICATES"
    RECALLS = "RECALLS"
    PART_OF = "PART_OF"
    FORWARDS = "FORWARDS"
    SAME_CONSIGNEE = "SAME_CONSIGNEE"


class Related(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Another message, and what this one is to it."""

    digest: Sha256
    relation: RelatedAs

    def broken_rules(self) -> Problems:
        """Yield a problem if the digest is none."""
        yield from digest_problems("digest", self.digest)


class Core(Protocol):
    """What every core section begins with."""

    @property
    def marking(self) -> Marking:
        """Who may have the message, for what and until when."""
        ...

    @property
    def concerned(self) -> tuple[Concerned, ...]:
        """The countries that the message names."""
        ...

    @property
    def national_reference(self) -> str:
        """The sender's own case number."""
        ...

    @property
    def related(self) -> tuple[Related, ...]:
        """Other messages that this one speaks of."""
        ...


def digest_problems(field: str, digest: Digest) -> Problems:
    """Yield a problem if *digest* cannot be the header digest of another message."""
    if len(digest) != 32 or digest == ZERO_DIGEST:
        yield Problem(field, "bad-digest", "is no header digest: expected 32 bytes, not all zero")


def head_problems(core: Core) -> Problems:
    """Yield what is wrong with what every core section begins with."""
    yield from _reference_problems(core.national_reference)
    roles: Sequence[object] = [(one.country, one.role) for one in core.concerned]
    yield from repetition_problems("concerned", roles)
    yield from repetition_problems("related", core.related)


def _reference_problems(reference: str) -> Problems:
    if not reference.strip():
        yield Problem("national_reference", "missing", "must not be empty")
    elif not reference.isprintable() or reference != reference.strip():
        yield Problem("national_reference", "bad-reference", "has control characters, or spaces at an end")
    if len(reference) > MAX_REFERENCE_CHARACTERS:
        yield Problem("national_reference", "too-long", f"has more than {MAX_REFERENCE_CHARACTERS} characters")
