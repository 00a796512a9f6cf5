"""Signed HTTP: what the app receives, byte for byte, and what its answers mean; also with Bolt behind it."""

import asyncio
import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from urllib.parse import parse_qs

import pytest
from slack_bolt.adapter.starlette.async_handler import AsyncSlackRequestHandler
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.standin.delivery import Retry
from bot.standin.server import Standin
from bot.standin.wires import HOST, Wires
from tests.standin.ends import Clock, Json, eventually
from tests.standin.tinyapp import tiny


@dataclass
class Listener:
    """An app that keeps what it gets and answers what it is told to."""

    answer: Response = field(default_factory=Response)
    delay: float = 0.0
    bodies: list[bytes] = field(default_factory=list[bytes])
    headers: list[dict[str, str]] = field(default_factory=list[dict[str, str]])

    async def take(self, request: Request) -> Response:
        """One request."""
        self.bodies.append(await request.body())
        self.headers.append(dict(request.headers))
        await asyncio.sleep(self.delay)
        return self.answer


@pytest.fixture
async def listener(slack: Standin) -> AsyncIterator[Listener]:
    """The app's end."""
    app = Listener()
    wires = Wires(Starlette(routes=[Route("/slack", app.take, methods=["POST"])]), 0)
    await wires.start()
    slack.request_url = f"http://{HOST}:{wires.port}/slack"
    yield app
    await wires.stop()


async def test_a_request_is_signed_now(slack: Standin, listener: Listener, clock: Clock) -> None:
    await slack.deliver("events_api", {"type": "event_callback"})
    headers, body = listener.headers[0], listener.bodies[0]
    stamp = headers["x-slack-request-timestamp"]
    expected = hmac.new(slack.signing_secret.encode(), f"v0:{stamp}:".encode() + body, hashlib.sha256)
    assert stamp == str(int(clock.now))
    assert headers["x-slack-signature"] == f"v0={expected.hexdigest()}"


async def test_each_kind_has_its_encoding(slack: Standin, listener: Listener) -> None:
    await slack.deliver("events_api", {"a": 1})
    await slack.deliver("interactive", {"a": 1})
    await slack.deliver("slash_commands", {"command": "/approvals", "text": "ä&b"})
    event, interaction, command = (body.decode() for body in listener.bodies)
    assert json.loads(event) == {"a": 1}
    assert json.loads(parse_qs(interaction)["payload"][0]) == {"a": 1}
    assert parse_qs(command) == {"command": ["/approvals"], "text": ["ä&b"]}
    kinds = [headers["content-type"] for headers in listener.headers]
    assert kinds == ["application/json", *["application/x-www-form-urlencoded"] * 2]


async def test_a_repeated_event_says_so(slack: Standin, listener: Listener) -> None:
    await slack.courier.once("events_api", {}, Retry(2, "http_timeout"))
    await slack.deliver("events_api", {})
    again, first = listener.headers
    assert (again["x-slack-retry-num"], again["x-slack-retry-reason"]) == ("2", "http_timeout")
    assert "x-slack-retry-num" not in first


@pytest.mark.parametrize(
    ("content", "media", "body"),
    [
        ("", None, None),
        ("words", "text/plain", {"text": "words"}),
        ('{"response_action": "clear"}', "application/json", {"response_action": "clear"}),
        ("[1]", "application/json", None),
        ("{broken", "application/json", {"text": "{broken"}),
    ],
)
async def test_an_ack_may_say_something(
    slack: Standin, listener: Listener, content: str, media: str | None, body: Json | None
) -> None:
    listener.answer = Response(content, media_type=media)
    delivery = await slack.deliver("interactive", {})
    assert (delivery.acked, delivery.status, delivery.body) == (True, 200, body)


@pytest.mark.parametrize("status", [302, 404, 500])
async def test_any_other_status_is_no_ack(slack: Standin, listener: Listener, status: int) -> None:
    listener.answer = Response("no", status, headers={"Location": "/slack"})
    delivery = await slack.deliver("interactive", {})
    assert (delivery.acked, delivery.status, delivery.error) == (False, status, "dispatch_failed")
    assert (delivery.reason, len(listener.bodies)) == ("http_error", 1)


async def test_a_late_answer_is_no_ack(slack: Standin, listener: Listener) -> None:
    listener.delay = 1.0
    delivery = await slack.deliver("interactive", {})
    assert (delivery.acked, delivery.error, delivery.reason) == (False, "operation_timeout", "http_timeout")
    assert delivery.seconds < 1.0


async def test_an_app_can_refuse_repetitions(slack: Standin, listener: Listener) -> None:
    listener.answer = Response("no", 500, headers={"X-Slack-No-Retry": "1"})
    await slack.say("U0BOB", "C0GENERAL", "hello")
    await eventually(lambda: slack.deliveries)
    await slack.courier.idle()
    assert len(listener.bodies) == 1


async def test_nobody_at_home_is_no_ack(slack: Standin) -> None:
    slack.request_url = f"{slack.url.rsplit(':', 1)[0]}:9/slack"
    delivery = await slack.deliver("interactive", {})
    assert (delivery.acked, delivery.error, delivery.reason) == (
        False,
        "dispatch_failed",
        "connection_failed",
    )


async def test_without_a_request_url_it_is_socket_mode_again(slack: Standin, listener: Listener) -> None:
    assert slack.request_url is not None
    slack.request_url = None
    assert slack.request_url is None
    assert not (await slack.deliver("interactive", {})).acked
    assert listener.bodies == []


async def test_bolt_accepts_the_signature_and_goes_all_the_way() -> None:
    """Only with a clock that is right: Bolt refuses what is older than five minutes."""
    async with Standin(ack_seconds=1) as real:
        handler = AsyncSlackRequestHandler(tiny(real))
        wires = Wires(Starlette(routes=[Route("/slack", handler.handle, methods=["POST"])]), 0)
        await wires.start()
        real.request_url = f"http://{HOST}:{wires.port}/slack"
        await real.say("U0BOB", "C0GENERAL", "hello")
        room = real.workspace.rooms["C0GENERAL"]
        card = await eventually(lambda: next((one for one in room.messages if one.text == "card"), None))
        assert (await real.click("U0BOB", "C0GENERAL", card.ts, "go")).acked
        view = real.workspace.modals.stack("U0BOB")[0]
        assert (await real.submit("U0BOB", view.id, {"why": {"text": "no"}})).acked
        assert view.errors == {"why": "No."}
        assert (await real.command("U0BOB", "C0GENERAL", "/approvals")).body == {"text": "Nothing waits."}
        real.signing_secret = "another"
        real.request_url = real.request_url
        assert (await real.command("U0BOB", "C0GENERAL", "/approvals")).status == 401
        await wires.stop()
