"""Everything running at once for a test: stand-in, Temporal, worker, bot; each can be stopped and started again."""

from collections.abc import AsyncGenerator, Iterable
from contextlib import asynccontextmanager

from temporalio.client import Client

from bot.catalog import Catalog, Page
from bot.filters import Filter
from bot.readers import Reader, Voice
from bot.settings import Settings
from bot.standin.message import Message
from bot.standin.server import Standin
from bot.testing.kit import (
    ALICE,
    APPROVALS,
    BOB,
    CAROL,
    DAVE,
    GENERAL,
    OUTCOMES,
    Kit,
    make_settings,
    run_roles,
)
from bot.testing.patience import PATIENCE, eventually, eventually_read
from workflows.contracts import Person

__all__ = [
    "ALICE",
    "APPROVALS",
    "BOB",
    "CAROL",
    "DAVE",
    "GENERAL",
    "OUTCOMES",
    "PATIENCE",
    "Harness",
    "eventually",
    "eventually_read",
    "everything",
    "make_settings",
    "open_harness",
]


class Harness(Kit):
    """The kit, with what tests of our own look into."""

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

    def labelled(self, start: str) -> list[Message]:
        """The messages of the approvals channel whose labels' keys begin so, in threads or not, oldest first."""
        labels = ((one, (one.metadata or {}).get("event_payload", {})) for one in self.messages(APPROVALS))
        return [one for one, label in labels if label.get("key", "").startswith(start)]


def everything(messages: Iterable[Message]) -> str:
    """All that is shown in messages, as one text to search in."""
    return "\n".join(f"{message.text}\n{message.blocks}" for message in messages)


@asynccontextmanager
async def open_harness(
    slack: Standin, client: Client, settings: Settings, *, worker: bool = True, bot: bool = True
) -> AsyncGenerator[Harness]:
    """Worker and bot (or one of them) at work on a stand-in and a Temporal client that has the plugin."""
    async with run_roles(client, settings, worker=worker, bot=bot) as gateway:
        yield Harness(slack, client, settings, gateway)
