"""The door of the Web API: tokens, methods, argument forms, scopes, faults and rate limits."""

import asyncio
import time

import aiohttp
import pytest

from bot.standin.faults import Kind
from bot.standin.seed import Seed
from bot.standin.server import Standin
from tests.standin.ends import CallOf, Json, Web, eventually


async def test_a_call_needs_a_token(slack: Standin, http: aiohttp.ClientSession) -> None:
    async with http.post(f"{slack.url}/api/auth.test") as response:
        assert await response.json() == {"ok": False, "error": "not_authed"}


async def test_a_wrong_token_is_refused(slack: Standin, call_of: CallOf) -> None:
    assert (await call_of(slack, "xoxb-wrong")("auth.test"))["error"] == "invalid_auth"


async def test_each_token_has_its_methods(slack: Standin, call_of: CallOf) -> None:
    app, bot = call_of(slack, slack.app_token), call_of(slack)
    assert (await app("auth.test"))["error"] == "not_allowed_token_type"
    assert (await bot("apps.connections.open"))["error"] == "not_allowed_token_type"
    assert (await app("apps.connections.open"))["url"].startswith("ws://127.0.0.1:")


async def test_an_unknown_method_is_named(call: Web) -> None:
    answer = await call("chat.sing")
    assert (answer["error"], answer["req_method"]) == ("unknown_method", "chat.sing")


@pytest.mark.parametrize(
    "body",
    [
        {"json": {"channel": "C0GENERAL", "text": "hi", "blocks": [{"type": "divider"}], "unknown": 1}},
        {"data": {"channel": "C0GENERAL", "text": "hi", "blocks": '[{"type": "divider"}]'}},
        {"params": {"channel": "C0GENERAL", "text": "hi", "blocks": '[{"type": "divider"}]'}},
    ],
)
async def test_arguments_come_as_json_form_or_query(
    slack: Standin, http: aiohttp.ClientSession, body: Json
) -> None:
    headers = {"Authorization": f"Bearer {slack.bot_token}"}
    async with http.post(f"{slack.url}/api/chat.postMessage", headers=headers, **body) as response:
        assert (await response.json())["message"]["blocks"][0]["type"] == "divider"
        assert "chat:write" in response.headers["x-oauth-scopes"].split(",")


@pytest.mark.parametrize("body", ["[1]", "{broken"])
async def test_a_body_that_is_no_object_is_no_argument(
    slack: Standin, http: aiohttp.ClientSession, body: str
) -> None:
    headers = {"Authorization": f"Bearer {slack.bot_token}", "Content-Type": "application/json"}
    async with http.post(f"{slack.url}/api/chat.postMessage", headers=headers, data=body) as response:
        assert (await response.json())["error"] == "channel_not_found"


async def test_a_token_may_be_an_argument(slack: Standin, http: aiohttp.ClientSession) -> None:
    async with http.get(f"{slack.url}/api/auth.test", params={"token": slack.bot_token}) as response:
        assert (await response.json())["ok"] is True


SCOPED: list[tuple[str, Json, str]] = [
    ("chat.postMessage", {"channel": "C0GENERAL", "text": "hi"}, "chat:write"),
    ("chat.postEphemeral", {"channel": "C0GENERAL", "text": "hi", "user": "U0BOB"}, "chat:write"),
    ("chat.update", {"channel": "C0GENERAL", "ts": "1.0", "text": "hi"}, "chat:write"),
    ("chat.delete", {"channel": "C0GENERAL", "ts": "1.0"}, "chat:write"),
    ("conversations.history", {"channel": "C0GENERAL"}, "channels:history"),
    ("conversations.replies", {"channel": "C0GENERAL", "ts": "1.0"}, "channels:history"),
    ("conversations.info", {"channel": "C0GENERAL"}, "channels:read"),
    ("conversations.members", {"channel": "C0GENERAL"}, "channels:read"),
    ("conversations.list", {"types": "private_channel"}, "groups:read"),
    ("conversations.open", {"users": "U0BOB"}, "im:write"),
    ("conversations.join", {"channel": "C0GENERAL"}, "channels:join"),
    ("users.info", {"user": "U0BOB"}, "users:read"),
    ("users.list", {}, "users:read"),
    ("users.lookupByEmail", {"email": "bob@acme.example"}, "users:read.email"),
    ("bots.info", {}, "users:read"),
    ("usergroups.list", {}, "usergroups:read"),
    ("usergroups.users.list", {"usergroup": "S0FINANCE"}, "usergroups:read"),
    ("reactions.add", {"channel": "C0GENERAL", "timestamp": "1.0", "name": "eyes"}, "reactions:write"),
]


@pytest.mark.parametrize(("method", "args", "scope"), SCOPED, ids=[row[0] for row in SCOPED])
async def test_a_method_needs_its_scope(call_of: CallOf, method: str, args: Json, scope: str) -> None:
    async with Standin(data=Seed(scopes=("commands",))) as slack:
        answer = await call_of(slack)(method, **args)
    assert answer == {"ok": False, "error": "missing_scope", "needed": scope, "provided": "commands"}


async def test_the_record_says_what_was_called(slack: Standin, call: Web) -> None:
    await call("chat.postMessage", channel="C0GENERAL", text="hi")
    await call("chat.postMessage", channel="C0NOWHERE", text="hi")
    assert [(call.method, call.args["channel"], call.ok) for call in slack.calls] == [
        ("chat.postMessage", "C0GENERAL", True),
        ("chat.postMessage", "C0NOWHERE", False),
    ]


async def test_a_fault_strikes_as_often_as_told(slack: Standin, call: Web) -> None:
    slack.faults.add("auth.test", "error", times=2, error="fatal_error")
    assert (await call("auth.test"))["error"] == "fatal_error"
    assert (await call("auth.test"))["error"] == "fatal_error"
    assert (await call("auth.test"))["ok"]
    assert [call.ok for call in slack.calls] == [False, False, True]


async def test_faults_can_be_taken_back(slack: Standin, call: Web) -> None:
    slack.faults.add("auth.test", "http_500")
    slack.faults.down = True
    slack.faults.clear()
    assert (await call("auth.test"))["ok"]


def test_an_unknown_fault_is_a_mistake_in_the_test(slack: Standin) -> None:
    with pytest.raises(ValueError, match="There is no fault 'sulk'; there are error, http_500"):
        slack.faults.add("auth.test", "sulk")  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]


async def test_a_broken_server_answers_500(slack: Standin, call: Web) -> None:
    slack.faults.add("auth.test", "http_500")
    assert (await call.raw("auth.test"))[0] == 500
    assert (await call("auth.test"))["ok"]


async def test_an_outage_refuses_everything(slack: Standin, call: Web, http: aiohttp.ClientSession) -> None:
    slack.faults.down = True
    assert (await call.raw("auth.test"))[0] == 503
    async with http.post(f"{slack.url}/actions/T0COUNTER/secret", json={}) as response:
        assert response.status == 503
    slack.faults.down = False
    assert (await call("auth.test"))["ok"]
    assert [(call.method, call.ok) for call in slack.calls] == [
        ("auth.test", False),
        ("response_url", False),
        ("auth.test", True),
    ]


async def test_a_rate_limit_says_when_to_come_back(slack: Standin, call: Web) -> None:
    slack.faults.add("auth.test", "ratelimited", seconds=7)
    status, headers = await call.raw("auth.test")
    assert (status, headers["Retry-After"]) == (429, "7")


async def test_a_slow_call_is_answered_late(slack: Standin, call: Web) -> None:
    slack.faults.add("auth.test", "slow", seconds=0.1)
    start = time.monotonic()
    assert (await call("auth.test"))["ok"]
    assert time.monotonic() - start >= 0.1


async def test_a_lost_answer_leaves_the_message_behind(slack: Standin, call: Web) -> None:
    slack.faults.add("chat.postMessage", "lost")
    with pytest.raises(aiohttp.ClientError):
        await call("chat.postMessage", channel="C0GENERAL", text="hi")
    assert [message.text for message in slack.workspace.rooms["C0GENERAL"].messages] == ["hi"]
    assert [call.ok for call in slack.calls] == [True]


async def test_a_hanging_call_does_nothing_and_ends_without_an_answer(slack: Standin, call: Web) -> None:
    slack.faults.add("chat.postMessage", "hang", seconds=0.05)
    with pytest.raises(aiohttp.ClientError):
        await call("chat.postMessage", channel="C0GENERAL", text="hi")
    assert slack.workspace.rooms["C0GENERAL"].messages == []


@pytest.mark.parametrize("kind", ["slow", "hang"])
async def test_stopping_does_not_wait_for_held_calls(slack: Standin, call: Web, kind: Kind) -> None:
    slack.faults.add("auth.test", kind, seconds=60)
    held = asyncio.ensure_future(call("auth.test"))
    await eventually(lambda: slack.faults.left("auth.test") == 0)
    start = time.monotonic()
    await slack.stop()
    assert time.monotonic() - start < 5
    with pytest.raises(aiohttp.ClientError):
        await held


async def test_posts_to_one_channel_can_be_limited(call_of: CallOf) -> None:
    now = 1_790_000_000.0
    async with Standin(limits=0.25, clock=lambda: now) as slack:
        call = call_of(slack)
        await call("chat.postMessage", channel="C0GENERAL", text="first")
        await call("chat.postMessage", channel="C0OUTCOMES", text="elsewhere")
        status, headers = await call.raw("chat.postMessage", channel="C0GENERAL", text="too soon")
        assert (status, headers["Retry-After"]) == (429, "4")
        now += 4
        await call("chat.postMessage", channel="C0GENERAL", text="in time")
    assert [message.text for message in slack.workspace.rooms["C0GENERAL"].messages] == ["first", "in time"]
