"""A stand-in for each test, and ways for an app to be at its other end."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from bot.standin.seed import SCOPES, Seed
from bot.standin.server import Standin
from tests.standin.ends import CallOf, Clock, Dial, Phone, Web, eventually

Json = dict[str, Any]
EVERY_SCOPE = (*SCOPES, "channels:join", "reactions:write")


@pytest.fixture
def clock() -> Clock:
    """The stand-in's clock."""
    return Clock()


@pytest.fixture
async def slack(clock: Clock) -> AsyncIterator[Standin]:
    """A workspace with quick deadlines."""
    data = Seed(scopes=EVERY_SCOPE)
    async with Standin(data=data, ack_seconds=0.3, retry_delays=(0, 0, 0), clock=clock) as standin:
        yield standin


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    """A plain HTTP client."""
    async with aiohttp.ClientSession() as session:
        yield session


@pytest.fixture
def call(http: aiohttp.ClientSession, slack: Standin) -> Web:
    """Calls a method with the bot's token."""
    return Web(http, slack, slack.bot_token)


@pytest.fixture
def call_of(http: aiohttp.ClientSession) -> CallOf:
    """Makes a caller for another stand-in, or with another token."""
    return lambda slack, token=None: Web(http, slack, token or slack.bot_token)


@pytest.fixture
async def dial(slack: Standin, http: aiohttp.ClientSession) -> AsyncIterator[Dial]:
    """Connects a bare Socket Mode client that has heard hello."""
    tasks: list[asyncio.Task[None]] = []

    async def connect(*, acks: bool = True, reply: Json | None = None) -> Phone:
        answer = await Web(http, slack, slack.app_token)("apps.connections.open")
        phone = Phone(await http.ws_connect(answer["url"]), acks, reply)
        tasks.append(asyncio.create_task(phone.run()))
        await eventually(lambda: phone.heard)
        return phone

    yield connect
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
