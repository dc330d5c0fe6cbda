"""Our rules as Kafka's client writes them, and back."""

from collections.abc import Mapping
from typing import Any, Final

from confluent_kafka.admin import (  # type: ignore[attr-defined]  # the package names what it exports nowhere
    AclBinding,
    AclBindingFilter,
    AclOperation,
    AclPermissionType,
    ResourcePatternType,
    ResourceType,
)

from tocsin.cluster.access import Resource, Right, Rule

_RESOURCES: Final[Mapping[ResourceType, Resource]] = {
    ResourceType.TOPIC: Resource.TOPIC,
    ResourceType.GROUP: Resource.GROUP,
    ResourceType.BROKER: Resource.CLUSTER,
    ResourceType.TRANSACTIONAL_ID: Resource.TRANSACTION,
}
_RIGHTS: Final[Mapping[AclOperation, Right]] = {
    AclOperation.ALL: Right.ALL,
    AclOperation.READ: Right.READ,
    AclOperation.WRITE: Right.WRITE,
    AclOperation.CREATE: Right.CREATE,
    AclOperation.DELETE: Right.DELETE,
    AclOperation.ALTER: Right.ALTER,
    AclOperation.DESCRIBE: Right.DESCRIBE,
    AclOperation.CLUSTER_ACTION: Right.CLUSTER_ACTION,
    AclOperation.DESCRIBE_CONFIGS: Right.DESCRIBE_CONFIGS,
    AclOperation.ALTER_CONFIGS: Right.ALTER_CONFIGS,
    AclOperation.IDEMPOTENT_WRITE: Right.IDEMPOTENT_WRITE,
}
_ANYTHING: Any = None  # the client's own annotations leave it out
ALL_RULES: Final = AclBindingFilter(
    ResourceType.ANY,
    _ANYTHING,
    ResourcePatternType.ANY,
    _ANYTHING,
    _ANYTHING,
    AclOperation.ANY,
    AclPermissionType.ANY,
)


def binding_of(rule: Rule) -> AclBinding:
    """Return *rule* as the client wants it; the inverse of :func:`rule_of` for all that we write."""
    return AclBinding(
        next(theirs for theirs, ours in _RESOURCES.items() if ours is rule.resource),
        rule.name,
        ResourcePatternType.PREFIXED if rule.prefixed else ResourcePatternType.LITERAL,
        rule.principal,
        rule.host,
        next(theirs for theirs, ours in _RIGHTS.items() if ours is rule.right),
        AclPermissionType.ALLOW if rule.allow else AclPermissionType.DENY,
    )


def rule_of(binding: Any) -> Rule:
    """Return *binding* as a rule; a resource or right that the client does not know is an unknown one."""
    return Rule(
        principal=binding.principal,
        resource=_RESOURCES.get(binding.restype, Resource.UNKNOWN),
        name=binding.name,
        prefixed=binding.resource_pattern_type is ResourcePatternType.PREFIXED,
        right=_RIGHTS.get(binding.operation, Right.UNKNOWN),
        host=binding.host,
        allow=binding.permission_type is AclPermissionType.ALLOW,
    )
