"""A pace: what is only for show takes turns, so that it uses up no rate that something else needs."""

import asyncio
from datetime import timedelta


class Pace:
    """At most one turn in `interval` seconds, over all that share it."""

    def __init__(self, interval: float) -> None:
        self._interval = interval
        self.free_at = 0.0
        """When the next turn is, by the loop's clock."""
        self._line = asyncio.Lock()

    async def take_turn(self) -> None:
        """Wait until it is one's turn; turns come in the order in which they were asked for."""
        loop = asyncio.get_running_loop()
        async with self._line:
            await asyncio.sleep(max(0.0, self.free_at - loop.time()))
            self.free_at = loop.time() + self._interval

    def hold(self, span: timedelta) -> None:
        """Let nobody have a turn for so long."""
        self.free_at = max(self.free_at, asyncio.get_running_loop().time() + span.total_seconds())
