"""Rules of access (Kafka calls them ACLs) as values: who may do what to which topic or group."""

from enum import StrEnum
from typing import Final

import msgspec

ANY_HOST: Final = "*"
ANY_NAME: Final = "*"
EVERYBODY: Final = "User:*"
CLUSTER_NAME: Final = "kafka-cluster"


class Resource(StrEnum):
    """What a rule is about; the values are those of Kafka's own tool."""

    TOPIC = "topic"
    GROUP = "group"
    CLUSTER = "cluster"
    TRANSACTION = "transactional-id"
    UNKNOWN = "unknown"


class Right(StrEnum):
    """What a rule lets somebody do; the values are those of Kafka's own tool."""

    ALL = "All"
    READ = "Read"
    WRITE = "Write"
    CREATE = "Create"
    DELETE = "Delete"
    ALTER = "Alter"
    DESCRIBE = "Describe"
    CLUSTER_ACTION = "ClusterAction"
    DESCRIBE_CONFIGS = "DescribeConfigs"
    ALTER_CONFIGS = "AlterConfigs"
    IDEMPOTENT_WRITE = "IdempotentWrite"
    UNKNOWN = "Unknown"


ADMINISTERING: Final = frozenset(
    (Right.ALL, Right.CREATE, Right.DELETE, Right.ALTER, Right.ALTER_CONFIGS, Right.CLUSTER_ACTION, Right.UNKNOWN)
)
"""Rights over the cluster or its topics themselves; no participant has any. An unknown one may be such a right."""
WRITING: Final = frozenset((Right.WRITE, Right.ALL, Right.UNKNOWN))


class Rule(msgspec.Struct, frozen=True, order=True, kw_only=True):
    """One rule.

    Attributes:
        principal: ``User:NL``; ``User:*`` is everybody.
        name: Of a topic or group; with *prefixed* all that begin so; ``*`` alone is all there are.
        host: From where; ``*`` is everywhere.
        allow: False forbids, and beats every rule that allows.
    """

    principal: str
    resource: Resource
    name: str
    prefixed: bool = False
    right: Right
    host: str = ANY_HOST
    allow: bool = True

    def __str__(self) -> str:
        names = f"{self.name}…" if self.prefixed else self.name
        where = "" if self.host == ANY_HOST else f" from {self.host}"
        return f"{self.principal} {'' if self.allow else 'NOT '}{self.right} {self.resource} {names}{where}"

    def covers(self, name: str) -> bool:
        """Say whether the rule is about the resource called *name*."""
        if self.prefixed:
            return name.startswith(self.name)
        return self.name in (name, ANY_NAME)

    def reaches(self, prefix: str) -> bool:
        """Say whether the rule may be about a resource whose name begins with *prefix*."""
        if self.prefixed:
            return self.name.startswith(prefix) or prefix.startswith(self.name)
        return self.name == ANY_NAME or self.name.startswith(prefix)


def principal_of(code: str) -> str:
    """Return how the cluster calls a participant."""
    return f"User:{code}"
