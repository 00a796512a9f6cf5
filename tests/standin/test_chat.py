"""chat.*: where the bot may write, what it may change, and what it says otherwise."""

import pytest

from bot.standin.seed import Seed
from bot.standin.server import Standin
from tests.standin.ends import CallOf, Json, Web

METADATA = {"event_type": "approval", "event_payload": {"id": "a1"}}


async def test_a_message_comes_back_as_stored(slack: Standin, call: Web) -> None:
    answer = await call(
        "chat.postMessage", channel="C0GENERAL", text="hi", blocks=[{"type": "divider"}], metadata=METADATA
    )
    stored = slack.workspace.rooms["C0GENERAL"].message(answer["ts"])
    assert answer["message"] == stored.shown(metadata=True)
    assert answer["message"] | {"blocks": []} == {
        "type": "message",
        "user": "U0BOT",
        "bot_id": "B0COUNTER",
        "app_id": "A0COUNTER",
        "team": "T0COUNTER",
        "text": "hi",
        "ts": answer["ts"],
        "blocks": [],
        "metadata": METADATA,
    }


async def test_timestamps_never_repeat(call: Web) -> None:
    """Even though the clock stands still."""
    sent = [(await call("chat.postMessage", channel="C0GENERAL", text="hi"))["ts"] for _ in range(3)]
    assert sorted(set(sent)) == sent


@pytest.mark.parametrize(
    ("args", "error"),
    [
        ({"channel": "C0NOWHERE", "text": "hi"}, "channel_not_found"),
        ({"channel": "", "text": "hi"}, "channel_not_found"),
        ({"channel": "#nowhere", "text": "hi"}, "channel_not_found"),
        ({"channel": "C0PRIVATE", "text": "hi"}, "channel_not_found"),
        ({"channel": "C0QUIET", "text": "hi"}, "not_in_channel"),
        ({"channel": "C0ARCHIVED", "text": "hi"}, "is_archived"),
        ({"channel": "U0OTHERBOT", "text": "hi"}, "cannot_dm_bot"),
        ({"channel": "C0GENERAL"}, "no_text"),
        ({"channel": "C0GENERAL", "text": "x" * 40_001}, "msg_too_long"),
        ({"channel": "C0GENERAL", "blocks": "{broken"}, "invalid_blocks_format"),
        ({"channel": "C0GENERAL", "blocks": [{"type": "none"}]}, "invalid_blocks"),
        ({"channel": "C0GENERAL", "text": "hi", "thread_ts": "1.0"}, "thread_not_found"),
        ({"channel": "C0GENERAL", "text": "hi", "metadata": "{broken"}, "invalid_metadata_format"),
        ({"channel": "C0GENERAL", "text": "hi", "metadata": [1]}, "invalid_metadata_format"),
        ({"channel": "C0GENERAL", "text": "hi", "metadata": {"event_type": "a"}}, "invalid_metadata_format"),
        (
            {"channel": "C0GENERAL", "text": "hi", "metadata": {"event_payload": {}}},
            "invalid_metadata_format",
        ),
    ],
)
async def test_a_post_is_refused(slack: Standin, call: Web, args: Json, error: str) -> None:
    slack.workspace.rooms["C0QUIET"] = type(slack.workspace.rooms["C0GENERAL"])("C0QUIET", "quiet", ["U0BOB"])
    assert (await call("chat.postMessage", **args))["error"] == error


async def test_public_channels_need_no_membership_with_the_scope_for_it(call_of: CallOf) -> None:
    data = Seed(scopes=("chat:write", "chat:write.public"))
    async with Standin(data=data) as slack:
        slack.workspace.rooms["C0APPROVALS"].members.remove("U0BOT")
        assert (await call_of(slack)("chat.postMessage", channel="C0APPROVALS", text="hi"))["ok"]


async def test_a_user_stands_for_the_direct_conversation_and_a_name_for_the_channel(
    slack: Standin, call: Web
) -> None:
    direct = await call("chat.postMessage", channel="U0BOB", text="hi")
    assert direct["channel"] == slack.direct("U0BOB") == "D0BOB"
    assert (await call("chat.postMessage", channel="#general", text="hi"))["channel"] == "C0GENERAL"


async def test_a_reply_lives_in_the_thread_of_a_first_message(call: Web) -> None:
    first = (await call("chat.postMessage", channel="C0GENERAL", text="first"))["ts"]
    reply = await call(
        "chat.postMessage", channel="C0GENERAL", text="reply", thread_ts=first, reply_broadcast=True
    )
    assert (reply["message"]["thread_ts"], reply["message"]["subtype"]) == (first, "thread_broadcast")
    again = call("chat.postMessage", channel="C0GENERAL", text="reply", thread_ts=reply["ts"])
    assert (await again)["error"] == "cannot_reply_to_message"


async def test_an_update_keeps_what_it_does_not_name(slack: Standin, call: Web) -> None:
    ts = (
        await call(
            "chat.postMessage", channel="C0GENERAL", text="a", blocks=[{"type": "divider"}], metadata=METADATA
        )
    )["ts"]
    message = slack.workspace.rooms["C0GENERAL"].message(ts)
    answer = await call("chat.update", channel="C0GENERAL", ts=ts, text="b")
    assert (answer["text"], message.text, message.metadata) == ("b", "b", METADATA)
    assert [block["type"] for block in message.blocks] == ["divider"]
    assert message.edited is not None
    await call("chat.update", channel="C0GENERAL", ts=ts, text="c", blocks=[], metadata={})
    assert (message.text, message.blocks, message.metadata) == ("c", [], None)


@pytest.mark.parametrize(
    ("args", "error"),
    [
        ({"ts": "1.0", "text": "b"}, "message_not_found"),
        ({"ts": "", "text": "b"}, "message_not_found"),
        ({"text": ""}, "no_text"),
        ({"text": "é" * 2001}, "msg_too_long"),
        ({"text": "b", "blocks": [{"type": "none"}]}, "invalid_blocks"),
        ({"text": "b", "channel": "U0BOB"}, "channel_not_found"),
        ({"text": "b", "channel": "C0ARCHIVED"}, "is_archived"),
    ],
)
async def test_an_update_is_refused(call: Web, args: Json, error: str) -> None:
    ts = (await call("chat.postMessage", channel="C0GENERAL", text="a"))["ts"]
    answer = await call("chat.update", **({"channel": "C0GENERAL", "ts": ts} | args))
    assert answer["error"] == error


async def test_only_the_bots_own_messages_can_be_changed(slack: Standin, call: Web) -> None:
    ts = await slack.say("U0BOB", "C0GENERAL", "mine")
    update = call("chat.update", channel="C0GENERAL", ts=ts, text="yours")
    assert (await update)["error"] == "cant_update_message"
    delete = call("chat.delete", channel="C0GENERAL", ts=ts)
    assert (await delete)["error"] == "cant_delete_message"


async def test_a_deleted_message_is_gone(slack: Standin, call: Web) -> None:
    ts = (await call("chat.postMessage", channel="C0GENERAL", text="a"))["ts"]
    assert (await call("chat.delete", channel="C0GENERAL", ts=ts))["ts"] == ts
    assert slack.workspace.rooms["C0GENERAL"].messages == []
    assert (await call("chat.delete", channel="C0GENERAL", ts=ts))["error"] == "message_not_found"


async def test_an_ephemeral_message_is_in_no_history_and_cannot_be_updated(slack: Standin, call: Web) -> None:
    answer = await call("chat.postEphemeral", channel="C0GENERAL", user="U0BOB", text="psst")
    assert slack.workspace.ephemerals[answer["message_ts"]].only_for == "U0BOB"
    assert (await call("conversations.history", channel="C0GENERAL"))["messages"] == []
    update = call("chat.update", channel="C0GENERAL", ts=answer["message_ts"], text="louder")
    assert (await update)["error"] == "message_not_found"


@pytest.mark.parametrize(
    ("args", "error"),
    [
        ({"user": "U0NOBODY"}, "user_not_found"),
        ({"user": ""}, "user_not_found"),
        ({"user": "U0DAVE"}, "user_not_in_channel"),
        ({"user": "U0BOB", "text": ""}, "no_text"),
        ({"user": "U0BOB", "channel": "C0PRIVATE"}, "channel_not_found"),
    ],
)
async def test_an_ephemeral_message_is_refused(call: Web, args: Json, error: str) -> None:
    answer = await call("chat.postEphemeral", **({"channel": "C0APPROVALS", "text": "psst"} | args))
    assert answer["error"] == error


async def test_a_permalink_names_the_thread(call: Web) -> None:
    first = (await call("chat.postMessage", channel="C0GENERAL", text="first"))["ts"]
    reply = (await call("chat.postMessage", channel="C0GENERAL", text="reply", thread_ts=first))["ts"]
    top = await call("chat.getPermalink", channel="C0GENERAL", message_ts=first)
    assert top["permalink"] == f"https://acme.slack.com/archives/C0GENERAL/p{first.replace('.', '')}"
    below = await call("chat.getPermalink", channel="C0GENERAL", message_ts=reply)
    assert below["permalink"].endswith(f"?thread_ts={first}&cid=C0GENERAL")
    nowhere = call("chat.getPermalink", channel="C0GENERAL", message_ts="1.0")
    assert (await nowhere)["error"] == "message_not_found"
