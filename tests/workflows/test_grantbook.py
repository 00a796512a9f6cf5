"""The register of rules: durable, exact under concurrency, replayable, and deaf to what was revoked."""

import asyncio
import uuid
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import pytest_asyncio
from temporalio.client import Client, WorkflowHandle, WorkflowUpdateFailedError
from temporalio.envconfig import ClientConfigProfile
from temporalio.exceptions import ApplicationError
from temporalio.worker import Worker

from bot.models import NamedProvider
from bot.server import embedded_server
from bot.temporal import connect_server
from bot.worker import build_plugin
from tests.factories import APPROVER, SECOND, build_person, build_plan, build_request
from tests.harness import PATIENCE
from tests.ports import free_port
from tests.workflows.bench import RUNNER, build_replayer
from tests.workflows.grantors import ALLOWED, WISH
from tests.workflows.ports import MemorySlack, TapedModel
from workflows.contracts import GrantUse, Person
from workflows.grantbook import PREFIX, GrantWorkflow
from workflows.grants import MOST_GRANTS, Book, Claim, Grant, Making, Refusal, Revocation, build_grant
from workflows.ids import grant_of

LIMIT = 40
"""After so many events the short server asks for a new run."""
DAVE = build_person("UDAVE")


def build(uses: int = 2, number: int = 1) -> Grant:
    making = Making(
        approval_id=f"approval-{number}",
        request=build_request(),
        plan=build_plan(remember=ALLOWED, team_id="T1"),
        owner=APPROVER,
        wish=WISH.model_copy(update={"uses": uses}),
        now=datetime.now(UTC),
    )
    return build_grant(making)


@dataclass
class Desk:
    """One register, and the Slack that its worker asks."""

    client: Client
    handle: WorkflowHandle[GrantWorkflow, None]
    queue: str
    slack: MemorySlack

    @asynccontextmanager
    async def work(self, cached: int = 0) -> AsyncGenerator[None]:
        """A worker, without a cache unless told otherwise, so that every task replays the whole history."""
        async with Worker(
            self.client,
            task_queue=self.queue,
            workflows=[GrantWorkflow],
            activities=[self.slack.check_member],
            workflow_runner=RUNNER,
            max_cached_workflows=cached,
        ):
            yield

    async def make(self, grant: Grant) -> Grant:
        made: Grant = await self._send(GrantWorkflow.make, grant)
        return made

    async def use(self, grant: Grant, number: int = 0, most: int = 50) -> GrantUse | None:
        claim = Claim(grant_id=grant.grant_id, approval_id=f"approval-{number}", most=most)
        found: GrantUse | None = await self._send(GrantWorkflow.use, claim)
        return found

    async def revoke(self, grant: Grant, person: Person = APPROVER) -> Grant:
        revoked: Grant = await self._send(
            GrantWorkflow.revoke, Revocation(grant_id=grant.grant_id, person=person)
        )
        return revoked

    async def _send(self, update: Any, argument: Any) -> Any:
        async with asyncio.timeout(PATIENCE):
            return await self.handle.execute_update(update, argument)

    async def refusal(self, work: Any) -> Refusal:
        with pytest.raises(WorkflowUpdateFailedError) as caught:
            await work
        cause = caught.value.cause
        assert isinstance(cause, ApplicationError)
        refusal = Refusal[(cause.type or "").removeprefix(PREFIX)]
        assert refusal.value == cause.message
        return refusal

    async def grants(self) -> tuple[Grant, ...]:
        return await self.handle.query(GrantWorkflow.grants)


@asynccontextmanager
async def open_desk(address: str, book: Book) -> AsyncGenerator[Desk]:
    """A register on that server, whose every run is replayed at the end."""
    client = await connect_server(
        ClientConfigProfile(address=address), [build_plugin(NamedProvider(TapedModel()))]
    )
    queue = f"queue-{uuid.uuid4()}"
    name = f"rules-{queue}"
    started = await client.start_workflow(GrantWorkflow.run, book, id=name, task_queue=queue)
    desk = Desk(client, client.get_workflow_handle_for(GrantWorkflow.run, name), queue, MemorySlack())
    yield desk
    run_id = started.first_execution_run_id or ""
    while run_id:
        history = await client.get_workflow_handle(name, run_id=run_id).fetch_history()
        await build_replayer([GrantWorkflow]).replay_workflow(history)
        run_id = history.events[-1].workflow_execution_continued_as_new_event_attributes.new_execution_run_id
    await desk.handle.terminate()


@pytest.fixture
async def desk(temporal_address: str) -> AsyncGenerator[Desk]:
    async with open_desk(temporal_address, Book()) as one, one.work():
        yield one


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def short_address(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[str]:
    """A dev server that asks for a new run early."""
    extra = ("--dynamic-config-value", f"limit.historyCount.suggestContinueAsNew={LIMIT}")
    async with embedded_server(tmp_path_factory.mktemp("short"), free_port(), None, extra) as address:
        yield address


async def test_a_rule_is_made_once_however_often_it_is_sent(desk: Desk) -> None:
    grant = build()
    assert await desk.make(grant) == await desk.make(grant) == grant
    assert await desk.grants() == (grant,)


async def test_a_use_is_taken_once_for_an_approval(desk: Desk) -> None:
    grant = await desk.make(build())
    first = await desk.use(grant)
    assert first
    assert (first.number, first.left) == (1, 1)
    assert await desk.use(grant) == first
    assert (await desk.grants())[0].used == 1


@pytest.mark.parametrize("most", [50, 3])
async def test_of_many_claims_at_once_no_use_is_taken_twice(desk: Desk, most: int) -> None:
    grant = await desk.make(build(uses=5))
    claims = [desk.use(grant, number % 8, most) for number in range(24)]
    found = await asyncio.gather(*claims)
    used = {number % 8: use.number for number, use in enumerate(found) if use}
    assert sorted(used.values()) == list(range(1, min(5, most) + 1))


async def test_what_was_revoked_is_never_used_afterwards(desk: Desk) -> None:
    grant = await desk.make(build(uses=50))
    assert await desk.use(grant, 100)

    async def claim(number: int) -> tuple[GrantUse | None, bool]:
        before = over
        return await desk.use(grant, number), before

    over = False
    early = [asyncio.create_task(claim(number)) for number in range(8)]
    await desk.revoke(grant)
    over = True
    late = await asyncio.gather(*(claim(number) for number in (100, *range(8, 16))))
    await asyncio.gather(*early)
    assert [use for use, _ in late] == [None] * 9
    assert await desk.refusal(desk.make(grant)) is Refusal.GONE


async def test_who_may_decide_revokes_and_others_do_not(desk: Desk) -> None:
    grant = await desk.make(build())
    assert await desk.refusal(desk.revoke(grant, DAVE)) is Refusal.NOT_YOURS
    assert await desk.revoke(grant, SECOND) == grant
    assert await desk.refusal(desk.revoke(grant, SECOND)) is Refusal.GONE


async def test_the_owner_revokes_while_slack_is_away_and_others_are_told_to_try_again(desk: Desk) -> None:
    grant = await desk.make(build())
    desk.slack.away = True
    assert await desk.refusal(desk.revoke(grant, SECOND)) is Refusal.UNSURE
    assert await desk.revoke(grant) == grant


async def test_a_register_that_is_full_says_so(temporal_address: str) -> None:
    crowd = tuple(
        build().model_copy(update={"grant_id": grant_of(f"approval-x{number}")})
        for number in range(MOST_GRANTS)
    )
    async with open_desk(temporal_address, Book(grants=crowd)) as desk, desk.work(cached=10):
        assert await desk.refusal(desk.make(build())) is Refusal.FULL
        await desk.revoke(crowd[0])
        assert await desk.make(build())


async def test_one_that_has_ended_is_not_used(temporal_address: str) -> None:
    ended = build().model_copy(update={"until": datetime.now(UTC) - timedelta(seconds=1)})
    async with open_desk(temporal_address, Book(grants=(ended,))) as desk, desk.work():
        assert await desk.use(ended) is None
        assert await desk.grants() == ()


async def test_a_rule_without_a_time_zone_is_refused_and_harms_no_other(desk: Desk) -> None:
    grant = await desk.make(build())
    naive = build(number=2).model_dump(mode="json") | {"until": "2999-01-01T00:00:00"}
    with pytest.raises(WorkflowUpdateFailedError):
        await desk.handle.execute_update("make", naive)
    assert await desk.use(grant)


async def test_history_stays_bounded_and_nothing_is_lost_on_the_way(short_address: str) -> None:
    async with open_desk(short_address, Book()) as desk, desk.work(cached=10):
        grant, other = await desk.make(build(uses=10)), await desk.make(build(number=2))
        await desk.revoke(other)
        first = (await desk.handle.describe()).run_id
        found = [await desk.use(grant, number) for number in range(15)]
        assert (await desk.handle.describe()).run_id != first
        assert [one.number for one in found if one] == list(range(1, 11))
        assert await desk.use(grant, 3) == found[3]
        assert await desk.refusal(desk.make(other)) is Refusal.GONE
