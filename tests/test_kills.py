"""Kill anything at any step: in the end one card, one transfer, one outcome and one answer; nothing lost, nothing twice.

What has to wait for Temporal's timeouts (30 s for a killed activity) waits together: the cases of one test run at the
same time, each with a Slack, a ledger and a task queue of its own.
"""

import asyncio
import sqlite3
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, closing, contextmanager, suppress
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

import pytest
from temporalio.client import Client, WorkflowExecutionDescription, WorkflowExecutionStatus
from temporalio.envconfig import ClientConfigProfile

from activities.ledger import Ledger
from bot.gateway import TemporalAwayError
from bot.models import build_provider
from bot.settings import Settings
from bot.standin.delivery import Delivery
from bot.standin.message import Message
from bot.standin.seed import TEAM
from bot.standin.server import Standin
from bot.temporal import connect_server
from bot.worker import build_plugin
from tests.cable import Cable, open_cable
from tests.harness import (
    APPROVALS,
    BOB,
    GENERAL,
    OUTCOMES,
    Harness,
    eventually,
    eventually_read,
    make_settings,
    open_harness,
)
from tests.kills import Mortal, Role, Temporal, alive, make_environment
from workflows.contracts import MessageRef, Thread
from workflows.ids import agent_workflow

SLOW = 1.5
"""Seconds for which Slack holds a call, so that its sender can be killed meanwhile; Slack stores it all the same."""
PATIENCE = 100.0
"""Temporal gives a killed activity to somebody else after 30 s; twice that, and time to spare on a busy machine."""
REDELIVERY = (0.5, 5.0, 20.0)
STARTING = 2
"""How many cases start processes at the same time; more would only make each slower."""


@dataclass
class World:
    """One request on its way, and what is to be killed on it."""

    slack: Standin
    client: Client
    harness: Harness
    cable: Cable
    victim: Mortal
    thread: str = ""
    approved: bool = False
    struck: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def ledger(self) -> Ledger:
        return Ledger(self.harness.settings.countersign_ledger)

    @property
    def replies(self) -> list[str]:
        return self.harness.thread(GENERAL, self.thread)

    def strike(self) -> None:
        if not self.struck.is_set():
            self.victim.kill()
            self.struck.set()

    def strike_when(self, sees: Callable[[str, Message], bool]) -> None:
        """Strike when Slack has stored something and its answer has not yet left."""

        def watch(what: str, message: Message) -> None:
            if sees(what, message):
                self.strike()

        self.slack.workspace.watchers.append(watch)

    async def strike_while(self, method: str, times: int, act: Callable[[], Awaitable[object]]) -> None:
        """Strike while Slack holds so many calls of a method."""
        self.slack.faults.add(method, "slow", times=times, seconds=SLOW)
        await act()
        await eventually(lambda: self.slack.faults.left(method) == 0, PATIENCE)
        self.strike()

    async def ask(self) -> None:
        self.thread = await self.harness.ask("transfer 250 from checking to savings")

    async def ask_fully(self) -> None:
        """Ask, and wait until everybody knows of the card, the workflow included."""
        await self.ask()
        await eventually_read(self.knows_card, PATIENCE)
        assert [text.endswith("waiting for approval") for text in self.replies] == [True]

    async def knows_card(self) -> bool:
        try:
            page = await self.harness.open_page()
        except TemporalAwayError:  # on a busy machine, and just after it was started again
            return False
        known = [row.summary.card for row in page.rows]
        return any(MessageRef(channel_id=card.channel, ts=card.ts) in known for card in self.harness.cards())

    async def approve(self) -> Delivery:
        cards = await eventually(self.harness.cards, PATIENCE)
        delivery = await self.harness.approve(cards[0], BOB)
        self.approved = self.approved or delivery.acked
        return delivery

    async def press_until_taken(self) -> None:
        """As a person does whom Slack has shown a warning."""

        async def press() -> bool:
            return (await self.approve()).acked

        await eventually_read(press, PATIENCE)

    async def describe_agent(self) -> WorkflowExecutionDescription:
        thread = Thread(team_id=TEAM, channel_id=GENERAL, thread_ts=self.thread)
        return await self.client.get_workflow_handle(agent_workflow(thread)).describe()

    async def is_over(self) -> bool:
        """Nothing is left to be done, so nothing more will come."""
        agent = (await self.describe_agent()).raw_description
        told = {text.split()[0] for text in self.replies}
        return not agent.pending_activities and not agent.pending_children and {"Approved:", "Moved"} <= told


async def unacknowledged(world: World) -> None:
    await world.strike_while("auth.test", 1, world.ask)


async def heard(world: World) -> None:
    await world.ask()
    await eventually(lambda: any(sent.delivery.acked for sent in world.slack.deliveries), PATIENCE)
    world.strike()


async def posting(world: World) -> None:
    await world.strike_while("chat.postMessage", 2, world.ask)


async def stored(world: World) -> None:
    world.strike_when(lambda what, message: (what, message.channel) == ("posted", APPROVALS))
    await world.ask()


async def posted(world: World) -> None:
    await world.ask_fully()
    world.strike()


async def clicked(world: World) -> None:
    await world.ask_fully()
    assert (await world.approve()).acked
    world.strike()


async def rewriting(world: World) -> None:
    await world.ask_fully()
    await world.strike_while("chat.update", 1, world.approve)


async def rewritten(world: World) -> None:
    await world.ask_fully()
    world.strike_when(lambda what, message: (what, message.channel) == ("edited", APPROVALS))
    await world.approve()


async def telling(world: World) -> None:
    await world.ask_fully()
    await world.strike_while("chat.postMessage", 2, world.approve)


async def told(world: World) -> None:
    await world.ask_fully()
    world.strike_when(lambda what, message: (what, message.channel) == ("posted", OUTCOMES))
    await world.approve()


async def transferred(world: World) -> None:
    """The transfer is written while the word of it cannot get through to Temporal."""
    await world.ask_fully()
    with locked(world.harness.settings.countersign_ledger):
        assert (await world.approve()).acked
        await eventually(lambda: count_readers(world.harness.settings.countersign_ledger) > 1, PATIENCE)
        await world.cable.cut()
    await eventually(lambda: world.ledger.balance("checking") < Decimal(10_000), PATIENCE)
    world.strike()
    await world.cable.mend()


async def answered(world: World) -> None:
    world.strike_when(lambda what, message: what == "posted" and message.text.startswith("Moved"))
    await world.ask_fully()
    await world.approve()


Moment = Callable[[World], Awaitable[None]]
MOMENTS: Sequence[Moment] = (
    unacknowledged,
    heard,
    posting,
    stored,
    posted,
    clicked,
    rewriting,
    rewritten,
    telling,
    told,
    transferred,
    answered,
)


@contextmanager
def locked(path: Path) -> Generator[None]:
    """Nobody else writes to the ledger while the block runs."""
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute("BEGIN IMMEDIATE")
        yield


def count_readers(path: Path) -> int:
    """How often a file is open, in all processes: whoever waits for a lock of SQLite's has it open."""
    count = 0
    for opened in Path("/proc").glob("[0-9]*/fd/*"):
        with suppress(OSError):
            count += opened.readlink() == path
    return count


async def connect(address: str, settings: Settings) -> Client:
    return await connect_server(
        ClientConfigProfile(address=address), [build_plugin(build_provider(settings))]
    )


@asynccontextmanager
async def open_world(kind: str, folder: Path, address: str) -> AsyncGenerator[World]:
    """What is to be killed is a process; the rest works in this one."""
    async with AsyncExitStack() as stack:
        slack = await stack.enter_async_context(Standin(retry_delays=REDELIVERY))
        settings = make_settings(slack, folder)
        temporal = Temporal(folder)
        if kind == "temporal":
            await stack.enter_async_context(alive(temporal))
            address = temporal.address
        cable = await stack.enter_async_context(open_cable(address))
        environment = make_environment(slack, folder, TEMPORAL_ADDRESS=cable.address)
        role = Role(kind, folder, environment)
        if kind != "temporal":
            await stack.enter_async_context(alive(role))
        near, far = await connect(cable.address, settings), await connect(address, settings)
        harness = await stack.enter_async_context(
            open_harness(slack, near, settings, worker=kind != "worker", bot=kind != "bot")
        )
        yield World(slack, far, harness, cable, temporal if kind == "temporal" else role)


async def survive(kind: str, moment: Moment, folder: Path, address: str, starting: asyncio.Semaphore) -> None:
    """One case, from the request to its very end."""
    async with AsyncExitStack() as stack:
        async with starting:
            world = await stack.enter_async_context(open_world(kind, folder, address))
        await moment(world)
        async with asyncio.timeout(PATIENCE):
            await world.struck.wait()
        await world.victim.gone()
        async with starting:
            await world.victim.start()
        if not world.approved:
            await world.press_until_taken()
        await eventually_read(world.is_over, PATIENCE)
        await check_end(world)


async def check_end(world: World) -> None:
    """One of each, and nothing is open any more."""
    (card,) = world.harness.cards()
    assert not any(block["type"] == "actions" for block in card.blocks)
    (outcome,) = world.harness.messages(OUTCOMES)
    assert outcome.text.startswith("Approved: Transfer money")
    approved, moved, *asked = sorted(world.replies)
    assert approved == outcome.text
    assert moved.startswith("Moved 250.00 EUR from checking to savings.")
    assert [text.endswith(": approved") for text in asked] in ([], [True]), (
        "none if decided before it was posted"
    )
    balances = [world.ledger.balance(name) for name in ("checking", "savings", "payroll")]
    assert balances == [Decimal(9_750), Decimal(25_250), Decimal(4_000)]
    assert card.metadata
    approval = await world.client.get_workflow_handle(card.metadata["event_payload"]["id"]).describe()
    assert approval.status == WorkflowExecutionStatus.COMPLETED


async def test_a_click_while_temporal_is_away_is_not_acknowledged_and_the_next_one_counts(
    tmp_path: Path,
) -> None:
    async with open_world("temporal", tmp_path, "") as world:
        await world.ask_fully()
        world.strike()
        await world.victim.gone()
        assert not (await world.approve()).acked
        (warning,) = world.slack.workspace.warnings[BOB]
        assert "try again" in warning
        await world.victim.start()
        await world.press_until_taken()
        await eventually_read(world.is_over, PATIENCE)
        await check_end(world)


@pytest.mark.parametrize("kind", ["worker", "bot", "temporal"])
async def test_a_kill_at_any_moment_loses_nothing_and_repeats_nothing(
    kind: str, temporal_address: str, tmp_path: Path, subtests: pytest.Subtests
) -> None:
    starting = asyncio.Semaphore(STARTING)
    names = [getattr(moment, "__name__", "") for moment in MOMENTS]
    folders = [tmp_path / f"{kind}-{name}" for name in names]
    for folder in folders:
        folder.mkdir()
    ends = await asyncio.gather(
        *(
            survive(kind, moment, folder, temporal_address, starting)
            for moment, folder in zip(MOMENTS, folders, strict=True)
        ),
        return_exceptions=True,
    )
    for name, end in zip(names, ends, strict=True):
        with subtests.test(killed=kind, at=name):
            if end:
                raise end
