"""The register of preferences: durable, converging on what was wished last, and replayable."""

import asyncio
import uuid
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import time
from typing import Any

import pytest
import pytest_asyncio
from temporalio import activity
from temporalio.client import Client, WorkflowHandle, WorkflowUpdateFailedError
from temporalio.envconfig import ClientConfigProfile
from temporalio.exceptions import ApplicationError
from temporalio.worker import Worker

from bot.models import NamedProvider
from bot.server import embedded_server
from bot.temporal import connect_server
from bot.worker import build_plugin
from tests.factories import build_person
from tests.harness import PATIENCE, eventually, eventually_read
from tests.ports import free_port
from tests.workflows.bench import RUNNER, build_replayer
from tests.workflows.ports import TapedModel
from workflows.contracts import Person
from workflows.ports import RoundupPort
from workflows.preferences import FULL, MOST_PEOPLE, Preferences
from workflows.profiles import PreferenceWorkflow, Profiles

ALICE, BOB = build_person("UALICE"), build_person("UBOB")
LIMIT = 40
"""After so many events the short server asks for a new run."""


def prefer(person: Person = BOB, **changes: Any) -> Preferences:
    return Preferences.model_validate({"person": person, "direct": "always"} | changes)


class MemoryPlanner(RoundupPort):
    """Keeps what was scheduled last for each person; may be away or refuse."""

    def __init__(self) -> None:
        self.planned: dict[Person, Preferences] = {}
        self.away = False
        self.refuses: set[Person] = set()

    @activity.defn
    async def plan_roundup(self, preferences: Preferences) -> None:
        if preferences.person in self.refuses:
            raise ApplicationError("There is no such time.", type="timing", non_retryable=True)
        if self.away:
            raise ApplicationError("Temporal is away.")
        self.planned[preferences.person] = preferences


@dataclass
class Desk:
    """One register, and who schedules for it."""

    client: Client
    handle: WorkflowHandle[PreferenceWorkflow, None]
    queue: str
    planner: MemoryPlanner = field(default_factory=MemoryPlanner)

    @asynccontextmanager
    async def work(self) -> AsyncGenerator[None]:
        """A worker without a cache, so that every task replays the whole history."""
        async with Worker(
            self.client,
            task_queue=self.queue,
            workflows=[PreferenceWorkflow],
            activities=[self.planner.plan_roundup],
            workflow_runner=RUNNER,
            max_cached_workflows=0,
        ):
            yield

    async def prefer(self, wish: Preferences) -> Preferences:
        async with asyncio.timeout(PATIENCE):
            return await self.handle.execute_update(PreferenceWorkflow.prefer, wish)

    async def known(self) -> tuple[Preferences, ...]:
        return await self.handle.query(PreferenceWorkflow.preferences)

    async def planned(self, wish: Preferences) -> None:
        """Wait until somebody's schedule is as they wished."""
        await eventually(lambda: self.planner.planned.get(wish.person) == wish)


@asynccontextmanager
async def open_desk(address: str, profiles: Profiles) -> AsyncGenerator[Desk]:
    """A register on that server, whose every run is replayed at the end."""
    client = await connect_server(
        ClientConfigProfile(address=address), [build_plugin(NamedProvider(TapedModel()))]
    )
    queue = f"queue-{uuid.uuid4()}"
    name = f"preferences-{queue}"
    started = await client.start_workflow(PreferenceWorkflow.run, profiles, id=name, task_queue=queue)
    desk = Desk(client, client.get_workflow_handle_for(PreferenceWorkflow.run, name), queue)
    async with desk.work():
        yield desk
    run_id = started.first_execution_run_id or ""
    while run_id:
        history = await client.get_workflow_handle(name, run_id=run_id).fetch_history()
        await build_replayer([PreferenceWorkflow]).replay_workflow(history)
        run_id = history.events[-1].workflow_execution_continued_as_new_event_attributes.new_execution_run_id
    await desk.handle.terminate()


@pytest.fixture
async def desk(temporal_address: str) -> AsyncGenerator[Desk]:
    async with open_desk(temporal_address, Profiles()) as one:
        yield one


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def short_address(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[str]:
    """A dev server that asks for a new run early."""
    extra = ("--dynamic-config-value", f"limit.historyCount.suggestContinueAsNew={LIMIT}")
    async with embedded_server(tmp_path_factory.mktemp("short"), free_port(), None, extra) as address:
        yield address


async def test_preferences_are_kept_and_scheduled(desk: Desk) -> None:
    wish = prefer(digest_at=time(9), zone="Europe/Berlin")
    assert await desk.prefer(wish) == wish
    assert await desk.known() == (wish,)
    await desk.planned(wish)


async def test_who_wants_nothing_any_more_is_forgotten_and_scheduled_no_more(desk: Desk) -> None:
    await desk.prefer(prefer())
    nothing = prefer(direct="policy")
    await desk.prefer(nothing)
    assert await desk.known() == ()
    await desk.planned(nothing)


async def test_of_many_changes_the_last_reaches_the_schedule_though_it_was_away(desk: Desk) -> None:
    desk.planner.away = True
    for hour in range(5):
        await desk.prefer(prefer(digest_at=time(hour)))
    other = prefer(ALICE)
    await desk.prefer(other)
    desk.planner.away = False
    await desk.planned(prefer(digest_at=time(4)))
    await desk.planned(other)


async def test_a_schedule_that_is_refused_holds_up_nobody_elses(desk: Desk) -> None:
    desk.planner.refuses.add(BOB)
    await desk.prefer(prefer())
    await desk.prefer(prefer(ALICE))
    await desk.planned(prefer(ALICE))


async def test_a_register_that_is_full_says_so_and_still_takes_changes(temporal_address: str) -> None:
    crowd = tuple(prefer(build_person(f"U{number}")) for number in range(MOST_PEOPLE))
    async with open_desk(temporal_address, Profiles(preferences=crowd)) as desk:
        with pytest.raises(WorkflowUpdateFailedError) as caught:
            await desk.prefer(prefer(BOB))
        assert isinstance(caught.value.cause, ApplicationError)
        assert caught.value.cause.message == FULL
        await desk.prefer(prefer(crowd[0].person, direct="digest"))
        assert len(Profiles(preferences=crowd).model_dump_json()) < 1_000_000


async def test_preferences_survive_a_new_run_and_no_change_is_lost_on_the_way(short_address: str) -> None:
    async with open_desk(short_address, Profiles()) as desk:
        first = (await desk.handle.describe()).run_id
        wishes = [prefer(build_person(f"U{number}")) for number in range(12)]
        for wish in wishes:
            await desk.prefer(wish)

        async def renewed() -> bool:
            return (await desk.handle.describe()).run_id != first

        await eventually_read(renewed)
        for wish in wishes:
            await desk.planned(wish)
        assert await desk.known() == tuple(wishes)
