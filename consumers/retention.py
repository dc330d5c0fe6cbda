"""Messages that their authors let be kept until a time that has come: purged like recalled ones."""

from datetime import datetime
from typing import Final

from sqlalchemy import Connection, select

from broker.types.names import Digest
from broker.types.time import to_micros
from consumers import store
from consumers.tombstones import Order, PurgeReason

AT_ONCE: Final = 256
"""Messages in one transaction."""


def expired(connection: Connection, now: datetime) -> list[Order]:
    """Return the next of the messages that may not be kept any more, also those that came after their time."""
    here = store.message.c
    wanted = select(here.digest).where(here.purge_at <= to_micros(now)).order_by(here.purge_at).limit(AT_ONCE)
    return [Order(digest=Digest(one), reason=PurgeReason.RETENTION_OVER) for one in connection.scalars(wanted)]
