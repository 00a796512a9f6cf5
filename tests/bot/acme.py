"""A workspace of a test's own, whose lists no other test has filled; and what people do with lists in it."""

import uuid
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from typing import Any

from bot import lists
from bot.standin.delivery import Delivery
from bot.standin.message import Message
from bot.standin.seed import CHANNELS, PEOPLE, Channel, Seed, User
from bot.standin.server import Standin
from bot.standin.trees import Json, nodes
from tests.doors import Handle, start_request
from tests.harness import ALICE, BOB, GENERAL, Harness, eventually_read
from workflows.contracts import Person, Thread

HIDDEN = "C0HIDDEN"
"""A private channel of Alice, Bob and the bot."""
GUEST = "U0GUEST"
"""A guest of the workspace's own, who is only in #general."""


@asynccontextmanager
async def open_acme() -> AsyncGenerator[Standin]:
    """The stand-in's people under a team id of their own."""
    plain, team = Seed(), f"T{uuid.uuid4().hex[:12].upper()}"
    people = tuple(
        user.model_copy(update={"team_id": team}) for user in plain.users if user.team_id == plain.team_id
    )
    strangers = tuple(user for user in PEOPLE if user.team_id != plain.team_id)
    gone = User(id="U0GONE", name="gone", real_name="Gone Girard", team_id=team, deleted=True)
    guest = User(id=GUEST, name="guest", real_name="Gus Guest", team_id=team, is_restricted=True)
    hidden = Channel(id=HIDDEN, name="hidden", members=(ALICE, BOB, "U0BOT"), is_private=True)
    general = CHANNELS[0].model_copy(update={"members": (*CHANNELS[0].members, GUEST)})
    seed = Seed(
        team_id=team, users=(*people, *strangers, gone, guest), channels=(general, *CHANNELS[1:], hidden)
    )
    async with Standin(data=seed) as standin:
        yield standin


def team(harness: Harness) -> str:
    return harness.slack.workspace.seed.team_id


def person(harness: Harness, user: str) -> Person:
    return Person(team_id=team(harness), user_id=user)


async def ask(harness: Harness, title: str = "Transfer money", by: str = ALICE, **changes: Any) -> Handle:
    """A request of a person of this workspace, which came from no thread unless it is said from which channel."""
    channel = changes.pop("channel", None)
    origin = Thread(team_id=team(harness), channel_id=channel, thread_ts="1.000001") if channel else None
    values: dict[str, Any] = {"title": title, "requester": person(harness, by), "origin": origin}
    return await start_request(harness, **(values | changes))


def answers(harness: Harness, user: str = BOB) -> list[Message]:
    return [one for one in harness.slack.workspace.ephemerals.values() if one.only_for == user]


async def tell(harness: Harness, text: str = "", user: str = BOB) -> Message:
    """Type something behind the command, again while a busy machine keeps it from knowing what somebody is in."""

    async def look() -> Message | None:
        message = await tell_once(harness, text, user)
        return None if lists.INCOMPLETE in words(message) else message

    return await eventually_read(look)


async def tell_once(harness: Harness, text: str = "", user: str = BOB) -> Message:
    """Type something behind the command; Slack has to take the answer, in time, and show it to nobody else."""
    before = len(harness.messages(GENERAL))
    delivery = await harness.slack.command(user, GENERAL, "/approvals", text)
    assert (delivery.acked, harness.slack.workspace.warnings) == (True, {})
    assert delivery.seconds < 3
    assert len(harness.messages(GENERAL)) == before
    return answers(harness, user)[-1]


async def until_told(
    harness: Harness, text: str, enough: Callable[[Message], object], user: str = BOB
) -> Message:
    """The answer as soon as it is like that: visibility follows within a moment."""

    async def look() -> Message | None:
        message = await tell(harness, text, user)
        return message if enough(message) else None

    return await eventually_read(look)


async def until_titles(harness: Harness, wanted: list[str], text: str = "", user: str = BOB) -> Message:
    """The list as soon as it has just these rows."""
    return await until_told(harness, text, lambda message: titles(message) == wanted, user)


async def press(
    harness: Harness, message: Message, action_id: str, row: int = 0, value: str | None = None
) -> Delivery:
    """Press a button in a row of a list, or one that turns its pages."""
    blocks = [one["block_id"] for one in message.blocks if f"|{row}|" in one["block_id"]]
    block_id = blocks[0] if blocks and "_list_" not in action_id else None
    return await harness.slack.click_ephemeral(
        message.only_for, message.ts, action_id, block_id=block_id, value=value
    )


def words(message: Message) -> str:
    """All text that is shown, in order."""
    return "".join(str(node["text"]) for node in nodes(message.blocks) if isinstance(node.get("text"), str))


def titles(message: Message) -> list[str]:
    """The titles of a list's rows."""
    sections = [node for node in nodes(message.blocks) if node.get("type") == "rich_text_section"]
    rows = [one["elements"] for one in sections if _is_row(one["elements"])]
    return [str(parts[0]["text"]) for parts in rows]


def _is_row(parts: list[Json]) -> bool:
    return any(str(part.get("text")).endswith("\nAsked by ") for part in parts)


def buttons(message: Message) -> list[str]:
    """The texts of all buttons, in order."""
    return [str(node["text"]["text"]) for node in nodes(message.blocks) if node.get("type") == "button"]
