"""The page's API: what each user sees, what they can do, and who is kept out."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp
import pytest

from bot.standin import control
from bot.standin.server import Standin
from tests.standin.ends import Dial, Json, Phone, Web, eventually

Act = Callable[..., Awaitable[Json]]
WORDS = {"type": "plain_text", "text": "Go"}
CARD = [
    {"type": "actions", "block_id": "b", "elements": [{"type": "button", "action_id": "go", "text": WORDS}]}
]
FIELD = {"type": "plain_text_input", "action_id": "text"}
QUESTION = {"type": "input", "block_id": "why", "label": WORDS, "element": FIELD}
MODAL = {"type": "modal", "title": WORDS, "submit": WORDS, "blocks": [QUESTION, *CARD]}
DONE = {"ok": True, "acked": True, "error": ""}


@pytest.fixture
def act(slack: Standin, http: aiohttp.ClientSession) -> Act:
    """Does something on the page as Bob."""

    async def post(name: str, **body: Any) -> Json:
        async with http.post(f"{slack.url}/_/{name}", json={"user": "U0BOB"} | body) as response:
            return dict(await response.json())

    return post


@pytest.fixture
async def phone(dial: Dial) -> Phone:
    """An app that acks everything."""
    return await dial()


async def look(slack: Standin, http: aiohttp.ClientSession, user: str = "") -> Json:
    query = {"user": user} if user else {}
    async with http.get(f"{slack.url}/_/state", params=query) as response:
        return dict(await response.json())


async def opened(slack: Standin, call: Web) -> str:
    trigger = slack.workspace.tickets.trigger("U0BOB")
    return str((await call("views.open", trigger_id=trigger, view=MODAL))["view"]["id"])


async def test_each_sees_what_they_may(slack: Standin, http: aiohttp.ClientSession) -> None:
    async def names(user: str) -> list[str]:
        return [room["id"] for room in (await look(slack, http, user))["channels"]]

    slack.direct("U0BOB")
    assert await names("U0BOB") == [
        "C0GENERAL",
        "C0APPROVALS",
        "C0OUTCOMES",
        "C0PURCHASES",
        "C0PRIVATE",
        "C0ARCHIVED",
        "D0BOB",
    ]
    assert await names("U0DAVE") == ["C0GENERAL", "C0APPROVALS", "C0OUTCOMES", "C0PURCHASES", "C0ARCHIVED"]
    assert await names("U0EVE") == ["C0GENERAL"]


async def test_the_state_is_whole(slack: Standin, http: aiohttp.ClientSession, call: Web) -> None:
    slack.direct("U0BOB")
    view_id = await opened(slack, call)
    await call("views.publish", user_id="U0BOB", view={"type": "home", "blocks": CARD})
    slack.workspace.warn("U0BOB", "Careful.")
    state = await look(slack, http, "U0BOB")
    assert state["team"] == {"id": "T0COUNTER", "name": "Acme", "domain": "acme"}
    assert (state["me"]["id"], state["bot"], len(state["users"])) == ("U0BOB", "U0BOT", 11)
    approvals, direct = state["channels"][1], state["channels"][-1]
    assert (approvals["name"], approvals["member"], approvals["is_im"]) == ("approvals", True, False)
    assert (direct["name"], direct["is_im"]) == ("Countersign", True)
    assert [(view["id"], view["errors"]) for view in state["views"]] == [(view_id, {})]
    assert state["home"]["type"] == "home"
    assert (state["warnings"], state["version"]) == (["Careful."], slack.workspace.version)


async def test_without_a_user_it_is_the_first(slack: Standin, http: aiohttp.ClientSession) -> None:
    state = await look(slack, http)
    assert (state["me"]["id"], state["home"]) == ("U0ALICE", None)
    assert (await look(slack, http, "U0NOBODY")) == {"ok": False, "error": "user_not_found"}


async def test_messages_are_in_order_with_whispers_among_them(
    slack: Standin, http: aiohttp.ClientSession, call: Web
) -> None:
    first = await slack.say("U0BOB", "C0GENERAL", "first")
    whisper = await call("chat.postEphemeral", channel="C0GENERAL", user="U0BOB", text="psst")
    await call("chat.postMessage", channel="C0GENERAL", text="reply", thread_ts=first)
    lines = (await look(slack, http, "U0BOB"))["messages"]["C0GENERAL"]
    assert [line["text"] for line in lines] == ["<@U0BOT> first", "psst", "reply"]
    assert (lines[0]["username"], lines[0]["reply_count"], lines[0]["edited"]) == ("Bob Okafor", 1, False)
    assert (lines[1]["ephemeral"], lines[1]["id"]) == (True, whisper["message_ts"])
    assert (lines[2]["thread_ts"], lines[2]["is_bot"]) == (first, True)
    others = (await look(slack, http, "U0ALICE"))["messages"]["C0GENERAL"]
    assert [line["text"] for line in others] == ["<@U0BOT> first", "reply"]


async def test_waiting_ends_with_a_change(slack: Standin, http: aiohttp.ClientSession) -> None:
    async def wait(since: str) -> int:
        async with http.get(f"{slack.url}/_/wait", params={"since": since}) as response:
            return int((await response.json())["version"])

    now = slack.workspace.version
    waiting = asyncio.create_task(wait(f"{now}"))
    slack.workspace.touch()
    assert await waiting == now + 1
    assert await wait("99") == now + 1
    assert await wait("nonsense") == now + 1


async def test_waiting_ends_by_itself(
    slack: Standin, http: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(control, "WAIT_SECONDS", 0.01)
    now = slack.workspace.version
    async with http.get(f"{slack.url}/_/wait", params={"since": f"{now}"}) as response:
        assert await response.json() == {"version": now}


async def test_a_line_is_escaped_and_its_handles_become_mentions(slack: Standin, act: Act) -> None:
    answer = await act("say", channel="C0GENERAL", text='@countersign & <b> "@alice" @nobody a@bob')
    text = slack.workspace.rooms["C0GENERAL"].message(answer["ts"]).text
    assert text == '<@U0BOT> &amp; &lt;b&gt; "<@U0ALICE>" @nobody a@bob'


async def test_a_line_can_go_to_a_thread(slack: Standin, act: Act) -> None:
    first = await act("say", channel="C0GENERAL", text="first")
    reply = await act("say", channel="C0GENERAL", text="reply", thread_ts=first["ts"])
    assert slack.workspace.rooms["C0GENERAL"].message(reply["ts"]).thread_ts == first["ts"]


async def test_a_line_with_a_slash_is_a_command(slack: Standin, act: Act, phone: Phone) -> None:
    assert await act("say", channel="C0GENERAL", text="/approvals  mine ") == DONE
    payload = slack.deliveries[0].payload
    assert (payload["command"], payload["text"]) == ("/approvals", "mine")


async def test_clicks_and_modals_work_from_the_page(
    slack: Standin, act: Act, phone: Phone, call: Web
) -> None:
    ts = (await call("chat.postMessage", channel="C0GENERAL", text="card", blocks=CARD))["ts"]
    whisper = await call("chat.postEphemeral", channel="C0GENERAL", user="U0BOB", text="psst", blocks=CARD)
    assert await act("click", channel="C0GENERAL", ts=ts, action_id="go", block_id="b") == DONE
    assert await act("click_ephemeral", id=whisper["message_ts"], action_id="go") == DONE
    view_id = await opened(slack, call)
    assert await act("press", view_id=view_id, action_id="go", values={"why": {"text": "so far"}}) == DONE
    wrong = await act("submit", view_id=view_id, values={"why": {"text": ""}})
    assert (wrong["ok"], wrong["errors"]) == (False, {"why": "Please complete this required field."})
    assert await act("submit", view_id=view_id, values={"why": {"text": "because"}}) == DONE
    view_id = await opened(slack, call)
    assert await act("dismiss", view_id=view_id) == DONE
    kinds = [sent.payload["type"] for sent in slack.deliveries]
    assert kinds == ["block_actions"] * 3 + ["view_submission"]


async def test_shortcuts_are_offered_and_chosen_on_the_page(
    slack: Standin, http: aiohttp.ClientSession, act: Act, phone: Phone
) -> None:
    ts = await slack.say("U0BOB", "C0GENERAL", "hello", mention=False)
    offered = (await look(slack, http, "U0BOB"))["shortcuts"]
    assert [(one["kind"], one["name"]) for one in offered] == [
        ("global", "New request"),
        ("message", "Ask for approval"),
    ]
    assert await act("shortcut", callback_id=offered[0]["callback_id"]) == DONE
    place = {"channel": "C0GENERAL", "ts": ts, "callback_id": offered[1]["callback_id"]}
    assert await act("message_shortcut", **place) == DONE
    assert [sent.payload["type"] for sent in slack.deliveries] == ["shortcut", "message_action"]
    wrong = await act("shortcut", callback_id="another")
    assert (wrong["ok"], wrong["error"]) == (False, "The app has no global shortcut 'another'.")


async def test_what_is_not_acked_is_said(slack: Standin, act: Act, call: Web) -> None:
    ts = (await call("chat.postMessage", channel="C0GENERAL", text="card", blocks=CARD))["ts"]
    answer = await act("click", channel="C0GENERAL", ts=ts, action_id="go")
    assert answer == {"ok": False, "acked": False, "error": "dispatch_failed"}


@pytest.mark.parametrize(
    ("name", "body", "error"),
    [
        ("click", {"channel": "C0GENERAL", "ts": "1.0", "action_id": "go"}, "message_not_found"),
        ("say", {"channel": "C0ARCHIVED", "text": "hi"}, "U0BOB cannot write in C0ARCHIVED."),
        ("say", {"channel": "C0GENERAL"}, "'text'"),
        ("dm", {"user": "U0NOBODY"}, "user_not_found"),
    ],
)
async def test_what_cannot_be_done_is_said(act: Act, name: str, body: Json, error: str) -> None:
    assert await act(name, **body) == {"ok": False, "acked": False, "error": error}


async def test_the_direct_conversation_and_the_home_tab_open(slack: Standin, act: Act, phone: Phone) -> None:
    assert await act("dm") == DONE | {"channel": "D0BOB"}
    assert await act("home") == DONE
    await eventually(lambda: slack.deliveries)
    assert slack.deliveries[0].payload["event"]["type"] == "app_home_opened"


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"Host": "localhost"}, 200),
        ({"Host": "[::1]:80"}, 200),
        ({"Host": "evil.example"}, 403),
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Host": "localhost", "Origin": "http://localhost"}, 200),
        ({"Host": "localhost", "Origin": "http://localhost:81"}, 403),
    ],
)
async def test_only_the_page_on_this_machine_is_answered(
    slack: Standin, http: aiohttp.ClientSession, headers: dict[str, str], status: int
) -> None:
    """A site elsewhere must not act through somebody's browser, nor read through a rebound name."""
    async with http.get(f"{slack.url}/_/state", headers=headers) as response:
        assert response.status == status
    async with http.post(f"{slack.url}/_/dm", json={"user": "U0BOB"}, headers=headers) as response:
        assert response.status == status


async def test_the_page_is_served(slack: Standin, http: aiohttp.ClientSession) -> None:
    async with http.get(f"{slack.url}/") as response:
        assert (response.status, response.content_type) == (200, "text/html")
    async with http.get(f"{slack.url}/static/page.js") as response:
        assert (response.status, response.content_type) == (200, "text/javascript")
    async with http.get(f"{slack.url}/static/../server.py") as response:
        assert response.status == 404
