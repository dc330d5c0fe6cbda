import asyncio

import pytest
from aiokafka import errors as kafka  # type: ignore[import-untyped]

from broker.bus.kafka.calls import Calls
from broker.errors import BusClosed, BusForbidden, BusUnavailable

FOR_EVER = 3600.0


async def test_a_call_ends_by_its_deadline() -> None:
    with pytest.raises(BusUnavailable, match=r"cannot wait: no answer within 0\.01 seconds"):
        async with Calls("it").call("wait", within=0.01):
            await asyncio.sleep(FOR_EVER)


@pytest.mark.parametrize("within", [None, FOR_EVER])
async def test_a_call_ends_when_the_thing_is_closed(within: float | None) -> None:
    calls = Calls("it")
    inside = asyncio.Event()

    async def run() -> None:
        async with calls.call("wait", within=within):
            inside.set()
            await asyncio.sleep(FOR_EVER)

    task = asyncio.create_task(run())
    await inside.wait()
    calls.close()
    with pytest.raises(BusClosed, match="it is closed"):
        await task


async def test_no_call_begins_on_a_closed_thing() -> None:
    calls = Calls("it")
    calls.close()
    with pytest.raises(BusClosed):
        async with calls.call("wait", within=None):
            raise AssertionError("it began")


async def test_an_error_of_the_library_becomes_ours() -> None:
    with pytest.raises(BusForbidden) as caught:
        async with Calls("it").call("send", within=None):
            raise kafka.TopicAuthorizationFailedError("a")
    assert isinstance(caught.value.__cause__, kafka.TopicAuthorizationFailedError)


async def test_cancelling_stays_cancelling() -> None:
    inside = asyncio.Event()

    async def run() -> None:
        async with Calls("it").call("wait", within=FOR_EVER):
            inside.set()
            await asyncio.sleep(FOR_EVER)

    task = asyncio.create_task(run())
    await inside.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_the_shorter_of_two_deadlines_counts() -> None:
    calls = Calls("it")
    with pytest.raises(BusUnavailable, match="cannot ask"):
        async with calls.call("read", within=FOR_EVER), calls.call("ask", within=0.01):
            await asyncio.sleep(FOR_EVER)
