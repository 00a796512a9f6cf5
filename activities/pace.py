"""A pace: what is only for show takes turns, so that it uses up no rate that something else needs."""

import asyncio
from datetime import timedelta


class Pace:
    """At most one turn in `interval` seconds, over all that share it."""

    def __init__(self, interval: float) -> None:
        self._interval = interval
        self._free_at = 0.0

    async def take_turn(self) -> None:
        """Wait until it is one's turn; turns come in the order in which they were asked for."""
        now = asyncio.get_running_loop().time()
        mine = max(now, self._free_at)
        self._free_at = mine + self._interval
        await asyncio.sleep(mine - now)

    def hold(self, span: timedelta) -> None:
        """Let nobody have a turn for so long."""
        self._free_at = max(self._free_at, asyncio.get_running_loop().time() + span.total_seconds())
