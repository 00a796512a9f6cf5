"""The stage for tests of the page: a stand-in, the scripted app it delivers to, and the app's client."""

from collections.abc import AsyncIterator

import pytest
from aiohttp import web
from slack_sdk.web.async_client import AsyncWebClient

from bot.standin.server import Standin
from tests.standin.robot import Api, ScriptedApp


@pytest.fixture
async def robot() -> AsyncIterator[ScriptedApp]:
    scripted = ScriptedApp()
    application = web.Application()
    application.router.add_post("/slack", scripted.answer)
    runner = web.AppRunner(application)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host, port = runner.addresses[0][:2]
    scripted.url = f"http://{host}:{port}/slack"
    yield scripted
    scripted.gate.set()
    await runner.cleanup()


@pytest.fixture
async def acme(robot: ScriptedApp) -> AsyncIterator[Standin]:
    async with Standin(request_url=robot.url, ack_seconds=1.0) as standin:
        yield standin


@pytest.fixture
def api(acme: Standin) -> Api:
    return AsyncWebClient(token=acme.bot_token, base_url=f"{acme.url}/api/")
