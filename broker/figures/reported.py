"""Incidents as they come to be counted, and the words for why one is not."""

import msgspec

from broker.cases.facts import IncidentFacts
from broker.types.names import Digest, Originator, participant_of
from broker.types.vocabulary import Word


class Reported(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """An incident, and where it comes from.

    Attributes:
        name: By which people find it: its message, or its case number where it is not sent yet.
        digest: Of its header; None for one that is not signed yet.
    """

    facts: IncidentFacts
    name: str
    originator: Originator
    digest: Digest | None = None
    is_draft: bool = False

    @property
    def participant(self) -> str:
        """Whose authority reports it."""
        return participant_of(self.originator)

    @property
    def order(self) -> tuple[str, bytes]:
        """What it is sorted by, so that figures do not depend on what came first."""
        return self.name, self.digest or b""


class Left(Word):
    """Why an incident is left out of the figures."""

    UNKNOWN = "UNKNOWN"
    EXERCISE = "EXERCISE"
    ANOTHER_STATUS = "ANOTHER_STATUS"
    ANOTHER_COUNTRY = "ANOTHER_COUNTRY"
    NO_COUNTRY = "NO_COUNTRY"
    ANOTHER_REPORTER = "ANOTHER_REPORTER"
    NOT_SENT = "NOT_SENT"
    DESTROYED = "DESTROYED"
    TRANSFERRED = "TRANSFERRED"
    NO_GOODS = "NO_GOODS"
    CORRECTED = "CORRECTED"
    DUPLICATE = "DUPLICATE"
    PART_OF_TOTAL = "PART_OF_TOTAL"
    UNPLACED = "UNPLACED"
    NOT_PERMITTED = "NOT_PERMITTED"


class LeftOut(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """An incident that is not counted, and why, in words.

    Attributes:
        substances: What it speaks of, as lines of a form name it, so that a figure opens to it too.
    """

    name: str
    reason: Left
    says: str
    substances: tuple[str, ...] = ()
