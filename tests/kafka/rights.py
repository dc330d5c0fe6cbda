"""Rights on a secure test cluster: those that the product plans, given and taken away by the administrator."""

import time
from collections.abc import Collection, Sequence
from typing import Any, Final

from confluent_kafka.admin import (  # type: ignore[attr-defined]  # the package names what it exports nowhere
    AclBindingFilter,
    AdminClient,
)

from broker.types.names import HUB, Participant
from tests.support.federation import FEDERATION
from tests.support.kafka.cluster import Cluster
from tests.support.kafka.health import CALL_SECONDS, administration, let_in
from tocsin.cluster.access import Rule
from tocsin.cluster.bindings import binding_of
from tocsin.cluster.plan import Network, make_plan

_LOOK_SECONDS: Final = 0.02


class Rights:
    """The rules of an exercise on a cluster, as ``tocsin kafka provision`` plans them."""

    def __init__(self, cluster: Cluster, namespace: str, participants: Sequence[str]) -> None:
        """Add the rules; the hub may do everything in the namespace, so that it can make the topics."""
        codes = tuple(Participant(code) for code in participants)
        self.network = Network(federation=FEDERATION, namespace=namespace, participants=codes)
        self.plan = make_plan(self.network, len(cluster.nodes))
        self._admin = AdminClient(administration(cluster))
        self.give(self.plan.rules)
        let_in(cluster, namespace, [HUB])

    def rules(self, principal: str, name: str) -> frozenset[Rule]:
        """Return what the plan lets ``User:`` *principal* do with the topics or groups that are planned as *name*."""
        return frozenset(rule for rule in self.plan.rules if (rule.principal, rule.name) == (f"User:{principal}", name))

    def give(self, rules: Collection[Rule]) -> None:
        """Add *rules*; return when the cluster shows them."""
        for done in self._admin.create_acls([binding_of(rule) for rule in rules]).values():
            done.result(CALL_SECONDS)
        self._wait_for(rules, there=True)

    def take_away(self, rules: Collection[Rule]) -> None:
        """Remove *rules*; return when the cluster shows them no more."""
        for done in self._admin.delete_acls([_filter(rule) for rule in rules]).values():
            done.result(CALL_SECONDS)
        self._wait_for(rules, there=False)

    def _wait_for(self, rules: Collection[Rule], *, there: bool) -> None:
        last = time.monotonic() + CALL_SECONDS
        while not all(bool(self._admin.describe_acls(_filter(rule)).result(CALL_SECONDS)) is there for rule in rules):
            assert time.monotonic() < last, "the cluster does not show the rules as they were made"
            time.sleep(_LOOK_SECONDS)


def _filter(rule: Rule) -> AclBindingFilter:
    binding: Any = binding_of(rule)
    return AclBindingFilter(
        binding.restype,
        binding.name,
        binding.resource_pattern_type,
        binding.principal,
        binding.host,
        binding.operation,
        binding.permission_type,
    )
