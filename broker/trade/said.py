"""What is said about pre-export notifications: records, with who said each and when."""

from datetime import date, datetime
from typing import TypeAlias

import msgspec

from broker.records.notification import NotificationCore, NotificationTrade
from broker.records.notification_reply import NotificationReplyCore
from broker.records.shipment import ShipmentCore
from broker.types.names import Digest, Originator, Participant, participant_of
from broker.types.vocabulary import Word

TradeCore: TypeAlias = NotificationCore | NotificationReplyCore | ShipmentCore


class Said(msgspec.Struct, frozen=True, kw_only=True):
    """One record, and whose word it is.

    Attributes:
        digest: Header digest of its message.
        message: The message as people call it.
        by: Who says so: of a forward, its originator.
        at: When it was issued, by its writer's clock.
        trade: The companies, where the reader may see them.
        is_withdrawn: Its author took it back.
    """

    digest: Digest
    message: str
    by: Originator
    at: datetime
    core: TradeCore
    trade: NotificationTrade | None = None
    is_withdrawn: bool = False

    @property
    def participant(self) -> Participant:
        """The country or organisation whose word it is."""
        return participant_of(self.by)

    @property
    def day(self) -> date:
        """The day on which it was issued, in UTC."""
        return self.at.date()

    @property
    def order(self) -> tuple[datetime, Digest]:
        """Where it stands in time, whenever it arrived."""
        return (self.at, self.digest)


class Mention(msgspec.Struct, frozen=True, kw_only=True):
    """An incident, and the messages that it names as related."""

    digest: Digest
    message: str
    by: Originator
    at: datetime
    related: frozenset[Digest]


class Why(Word):
    """Why a record is shown and does not count."""

    UNKNOWN = "UNKNOWN"
    NOT_ENTITLED = "NOT_ENTITLED"
    CANCELLED_BEFORE = "CANCELLED_BEFORE"
    OTHER_COUNTRIES = "OTHER_COUNTRIES"
    WITHDRAWN = "WITHDRAWN"


class Uncounted(msgspec.Struct, frozen=True):
    """A record that is shown and does not count, and why."""

    said: Said
    why: Why
    says: str
