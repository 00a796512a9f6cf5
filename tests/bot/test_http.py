"""Signed HTTP: what is not Slack's, or not as Slack sends it, is refused and changes nothing."""

import hashlib
import hmac
import json
import time
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from urllib.parse import urlencode

import aiohttp
import pytest
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from activities.cards import APPROVE
from bot.settings import Settings
from bot.standin import payloads
from bot.standin.seed import TEAM
from bot.standin.server import Standin
from tests.bot.conftest import CutOff
from tests.doors import (
    Handle,
    Json,
    click_payload,
    connect,
    has_buttons,
    listen_on,
    open_bot,
    read_state,
    start_request,
)
from tests.harness import ALICE, BOB, GENERAL, OUTCOMES, Harness, eventually
from workflows.contracts import Thread
from workflows.ids import agent_workflow

FORM = "application/x-www-form-urlencoded"
JSON = "application/json"
TOO_OLD = 5 * 60 + 5
REFUSED = range(400, 500)


@dataclass
class Post:
    """A request as Slack would send it, to be spoiled by a test."""

    body: bytes
    kind: str = FORM
    secret: str = "standin-signing-secret"
    age: int = 0

    def headers(self) -> dict[str, str]:
        stamp = str(int(time.time()) - self.age)
        signed = hmac.new(self.secret.encode(), f"v0:{stamp}:".encode() + self.body, hashlib.sha256)
        return {
            "Content-Type": self.kind,
            "X-Slack-Request-Timestamp": stamp,
            "X-Slack-Signature": f"v0={signed.hexdigest()}",
        }


@dataclass
class Target:
    """A bot over HTTP with one request pending, and what may be sent to it."""

    harness: Harness
    handle: Handle
    http: aiohttp.ClientSession
    click: Json
    ts: str

    def mention(self, **changes: object) -> Json:
        """The inside of an event that no other test has sent."""
        return {
            "type": "app_mention",
            "user": ALICE,
            "channel": GENERAL,
            "ts": self.ts,
            "text": "help",
            **changes,
        }

    @property
    def url(self) -> str:
        return self.harness.slack.request_url or ""

    async def send(self, post: Post, **headers: str | None) -> int:
        wanted = post.headers() | headers
        kept = {name: value for name, value in wanted.items() if value is not None}
        try:
            async with self.http.post(self.url, data=post.body, headers=kept) as response:
                return response.status
        except aiohttp.ClientError:
            return 0

    async def untouched(self) -> bool:
        """Whether no event reached the request, and no conversation began."""
        thread = Thread(team_id=TEAM, channel_id=GENERAL, thread_ts=self.ts)
        try:
            await self.harness.client.get_workflow_handle(agent_workflow(thread)).describe()
        except RPCError as error:
            return error.status == RPCStatusCode.NOT_FOUND and await self.signals() == 0
        return False

    async def signals(self) -> int:
        history = await self.handle.fetch_history()
        return sum(event.HasField("workflow_execution_signaled_event_attributes") for event in history.events)


def interaction(payload: object) -> Post:
    return Post(urlencode({"payload": json.dumps(payload)}).encode())


def event(body: Json, **envelope: object) -> Post:
    frame = {"type": "event_callback", "team_id": TEAM, "event_id": "Ev1", "event": body, **envelope}
    return Post(json.dumps(frame).encode(), JSON)


@pytest.fixture
async def target(web: Harness) -> AsyncGenerator[Target]:
    handle = await start_request(web)
    card = await web.card()
    click = click_payload(web.slack, web.slack.workspace.user(BOB), card, APPROVE)
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(force_close=True)) as http:
        yield Target(web, handle, http, click, web.slack.workspace.stamp())


async def test_what_is_signed_is_taken(target: Target) -> None:
    """The counterpart of all refusals: the same requests, unspoiled."""
    target.ts = await target.harness.slack.say(ALICE, GENERAL, "Good morning", mention=False)
    assert await target.send(event(target.mention())) == 200
    assert await target.send(interaction(target.click)) == 200
    assert (await target.handle.result()).approved
    assert await target.signals() == 1
    await target.harness.reply(GENERAL, target.ts, "I understand")
    assert not await target.untouched()


@pytest.mark.parametrize(
    ("spoiled", "headers"),
    [
        ({"secret": "another-secret"}, {}),
        ({"age": TOO_OLD}, {}),
        ({"age": -TOO_OLD}, {}),
        ({}, {"X-Slack-Signature": None}),
        ({}, {"X-Slack-Signature": ""}),
        ({}, {"X-Slack-Signature": "v0=" + "0" * 64}),
        ({}, {"X-Slack-Signature": "v0=\u00e9"}),
        ({}, {"X-Slack-Request-Timestamp": None}),
        ({}, {"X-Slack-Request-Timestamp": ""}),
        ({}, {"X-Slack-Request-Timestamp": "yesterday"}),
        ({}, {"X-Slack-Request-Timestamp": "9" * 30}),
        ({}, {"X-Slack-Signature": None, "X-Slack-Request-Timestamp": None}),
    ],
    ids=lambda part: json.dumps(part)[:60],
)
async def test_what_is_not_signed_now_by_slack_is_refused(
    target: Target, spoiled: Json, headers: dict[str, str | None]
) -> None:
    for post in (interaction(target.click), event(target.mention())):
        vars(post).update(spoiled)
        assert await target.send(post, **headers) in REFUSED
    assert await target.untouched()


async def test_a_body_changed_on_its_way_is_refused(target: Target) -> None:
    post = interaction(target.click)
    headers = post.headers()
    post.body = post.body.replace(b"U0BOB", b"U0EVE")
    assert await target.send(post, **headers) == 401
    assert await target.untouched()


GARBAGE = {
    "nothing": b"",
    "binary": bytes(range(256)),
    "half JSON": b'{"type": "event_callback"',
    "half payload": b"payload=%7B%22type%22",
    "payload list": b"payload=[1]",
    "payload number": b"payload=5",
    "payload null": b"payload=null",
    "payload string": b"payload=%22x%22",
    "list": b"[]",
    "null": b"null",
    "number": b"5",
    "empty object": b"{}",
    "odd parts": b'{"team": 5, "user": [], "event": "x", "authorizations": 7}',
    "odd event": b'{"type": "event_callback", "team_id": "T0COUNTER", "event": []}',
    "deep": b"[" * 100_000,
    "words": b"hello=world",
}


@pytest.mark.parametrize("kind", [FORM, JSON])
async def test_garbage_is_refused_signed_or_not(target: Target, kind: str) -> None:
    answers: dict[tuple[str, bool], int] = {}
    for name, body in GARBAGE.items():
        answers[name, True] = await target.send(Post(body, kind))
        answers[name, False] = await target.send(Post(body, kind, secret="another-secret"))
    assert {key: status for key, status in answers.items() if status not in REFUSED} == {}
    assert await target.untouched()


@pytest.mark.parametrize("kind", ["text/plain", "multipart/form-data; boundary=x", "application/xml"])
async def test_another_content_type_is_refused(target: Target, kind: str) -> None:
    post = interaction(target.click)
    post.kind = kind
    assert await target.send(post) in REFUSED
    assert await target.untouched()


async def test_unknown_actions_callbacks_commands_and_kinds_are_refused(target: Target) -> None:
    action = target.click["actions"][0]
    slack = target.harness.slack.workspace
    command = payloads.command(slack, slack.user(BOB), slack.room(GENERAL), "/launch", "")
    view = {"type": "modal", "callback_id": "unknown", "team_id": TEAM, "private_metadata": ""}
    posts = [
        interaction(target.click | {"actions": [action | {"action_id": "launch"}]}),
        interaction(target.click | {"type": "shortcut", "callback_id": "launch"}),
        interaction(target.click | {"type": "view_submission", "view": view}),
        interaction(target.click | {"type": "nonsense"}),
        Post(urlencode(command).encode()),
    ]
    assert [await target.send(post) for post in posts] == [404] * len(posts)
    assert await target.untouched()


async def test_unknown_events_are_refused(target: Target) -> None:
    posts = [
        event({"type": kind, "user": ALICE, "channel": GENERAL, "ts": target.ts})
        for kind in ("reaction_added", "x")
    ]
    assert [await target.send(post) for post in posts] == [404, 404]
    assert await target.untouched()


async def test_other_workspaces_are_refused(target: Target) -> None:
    team = {"id": "T0ELSE", "domain": "else"}
    slack = target.harness.slack.workspace
    command = payloads.command(slack, slack.user(BOB), slack.room(GENERAL), "/approvals", "")
    posts = [
        interaction(target.click | {"team": team, "user": {"id": BOB, "team_id": "T0ELSE"}}),
        interaction(target.click | {"team": team}),
        event(target.mention(team="T0ELSE"), team_id="T0ELSE"),
        Post(urlencode(command | {"team_id": "T0ELSE"}).encode()),
    ]
    assert [await target.send(post) for post in posts] == [403] * len(posts)
    assert await target.untouched()


async def test_malformed_clicks_and_messages_are_refused(target: Target) -> None:
    action = target.click["actions"][0]
    clicks: list[Json] = [
        {"user": {"id": BOB}},
        {"user": {"id": "bob; drop", "team_id": TEAM}},
        {"user": {"id": BOB, "team_id": None}},
        {"actions": [action, action]},
        {"actions": [action | {"action_ts": ""}]},
        {"actions": [action | {"value": 5}]},
    ]
    messages = [
        target.mention(ts="now"),
        target.mention(thread_ts="x"),
        target.mention(channel="#general"),
        target.mention(text=["help"]),
    ]
    posts = [interaction(target.click | change) for change in clicks] + [event(body) for body in messages]
    assert [await target.send(post) for post in posts] == [400] * len(posts)
    assert await target.untouched()


async def test_slack_learns_that_the_address_is_ours_only_when_it_signs(target: Target) -> None:
    body = json.dumps({"type": "url_verification", "challenge": "abc", "token": "x"}).encode()
    post = Post(body, JSON)
    async with target.http.post(target.url, data=body, headers=post.headers()) as response:
        assert (response.status, "abc" in await response.text()) == (200, True)
    assert await target.send(Post(body, JSON, secret="another-secret")) == 401


async def test_only_posts_are_taken(target: Target) -> None:
    async with target.http.get(target.url) as response:
        assert response.status == 405


async def test_the_whole_path_over_signed_http(web: Harness) -> None:
    thread = await web.ask("transfer 250 from checking to savings")
    card = await web.card()
    refused = await web.approve(card, ALICE)
    assert (refused.acked, refused.status) == (True, 200)
    assert "somebody else" in await eventually(lambda: "".join(web.whispers(ALICE)))
    assert (await web.approve(card)).acked
    await web.reply(GENERAL, thread, "Moved 250.00 EUR from checking to savings")
    await web.reply(GENERAL, thread, "Approved: Transfer money")
    await eventually(lambda: web.messages(OUTCOMES))
    assert "Approved: Transfer money" in web.messages(OUTCOMES)[0].text
    assert len(web.cards()) == 1
    assert not web.slack.workspace.warnings
    assert max(one.delivery.seconds for one in web.slack.deliveries) < 1


async def test_a_click_is_no_approval_before_its_workflow_says_so(target: Target) -> None:
    target.harness.slack.faults.add("users.info", "slow", seconds=0.5)
    assert await target.send(interaction(target.click)) == 200
    assert has_buttons(target.harness.cards()[0])
    assert (await target.handle.result()).approved
    assert not has_buttons(target.harness.cards()[0])


async def read_health(http: aiohttp.ClientSession, harness: Harness, path: str) -> tuple[int, str]:
    url = f"http://127.0.0.1:{harness.settings.countersign_http_port}{path}"
    async with http.get(url) as response:
        return response.status, await response.text()


async def test_the_process_says_that_it_lives_and_whether_it_is_ready(web_cut: CutOff) -> None:
    harness, cable = web_cut
    async with aiohttp.ClientSession() as http:
        assert await read_health(http, harness, "/healthz") == (200, "ok")
        assert (await read_health(http, harness, "/readyz"))[0] == 200
        await cable.cut()
        status, told = await read_health(http, harness, "/readyz")
        assert (status, json.loads(told)["ready"]) == (503, False)
        assert await read_health(http, harness, "/healthz") == (200, "ok")
        await cable.mend()
        assert (await read_health(http, harness, "/readyz"))[0] == 200


async def test_nothing_is_taken_when_the_secret_is_another(
    slack: Standin, settings: Settings, client: Client, temporal_address: str
) -> None:
    near = await connect(temporal_address, settings)
    slack.signing_secret = "rotated"
    async with open_bot(slack, listen_on(slack, settings), near, client) as harness:
        handle = await start_request(harness)
        refused = await harness.approve(await harness.card())
        assert (refused.acked, refused.status) == (False, 401)
        assert slack.workspace.warnings[BOB]
        assert (await read_state(handle)).status == "pending"
