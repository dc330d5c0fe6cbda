from collections.abc import Iterator

import pytest
from aiokafka import errors as kafka  # type: ignore[import-untyped]

from broker.bus.kafka.translation import FOREIGN, too_late, translate
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

MEANINGS = {BadIdentity, BadName, BusForbidden, BusMisconfigured, BusUnavailable, TopicLost, UnknownTopic}


def everything_below(kind: type[Exception]) -> Iterator[type[Exception]]:
    yield kind
    for one in kind.__subclasses__():
        yield from everything_below(one)


ALL = sorted(set(everything_below(kafka.KafkaError)) - {kafka.BrokerResponseError}, key=lambda kind: kind.__name__)


@pytest.mark.parametrize("kind", ALL)
def test_every_error_of_the_library_has_a_meaning_and_a_hint(kind: type[Exception]) -> None:
    meant = translate(kind(), "send to a")
    assert type(meant) in MEANINGS
    assert meant.hint
    assert str(meant).startswith("cannot send to a: ")


@pytest.mark.parametrize("kind", [one for one in ALL if getattr(one, "retriable", False)])
def test_what_the_library_would_try_again_may_be_tried_again(kind: type[Exception]) -> None:
    assert translate(kind(), "send").retriable


@pytest.mark.parametrize(
    ("error", "meaning"),
    [
        (kafka.TopicAuthorizationFailedError("a"), BusForbidden),
        (kafka.GroupAuthorizationFailedError("g"), BusForbidden),
        (kafka.ClusterAuthorizationFailedError(), BusForbidden),
        (kafka.SaslAuthenticationFailed(), BadIdentity),
        (kafka.MessageSizeTooLargeError(), BusMisconfigured),
        (kafka.InvalidTimestampError(), BusMisconfigured),
        (kafka.UnknownTopicOrPartitionError(), UnknownTopic),
        (kafka.CommitFailedError(), TopicLost),
        (kafka.IllegalGenerationError(), TopicLost),
        (kafka.OutOfOrderSequenceNumber(), BusUnavailable),
        (kafka.NotEnoughReplicasError(), BusUnavailable),
        (kafka.ConsumerStoppedError(), BusUnavailable),
        (ConnectionResetError("gone"), BusUnavailable),
    ],
)
def test_says_what_an_error_means(error: Exception, meaning: type[BrokerError]) -> None:
    assert isinstance(error, FOREIGN)
    assert meaning is type(translate(error, "do it"))


def test_a_long_text_is_cut_and_put_on_one_line() -> None:
    text = str(translate(kafka.KafkaError("x\n" * 1000), "read"))
    assert "\n" not in text
    assert len(text) < 300


def test_a_deadline_says_how_long_it_was() -> None:
    assert "cannot read a: no answer within 2.5 seconds" == str(too_late("read a", 2.5))
