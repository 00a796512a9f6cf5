"""Response URLs: five uses, thirty minutes, and what each body does."""

from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp
import pytest

from bot.standin.payloads import response_url
from bot.standin.server import Standin
from tests.standin.ends import Clock, Json, Web

Respond = Callable[..., Awaitable[tuple[int, Json]]]
BLOCKS = [{"type": "divider"}]


@pytest.fixture
async def card(call: Web) -> str:
    """A message with blocks."""
    return str((await call("chat.postMessage", channel="C0GENERAL", text="card", blocks=BLOCKS))["ts"])


def responder(slack: Standin, http: aiohttp.ClientSession, secret: str) -> Respond:
    async def respond(**body: Any) -> tuple[int, Json]:
        async with http.post(response_url(slack.workspace, "actions", secret), json=body) as response:
            return response.status, await response.json()

    return respond


@pytest.fixture
def respond(slack: Standin, http: aiohttp.ClientSession, card: str) -> Respond:
    """Answers Bob's click on the card."""
    return responder(slack, http, slack.workspace.tickets.response("C0GENERAL", "U0BOB", card))


def whispers(slack: Standin) -> list[tuple[str, str]]:
    return [(message.only_for, message.text) for message in slack.workspace.ephemerals.values()]


def texts(slack: Standin) -> list[str]:
    return [message.text for message in slack.workspace.rooms["C0GENERAL"].messages]


async def test_an_answer_is_for_the_one_who_clicked(slack: Standin, respond: Respond) -> None:
    assert await respond(text="only you") == (200, {"ok": True})
    assert whispers(slack) == [("U0BOB", "only you")]
    assert texts(slack) == ["card"]


async def test_an_answer_can_be_for_the_channel(slack: Standin, respond: Respond, card: str) -> None:
    await respond(text="all", response_type="in_channel", thread_ts=card)
    assert texts(slack) == ["card", "all"]
    assert slack.workspace.rooms["C0GENERAL"].messages[1].thread_ts == card


async def test_the_original_can_be_replaced(slack: Standin, respond: Respond) -> None:
    await respond(text="done", replace_original=True)
    message = slack.workspace.rooms["C0GENERAL"].messages[0]
    assert (message.text, message.blocks) == ("done", [])


async def test_the_original_can_be_deleted_and_then_is_gone(slack: Standin, respond: Respond) -> None:
    assert (await respond(delete_original=True))[0] == 200
    assert texts(slack) == []
    assert await respond(delete_original=True) == (400, {"ok": False, "error": "message_not_found"})


async def test_an_ephemeral_original_can_be_replaced_and_deleted(
    slack: Standin, http: aiohttp.ClientSession, call: Web
) -> None:
    ts = (await call("chat.postEphemeral", channel="C0GENERAL", user="U0BOB", text="psst"))["message_ts"]
    respond = responder(slack, http, slack.workspace.tickets.response("C0GENERAL", "U0BOB", ts))
    await respond(text="psst!", replace_original=True)
    assert whispers(slack) == [("U0BOB", "psst!")]
    await respond(delete_original=True)
    assert whispers(slack) == []


@pytest.mark.parametrize(
    ("body", "error"),
    [({}, "no_text"), ({"text": "x", "blocks": [{"type": "none"}]}, "invalid_blocks")],
)
async def test_a_wrong_body_is_refused(respond: Respond, body: Json, error: str) -> None:
    status, answer = await respond(**body)
    assert (status, answer["error"]) == (400, error)


async def test_five_uses_are_all(slack: Standin, respond: Respond) -> None:
    for number in range(5):
        assert (await respond(text=f"{number}"))[0] == 200
    assert await respond(text="5") == (404, {"ok": False, "error": "used_url"})
    assert len(whispers(slack)) == 5


async def test_thirty_minutes_are_all(respond: Respond, clock: Clock) -> None:
    clock.now += 30 * 60
    assert (await respond(text="in time"))[0] == 200
    clock.now += 1
    assert await respond(text="late") == (404, {"ok": False, "error": "expired_url"})


async def test_a_made_up_url_is_refused(slack: Standin, http: aiohttp.ClientSession) -> None:
    assert await responder(slack, http, "madeup")(text="hi") == (404, {"ok": False, "error": "expired_url"})


async def test_answers_are_on_the_record(slack: Standin, respond: Respond) -> None:
    await respond(text="a")
    await respond()
    assert [(call.method, call.ok) for call in slack.calls[1:]] == [
        ("response_url", True),
        ("response_url", False),
    ]
