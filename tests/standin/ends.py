"""The other end of the stand-in, for tests: a Web API client, a Socket Mode client, a clock, and patience."""

import asyncio
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import aiohttp

from bot.standin.server import Standin

Json = dict[str, Any]


class Clock:
    """The time, as a test turns it."""

    def __init__(self) -> None:
        self.now = 1_790_000_000.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Phone:
    """A bare Socket Mode client: it acks what it is told to, with what it is told to say."""

    websocket: aiohttp.ClientWebSocketResponse
    acks: bool = True
    reply: Json | None = None
    heard: list[Json] = field(default_factory=list[Json])

    async def run(self) -> None:
        """Listen until the line is dead."""
        async for frame in self.websocket:
            envelope: Json = json.loads(frame.data)
            self.heard.append(envelope)
            if self.acks and "envelope_id" in envelope:
                payload = {} if self.reply is None else {"payload": self.reply}
                await self.websocket.send_json({"envelope_id": envelope["envelope_id"], **payload})


class Web:
    """A client of the Web API: it raises nothing, a refusal is an answer too."""

    def __init__(self, http: aiohttp.ClientSession, slack: Standin, token: str) -> None:
        self.http = http
        self.base = f"{slack.url}/api/"
        self.headers = {"Authorization": f"Bearer {token}"}

    async def __call__(self, method: str, **args: Any) -> Json:
        """The answer of one call."""
        async with self.http.post(self.base + method, headers=self.headers, json=args) as response:
            return dict(await response.json())

    async def raw(self, method: str, **args: Any) -> tuple[int, Mapping[str, str]]:
        """The status and the headers of one call."""
        async with self.http.post(self.base + method, headers=self.headers, json=args) as response:
            return response.status, response.headers


async def eventually(check: Callable[[], Any], seconds: float = 5.0) -> Any:
    """What `check` returns as soon as it is true."""
    deadline = time.monotonic() + seconds
    while not (found := check()):
        assert time.monotonic() < deadline, "It did not happen in time."
        await asyncio.sleep(0.005)
    return found


class CallOf(Protocol):
    """Makes a caller for a stand-in, with its bot token or another."""

    def __call__(self, slack: Standin, token: str | None = None) -> Web:
        """The caller."""
        ...


class Dial(Protocol):
    """Connects a bare Socket Mode client."""

    async def __call__(self, *, acks: bool = True, reply: Json | None = None) -> Phone:
        """The client, after hello."""
        ...
