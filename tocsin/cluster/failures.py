"""What the cluster's refusals and failures mean: one table from Kafka's errors to ours."""

from collections.abc import Mapping
from typing import Final

from confluent_kafka import KafkaError

from broker.errors import BadIdentity, BrokerError, BusForbidden, BusMisconfigured, BusUnavailable

_REACH: Final = "Check that the address is that of a broker, not of a controller, and that the brokers run."
_INSIDE: Final = (
    "Administer on the listener where brokers speak to each other, with the administrator's identity: "
    "--bootstrap kafka://HOST:PORT --identity DIR"
)
_SHOWN: Final = (
    "Administer on the listener where brokers speak to each other, with the administrator's folder of this cluster's "
    "own authority, its ca.pem too: --bootstrap kafka://HOST:PORT --identity DIR"
)
_IDENTITY: Final = "ca.pem, certificate.pem and key.pem have to be there, belong together and be valid."

_ELSE: Final = "The brokers' logs say more."
_AWAY: Final = frozenset(
    (
        KafkaError._TRANSPORT,  # noqa: SLF001
        KafkaError._ALL_BROKERS_DOWN,  # noqa: SLF001
        KafkaError._RESOLVE,  # noqa: SLF001
        KafkaError._TIMED_OUT,  # noqa: SLF001
        KafkaError.REQUEST_TIMED_OUT,
    )
)

_MEANINGS: Final[Mapping[int, tuple[type[BrokerError], str]]] = {
    KafkaError.CLUSTER_AUTHORIZATION_FAILED: (BusForbidden, _INSIDE),
    KafkaError.TOPIC_AUTHORIZATION_FAILED: (BusForbidden, _INSIDE),
    KafkaError.GROUP_AUTHORIZATION_FAILED: (BusForbidden, _INSIDE),
    KafkaError.SASL_AUTHENTICATION_FAILED: (BusForbidden, "Check the user and the password."),
    KafkaError._AUTHENTICATION: (BusForbidden, "Check the user and the password."),  # noqa: SLF001
    KafkaError._SSL: (BadIdentity, _IDENTITY),  # noqa: SLF001
    KafkaError._INVALID_ARG: (BadIdentity, _IDENTITY),  # noqa: SLF001
    KafkaError.SECURITY_DISABLED: (BusMisconfigured, "Set authorizer.class.name; see docs/kafka.md."),
    KafkaError.POLICY_VIOLATION: (BusMisconfigured, "The cluster has a policy of its own for topics; ask its owner."),
    KafkaError.INVALID_REPLICATION_FACTOR: (BusMisconfigured, "Start the brokers that are down, then again."),
    KafkaError.TOPIC_EXCEPTION: (BusMisconfigured, "Take the other topic away, or use a namespace."),
    KafkaError.INVALID_CONFIG: (BusMisconfigured, "This version of Kafka does not know a setting; use 3.9 or newer."),
    KafkaError.UNSUPPORTED_VERSION: (BusMisconfigured, "This version of Kafka is too old; use 3.9 or newer."),
}


def translate(error: KafkaError | None, *, doing: str, heard: str = "") -> BrokerError:
    """Return what *error* means to us; None stands for no answer in time.

    Args:
        doing: What was tried, for the message.
        heard: What the connection complained of last.
    """
    if error is None:
        return BusUnavailable(_message(doing, "no answer in time", heard), hint=_REACH)
    kind, hint = _MEANINGS.get(error.code(), (BusUnavailable, _REACH if error.code() in _AWAY else _ELSE))
    return kind(_message(doing, error.str(), heard), hint=hint)


def refused(error: BadIdentity) -> BadIdentity:
    """Return *error* with what an administrator can do: mostly it is the right certificate at the wrong listener."""
    return BadIdentity(str(error), hint=_SHOWN)


def _message(doing: str, says: str, heard: str) -> str:
    return f"{doing}: {says}" + (f" ({heard})" if heard and heard not in says else "")
