"""Blocking work off the event loop, which never goes on behind the back of a caller that was cancelled."""

import asyncio
from collections.abc import Callable
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


async def in_thread(work: Callable[P, T], *args: P.args, **options: P.kwargs) -> T:
    """Run *work* on a thread; a caller that is cancelled leaves only when it has ended.

    Whoever writes the log or the journal holds a lock meanwhile, and gives it back on the way out.
    """
    future = asyncio.ensure_future(asyncio.to_thread(work, *args, **options))
    try:
        return await asyncio.shield(future)
    except asyncio.CancelledError:
        if not future.done():
            await asyncio.wait([future])
        if not future.cancelled():
            future.exception()
        raise
