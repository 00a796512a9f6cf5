"""Socket Mode: tickets, hello, turns, acks, refreshes; with a bare client and with Bolt's own."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.app.async_app import AsyncApp

from bot.standin import sockets
from bot.standin.server import Standin
from tests.standin.ends import CallOf, Dial, Json, eventually
from tests.standin.tinyapp import tiny

EVENT: Json = {"type": "event_callback", "event": {"type": "app_mention"}}


async def test_hello_says_which_app_and_how_many(dial: Dial) -> None:
    first, second = await dial(), await dial()
    assert first.heard[0]["type"] == "hello"
    assert first.heard[0]["connection_info"] == {"app_id": "A0COUNTER"}
    assert [phone.heard[0]["num_connections"] for phone in (first, second)] == [1, 2]


async def test_a_ticket_is_good_once(slack: Standin, http: aiohttp.ClientSession, call_of: CallOf) -> None:
    address = (await call_of(slack, slack.app_token)("apps.connections.open"))["url"]
    async with http.ws_connect(address):
        with pytest.raises(aiohttp.WSServerHandshakeError):
            await http.ws_connect(address)


async def test_an_envelope_carries_its_kind_and_comes_back_acked(slack: Standin, dial: Dial) -> None:
    phone = await dial(reply={"text": "done"})
    delivery = await slack.deliver("slash_commands", {"command": "/approvals"})
    assert (delivery.acked, delivery.body, delivery.error) == (True, {"text": "done"}, "")
    envelope = phone.heard[1]
    assert (envelope["type"], envelope["payload"]) == ("slash_commands", {"command": "/approvals"})
    assert envelope["accepts_response_payload"] is True
    assert "retry_attempt" not in envelope


async def test_an_event_takes_no_answer(slack: Standin, dial: Dial) -> None:
    phone = await dial()
    await slack.deliver("events_api", EVENT)
    envelope = phone.heard[1]
    assert (envelope["accepts_response_payload"], envelope["retry_attempt"]) == (False, 0)


async def test_connections_take_turns(slack: Standin, dial: Dial) -> None:
    phones = [await dial() for _ in range(3)]
    for _ in range(6):
        await slack.deliver("events_api", EVENT)
    assert [len(phone.heard) for phone in phones] == [3, 3, 3]


async def test_an_eleventh_connection_is_sent_away(slack: Standin, dial: Dial) -> None:
    for _ in range(sockets.MOST):
        await dial()
    eleventh = await dial()
    assert eleventh.heard[0] == {"type": "disconnect", "reason": "too_many_websockets", "debug_info": {}}
    assert len(slack.sockets.links) == sockets.MOST


async def test_noise_is_no_ack(slack: Standin, dial: Dial) -> None:
    phone = await dial(acks=False)
    delivery = asyncio.create_task(slack.deliver("events_api", EVENT))
    await eventually(lambda: len(phone.heard) == 2)
    for noise in ("{broken", "[]", '{"envelope_id": "unknown"}'):
        await phone.websocket.send_str(noise)
    for _ in range(2):
        await phone.websocket.send_json({"envelope_id": phone.heard[1]["envelope_id"]})
    assert (await delivery).acked


async def test_a_line_that_dies_while_waiting_is_no_ack(slack: Standin, dial: Dial) -> None:
    phone = await dial(acks=False)
    delivery = asyncio.create_task(slack.deliver("interactive", {}))
    await eventually(lambda: len(phone.heard) == 2)
    await phone.websocket.close()
    assert (await delivery).error == "operation_timeout"
    await eventually(lambda: not slack.sockets.links)
    assert not slack.sockets.joined.is_set()


async def test_a_refresh_warns_then_insists_then_hangs_up(
    slack: Standin, dial: Dial, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sockets, "GRACE_SECONDS", 0.05)
    phone = await dial()
    await slack.refresh()
    assert [frame["reason"] for frame in phone.heard[1:]] == ["warning", "refresh_requested"]
    await eventually(lambda: phone.websocket.closed)


async def test_a_retired_connection_gets_nothing_while_there_is_a_fresh_one(
    slack: Standin, dial: Dial
) -> None:
    old = await dial()
    refreshing = asyncio.create_task(slack.refresh())
    await eventually(lambda: len(old.heard) == 2)
    assert (await slack.deliver("events_api", EVENT)).acked
    fresh = await dial()
    for _ in range(2):
        await slack.deliver("events_api", EVENT)
    assert [frame["type"] for frame in fresh.heard] == ["hello", "events_api", "events_api"]
    await old.websocket.close()
    await refreshing


@pytest.fixture
async def bolt(slack: Standin) -> AsyncIterator[AsyncApp]:
    """A tiny Bolt app over Socket Mode: a button, a modal, a command."""
    app = tiny(slack)
    handler: Any = AsyncSocketModeHandler(app, slack.app_token, ping_interval=0.1)
    await handler.connect_async()
    await eventually(lambda: slack.sockets.links)
    yield app
    await handler.close_async()


async def test_bolt_goes_all_the_way(slack: Standin, bolt: AsyncApp) -> None:
    """From a mention to a card, a click, a modal, errors in it, and its end."""
    await slack.say("U0BOB", "C0GENERAL", "hello")
    room = slack.workspace.rooms["C0GENERAL"]
    card = await eventually(lambda: next((one for one in room.messages if one.text == "card"), None))
    assert (await slack.click("U0BOB", "C0GENERAL", card.ts, "go")).acked
    view = slack.workspace.modals.stack("U0BOB")[0]
    assert (await slack.submit("U0BOB", view.id, {"why": {"text": "no"}})).acked
    assert view.errors == {"why": "No."}
    assert (await slack.submit("U0BOB", view.id, {"why": {"text": "yes"}})).acked
    assert slack.workspace.modals.stack("U0BOB") == []
    assert (await slack.command("U0BOB", "C0GENERAL", "/approvals")).body == {"text": "Nothing waits."}


async def test_bolt_survives_a_refresh(slack: Standin, bolt: AsyncApp) -> None:
    old = list(slack.sockets.links)
    await slack.refresh()
    await eventually(lambda: slack.sockets.links)
    assert slack.sockets.links != old
    assert (await slack.command("U0BOB", "C0GENERAL", "/approvals")).acked


async def test_bolt_comes_back_after_a_crash_of_slack(slack: Standin, bolt: AsyncApp) -> None:
    await slack.stop()
    await eventually(lambda: not slack.sockets.links)
    assert (await slack.command("U0BOB", "C0GENERAL", "/approvals")).error == "dispatch_failed"
    await slack.start()
    await eventually(lambda: slack.sockets.links)
    assert (await slack.command("U0BOB", "C0GENERAL", "/approvals")).acked


async def test_pings_are_answered(
    slack: Standin, dial: Dial, http: aiohttp.ClientSession, call_of: CallOf
) -> None:
    """Bolt's client takes a connection whose pings go unanswered for dead."""
    address = (await call_of(slack, slack.app_token)("apps.connections.open"))["url"]
    async with http.ws_connect(address, autoping=False) as websocket:
        assert (await websocket.receive_json())["type"] == "hello"
        await websocket.ping(b"sdk-ping-pong:1")
        pong = await websocket.receive()
        assert (pong.type, pong.data) == (aiohttp.WSMsgType.PONG, b"sdk-ping-pong:1")
