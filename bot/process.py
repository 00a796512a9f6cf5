"""The life of a process: it runs until it is told to stop, drains, and is gone within ten seconds."""

import asyncio
import os
import signal
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from types import FrameType

import structlog

DRAIN_SECONDS = 9.5
"""SIGTERM to exit: what is not done by then is done by whoever takes over; Temporal knows what is left."""
FORCED = 130
log = structlog.stdlib.get_logger("countersign.process")


class Stopper:
    """Turns the first SIGTERM or SIGINT into an event, and the second into the end."""

    def __init__(self) -> None:
        self.asked = asyncio.Event()
        self._loop = asyncio.get_running_loop()

    def listen(self) -> None:
        """Take over the process's signals."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._receive)

    def _receive(self, _: int, __: FrameType | None) -> None:
        if self.asked.is_set():
            os._exit(FORCED)
        self._loop.call_soon_threadsafe(self._ask)

    def _ask(self) -> None:
        self.asked.set()
        log.info("Stopping: what is under way gets a few seconds; a second signal ends it at once")
        self._loop.call_later(DRAIN_SECONDS, _give_up)


def _give_up() -> None:
    log.warning("Not everything was finished in time; it goes on when a worker is back")
    os._exit(0)


@asynccontextmanager
async def stopper() -> AsyncGenerator[Stopper]:
    """A stopper that listens while the block runs."""
    one = Stopper()
    one.listen()
    yield one
