"""Closes the library's clients within a bounded time, whatever state they and the brokers are in.

It reaches into the library, whose own ``stop`` waits for brokers that are gone, for ever if need be.
"""

import asyncio
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import Any, Final

from aiokafka.protocol.group import LeaveGroupRequest  # type: ignore[import-untyped]

from broker.bus.kafka.translation import FOREIGN

_ROUNDS: Final = 5
_ROUND_SECONDS: Final = 0.2
# What follows are private parts of release 0.14, the only one that pyproject.toml lets in: look here for the next one.
_PARTS: Final = ("client", "_client", "_sender", "_message_accumulator", "_fetcher", "_coordinator", "_subscription")


async def stop(client: Any, *, within: float) -> None:
    """Stop *client* in good order, a member of a group leaving it; after *within* seconds, without order.

    Cancelling leaves nothing open either: what remains is discarded before the cancellation goes on.
    """
    stopping = asyncio.create_task(_stop(client))
    try:
        await asyncio.wait({stopping}, timeout=within)
    finally:
        if not stopping.done() or stopping.cancelled() or stopping.exception() is not None:
            await discard(client)
            stopping.cancel()
            with suppress(asyncio.CancelledError, *FOREIGN):
                await stopping


async def discard(client: Any) -> None:
    """End *client* now: its tasks, its connections, and the warning that nobody stopped it. Cancelling waits for it."""
    ending = asyncio.create_task(_discard(client))
    try:
        await asyncio.shield(ending)
    except asyncio.CancelledError:
        await asyncio.wait({ending})
        raise


def disregard(client: Any) -> None:
    """Ask nobody what becomes of what *client* is doing: the library leaves a commit to itself that was given up."""
    for task in _tasks(client):
        task.add_done_callback(_forget_outcome)


async def _discard(client: Any) -> None:
    client._closed = True  # noqa: SLF001
    tasks = _tasks(client)
    loose = [connection for task in tasks if (connection := _first_connection(task)) is not None]
    transports = [*_transports(_connections(client)._conns.values()), *_transports(loose)]  # noqa: SLF001
    for _ in range(_ROUNDS):
        # More than once: a task of the library may take the first for a wish to finish its work.
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks, timeout=_ROUND_SECONDS)
            for task in tasks:
                _forget_outcome(task)
        tasks = _tasks(client)
        if not tasks:
            break
    for connection in loose:
        connection.close()
    closing = asyncio.ensure_future(_connections(client).close())
    await asyncio.wait({closing}, timeout=_ROUND_SECONDS)
    for transport in transports:
        transport.abort()
    if not closing.done():
        closing.cancel()
        await asyncio.wait({closing}, timeout=_ROUND_SECONDS)
    _forget_outcome(closing)


async def _stop(client: Any) -> None:
    if hasattr(client, "commit"):
        await _leave_while_joining(client)
    end = getattr(client, "stop", None) or client.close
    await end()


async def _leave_while_joining(consumer: Any) -> None:
    """Take back a request to join that is not answered yet: the group would wait for this member until it expires."""
    coordinator = consumer._coordinator  # noqa: SLF001
    member = getattr(coordinator, "member_id", "")
    if not member or coordinator.generation > 0 or coordinator.coordinator_id is None:
        return
    with suppress(*FOREIGN):
        # Not on the connection that waits for the answer: a broker answers one request of each after the other.
        await consumer._client.send(  # noqa: SLF001
            coordinator.coordinator_id, LeaveGroupRequest(coordinator.group_id, member)
        )


def _connections(client: Any) -> Any:
    return getattr(client, "client", None) or client._client  # noqa: SLF001


def _transports(connections: Iterable[Any]) -> Iterator[asyncio.Transport]:
    for connection in connections:
        writer = connection._writer  # noqa: SLF001
        if writer is not None:
            yield writer.transport


def _tasks(client: Any) -> set[asyncio.Task[Any]]:
    """Return the tasks that run a method of *client* or of one of its parts; the library keeps no list of them."""
    owners = {id(client), *(id(part) for name in _PARTS if (part := getattr(client, name, None)) is not None)}
    current = asyncio.current_task()
    return {task for task in asyncio.all_tasks() if task is not current and id(_owner(task)) in owners}


def _owner(task: asyncio.Task[Any]) -> object:
    frame = getattr(task.get_coro(), "cr_frame", None)
    return None if frame is None else frame.f_locals.get("self")


def _first_connection(task: asyncio.Task[Any]) -> Any:
    """Return the connection to the first broker that a start has under way; the library has it nowhere else."""
    step: Any = task.get_coro()
    while (frame := getattr(step, "cr_frame", None)) is not None:
        if (found := frame.f_locals.get("bootstrap_conn")) is not None:
            return found
        step = step.cr_await
    return None


def _forget_outcome(task: asyncio.Future[Any]) -> None:
    if task.done() and not task.cancelled():
        task.exception()
