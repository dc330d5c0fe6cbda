"""What Kafka's errors mean to us: one table, from the library's classes to this project's."""

from typing import Final

from aiokafka import errors as kafka  # type: ignore[import-untyped]

from broker.errors import (
    BadIdentity,
    BadName,
    BrokerError,
    BusForbidden,
    BusMisconfigured,
    BusUnavailable,
    TopicLost,
    UnknownTopic,
)

FOREIGN: Final = (kafka.KafkaError, kafka.ConsumerStoppedError, kafka.IllegalOperation, OSError)
"""What a call of the library raises, programming mistakes left out."""

_RULE: Final = "The bus's administrator: `tocsin kafka check` names the rule that is missing."
_SETTING: Final = "The bus's administrator: `tocsin kafka check` names the setting to mend."
_VERSION: Final = "The brokers are older, or much newer, than this program knows: use Kafka 3.0 or later."
_AWAY: Final = "Check the address, that the brokers run, and that a firewall lets this machine through to them."
_OWNER: Final = "Its new owner is given what was not committed; go on with the next fetch."

_TABLE: Final[tuple[tuple[tuple[type[Exception], ...], type[BrokerError], str], ...]] = (
    ((kafka.SaslAuthenticationFailed, kafka.AuthenticationFailedError), BadIdentity, "Check the user and password."),
    (
        (
            kafka.TopicAuthorizationFailedError,
            kafka.GroupAuthorizationFailedError,
            kafka.ClusterAuthorizationFailedError,
            kafka.TransactionalIdAuthorizationFailed,
            kafka.DelegationTokenAuthorizationFailed,
        ),
        BusForbidden,
        _RULE,
    ),
    (
        (
            kafka.MessageSizeTooLargeError,
            kafka.RecordListTooLargeError,
            kafka.InvalidTimestampError,
            kafka.InvalidRequiredAcksError,
            kafka.InvalidSessionTimeoutError,
            kafka.InvalidPartitionsError,
            kafka.InvalidReplicationFactorError,
            kafka.InvalidReplicationAssignmentError,
            kafka.InvalidConfigurationError,
            kafka.PolicyViolationError,
            kafka.OffsetMetadataTooLargeError,
            kafka.InvalidCommitOffsetSizeError,
            kafka.InconsistentGroupProtocolError,
            kafka.InvalidGroupIdError,
            kafka.SecurityDisabled,
            kafka.UnsupportedSaslMechanismError,
            kafka.IllegalSaslStateError,
            kafka.AuthenticationMethodNotSupported,
        ),
        BusMisconfigured,
        _SETTING,
    ),
    (
        (
            kafka.UnsupportedVersionError,
            kafka.UnsupportedForMessageFormatError,
            kafka.UnrecognizedBrokerVersion,
            kafka.IncompatibleBrokerVersion,
        ),
        BusMisconfigured,
        _VERSION,
    ),
    ((kafka.InvalidTopicError,), BadName, "Choose a shorter name of A-Z a-z 0-9 . _ -"),
    ((kafka.UnknownTopicOrPartitionError,), UnknownTopic, "Create it first."),
    (
        (
            kafka.CommitFailedError,
            kafka.IllegalGenerationError,
            kafka.IllegalStateError,
            kafka.RebalanceInProgressError,
            kafka.UnknownMemberIdError,
        ),
        TopicLost,
        _OWNER,
    ),
)


def translate(error: Exception, doing: str) -> BrokerError:
    """Return what *error* means, for people who asked for what *doing* says; what is not listed may pass by itself."""
    for classes, ours, hint in _TABLE:
        if isinstance(error, classes):
            return ours(f"cannot {doing}: {_says(error)}", hint=hint)
    return BusUnavailable(f"cannot {doing}: {_says(error)}", hint=_AWAY)


def too_late(doing: str, seconds: float) -> BusUnavailable:
    """Return the error of a call that the bus did not answer in time."""
    return BusUnavailable(f"cannot {doing}: no answer within {seconds:g} seconds", hint=_AWAY)


def _says(error: Exception) -> str:
    # The library's own texts repeat the class's name and, for some, a whole paragraph.
    text = str(error).removeprefix(f"[Error {getattr(error, 'errno', '')}] ")
    return " ".join(text.split())[:200] or type(error).__name__
