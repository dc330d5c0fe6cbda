"""What an importing country answers to a pre-export notification. Silence is no answer, and never assent."""

from datetime import date
from typing import Final

import msgspec

from broker.records.bounds import Sha256
from broker.records.core import Concerned, Related, digest_problems, head_problems
from broker.records.marking import Marking
from broker.records.problems import Problem, Problems
from broker.records.texts import language_problems
from broker.types.vocabulary import Word


class ReplyKind(Word):
    """What the importing country says."""

    UNKNOWN = "UNKNOWN"
    RECEIVED = "RECEIVED"
    NO_OBJECTION = "NO_OBJECTION"
    OBJECTION = "OBJECTION"
    MORE_INFORMATION = "MORE_INFORMATION"
    SUSPEND = "SUSPEND"


class NotificationReplyCore(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One answer to one notification; of several the newest counts."""

    marking: Marking
    concerned: tuple[Concerned, ...] = ()
    national_reference: str
    related: tuple[Related, ...] = ()
    notification: Sha256
    reply: ReplyKind
    import_authorization: str = ""
    valid_until: date | None = None
    reason: str = ""
    language: str = ""

    def broken_rules(self) -> Problems:
        """Yield what is wrong with the reply: what stops a shipment has to say why."""
        yield from head_problems(self)
        yield from digest_problems("notification", self.notification)
        if self.reply in _WITH_REASON and not self.reason.strip():
            yield Problem("reason", "missing", f"{self.reply.word} has to say why, or what is asked")
        yield from language_problems("language", self.language)


_WITH_REASON: Final = (ReplyKind.OBJECTION, ReplyKind.MORE_INFORMATION, ReplyKind.SUSPEND)
