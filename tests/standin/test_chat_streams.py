"""chat.*Stream: a reply that grows in a thread, and what is refused while it does and after."""

from typing import Any

import pytest
from playwright.async_api import Page, expect

from bot.standin.message import LIFETIME
from bot.standin.seed import Seed
from bot.standin.server import Standin
from tests.standin.ends import CallOf, Json, Web
from tests.standin.robot import Api, look

pytest_plugins = ("tests.browser", "tests.standin.stage")

START, APPEND, STOP = "chat.startStream", "chat.appendStream", "chat.stopStream"
UNSTARTED: list[tuple[Json, str]] = [
    ({"channel": "C0NOWHERE"}, "channel_not_found"),
    ({"channel": "C0ARCHIVED"}, "is_archived"),
    ({"thread_ts": ""}, "invalid_arguments"),
    ({"thread_ts": "1.5"}, "thread_not_found"),
    ({"recipient_user_id": ""}, "missing_recipient_user_id"),
    ({"recipient_team_id": ""}, "missing_recipient_team_id"),
    ({"recipient_user_id": "U0NOBODY"}, "user_not_found"),
    ({"recipient_team_id": "T0OTHER"}, "user_not_found"),
    ({"chunks": "{broken"}, "invalid_chunks"),
    ({"chunks": {"type": "blocks"}}, "invalid_chunks"),
    ({"chunks": ["text"]}, "invalid_chunks"),
    ({"chunks": [{"type": "blocks", "blocks": "none"}]}, "invalid_chunks"),
    ({"chunks": [{"type": "markdown_text"}]}, "invalid_chunks"),
    ({"chunks": [{"type": "blocks", "blocks": [{"type": "none"}]}]}, "invalid_blocks"),
    ({"chunks": [{"type": "blocks", "blocks": []}]}, "invalid_blocks"),
]
METADATA = {"event_type": "reply", "event_payload": {"id": "r1"}}


def chunk(*texts: str, block_id: str = "") -> list[Json]:
    """A chunk of blocks, each with a text."""
    blocks: list[Json] = [
        {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": [{"type": "text", "text": text}]}]}
        for text in texts
    ]  # fmt: skip
    if block_id:
        blocks[0]["block_id"] = block_id
    return [{"type": "blocks", "blocks": blocks}]


@pytest.fixture
async def place(slack: Standin) -> Json:
    """A thread in a channel, and for whom the answer is."""
    ts = await slack.say("U0ALICE", "C0GENERAL", "hello")
    reader = {"recipient_user_id": "U0ALICE", "recipient_team_id": "T0COUNTER"}
    return {"channel": "C0GENERAL", "thread_ts": ts, **reader}


def words(slack: Standin, ts: str) -> list[str]:
    blocks = slack.workspace.rooms["C0GENERAL"].message(ts).blocks
    return [block.get("text") or block["elements"][0]["elements"][0]["text"] for block in blocks]


async def test_a_stream_grows_and_ends(slack: Standin, call: Web, place: Json) -> None:
    begun = await call(START, chunks=chunk("One.", block_id="mine"), **place)
    stream = {"channel": "C0GENERAL", "ts": begun["ts"]}
    message = slack.workspace.rooms["C0GENERAL"].message(begun["ts"])
    assert (message.thread_ts, message.blocks[0]["block_id"]) == (place["thread_ts"], "mine")
    assert message.shown()["streaming_state"] == "in_progress"
    assert (await call(APPEND, chunks=chunk("Two.", "Three."), **stream))["ok"]
    ended = await call(STOP, chunks=chunk("Four."), metadata=METADATA, **stream)
    assert words(slack, begun["ts"]) == ["One.", "Two.", "Three.", "Four."]
    assert ended["message"] == message.shown(metadata=True)
    assert message.metadata == METADATA
    assert "streaming_state" not in message.shown()
    assert not message.edited


async def test_markdown_is_taken_too(slack: Standin, call: Web, place: Json) -> None:
    ts = (await call(START, markdown_text="*One*", **place))["ts"]
    await call(APPEND, channel="C0GENERAL", ts=ts, chunks=[{"type": "markdown_text", "text": "two"}])
    assert words(slack, ts) == ["*One*", "two"]


async def test_an_open_stream_is_neither_changed_nor_deleted(call: Web, place: Json) -> None:
    stream = {"channel": "C0GENERAL", "ts": (await call(START, chunks=chunk("One."), **place))["ts"]}
    assert (await call("chat.update", text="Two.", **stream))["error"] == "streaming_state_conflict"
    assert (await call("chat.delete", **stream))["error"] == "cant_delete_message"
    await call(STOP, **stream)
    assert (await call("chat.update", text="Two.", **stream))["ok"]
    assert (await call("chat.delete", **stream))["ok"]


@pytest.mark.parametrize("method", [APPEND, STOP])
async def test_what_is_not_open_takes_no_more(call: Web, place: Json, method: str) -> None:
    stream = {"channel": "C0GENERAL", "ts": (await call(START, chunks=chunk("One."), **place))["ts"]}
    await call(STOP, **stream)
    assert (await call(method, chunks=chunk("Two."), **stream))["error"] == "message_not_in_streaming_state"
    plain = await call("chat.postMessage", channel="C0GENERAL", text="hi")
    refused = await call(method, channel="C0GENERAL", ts=plain["ts"], chunks=chunk("Two."))
    assert refused["error"] == "message_not_in_streaming_state"
    gone = await call(method, channel="C0GENERAL", ts="1.5", chunks=chunk("Two."))
    assert gone["error"] == "message_not_found"
    theirs = await call(method, channel="C0GENERAL", ts=place["thread_ts"], chunks=chunk("Two."))
    assert theirs["error"] == "message_not_owned_by_app"


async def test_slack_closes_a_stream_by_itself(slack: Standin, call: Web, place: Json) -> None:
    stream = {"channel": "C0GENERAL", "ts": (await call(START, chunks=chunk("One."), **place))["ts"]}
    slack.workspace.rooms["C0GENERAL"].message(stream["ts"]).streamed_at -= LIFETIME
    assert (await call(APPEND, chunks=chunk("Two."), **stream))["error"] == "message_not_in_streaming_state"
    assert (await call("chat.update", text="Two.", **stream))["ok"]


@pytest.mark.parametrize(("changes", "error"), UNSTARTED)
async def test_what_slack_would_not_start_is_refused(
    call: Web, place: Json, changes: dict[str, Any], error: str
) -> None:
    assert (await call(START, **place | {"chunks": chunk("One.")} | changes))["error"] == error


async def test_in_direct_messages_it_is_clear_for_whom_it_is(slack: Standin, call: Web) -> None:
    room = (await call("conversations.open", users="U0ALICE"))["channel"]["id"]
    ts = await slack.say("U0ALICE", room, "hello")
    assert (await call(START, channel=room, thread_ts=ts, chunks=chunk("One.")))["ok"]


async def test_more_than_a_message_holds_is_refused(call: Web, place: Json) -> None:
    stream = {"channel": "C0GENERAL", "ts": (await call(START, chunks=chunk(*["x"] * 40), **place))["ts"]}
    assert (await call(APPEND, chunks=chunk(*["x"] * 11), **stream))["error"] == "invalid_chunks"
    assert (await call(APPEND, chunks=chunk("x" * 11_980), **stream))["error"] == "msg_blocks_too_long"
    assert (await call(APPEND, **stream))["error"] == "no_text"
    assert (await call(APPEND, chunks=chunk(*["x"] * 10), **stream))["ok"]


@pytest.mark.parametrize("method", [START, APPEND, STOP])
async def test_it_needs_the_scope(call_of: CallOf, method: str) -> None:
    async with Standin(data=Seed(scopes=("commands",))) as slack:
        answer = await call_of(slack)(method, channel="C0GENERAL", ts="1.5", thread_ts="1.5")
        assert (answer["error"], answer["needed"]) == ("missing_scope", "chat:write")


async def test_a_post_and_a_stream_are_counted_alike(slack: Standin, call: Web, place: Json) -> None:
    slack.faults.per_second = 0.01
    assert (await call(START, chunks=chunk("One."), **place))["ok"]
    status, headers = await call.raw(START, chunks=chunk("One."), **place)
    assert (status, headers["retry-after"]) == (429, "100")


async def test_the_page_shows_that_it_is_still_written(page: Page, acme: Standin, api: Api) -> None:
    ts = await acme.say("U0ALICE", "C0GENERAL", "hello")
    await look(page, acme, "U0ALICE", "C0GENERAL", thread=ts)
    begun = await api.chat_startStream(
        channel="C0GENERAL",
        thread_ts=ts,
        recipient_user_id="U0ALICE",
        recipient_team_id="T0COUNTER",
        chunks=chunk("One <b>."),
    )
    growing = page.locator(".message.streaming")
    await expect(growing).to_contain_text("One <b>.")
    await api.chat_appendStream(channel="C0GENERAL", ts=begun["ts"], chunks=chunk("Two."))
    await expect(growing).to_contain_text("Two.")
    await api.chat_stopStream(channel="C0GENERAL", ts=begun["ts"])
    await expect(growing).to_have_count(0)
    await expect(page.get_by_text("Two.")).to_be_visible()
