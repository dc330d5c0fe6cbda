"""Something about a cluster that should not be so."""

import msgspec


class Finding(msgspec.Struct, frozen=True, order=True):
    """One thing.

    Attributes:
        code: Stable and part of the API; docs/kafka.md explains each.
        place: A broker, listener, topic, rule or user.
        says: How it is, and what follows from it.
        remedy: What to do: a command to paste, or a line of ``server.properties``.
    """

    code: str
    place: str
    says: str
    remedy: str
