"""Statuses of threads: there until the bot answers, and refused where there is no thread."""

import pytest
from playwright.async_api import Page, expect

from bot.standin.seed import Seed
from bot.standin.server import Standin
from tests.standin.ends import CallOf, Web
from tests.standin.robot import Api, look

pytest_plugins = ("tests.browser", "tests.standin.stage")

METHOD = "assistant.threads.setStatus"


async def test_a_status_is_there_until_the_bot_answers(slack: Standin, call: Web) -> None:
    ts = await slack.say("U0ALICE", "C0GENERAL", "hello")
    place = {"channel_id": "C0GENERAL", "thread_ts": ts}
    assert (await call(METHOD, status="is thinking", **place))["ok"]
    await slack.say("U0ALICE", "C0GENERAL", "still there?", ts)
    assert slack.workspace.statuses == {("C0GENERAL", ts): "is thinking"}
    await call("chat.postMessage", channel="C0GENERAL", thread_ts=ts, text="Yes.")
    assert slack.workspace.statuses == {}


async def test_an_empty_status_takes_it_away(slack: Standin, call: Web) -> None:
    place = {"channel_id": "C0GENERAL", "thread_ts": await slack.say("U0ALICE", "C0GENERAL", "hello")}
    await call(METHOD, status="is thinking", **place)
    assert (await call(METHOD, status="", **place))["ok"]
    assert slack.workspace.statuses == {}


@pytest.mark.parametrize(
    ("args", "error"),
    [
        ({"channel_id": "C0NONE", "thread_ts": "1.5", "status": "x"}, "channel_not_found"),
        ({"channel_id": "C0GENERAL", "thread_ts": "1.5", "status": "x"}, "invalid_thread_ts"),
        ({"channel_id": "C0GENERAL", "status": "x"}, "invalid_thread_ts"),
    ],
)
async def test_where_there_is_no_thread_it_is_refused(call: Web, args: dict[str, str], error: str) -> None:
    assert (await call(METHOD, **args))["error"] == error


async def test_a_reply_has_no_status_and_no_status_is_no_call(slack: Standin, call: Web) -> None:
    ts = await slack.say("U0ALICE", "C0GENERAL", "hello")
    reply = await slack.say("U0ALICE", "C0GENERAL", "hello again", ts)
    refused = await call(METHOD, channel_id="C0GENERAL", thread_ts=reply, status="x")
    assert refused["error"] == "invalid_thread_ts"
    assert (await call(METHOD, channel_id="C0GENERAL", thread_ts=ts))["error"] == "invalid_arguments"


async def test_it_needs_the_scope(call_of: CallOf) -> None:
    async with Standin(data=Seed(scopes=("commands",))) as slack:
        ts = await slack.say("U0ALICE", "C0GENERAL", "hello")
        answer = await call_of(slack)(METHOD, channel_id="C0GENERAL", thread_ts=ts, status="x")
        assert (answer["error"], answer["needed"]) == ("missing_scope", "chat:write")


async def test_the_page_shows_it_below_its_thread(page: Page, acme: Standin, api: Api) -> None:
    ts = await acme.say("U0ALICE", "C0GENERAL", "hello")
    await look(page, acme, "U0ALICE", "C0GENERAL", thread=ts)
    status = page.locator("[data-status]")
    await expect(status).to_be_hidden()
    await api.assistant_threads_setStatus(channel_id="C0GENERAL", thread_ts=ts, status="is thinking <b>…")
    await expect(status).to_have_text("Countersign is thinking <b>…")
    await api.chat_postMessage(channel="C0GENERAL", thread_ts=ts, text="Hello.")
    await expect(status).to_be_hidden()
