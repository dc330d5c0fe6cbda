"""The closed vocabularies of the network, one enum each.

A member's value is its Avro symbol. ``UNKNOWN`` is the default symbol of every enum on the wire: what a newer writer
says and this version does not know. Policy treats it as a reason to refuse, never as a value. ``word`` is the spelling
that people and policy tables use.
"""

from collections.abc import Mapping
from enum import StrEnum
from functools import cache
from typing import Self

from broker.errors import MalformedError


class Word(StrEnum):
    """An Avro enum whose symbols also have a spelling for people."""

    @property
    def word(self) -> str:
        """The spelling in policy tables, files and on screen (``PUBLIC_HEALTH`` is ``public-health``)."""
        return self.value.lower().replace("_", "-")

    @classmethod
    def words(cls) -> tuple[str, ...]:
        """Return the spellings of all members but ``UNKNOWN``, in their order."""
        return tuple(member.word for member in cls if member.value != "UNKNOWN")

    @classmethod
    def from_word(cls, word: str) -> Self:
        """Return the member spelt *word*.

        Raises:
            MalformedError: No member but ``UNKNOWN`` is spelt so.
        """
        member = _by_word(cls).get(word)
        if isinstance(member, cls):
            return member
        raise MalformedError(f"{word[:40]!r} is no {cls.__name__}; known are {', '.join(cls.words())}")


@cache
def _by_word(vocabulary: type[Word]) -> Mapping[str, Word]:
    return {member.word: member for member in vocabulary if member.value != "UNKNOWN"}


class Kind(Word):
    """What a message is for, as far as transport and log need to know."""

    UNKNOWN = "UNKNOWN"
    RECORD = "RECORD"
    RELEASE = "RELEASE"
    DIRECTORY = "DIRECTORY"
    HEADS = "HEADS"


class Status(Word):
    """Whether a message is about the world, or an exercise, or a test."""

    UNKNOWN = "UNKNOWN"
    ACTUAL = "ACTUAL"
    EXERCISE = "EXERCISE"
    TEST = "TEST"


class Tlp(Word):
    """Traffic Light Protocol 2.0 (FIRST): who may have it. Ordered from the widest to the narrowest."""

    UNKNOWN = "UNKNOWN"
    CLEAR = "CLEAR"
    GREEN = "GREEN"
    AMBER = "AMBER"
    AMBER_STRICT = "AMBER_STRICT"
    RED = "RED"

    @property
    def word(self) -> str:
        """The label as FIRST writes it, without the prefix ``TLP:``."""
        return self.value.replace("_", "+")


class Sector(Word):
    """What kind of authority it is."""

    UNKNOWN = "UNKNOWN"
    POLICE = "POLICE"
    CUSTOMS = "CUSTOMS"
    REGULATOR = "REGULATOR"
    LABORATORY = "LABORATORY"
    HEALTH = "HEALTH"
    JUDICIARY = "JUDICIARY"
    INDUSTRY_LIAISON = "INDUSTRY_LIAISON"


class Role(Word):
    """What an authority may do in the network."""

    UNKNOWN = "UNKNOWN"
    PUBLISHER = "PUBLISHER"
    SUBSCRIBER = "SUBSCRIBER"
    FOCAL_POINT = "FOCAL_POINT"
    AUDITOR = "AUDITOR"
    ADMINISTRATOR = "ADMINISTRATOR"


class Purpose(Word):
    """What information may be used for."""

    UNKNOWN = "UNKNOWN"
    PREVENTION = "PREVENTION"
    INVESTIGATION = "INVESTIGATION"
    REGULATION = "REGULATION"
    STATISTICS = "STATISTICS"
    PUBLIC_HEALTH = "PUBLIC_HEALTH"
    TRAINING = "TRAINING"


class Handling(Word):
    """Handling codes, as in Europol's: what may be done with it."""

    UNKNOWN = "UNKNOWN"
    H0 = "H0"
    """Only to prevent and combat crime."""
    H1 = "H1"
    """Not in judicial proceedings without permission."""
    H2 = "H2"
    """Not to be passed on without permission."""
    H3 = "H3"
    """A restriction in free text."""

    @property
    def word(self) -> str:
        """The code itself."""
        return self.value


class Section(Word):
    """The parts of a record that policy decides about one by one."""

    UNKNOWN = "UNKNOWN"
    CORE = "CORE"
    OPERATIONAL = "OPERATIONAL"
    NOMINAL = "NOMINAL"
    EVIDENCE = "EVIDENCE"
    TRADE = "TRADE"


class RecordKind(Word):
    """What a RECORD message reports. It stands in no header: the core section's schema says it."""

    UNKNOWN = "UNKNOWN"
    INCIDENT = "INCIDENT"
    NOTIFICATION = "NOTIFICATION"
    NOTIFICATION_REPLY = "NOTIFICATION_REPLY"
    SHIPMENT = "SHIPMENT"
    SUBSTANCE_WARNING = "SUBSTANCE_WARNING"
    SCHEDULING = "SCHEDULING"
    REQUEST = "REQUEST"
    ANSWER = "ANSWER"
    GRANT = "GRANT"
    RECALL = "RECALL"
    RECEIPT = "RECEIPT"
    AGREEMENT = "AGREEMENT"
    GROUP = "GROUP"
    CONTACT = "CONTACT"
    ATTACHMENT = "ATTACHMENT"
    STATISTICS = "STATISTICS"


class Action(Word):
    """What a reader wants to do."""

    UNKNOWN = "UNKNOWN"
    RECEIVE = "RECEIVE"
    OPEN = "OPEN"
    FORWARD = "FORWARD"
    EXPORT = "EXPORT"
    USE_IN_COURT = "USE_IN_COURT"


class Relation(Word):
    """How a reader stands to a message; a reader has a set of these."""

    UNKNOWN = "UNKNOWN"
    OWN = "OWN"
    NAMED = "NAMED"
    GROUP = "GROUP"
    AGREEMENT = "AGREEMENT"
    CONCERNED = "CONCERNED"
    COMMUNITY = "COMMUNITY"
    EXCLUDED = "EXCLUDED"


class KeyUse(Word):
    """What a key may be used for."""

    UNKNOWN = "UNKNOWN"
    SIGN = "SIGN"
    SEAL = "SEAL"
    LOG = "LOG"
    WITNESS = "WITNESS"
    ADMINISTRATE = "ADMINISTRATE"


class Algorithm(Word):
    """What a public key is a key of. ``ML_DSA_44`` is reserved: no version uses it yet."""

    UNKNOWN = "UNKNOWN"
    ED25519 = "ED25519"
    X25519 = "X25519"
    ML_DSA_44 = "ML_DSA_44"
