"""Waiting in tests: look until there is something to see, instead of sleeping."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

PATIENCE = 20.0
"""Seconds after which what does not come is a failure."""
PAUSE = 0.02

T = TypeVar("T")


async def eventually(look: Callable[[], T | None], seconds: float = PATIENCE, what: str = "") -> T:
    """Look until there is something to see; `what` says in the failure what it would have been.

    Raises:
        AssertionError: it does not come in time.
    """

    async def read() -> T | None:
        return look()

    return await eventually_read(read, seconds, what)


async def eventually_read(
    read: Callable[[], Awaitable[T | None]], seconds: float = PATIENCE, what: str = ""
) -> T:
    """The same for looks that have to be awaited."""
    deadline = time.monotonic() + seconds
    while not (found := await read()):
        if time.monotonic() > deadline:
            raise AssertionError(f"Not seen within {seconds} s: {what or read}")
        await asyncio.sleep(PAUSE)
    return found
