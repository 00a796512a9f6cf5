"""conversations.* and reactions.add: reading rooms page by page, and knowing only what the bot may know."""

from typing import Any

import pytest

from bot.standin.server import Standin
from bot.standin.workspace import Room
from tests.standin.ends import Json, Web


@pytest.fixture
async def posts(call: Web) -> list[str]:
    """Five messages in #general, oldest first."""
    return [(await call("chat.postMessage", channel="C0GENERAL", text=f"{n}"))["ts"] for n in range(5)]


async def texts(call: Web, **args: Any) -> list[str]:
    answer = await call("conversations.history", **({"channel": "C0GENERAL"} | args))
    return [message["text"] for message in answer["messages"]]


async def test_history_is_newest_first_and_comes_in_pages(call: Web, posts: list[str]) -> None:
    pages: list[list[str]] = []
    cursor = ""
    while cursor or not pages:
        answer = await call("conversations.history", channel="C0GENERAL", limit=2, cursor=cursor)
        pages.append([message["text"] for message in answer["messages"]])
        cursor = answer["response_metadata"]["next_cursor"]
        assert answer["has_more"] is bool(cursor)
    assert pages == [["4", "3"], ["2", "1"], ["0"]]


async def test_history_can_be_cut_by_time(call: Web, posts: list[str]) -> None:
    assert await texts(call, oldest=posts[1], latest=posts[3]) == ["2"]
    assert await texts(call, oldest=posts[1], latest=posts[3], inclusive="true") == ["3", "2", "1"]


@pytest.mark.parametrize(
    ("args", "error"),
    [
        ({"cursor": "nonsense"}, "invalid_cursor"),
        ({"limit": "many"}, "invalid_arguments"),
        ({"limit": -1}, "invalid_limit"),
        ({"oldest": "yesterday"}, "invalid_ts_oldest"),
        ({"latest": "now"}, "invalid_ts_latest"),
        ({"channel": "C0PRIVATE"}, "channel_not_found"),
        ({"channel": "C0QUIET"}, "not_in_channel"),
    ],
)
async def test_history_is_refused(slack: Standin, call: Web, args: Json, error: str) -> None:
    slack.workspace.rooms["C0QUIET"] = Room("C0QUIET", "quiet", ["U0BOB"])
    answer = await call("conversations.history", **({"channel": "C0GENERAL"} | args))
    assert answer["error"] == error


async def test_metadata_is_shown_only_on_demand(call: Web) -> None:
    metadata = {"event_type": "approval", "event_payload": {"id": "a1"}}
    ts = (await call("chat.postMessage", channel="C0GENERAL", text="a", metadata=metadata))["ts"]
    plain = await call("conversations.history", channel="C0GENERAL")
    assert "metadata" not in plain["messages"][0]
    whole = await call("conversations.history", channel="C0GENERAL", include_all_metadata=True)
    assert whole["messages"][0]["metadata"] == metadata
    thread = await call("conversations.replies", channel="C0GENERAL", ts=ts, include_all_metadata=True)
    assert thread["messages"][0]["metadata"] == metadata


async def test_replies_are_in_the_thread_and_not_in_the_history(call: Web, posts: list[str]) -> None:
    for text in ("a", "b"):
        await call("chat.postMessage", channel="C0GENERAL", text=text, thread_ts=posts[0])
    loud = await call(
        "chat.postMessage", channel="C0GENERAL", text="c", thread_ts=posts[0], reply_broadcast=True
    )
    assert await texts(call) == ["c", "4", "3", "2", "1", "0"]
    thread = await call("conversations.replies", channel="C0GENERAL", ts=posts[0])
    assert [message["text"] for message in thread["messages"]] == ["0", "a", "b", "c"]
    first = thread["messages"][0]
    assert (first["reply_count"], first["reply_users"], first["latest_reply"]) == (3, ["U0BOT"], loud["ts"])
    page = await call("conversations.replies", channel="C0GENERAL", ts=posts[0], limit=2)
    rest = await call(
        "conversations.replies",
        channel="C0GENERAL",
        ts=posts[0],
        cursor=page["response_metadata"]["next_cursor"],
    )
    assert [message["text"] for message in rest["messages"]] == ["b", "c"]
    alone = await call("conversations.replies", channel="C0GENERAL", ts=loud["ts"])
    assert [message["text"] for message in alone["messages"]] == ["c"]


@pytest.mark.parametrize("ts", ["", "1.0"])
async def test_a_thread_that_is_not_there_is_not_found(call: Web, ts: str) -> None:
    answer = await call("conversations.replies", channel="C0GENERAL", ts=ts)
    assert answer["error"] == "thread_not_found"


async def test_a_room_is_described(slack: Standin, call: Web) -> None:
    general = (await call("conversations.info", channel="C0GENERAL"))["channel"]
    assert (general["name"], general["is_channel"], general["is_member"]) == ("general", True, True)
    direct = (await call("conversations.info", channel=slack.direct("U0BOB")))["channel"]
    assert (direct["user"], direct["is_im"]) == ("U0BOB", True)


async def test_members_come_in_pages(call: Web) -> None:
    first = await call("conversations.members", channel="C0APPROVALS", limit=3)
    rest = await call(
        "conversations.members", channel="C0APPROVALS", cursor=first["response_metadata"]["next_cursor"]
    )
    assert first["members"] == ["U0ALICE", "U0BOB", "U0CAROL"]
    assert rest["members"] == ["U0BOT", "U0OTHERBOT"]


async def test_the_list_knows_only_what_the_bot_may_know(slack: Standin, call: Web) -> None:
    async def names(**args: Any) -> list[str]:
        return [room["id"] for room in (await call("conversations.list", **args))["channels"]]

    slack.direct("U0BOB")
    assert await names() == ["C0GENERAL", "C0APPROVALS", "C0OUTCOMES", "C0PURCHASES", "C0ARCHIVED"]
    assert "C0ARCHIVED" not in await names(exclude_archived=True)
    assert await names(types="private_channel,im") == ["D0BOB"]
    assert (await call("conversations.list", types="secret"))["error"] == "invalid_types"


async def test_a_direct_conversation_is_opened_once(call: Web) -> None:
    first = await call("conversations.open", users="U0BOB")
    again = await call("conversations.open", users=["U0BOB"], return_im=True)
    assert first == {"ok": True, "channel": {"id": "D0BOB"}}
    assert (again["channel"]["user"], again["already_open"]) == ("U0BOB", True)


@pytest.mark.parametrize(
    ("users", "error"),
    [
        ("", "users_list_not_supplied"),
        ("U0BOB,U0ALICE", "not_enough_users"),
        ("U0NOBODY", "user_not_found"),
        ("U0BOT", "cannot_dm_bot"),
    ],
)
async def test_a_direct_conversation_is_refused(call: Web, users: str, error: str) -> None:
    assert (await call("conversations.open", users=users))["error"] == error


async def test_joining_is_for_open_public_channels(slack: Standin, call: Web) -> None:
    slack.workspace.rooms["C0QUIET"] = Room("C0QUIET", "quiet", ["U0BOB"])
    for _ in range(2):
        assert (await call("conversations.join", channel="C0QUIET"))["channel"]["is_member"]
    assert slack.workspace.rooms["C0QUIET"].members == ["U0BOB", "U0BOT"]
    assert (await call("conversations.join", channel="C0ARCHIVED"))["error"] == "is_archived"
    direct = call("conversations.join", channel=slack.direct("U0BOB"))
    assert (await direct)["error"] == "method_not_supported_for_channel_type"


async def test_an_emoji_is_put_once(slack: Standin, call: Web) -> None:
    ts = await slack.say("U0BOB", "C0GENERAL", "hi")
    await call("reactions.add", channel="C0GENERAL", timestamp=ts, name="eyes")
    history = await call("conversations.history", channel="C0GENERAL")
    assert history["messages"][0]["reactions"] == [{"name": "eyes", "users": ["U0BOT"], "count": 1}]
    again = call("reactions.add", channel="C0GENERAL", timestamp=ts, name="eyes")
    assert (await again)["error"] == "already_reacted"
    nothing = call("reactions.add", channel="C0GENERAL", timestamp=ts, name="")
    assert (await nothing)["error"] == "invalid_name"


async def inside(call: Web, **args: Any) -> list[str]:
    answer = await call("users.conversations", **args)
    return [channel["id"] for channel in answer["channels"]]


@pytest.fixture
def hidden(slack: Standin) -> str:
    """A private channel that the bot is in."""
    slack.workspace.rooms["C0HIDDEN"] = Room("C0HIDDEN", "hidden", ["U0BOB", "U0BOT"], is_private=True)
    return "C0HIDDEN"


async def test_a_persons_public_channels_are_listed_without_their_size(call: Web) -> None:
    answer = await call("users.conversations", user="U0FRANK")
    (channel,) = answer["channels"]
    assert (channel["id"], channel["is_private"]) == ("C0PURCHASES", False)
    assert not {"is_member", "num_members"} & channel.keys()


async def test_a_persons_private_channels_are_listed_where_the_bot_is_in_them_too(
    call: Web, hidden: str
) -> None:
    kinds = "public_channel,private_channel"
    assert hidden not in await inside(call, user="U0BOB")
    found = await inside(call, user="U0BOB", types=kinds)
    assert (hidden in found, "C0PRIVATE" in found) == (True, False)
    assert hidden not in await inside(call, user="U0CAROL", types=kinds)


async def test_without_a_person_the_bots_own_channels_are_listed(call: Web, hidden: str) -> None:
    assert hidden in await inside(call, types="private_channel")
    assert "C0PRIVATE" not in await inside(call, types="private_channel")


async def test_a_persons_channels_come_in_pages_and_archived_ones_can_be_left_out(call: Web) -> None:
    whole = await inside(call, user="U0BOB")
    first = await call("users.conversations", user="U0BOB", limit=2)
    cursor = first["response_metadata"]["next_cursor"]
    assert await inside(call, user="U0BOB", limit=999, cursor=cursor) == whole[2:]
    assert "C0ARCHIVED" in whole
    assert "C0ARCHIVED" not in await inside(call, user="U0BOB", exclude_archived="true")


@pytest.mark.parametrize(
    ("args", "error"),
    [
        ({"user": "U0NOBODY"}, "user_not_found"),
        ({"types": "private_channel,secret"}, "invalid_types"),
        ({"types": "mpim"}, "missing_scope"),
    ],
)
async def test_a_persons_channels_are_refused(call: Web, args: Json, error: str) -> None:
    assert (await call("users.conversations", **({"user": "U0BOB"} | args)))["error"] == error
