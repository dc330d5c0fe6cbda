"""Going around brokers that do not answer; a stub stands for the library's client."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from aiokafka import errors as kafka  # type: ignore[import-untyped]

from broker.bus.kafka import clients as clients_module
from broker.bus.kafka.calls import Calls
from broker.bus.kafka.clients import Clients
from broker.bus.kafka.connection import Address, Connection, Pace
from broker.bus.kafka.inquiry import Inquiry
from broker.errors import BusForbidden, BusUnavailable

CONNECTION = Connection(address=Address(("localhost:1",)), pace=Pace(call=2.0))
"""Two seconds: what is answered at once has to be heard in time by a busy machine too."""
ONE_TOPIC = [{"topic": "a", "is_internal": False, "error_code": 0, "partitions": [{}]}]


class Connections:
    """What a client of the library has of connections."""

    def __init__(self) -> None:
        self._conns: dict[Any, Any] = {}
        self.is_closed = False

    async def close(self) -> None:
        self.is_closed = True


class Admin:
    """A client of the library that comes upon the next broker."""

    def __init__(self, begin: Callable[[], Any], answer: Callable[[], Any]) -> None:
        self._client = Connections()
        self._begin = begin
        self._answer = answer

    async def start(self) -> None:
        await self._begin()

    async def describe_topics(self, _topics: Any) -> Any:
        return await self._answer()

    async def close(self) -> None:
        await self._client.close()


async def well() -> Any:
    return ONE_TOPIC


async def never() -> Any:
    await asyncio.Event().wait()


def failing(error: type[Exception]) -> Callable[[], Any]:
    async def fail() -> Any:
        raise error

    return fail


def an_inquiry(monkeypatch: pytest.MonkeyPatch, *answers: Callable[[], Any]) -> tuple[Inquiry, list[Admin]]:
    """Return an inquiry whose clients come upon these answers, each upon one; the last for all that follow."""
    made: list[Admin] = []

    def make(**_: Any) -> Admin:
        made.append(Admin(well, answers[min(len(made), len(answers) - 1)]))
        return made[-1]

    monkeypatch.setattr(clients_module, "AIOKafkaAdminClient", make)
    return Inquiry(Clients(CONNECTION), Calls("the bus")), made


@pytest.mark.parametrize("error", [kafka.RequestTimedOutError, kafka.NodeNotReadyError, kafka.KafkaTimeoutError])
async def test_a_client_whose_broker_does_not_answer_is_replaced_within_the_call(
    monkeypatch: pytest.MonkeyPatch, error: type[Exception]
) -> None:
    inquiry, made = an_inquiry(monkeypatch, failing(error), well)
    assert {"a"} == await inquiry.topics()
    assert [True, False] == [one._client.is_closed for one in made]
    await inquiry.topics()
    assert 2 == len(made)
    await inquiry.close()


async def test_a_call_that_was_never_answered_leaves_no_client_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    inquiry, made = an_inquiry(monkeypatch, never, well)
    with pytest.raises(BusUnavailable, match="no answer"):
        await inquiry.topics()
    assert made[0]._client.is_closed
    assert {"a"} == await inquiry.topics()
    await inquiry.close()


async def test_what_is_forbidden_is_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    inquiry, made = an_inquiry(monkeypatch, failing(kafka.ClusterAuthorizationFailedError))
    with pytest.raises(BusForbidden):
        await inquiry.topics()
    assert 1 == len(made)
    await inquiry.close()


async def test_topics_that_were_listed_are_not_asked_for_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    inquiry, _ = an_inquiry(monkeypatch, well)
    await inquiry.topics()

    async def refuse(_: Any) -> Any:
        raise AssertionError

    monkeypatch.setattr(Admin, "describe_topics", refuse)
    await inquiry.check(["a"])
    await inquiry.close()
