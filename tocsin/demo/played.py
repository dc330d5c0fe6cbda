"""What is played, and what has come of it so far."""

from collections.abc import Sequence
from typing import Final

import msgspec

from broker.types.names import Originator
from tocsin.auditing import AuditReport
from tocsin.demo.cast import Cast, CastReader
from tocsin.demo.document import Sealing, Tried
from tocsin.demo.evidence import Checked, Made
from tocsin.demo.logged import Logged
from tocsin.demo.network import Published
from tocsin.demo.permission import Asked
from tocsin.demo.reports import Drafted, Reports
from tocsin.demo.sides import Alert, Side
from tocsin.demo.views import Sight
from tocsin.demo.withdrawing import TakenBack

_MORE_READERS: Final = 4


class Script(msgspec.Struct, frozen=True):
    """What is played: the reports, and by whom.

    Attributes:
        is_sample: The reports are those that ship.
    """

    cast: Cast
    reports: Reports
    drafted: tuple[Drafted, ...]
    is_sample: bool


class Seen(msgspec.Struct, frozen=True):
    """What came of the reports at their readers.

    Attributes:
        authorities: Everybody who reads.
        sided: The message that *sides* shows.
        asked: How one of the readers asked for more than it may.
        taken_back: The same report taken back.
        made: An evidence file, made before that.
    """

    published: Published
    authorities: tuple[Originator, ...]
    sights: tuple[Sight, ...]
    alerts: int
    sided: str | None
    sides: tuple[Side, ...]
    alert: Alert | None
    sealing: Sealing | None = None
    asked: Asked | None = None
    taken_back: TakenBack | None = None
    made: Made | None = None
    logged: Logged | None = None


class Found(msgspec.Struct, frozen=True):
    """What was found out about the record when all was over."""

    audit: AuditReport
    tried: Sequence[Tried]
    checked: Checked | None


def readers_of(script: Script) -> tuple[CastReader, ...]:
    """Return whose views are shown: the cast, and the first who report where the reports are not ours."""
    known = {one.authority for one in script.cast.reader}
    reporting = [one.authority for one in script.drafted if one.drafts and one.authority not in known]
    more = [] if script.is_sample else reporting[:_MORE_READERS]
    return (*script.cast.reader, *(CastReader(authority, "reports in this file") for authority in more))
