"""The life of a process: it runs until it is told to stop, drains, and is gone within ten seconds."""

import asyncio
import os
import signal
import threading
from collections.abc import AsyncGenerator, Coroutine
from contextlib import asynccontextmanager, suppress
from types import FrameType

import structlog

DRAIN_SECONDS = 9.0
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

    async def interrupt(self, work: Coroutine[None, None, None]) -> None:
        """Do work until it is done or a stop is asked for; then it is cancelled, and what it opened is closed."""
        task, asked = asyncio.ensure_future(work), asyncio.ensure_future(self.asked.wait())
        await asyncio.wait([task, asked], return_when=asyncio.FIRST_COMPLETED)
        asked.cancel()
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task

    def _receive(self, _: int, __: FrameType | None) -> None:
        if self.asked.is_set():
            os._exit(FORCED)
        self._loop.call_soon_threadsafe(self._ask)

    def _ask(self) -> None:
        self.asked.set()
        log.info("Stopping: what is under way gets a few seconds; a second signal ends it at once")
        watchdog = threading.Timer(DRAIN_SECONDS, _give_up)  # a thread, for when the loop itself is held up
        watchdog.daemon = True
        watchdog.start()


def _give_up() -> None:
    """Past logging: the interpreter may be ending just now, and a lock that it holds would abort the process."""
    os.write(2, b"Not everything was finished in time; it goes on when a worker is back.\n")
    os._exit(0)


@asynccontextmanager
async def stopper() -> AsyncGenerator[Stopper]:
    """A stopper that listens while the block runs."""
    one = Stopper()
    one.listen()
    yield one
