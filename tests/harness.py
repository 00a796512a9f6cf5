"""Everything running at once for a test: stand-in, Temporal, worker, bot; each can be stopped and started again."""

import asyncio
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from temporalio.client import Client

from activities.cards import APPROVE, REJECT
from bot.catalog import Catalog, Page
from bot.filters import Filter
from bot.gateway import Gateway
from bot.readers import Reader, Voice
from bot.roles import run_bot, run_worker
from bot.settings import Settings
from bot.standin.delivery import Delivery
from bot.standin.message import Message
from bot.standin.server import Standin
from bot.visitors import Visitors
from workflows.contracts import Person

ALICE, BOB, CAROL, DAVE = "U0ALICE", "U0BOB", "U0CAROL", "U0DAVE"
GENERAL, APPROVALS, OUTCOMES = "C0GENERAL", "C0APPROVALS", "C0OUTCOMES"
PATIENCE = 20.0

T = TypeVar("T")


async def eventually(look: Callable[[], T | None], seconds: float = PATIENCE) -> T:
    """Look until there is something to see; fail when it does not come in time."""

    async def read() -> T | None:
        return look()

    return await eventually_read(read, seconds)


async def eventually_read(read: Callable[[], Awaitable[T | None]], seconds: float = PATIENCE) -> T:
    """The same for looks that have to be awaited."""
    deadline = time.monotonic() + seconds
    while not (found := await read()):
        if time.monotonic() > deadline:
            raise AssertionError(f"Not seen within {seconds} s: {read}")
        await asyncio.sleep(0.02)
    return found


def make_settings(slack: Standin, folder: Path, **overrides: Any) -> Settings:
    """Settings for a stand-in; the scripted model, the ledger in a folder of the test's own."""
    values: dict[str, Any] = {
        "slack_bot_token": slack.bot_token,
        "slack_app_token": slack.app_token,
        "slack_signing_secret": slack.signing_secret,
        "slack_api_url": f"{slack.url}/api/",
        "countersign_model": "demo",
        "countersign_approvals_channel": APPROVALS,
        "countersign_outcomes_channel": OUTCOMES,
        "countersign_ledger": folder / "ledger.db",
        "countersign_task_queue": f"queue-{folder.name}",
    }
    return Settings.model_validate({**values, **overrides})


@dataclass
class Harness:
    """What a test holds in its hands."""

    slack: Standin
    client: Client
    settings: Settings
    gateway: Gateway

    @property
    def catalog(self) -> Catalog:
        """The lists, by the test's own way to Temporal."""
        return Catalog(self.client)

    async def open_page(self) -> Page:
        """What everybody may see of what is open in this workspace."""
        team = self.slack.workspace.seed.team_id
        person = Person(team_id=team, user_id=BOB)
        reader = Reader(person, team, Voice(BOB, (BOB, APPROVALS)), everybody=True)
        return await self.catalog.read_page(reader, Filter(scope="all"))

    def messages(self, channel: str) -> list[Message]:
        """All messages of a channel, oldest first."""
        return self.slack.workspace.rooms[channel].messages

    def cards(self) -> list[Message]:
        """All cards, oldest first; what is said in their threads is not among them."""
        return [message for message in self.messages(APPROVALS) if not message.is_reply]

    def labelled(self, start: str) -> list[Message]:
        """The messages of the approvals channel whose labels' keys begin so, in threads or not, oldest first."""
        labels = ((one, (one.metadata or {}).get("event_payload", {})) for one in self.messages(APPROVALS))
        return [one for one, label in labels if label.get("key", "").startswith(start)]

    async def card(self, number: int = 0) -> Message:
        """A card, as soon as it is there."""
        return await eventually(lambda: self.cards()[number] if len(self.cards()) > number else None)

    async def ask(self, text: str, user: str = ALICE, channel: str = GENERAL) -> str:
        """Ask the agent in a channel; answers with the thread's timestamp."""
        return await self.slack.say(user, channel, f"<@U0BOT> {text}")

    async def approve(self, card: Message, user: str = BOB) -> Delivery:
        """Press Approve on a card."""
        return await self.slack.click(user, card.channel, card.ts, APPROVE)

    async def reject(self, card: Message, user: str = BOB) -> Delivery:
        """Press Reject on a card."""
        return await self.slack.click(user, card.channel, card.ts, REJECT)

    def thread(self, channel: str, ts: str) -> list[str]:
        """The texts of a thread's replies."""
        return [message.text for message in self.slack.workspace.rooms[channel].thread(ts)]

    async def reply(self, channel: str, ts: str, part: str) -> str:
        """The first reply in a thread that contains something, as soon as it is there."""
        return await eventually(
            lambda: next((text for text in self.thread(channel, ts) if part in text), None)
        )

    def whispers(self, user: str) -> list[str]:
        """What only this user was told."""
        return [
            message.text for message in self.slack.workspace.ephemerals.values() if message.only_for == user
        ]


def everything(messages: Iterable[Message]) -> str:
    """All that is shown in messages, as one text to search in."""
    return "\n".join(f"{message.text}\n{message.blocks}" for message in messages)


@asynccontextmanager
async def open_harness(
    slack: Standin, client: Client, settings: Settings, *, worker: bool = True, bot: bool = True
) -> AsyncGenerator[Harness]:
    """Worker and bot (or one of them) at work on a stand-in and a Temporal client that has the plugin."""
    visitors = Visitors()
    async with AsyncExitStack() as stack:
        if worker:
            await stack.enter_async_context(run_worker(client, settings, visitors))
        if bot:
            await stack.enter_async_context(run_bot(client, settings, visitors))
        yield Harness(slack, client, settings, Gateway(client, settings.countersign_task_queue))
