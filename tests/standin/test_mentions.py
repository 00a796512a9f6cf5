"""Who a message notifies and what it unfurls: the two things text from strangers must never do."""

from typing import Any

import pytest

from bot.standin.message import Message
from bot.standin.server import Standin
from tests.standin.ends import Json, Web

EVERYBODY = ["U0ALICE", "U0BOB", "U0CAROL", "U0DAVE", "U0EVE"]
HOSTILE = (
    "<@U0BOB> <!channel> <!here> @channel <!subteam^S0FINANCE> https://evil.example <https://evil.example|x>"
)


def mrkdwn(text: str, **fields: Any) -> Json:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text, **fields}}


def rich(kind: str, *elements: Json) -> Json:
    return {"type": "rich_text", "elements": [{"type": kind, "elements": list(elements)}]}


async def posted(slack: Standin, call: Web, **args: Any) -> Message:
    answer = await call("chat.postMessage", **({"channel": "C0GENERAL"} | args))
    return slack.workspace.rooms["C0GENERAL"].message(answer["ts"])


@pytest.mark.parametrize(
    ("args", "notified"),
    [
        ({"text": "hi <@U0BOB>, <@U0CAROL|carol> and <@U0NOBODY>"}, ["U0BOB", "U0CAROL"]),
        ({"text": "<!subteam^S0FINANCE|@finance>"}, ["U0CAROL"]),
        ({"text": "<!channel>"}, EVERYBODY),
        ({"text": "<!here|here>"}, EVERYBODY),
        ({"text": "<!everyone>"}, EVERYBODY),
        ({"text": "@channel @bob <@U0BOT>"}, []),
        ({"text": "@here", "link_names": True}, EVERYBODY),
        ({"text": "@bob", "parse": "full"}, ["U0BOB"]),
        ({"text": "&lt;@U0BOB&gt;"}, []),
        ({"blocks": [mrkdwn("<@U0BOB>")]}, ["U0BOB"]),
        ({"blocks": [mrkdwn("@channel")]}, EVERYBODY),
        ({"blocks": [mrkdwn("@channel", verbatim=True)]}, []),
        ({"blocks": [{"type": "markdown", "text": "<!here>"}]}, EVERYBODY),
        ({"blocks": [rich("rich_text_section", {"type": "user", "user_id": "U0BOB"})]}, ["U0BOB"]),
        ({"blocks": [rich("rich_text_quote", {"type": "broadcast", "range": "here"})]}, EVERYBODY),
        (
            {"blocks": [rich("rich_text_section", {"type": "usergroup", "usergroup_id": "S0FINANCE"})]},
            ["U0CAROL"],
        ),
        ({"blocks": [rich("rich_text_section", {"type": "text", "text": HOSTILE})]}, []),
        ({"blocks": [{"type": "header", "text": {"type": "plain_text", "text": HOSTILE[:150]}}]}, []),
        (
            {"text": "hi", "blocks": [{"type": "section", "text": {"type": "plain_text", "text": HOSTILE}}]},
            [],
        ),
    ],
)
async def test_a_message_notifies(slack: Standin, call: Web, args: Json, notified: list[str]) -> None:
    assert (await posted(slack, call, **args)).notified == notified


@pytest.mark.parametrize(
    ("args", "unfurled"),
    [
        (
            {"text": "see https://a.example/x and <https://b.example|b>"},
            ["https://a.example/x", "https://b.example"],
        ),
        ({"text": "see https://a.example", "unfurl_links": False}, []),
        ({"text": "see https://a.example/x.png", "unfurl_links": False}, ["https://a.example/x.png"]),
        ({"text": "see https://a.example/x.png", "unfurl_links": False, "unfurl_media": False}, []),
        ({"blocks": [mrkdwn("<https://a.example>")]}, ["https://a.example"]),
        ({"blocks": [{"type": "markdown", "text": "https://a.example"}]}, ["https://a.example"]),
        (
            {"blocks": [rich("rich_text_section", {"type": "link", "url": "https://a.example"})]},
            ["https://a.example"],
        ),
        ({"blocks": [rich("rich_text_section", {"type": "text", "text": HOSTILE})]}, []),
        ({"blocks": [{"type": "section", "text": {"type": "plain_text", "text": HOSTILE}}]}, []),
    ],
)
async def test_a_message_unfurls(slack: Standin, call: Web, args: Json, unfurled: list[str]) -> None:
    assert (await posted(slack, call, **args)).unfurled == unfurled


async def test_an_edit_adds_to_those_who_were_notified(slack: Standin, call: Web) -> None:
    message = await posted(slack, call, text="<@U0BOB> https://a.example")
    await call("chat.update", channel="C0GENERAL", ts=message.ts, text="<@U0CAROL>")
    assert (message.notified, message.unfurled) == (["U0BOB", "U0CAROL"], [])


async def test_a_whisper_to_the_channel_reaches_one(slack: Standin, call: Web) -> None:
    answer = await call("chat.postEphemeral", channel="C0GENERAL", user="U0BOB", text="<!channel>")
    assert slack.workspace.ephemerals[answer["message_ts"]].notified == ["U0BOB"]
