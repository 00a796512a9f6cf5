"""The stand-in as a whole: it starts, crashes, and comes back where and as it was."""

import aiohttp
import pytest

from bot.standin.server import Standin
from tests.standin.ends import Web, eventually


async def test_it_comes_back_on_its_port_with_its_state(slack: Standin, call: Web) -> None:
    url = slack.url
    await call("chat.postMessage", channel="C0GENERAL", text="before")
    await slack.stop()
    with pytest.raises(aiohttp.ClientConnectorError):
        await call("auth.test")
    await slack.start()
    assert slack.url == url
    history = await call("conversations.history", channel="C0GENERAL")
    assert [message["text"] for message in history["messages"]] == ["before"]


async def test_what_was_to_be_delivered_survives_a_stop() -> None:
    async with Standin(retry_delays=(0.05,) * 100) as slack:
        await slack.say("U0BOB", "C0GENERAL", "hello")
        await slack.stop()
        tries = len(slack.deliveries)
        await slack.start()
        await eventually(lambda: len(slack.deliveries) > tries + 1)
    assert {sent.payload["event"]["type"] for sent in slack.deliveries} == {"app_mention"}


async def test_stopping_twice_is_stopping(slack: Standin) -> None:
    await slack.stop()
    await slack.stop()


async def test_two_live_side_by_side(slack: Standin) -> None:
    async with Standin() as other:
        assert other.url != slack.url
