"""What is wrong with the brokers themselves: how they let people in, and how carefully they keep what was written."""

from collections.abc import Callable, Collection, Iterator
from typing import Final

import msgspec

from broker import limits
from broker.types.names import Participant
from tocsin.cluster.finding import Finding
from tocsin.cluster.listeners import IN_THE_CLEAR, Listener, Use, listeners_of
from tocsin.cluster.shell import Shell
from tocsin.cluster.state import BrokerState
from tocsin.cluster.subjects import STRICT, complaint

AUTHORIZER: Final = "authorizer.class.name"
SUPER_USERS: Final = "super.users"
LETS_EVERYBODY: Final = "allow.everyone.if.no.acl.found"
HIDDEN: Final = (SUPER_USERS, LETS_EVERYBODY)
"""What decides about safety and no broker shows over the network where it is set."""

USUAL_SUPER_USERS: Final = ("User:admin", "User:kafka-node")
ENOUGH_BROKERS: Final = 3
_REPLICAS: Final = 3
_IN_SYNC: Final = 2
_FILE: Final = "in server.properties of every broker, then restart them one by one:"


class Expected(msgspec.Struct, frozen=True, kw_only=True):
    """What the brokers are held against.

    Attributes:
        brokers: How many there are: one broker cannot keep several replicas.
        super_users: Principals for whom no rule counts.
    """

    participants: tuple[Participant, ...]
    brokers: int
    super_users: Collection[str]
    shell: Shell


def broker_findings(broker: BrokerState, expected: Expected) -> Iterator[Finding]:
    """Yield what is wrong with one broker."""
    place = f"broker {broker.id}"
    yield from _access(broker, expected, place)
    yield from _keeping(broker, expected, place)
    listeners = tuple(listeners_of(broker))
    if not any(one.use is Use.PARTICIPANTS for one in listeners):
        yield Finding(
            "shared-listener",
            place,
            "participants come in through the listener on which brokers speak to each other",
            f"{_FILE} a listener of its own for participants, in listeners and listener.security.protocol.map",
        )
    for one in listeners:
        yield from _listener(one, listeners, expected, place)


def _access(broker: BrokerState, expected: Expected, place: str) -> Iterator[Finding]:
    settings = broker.settings
    if not settings.get(AUTHORIZER):
        yield Finding(
            "no-authorizer",
            place,
            "asks nobody what they may do: everybody may write every topic",
            f"{_FILE} {AUTHORIZER}=org.apache.kafka.metadata.authorizer.StandardAuthorizer",
        )
    if settings.get(LETS_EVERYBODY, "false").strip().lower() == "true":
        yield Finding(
            "everyone-allowed",
            place,
            "lets everybody do what no rule speaks about",
            f"{_FILE} {LETS_EVERYBODY}=false",
        )
    for user in (word.strip() for word in settings.get(SUPER_USERS, "").split(";")):
        if user and user not in expected.super_users:
            yield Finding(
                "super-user",
                f"{place}, {user}",
                "may do everything on the cluster, and is not one of those who should",
                f"take {user} out of super.users {_FILE} or name it with --super-user if it should be there",
            )


def _keeping(broker: BrokerState, expected: Expected, place: str) -> Iterator[Finding]:
    for check in _SETTINGS:
        if expected.brokers < check.brokers:
            continue
        value = broker.settings.get(check.setting)
        if value is not None and check.is_bad(value):
            remedy = (
                expected.shell.set_brokers({check.setting: check.safe})
                if check.at_run_time
                else f"{_FILE} {check.setting}={check.safe}"
            )
            yield Finding(check.code, f"{place}, {check.setting}", f"is {value}: {check.means}", remedy)


class _Setting(msgspec.Struct, frozen=True, kw_only=True):
    """A setting of a broker, and when it is bad.

    Attributes:
        brokers: Clusters with fewer cannot have it otherwise.
        at_run_time: It can be set without a restart.
    """

    code: str
    setting: str
    is_bad: Callable[[str], bool]
    safe: str
    means: str
    brokers: int = 1
    at_run_time: bool = False


def _below(least: int) -> Callable[[str], bool]:
    return lambda value: int(value) < least


def _is_true(value: str) -> bool:
    return value == "true"


_SETTINGS: Final = (
    _Setting(
        code="auto-create",
        setting="auto.create.topics.enable",
        is_bad=_is_true,
        safe="false",
        means="a topic that is asked for is made, without the settings that the network needs",
    ),
    _Setting(
        code="unclean-election",
        setting="unclean.leader.election.enable",
        is_bad=_is_true,
        safe="false",
        means="a replica that lags behind may become leader, and acknowledged messages are lost",
        at_run_time=True,
    ),
    _Setting(
        code="request-size",
        setting="socket.request.max.bytes",
        is_bad=_below(2 * limits.MAX_RECORD_BYTES),
        safe="104857600",
        means="smaller than a message of the network",
    ),
    _Setting(
        code="in-sync-replicas",
        setting="min.insync.replicas",
        is_bad=_below(_IN_SYNC),
        safe=str(_IN_SYNC),
        means="a message is acknowledged that only one broker has",
        brokers=ENOUGH_BROKERS,
        at_run_time=True,
    ),
    _Setting(
        code="default-replicas",
        setting="default.replication.factor",
        is_bad=_below(_REPLICAS),
        safe=str(_REPLICAS),
        means="a topic that is made without saying so lies on too few brokers",
        brokers=ENOUGH_BROKERS,
    ),
    _Setting(
        code="offsets-replicas",
        setting="offsets.topic.replication.factor",
        is_bad=_below(_REPLICAS),
        safe=str(_REPLICAS),
        means="how far each node has read is lost with too few brokers",
        brokers=ENOUGH_BROKERS,
    ),
)


def _listener(listener: Listener, listeners: tuple[Listener, ...], expected: Expected, place: str) -> Iterator[Finding]:
    place = f"{place}, listener {listener.name}"
    own = f"listener.name.{listener.name.lower()}"
    if listener.protocol in IN_THE_CLEAR:
        yield Finding(
            "plaintext-listener",
            place,
            "speaks in the clear: whoever is on the way reads and changes everything",
            f"{_FILE} {listener.name}:{'SASL_SSL' if listener.mechanisms else 'SSL'} in listener.security.protocol.map",
        )
    elif listener.protocol == "SSL" and listener.client_auth != "required":
        yield Finding(
            "client-auth",
            place,
            f"asks for no certificate ({listener.client_auth}): everybody comes in as User:ANONYMOUS",
            f"{_FILE} {own}.ssl.client.auth=required",
        )
    weak = sorted(one for one in listener.mechanisms if not one.startswith("SCRAM-"))
    if weak and listener.use is Use.PARTICIPANTS:
        yield Finding(
            "password-mechanism",
            place,
            f"takes {', '.join(weak)} for a password; who comes in so is not checked by name here",
            f"{_FILE} {own}.sasl.enabled.mechanisms=SCRAM-SHA-512",
        )
    if listener.protocol == "SSL" and listener.use is Use.PARTICIPANTS:
        yield from _subjects(listener, listeners, expected, place)


def _subjects(listener: Listener, listeners: tuple[Listener, ...], expected: Expected, place: str) -> Iterator[Finding]:
    own = f"listener.name.{listener.name.lower()}"
    wrong = complaint(listener.subject_rules, expected.participants, expected.super_users)
    if wrong is not None:
        yield Finding("subject-rule", place, wrong, f"{_FILE} {own}.ssl.principal.mapping.rules={STRICT}")
    inside = {one.trusted for one in listeners if one.use is not Use.PARTICIPANTS and one.protocol == "SSL"}
    if listener.trusted and listener.trusted in inside:
        yield Finding(
            "shared-authorities",
            place,
            "takes certificates of the authority that vouches for brokers: a participant's also opens their listener",
            f"{_FILE} {own}.ssl.truststore.location=FILE, with the clients' authority alone in it",
        )
