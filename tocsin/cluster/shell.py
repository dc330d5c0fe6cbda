"""Commands of Kafka's own tools, ready to be pasted, for what is left to people."""

import shlex
from collections.abc import Mapping
from typing import Final

import msgspec

from tocsin.cluster.access import ANY_HOST, Resource, Rule
from tocsin.cluster.plan import Quota

OPTIONS_FILE: Final = "admin.properties"
"""The file that tells Kafka's tools who they are; docs/kafka.md shows one."""


class Shell(msgspec.Struct, frozen=True):
    """The tools, pointed at one cluster.

    Attributes:
        bootstrap: ``HOST:PORT[,HOST:PORT…]``.
    """

    bootstrap: str

    def remove_rule(self, rule: Rule) -> str:
        """Return what takes *rule* away; only this one."""
        side = "allow" if rule.allow else "deny"
        words = ["--remove", "--force", f"--{side}-principal", rule.principal, "--operation", rule.right]
        if rule.host != ANY_HOST:
            words += [f"--{side}-host", rule.host]
        if rule.resource is Resource.CLUSTER:
            words += ["--cluster"]
        else:
            pattern = "prefixed" if rule.prefixed else "literal"
            words += [f"--{rule.resource}", rule.name, "--resource-pattern-type", pattern]
        return self._line("kafka-acls.sh", *words)

    def set_topic(self, topic: str, settings: Mapping[str, str]) -> str:
        """Return what sets *settings* of a topic."""
        return self._configs("topics", topic, _listed(settings))

    def set_brokers(self, settings: Mapping[str, str]) -> str:
        """Return what sets *settings* of all brokers at once, without a restart."""
        words = ("--entity-type", "brokers", "--entity-default", "--alter", "--add-config", _listed(settings))
        return self._line("kafka-configs.sh", *words)

    def set_quota(self, quota: Quota) -> str:
        """Return what slows a participant down at so many bytes a second."""
        rates = {"producer_byte_rate": str(quota.producer_bytes), "consumer_byte_rate": str(quota.consumer_bytes)}
        return self._configs("users", quota.user, _listed(rates))

    def set_password(self, user: str) -> str:
        """Return what gives a user the password in ``password.properties``: on a command line others could read it."""
        words = ("--entity-type", "users", "--entity-name", user, "--alter", "--add-config-file", "password.properties")
        return self._line("kafka-configs.sh", *words)

    def remove_password(self, user: str) -> str:
        """Return what takes a user's password away."""
        words = ("--entity-type", "users", "--entity-name", user, "--alter", "--delete-config", "SCRAM-SHA-512")
        return self._line("kafka-configs.sh", *words)

    def show_topic(self, topic: str) -> str:
        """Return what shows on which brokers a topic lies."""
        return self._line("kafka-topics.sh", "--describe", "--topic", topic)

    def _configs(self, kind: str, name: str, listed: str) -> str:
        words = ("--entity-type", kind, "--entity-name", name, "--alter", "--add-config", listed)
        return self._line("kafka-configs.sh", *words)

    def _line(self, tool: str, *words: str) -> str:
        reached = ("--bootstrap-server", self.bootstrap, "--command-config", OPTIONS_FILE)
        return shlex.join((tool, *reached, *words))


def _listed(settings: Mapping[str, str]) -> str:
    return ",".join(f"{name}={value}" for name, value in sorted(settings.items()))
