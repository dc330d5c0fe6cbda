"""The one door to a cluster's administration: reads what it has, adds what is missing, never takes anything away."""

import asyncio
import logging
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import TimeoutError as NoAnswer
from functools import partial
from typing import Any, Final, TypeVar

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import AdminClient, AlterConfigOpType, ConfigEntry, ConfigResource, NewTopic  # type: ignore[attr-defined]  # the package names what it exports nowhere

from broker.bus.kafka.clients import Clients
from broker.bus.kafka.connection import Connection
from broker.bus.kafka.starting import diagnose
from broker.errors import BadIdentity, BusUnavailable
from tocsin.cluster.access import Rule
from tocsin.cluster.bindings import ALL_RULES, binding_of, rule_of
from tocsin.cluster.check_brokers import AUTHORIZER
from tocsin.cluster.compare import SettingChange
from tocsin.cluster.failures import refused, translate
from tocsin.cluster.plan import PlannedTopic
from tocsin.cluster.state import BrokerState, ClusterState, TopicState

T = TypeVar("T")

_ANSWER_MARGIN_S: Final = 2.0
_LOOK_AGAIN_S: Final = 0.1


class ClusterAdmin:
    """A connection as the cluster's administrator. Every call ends within the connection's pace."""

    def __init__(self, connection: Connection) -> None:
        """Make ready to connect; nothing is sent before the first call.

        Raises:
            BadIdentity: The files that are shown cannot be used.
        """
        self._call_s = connection.pace.call
        self._heard = ""
        self._is_down = False
        # Read here too, because it says which file is wrong; the administration's library speaks OpenSSL.
        self._clients = Clients(connection)
        options = {**_options(connection), "error_cb": self._hear}
        try:
            self._client = AdminClient(options, logger=_silent())
        except KafkaException as error:
            raise translate(error.args[0], doing="the identity cannot be used") from None

    def read(self, prefix: str) -> ClusterState:
        """Return what the cluster has; of topics, those whose names begin with *prefix*.

        Raises:
            BusUnavailable: It does not answer.
            BusForbidden: It does not let us look.
        """
        brokers = tuple(self._brokers())
        # Asked for rules, a cluster without an authorizer answers that there are none.
        asks = any(one.settings.get(AUTHORIZER) for one in brokers)
        return ClusterState(
            brokers=brokers,
            topics=self._topics(prefix),
            rules=self._rules() if asks else None,
            users=self._users(),
        )

    def create_topic(self, topic: PlannedTopic) -> None:
        """Make *topic*, and return when it is seen; one that is there already stays as it is.

        Raises:
            BusUnavailable, BusForbidden, BusMisconfigured: It was not made.
        """
        new = NewTopic(topic.name, 1, topic.replicas, config=dict(topic.settings))
        made = self._begin(lambda: self._client.create_topics([new], request_timeout=self._call_s)[topic.name])
        self._wait(made, f"making the topic {topic.name}", fine=(KafkaError.TOPIC_ALREADY_EXISTS,))
        self._wait_until(lambda: topic.name in self._listed(), f"the topic {topic.name} was made")

    def set_topic(self, change: SettingChange) -> None:
        """Set settings of a topic; its others stay as they are.

        Raises:
            BusUnavailable, BusForbidden, BusMisconfigured: They were not set.
        """
        entries = [
            ConfigEntry(name, value, incremental_operation=AlterConfigOpType.SET)
            for name, value in change.settings.items()
        ]
        resource = ConfigResource(ConfigResource.Type.TOPIC, change.topic, incremental_configs=entries)
        done = self._begin(
            lambda: self._client.incremental_alter_configs([resource], request_timeout=self._call_s)[resource]
        )
        self._wait(done, f"setting {', '.join(change.settings)} of the topic {change.topic}")
        self._wait_until(lambda: change.settings.items() <= self._shown(change.topic).items(), "settings were made")

    def add_rules(self, rules: Iterable[Rule]) -> None:
        """Add *rules*; return when every one of them is seen.

        Raises:
            BusUnavailable, BusForbidden, BusMisconfigured: Some were not added.
        """
        wanted = {binding_of(rule): rule for rule in rules}
        futures = self._begin(lambda: self._client.create_acls(list(wanted), request_timeout=self._call_s))
        for binding, future in futures.items():
            self._wait(future, f"adding the rule {wanted[binding]}")
        self._wait_until(lambda: set(wanted.values()) <= self._rules(), "rules were added")

    def _wait_until(self, seen: Callable[[], bool], done: str) -> None:
        """Wait until what was *done* is *seen*: the controller says so first, brokers learn of it a moment later."""
        deadline = time.monotonic() + self._call_s
        while not seen():
            if time.monotonic() > deadline:
                raise BusUnavailable(f"{done}, and not seen yet", hint="Look again in a minute: tocsin kafka check")
            time.sleep(_LOOK_AGAIN_S)

    def _brokers(self) -> list[BrokerState]:
        described = self._begin(lambda: self._client.describe_cluster(request_timeout=self._call_s))
        self._watch(described)
        cluster = self._wait(described, "asking which brokers there are")
        shown = self._settings(ConfigResource.Type.BROKER, [str(node.id) for node in cluster.nodes])
        return [_broker(int(name), entries) for name, entries in sorted(shown.items(), key=lambda one: int(one[0]))]

    def _watch(self, first: Any) -> None:
        """Wait for the first answer, and say at once why there is none: the library would try until its time is up."""
        while not first.done() and not self._is_down:
            self._client.poll(_LOOK_AGAIN_S)
        if first.done():
            return
        why = asyncio.run(diagnose(self._clients))
        raise refused(why) if isinstance(why, BadIdentity) else why

    def _topics(self, prefix: str) -> dict[str, TopicState]:
        mine = {name: found for name, found in self._listed().items() if name.startswith(prefix)}
        shown = self._settings(ConfigResource.Type.TOPIC, list(mine)) if mine else {}
        return {
            name: TopicState(
                name,
                partitions=len(found.partitions),
                replicas=min((len(one.replicas) for one in found.partitions.values()), default=0),
                settings=_values(shown[name]),
            )
            for name, found in mine.items()
        }

    def _listed(self) -> Mapping[str, Any]:
        try:
            return self._client.list_topics(timeout=self._call_s).topics
        except KafkaException as error:
            raise translate(error.args[0], doing="asking which topics there are", heard=self._last_heard()) from None

    def _shown(self, topic: str) -> dict[str, str]:
        return _values(self._settings(ConfigResource.Type.TOPIC, [topic])[topic])

    def _settings(self, kind: Any, names: list[str]) -> dict[str, dict[str, ConfigEntry]]:
        futures: dict[str, Any] = {}
        for asked in [[name] for name in names] if kind is ConfigResource.Type.BROKER else [names]:  # each for itself
            resources = [ConfigResource(kind, name) for name in asked]
            begun = self._begin(partial(self._client.describe_configs, resources, request_timeout=self._call_s))
            futures |= {resource.name: future for resource, future in begun.items()}
        return {
            name: self._wait(future, f"asking for the settings of {kind.name.lower()} {name}")
            for name, future in futures.items()
        }

    def _rules(self) -> frozenset[Rule]:
        found = self._begin(lambda: self._client.describe_acls(ALL_RULES, request_timeout=self._call_s))
        return frozenset(rule_of(one) for one in self._wait(found, "asking for the rules"))

    def _users(self) -> tuple[str, ...]:
        found = self._begin(lambda: self._client.describe_user_scram_credentials(request_timeout=self._call_s))
        return tuple(sorted(self._wait(found, "asking who has a password")))

    def _begin(self, call: Callable[[], T]) -> T:
        try:
            return call()
        except KafkaException as error:
            raise translate(error.args[0], doing="asking the cluster", heard=self._last_heard()) from None

    def _wait(self, future: Any, doing: str, *, fine: tuple[int, ...] = ()) -> Any:
        """Return what *future* brings; None where it fails with an error that is *fine*."""
        try:
            return future.result(self._call_s + _ANSWER_MARGIN_S)
        except NoAnswer:
            raise translate(None, doing=doing, heard=self._last_heard()) from None
        except KafkaException as error:
            problem: KafkaError = error.args[0]
            if problem.code() in fine:
                return None
            raise translate(problem, doing=doing, heard=self._last_heard()) from None

    def _hear(self, error: KafkaError) -> None:
        self._heard = error.str()
        self._is_down = self._is_down or error.code() == KafkaError._ALL_BROKERS_DOWN  # noqa: SLF001

    def _last_heard(self) -> str:
        self._client.poll(0)
        return self._heard


def _options(connection: Connection) -> dict[str, Any]:
    options: dict[str, Any] = {
        "bootstrap.servers": ",".join(connection.address.brokers),
        "client.id": connection.client,
        "socket.timeout.ms": int(connection.pace.call * 1000),
        "security.protocol": "PLAINTEXT",
    }
    if connection.tls is not None:
        options |= {"security.protocol": "SSL", "ssl.ca.location": str(connection.tls.authorities)}
        if connection.tls.certificate is not None and connection.tls.key is not None:
            options |= {
                "ssl.certificate.location": str(connection.tls.certificate),
                "ssl.key.location": str(connection.tls.key),
            }
    if connection.scram is not None:
        options |= {
            "security.protocol": "SASL_SSL",
            "sasl.mechanism": "SCRAM-SHA-512",
            "sasl.username": connection.scram.user,
            "sasl.password": connection.scram.password,
        }
    return options


def _silent() -> logging.Logger:
    """Return a logger that says nothing: the library would write its own words to standard error."""
    logger = logging.getLogger("tocsin.cluster.silent")
    logger.propagate = False
    if not logger.handlers:
        logger.addHandler(logging.NullHandler())
    return logger


def _broker(number: int, entries: Mapping[str, ConfigEntry]) -> BrokerState:
    hidden = frozenset(name for name, entry in entries.items() if entry.value is None and entry.is_sensitive)
    return BrokerState(number, _values(entries), hidden)


def _values(entries: Mapping[str, ConfigEntry]) -> dict[str, str]:
    return {name: entry.value for name, entry in entries.items() if entry.value is not None}
