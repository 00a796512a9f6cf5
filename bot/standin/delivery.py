"""Brings events and interactions to the app, within Slack's rules: three seconds, and who gets a second try."""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from bot.standin.trees import Json

ACK_SECONDS = 3.0
RETRY_DELAYS = (0.0, 60.0, 300.0)


@dataclass(frozen=True)
class Delivery:
    """What came of one delivery: `error` is what Slack would show the user, `reason` what a retry would carry."""

    acked: bool = False
    status: int | None = None
    seconds: float = 0.0
    body: Json | None = None
    error: str = ""
    reason: str = ""
    final: bool = False


def timed_out(seconds: float) -> Delivery:
    """Nobody acknowledged in time."""
    return Delivery(seconds=seconds, error="operation_timeout", reason="http_timeout")


def unreachable(seconds: float = 0.0) -> Delivery:
    """Nobody listens."""
    return Delivery(seconds=seconds, error="dispatch_failed", reason="connection_failed")


@dataclass(frozen=True)
class Retry:
    """Which repetition of an event this is, from 1, and why."""

    number: int
    reason: str


@dataclass(frozen=True)
class Sent:
    """One delivery, on the record."""

    kind: str
    payload: Json
    retry: Retry | None
    delivery: Delivery


class Line(Protocol):
    """A way to the app; it raises no error and takes no longer than `seconds`."""

    async def send(self, kind: str, payload: Json, retry: Retry | None, seconds: float) -> Delivery:
        """Deliver once and wait for the ack."""
        ...


class Courier:
    """Delivers by one line or the other and keeps the record."""

    def __init__(
        self, ack_seconds: float = ACK_SECONDS, retry_delays: Sequence[float] = RETRY_DELAYS
    ) -> None:
        self.sent: list[Sent] = []
        self.line: Line | None = None
        self._ack_seconds = ack_seconds
        self._retry_delays = retry_delays
        self._tasks: set[asyncio.Task[None]] = set()

    async def once(self, kind: str, payload: Json, retry: Retry | None = None) -> Delivery:
        """Deliver one time: interactions, commands, and each try of an event."""
        assert self.line is not None  # noqa: S101 - the server plugs the line in before anything is delivered
        # what the app got is what it was then, not what the message became later
        frozen = json.loads(json.dumps(payload))
        delivery = await self.line.send(kind, frozen, retry, self._ack_seconds)
        self.sent.append(Sent(kind, frozen, retry, delivery))
        return delivery

    def event(self, payload: Json) -> None:
        """Deliver an event in the background, up to three times more."""
        task = asyncio.create_task(self._persist(payload))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def idle(self) -> None:
        """Wait until every event is acked or given up."""
        await asyncio.gather(*self._tasks)

    async def close(self) -> None:
        """Give up on everything that is still to be delivered."""
        pending = list(self._tasks)
        for task in pending:
            task.cancel()
        await asyncio.gather(*pending, return_exceptions=True)

    async def _persist(self, payload: Json) -> None:
        delivery = await self.once("events_api", payload)
        for number, delay in enumerate(self._retry_delays, start=1):
            if delivery.acked or delivery.final:
                return
            await asyncio.sleep(delay)
            delivery = await self.once("events_api", payload, Retry(number, delivery.reason))
