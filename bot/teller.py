"""How a story is told: people act in the stand-in, and each line is read off what really happened there."""

import asyncio
import re
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar

from rich.console import Console
from rich.panel import Panel
from rich.text import Text

from activities.cards import APPROVE
from activities.ledger import Ledger
from bot.catalog import Catalog
from bot.standin.message import Message
from bot.standin.server import Standin

ALICE, BOB, CAROL = "U0ALICE", "U0BOB", "U0CAROL"
GENERAL, APPROVALS, OUTCOMES = "C0GENERAL", "C0APPROVALS", "C0OUTCOMES"
PATIENCE = 30.0

POLICIES = """policies:
  - name: built-in
    stages: [{name: approval, approvers: [{channel: C0APPROVALS}], deadline: 24h}]
"""

T = TypeVar("T")


class StoryError(Exception):
    """A step of the story did not happen."""


class Teller(ABC):
    """People who ask, refuse and approve, told on a console as it happens."""

    def __init__(self, console: Console, slack: Standin, catalog: Catalog, ledger: Ledger) -> None:
        self.console = console
        self.slack = slack
        self.catalog = catalog
        self.ledger = ledger

    @abstractmethod
    async def play(self) -> None:
        """Play all of it.

        Raises:
            StoryError: a step did not happen.
        """

    @classmethod
    def write_policies(cls, now: datetime) -> str:
        """The policy file under which it is played; this one says what the built-in policy does."""
        del now
        return POLICIES

    async def ask(self, text: str) -> str:
        """Alice asks the agent; answers with the thread."""
        self.say(f"[b]Alice[/b] writes in #general: [i]@countersign {text}[/i]")
        return await self.slack.say(ALICE, GENERAL, f"<@{self.slack.workspace.bot.id}> {text}")

    async def click(self, user: str, card: Message, action: str) -> None:
        """A user presses a button, which has to be acknowledged."""
        name = self.slack.workspace.users[user].real_name.split()[0]
        verb = "Approve" if action == APPROVE else "Reject"
        delivery = await self.slack.click(user, card.channel, card.ts, action)
        if not delivery.acked:
            raise StoryError(f"{name}'s press on {verb} was not acknowledged: {delivery.error}")
        self.say(f"[b]{name}[/b] presses [b]{verb}[/b]; acknowledged after {delivery.seconds * 1000:.0f} ms")

    async def command(self, user: str, channel: str, text: str) -> str:
        """A user types `/approvals` and something; answers with what only they see."""
        name = self.slack.workspace.users[user].real_name.split()[0]
        shown = re.sub(r"<@\w+\|(\w+)>", r"@\1", text)
        self.say(f"[b]{name}[/b] types [b]/approvals {shown}[/b]")
        delivery = await self.slack.command(user, channel, "/approvals", text)
        return read_blocks((delivery.body or {}).get("blocks", []), self.names())

    async def card(self, number: int, channel: str = APPROVALS) -> Message:
        """A channel's card of that number, as soon as it is there."""

        def find() -> Message | None:
            cards = self.slack.workspace.rooms[channel].messages
            return cards[number] if len(cards) > number else None

        return await self.until("the card is posted", find)

    async def until(self, what: str, look: Callable[[], T | None]) -> T:
        """What is looked for, as soon as it is there; StoryError where it does not come."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            found = look()
            if found:
                return found
            await asyncio.sleep(0.02)
        raise StoryError(f"It did not happen within {PATIENCE:.0f} s: {what}")

    def whisper(self, user: str) -> str | None:
        """What Slack told one user only."""
        return next(
            (one.text for one in self.slack.workspace.ephemerals.values() if one.only_for == user), None
        )

    def reply(self, thread: str, part: str) -> Message | None:
        """A reply in the thread of that beginning."""
        replies = self.slack.workspace.rooms[GENERAL].thread(thread)
        return next((one for one in replies if one.text.startswith(part)), None)

    def outcome(self) -> Message | None:
        """The first message in #outcomes."""
        return next(iter(self.slack.workspace.rooms[OUTCOMES].messages), None)

    def closed(self, card: Message) -> Message | None:
        """The card as it is now, once it has no buttons."""
        now = self.slack.workspace.rooms[card.channel].message(card.ts)
        return None if any(block["type"] == "actions" for block in now.blocks) else now

    def show(self, title: str, message: Message) -> None:
        """A message in a frame."""
        body = Text(read_blocks(message.blocks, self.names()))
        self.console.print(Panel(body, title=title, title_align="left", border_style="cyan"))

    def names(self) -> dict[str, str]:
        """What people, channels and user groups are called."""
        people = {user.id: f"@{user.name}" for user in self.slack.workspace.users.values()}
        people |= {group.id: f"@{group.handle}" for group in self.slack.workspace.seed.usergroups}
        return people | {room.id: f"#{room.name}" for room in self.slack.workspace.rooms.values()}

    def say(self, line: str) -> None:
        """One line of the story."""
        self.console.print(f"[cyan]●[/cyan] {line}", highlight=False)


def read_blocks(blocks: list[dict[str, Any]], names: dict[str, str] | None = None) -> str:
    """Blocks as a terminal can show them: one paragraph below the other, buttons in brackets."""
    return "\n".join(_read(block, names or {}) for block in blocks)


def _read(block: dict[str, Any], names: dict[str, str]) -> str:
    if block["type"] == "header":
        return f"{block['text']['text']}\n"
    if block["type"] == "actions":
        return "\n" + "  ".join(f"[ {button['text']['text']} ]" for button in block["elements"]) + "\n"
    if block["type"] == "context":
        return "\n" + " ".join(element["text"] for element in block["elements"])
    return "\n".join(_paragraph(element, names) for element in block["elements"])


def _paragraph(element: dict[str, Any], names: dict[str, str]) -> str:
    text = "".join(_inline(part, names) for part in element["elements"])
    indent = {"rich_text_preformatted": "    ", "rich_text_quote": "  > "}.get(element["type"], "")
    return "\n".join(f"{indent}{line}" for line in text.split("\n"))


def _inline(part: dict[str, Any], names: dict[str, str]) -> str:
    for key in ("user_id", "channel_id", "usergroup_id"):
        if key in part:
            return names.get(str(part[key]), str(part[key]))
    return str(part.get("text") or part.get("fallback") or "")
