"""The register of delegations: durable, one at a time for each principal, and replayable."""

import asyncio
import uuid
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import pytest_asyncio
from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.enums.v1 import EventType
from temporalio.api.update.v1 import UpdateRef
from temporalio.api.workflowservice.v1 import PollWorkflowExecutionUpdateRequest
from temporalio.client import Client, WorkflowHandle, WorkflowUpdateFailedError
from temporalio.envconfig import ClientConfigProfile
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Worker

from bot.models import NamedProvider
from bot.server import embedded_server
from bot.temporal import connect_server
from bot.testing.servers import skipping_server
from bot.worker import build_plugin
from tests.factories import HOUR, build_person
from tests.harness import PATIENCE, eventually_read
from tests.ports import free_port
from tests.workflows.bench import RUNNER, build_replayer
from tests.workflows.ports import MemorySlack, TapedModel
from workflows.contracts import Delegation, MembershipQuery, Person
from workflows.delegation import Refusal
from workflows.registry import DelegationWorkflow, Register

ALICE, BOB, CAROL = (build_person(name) for name in ("UALICE", "UBOB", "UCAROL"))
LIMIT = 40
"""After so many events the short server asks for a new run."""
ACCEPTED = EventType.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED

Handle = WorkflowHandle[DelegationWorkflow, None]


def hand(
    principal: Person, delegate: Person, hours: float = 2, now: datetime | None = None, *, away: bool = False
) -> Delegation:
    until = (now or datetime.now(UTC)) + hours * HOUR
    return Delegation(principal=principal, delegate=delegate, until=until, away=away)


@dataclass
class Desk:
    """One register, and the Slack that its worker asks."""

    client: Client
    queue: str
    slack: MemorySlack
    handle: Handle

    @asynccontextmanager
    async def work(self, cached: int = 0) -> AsyncGenerator[None]:
        """A worker, without a cache unless told otherwise, so that every task replays the whole history."""
        async with Worker(
            self.client,
            task_queue=self.queue,
            workflows=[DelegationWorkflow],
            activities=[self.slack.check_member],
            workflow_runner=RUNNER,
            max_cached_workflows=cached,
        ):
            yield

    async def delegate(self, wish: Delegation) -> tuple[Delegation, ...]:
        async with asyncio.timeout(PATIENCE):
            return await self.handle.execute_update(DelegationWorkflow.delegate, wish)

    async def revoke(self, person: Person) -> tuple[Delegation, ...]:
        async with asyncio.timeout(PATIENCE):
            return await self.handle.execute_update(DelegationWorkflow.revoke, person)

    async def send(self, update: Any, argument: Any) -> "asyncio.Task[tuple[Delegation, ...]]":
        """An update that the server holds for a worker to come."""
        update_id = uuid.uuid4().hex
        task: asyncio.Task[tuple[Delegation, ...]] = asyncio.create_task(
            self.handle.execute_update(update, argument, id=update_id)
        )
        await eventually_read(lambda: self._holds(update_id))
        return task

    async def _holds(self, update_id: str) -> bool:
        ref = UpdateRef(workflow_execution=WorkflowExecution(workflow_id=self.handle.id), update_id=update_id)
        request = PollWorkflowExecutionUpdateRequest(namespace=self.client.namespace, update_ref=ref)
        try:
            await self.client.workflow_service.poll_workflow_execution_update(request)
        except RPCError:
            return False
        return True

    async def refusal(self, wish: Delegation) -> Refusal:
        """Why a wish is refused: by name, and in its sentence."""
        with pytest.raises(WorkflowUpdateFailedError) as caught:
            await self.delegate(wish)
        cause = caught.value.cause
        assert isinstance(cause, ApplicationError)
        assert Refusal[cause.type or ""].value == cause.message
        return Refusal(cause.message)

    async def standing(self) -> tuple[Delegation, ...]:
        return await self.handle.query(DelegationWorkflow.delegations)

    async def accepted(self) -> int:
        """How many updates history has."""
        return sum([event.event_type == ACCEPTED async for event in self.handle.fetch_history_events()])


@asynccontextmanager
async def open_desk(address: str) -> AsyncGenerator[Desk]:
    """A register on that server, whose every run is replayed at the end."""
    client = await connect_server(
        ClientConfigProfile(address=address), [build_plugin(NamedProvider(TapedModel()))]
    )
    queue = f"queue-{uuid.uuid4()}"
    handle = await client.start_workflow(
        DelegationWorkflow.run, Register(), id=f"delegations-{queue}", task_queue=queue
    )
    desk = Desk(
        client, queue, MemorySlack(), client.get_workflow_handle_for(DelegationWorkflow.run, handle.id)
    )
    yield desk
    run_id = handle.first_execution_run_id or ""
    while run_id:
        history = await client.get_workflow_handle(handle.id, run_id=run_id).fetch_history()
        await build_replayer([DelegationWorkflow]).replay_workflow(history)
        ended = history.events[-1].workflow_execution_continued_as_new_event_attributes
        run_id = ended.new_execution_run_id
    await desk.handle.terminate()


@pytest.fixture
async def idle(temporal_address: str) -> AsyncGenerator[Desk]:
    """A register whose worker the test starts."""
    async with open_desk(temporal_address) as desk:
        yield desk


@pytest.fixture
async def desk(idle: Desk) -> AsyncGenerator[Desk]:
    async with idle.work():
        yield idle


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def short_address(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[str]:
    """A dev server that asks for a new run early."""
    extra = ("--dynamic-config-value", f"limit.historyCount.suggestContinueAsNew={LIMIT}")
    async with embedded_server(tmp_path_factory.mktemp("short"), free_port(), None, extra) as address:
        yield address


@pytest.fixture
async def clock() -> AsyncGenerator[WorkflowEnvironment]:
    """A server of its own whose time can be skipped."""
    async with skipping_server() as env:
        yield env


async def test_a_delegation_is_kept_and_listed(desk: Desk) -> None:
    first, second = hand(ALICE, BOB), hand(CAROL, BOB, away=True)
    assert await desk.delegate(first) == (first,)
    assert await desk.delegate(second) == await desk.standing() == (first, second)
    assert desk.slack.queries == [MembershipQuery(person=BOB, approvers=())] * 2


async def test_a_principal_takes_back_their_own_and_hears_what(desk: Desk) -> None:
    first, second = hand(ALICE, BOB), hand(CAROL, BOB)
    await desk.delegate(first)
    await desk.delegate(second)
    assert await desk.revoke(ALICE) == (first,)
    assert await desk.revoke(ALICE) == ()
    assert await desk.revoke(BOB) == ()
    assert await desk.standing() == (second,)


async def test_what_is_refused_by_rule_asks_nobody_and_leaves_no_trace(desk: Desk) -> None:
    await desk.delegate(hand(ALICE, BOB))
    before = await desk.standing()
    assert await desk.refusal(hand(BOB, ALICE)) == Refusal.LOOP
    assert await desk.refusal(hand(BOB, BOB)) == Refusal.SELF
    assert await desk.refusal(hand(BOB, CAROL, -1)) == Refusal.PAST
    assert await desk.refusal(hand(BOB, CAROL, 24 * 400)) == Refusal.FAR
    assert await desk.standing() == before
    assert (len(desk.slack.queries), await desk.accepted()) == (1, 1)


@pytest.mark.parametrize(("standing", "refusal"), [("bot", Refusal.BOT), ("unknown", Refusal.UNKNOWN)])
async def test_a_delegate_who_is_no_living_person_is_refused(
    desk: Desk, standing: Any, refusal: Refusal
) -> None:
    desk.slack.standings["UBOB"] = standing
    assert await desk.refusal(hand(ALICE, BOB)) == refusal
    assert await desk.standing() == ()


async def test_while_slack_is_away_nothing_is_delegated(desk: Desk) -> None:
    desk.slack.away = True
    assert await desk.refusal(hand(ALICE, BOB)) == Refusal.UNSURE
    assert await desk.standing() == ()
    desk.slack.away = False
    assert await desk.delegate(hand(ALICE, BOB))


async def test_slack_without_an_answer_is_not_waited_for(desk: Desk) -> None:
    desk.slack.checks.clear()
    async with asyncio.timeout(5):
        assert await desk.refusal(hand(ALICE, BOB)) == Refusal.UNSURE
    desk.slack.checks.set()


async def test_what_slack_will_never_say_is_refused_at_once(desk: Desk) -> None:
    desk.slack.check_refused = True
    assert await desk.refusal(hand(ALICE, BOB)) == Refusal.UNSURE


async def test_of_those_that_would_make_a_circle_one_does_not_stand(idle: Desk) -> None:
    """Whichever Slack answers last: none of them was against the rules when they were asked for."""
    circle = (hand(ALICE, BOB), hand(BOB, CAROL), hand(CAROL, ALICE))
    sent = [await idle.send(DelegationWorkflow.delegate, wish) for wish in circle]
    async with idle.work():
        answers = await asyncio.gather(*sent, return_exceptions=True)
        (refused,) = (one for one in answers if isinstance(one, WorkflowUpdateFailedError))
        assert str(refused.cause) == f"LOOP: {Refusal.LOOP}"
        assert len(await idle.standing()) == 2
    assert len(idle.slack.queries) == 3


async def test_what_is_taken_back_while_slack_is_asked_does_not_stand(idle: Desk) -> None:
    wish = await idle.send(DelegationWorkflow.delegate, hand(ALICE, BOB))
    back = await idle.send(DelegationWorkflow.revoke, ALICE)
    async with idle.work():
        assert await back == ()
        with pytest.raises(WorkflowUpdateFailedError) as caught:
            await wish
        assert str(caught.value.cause) == f"OVERTAKEN: {Refusal.OVERTAKEN}"
        assert await idle.standing() == ()


async def test_the_later_of_two_of_ones_own_stands(idle: Desk) -> None:
    wish = await idle.send(DelegationWorkflow.delegate, hand(ALICE, BOB))
    later = hand(ALICE, CAROL)
    other = await idle.send(DelegationWorkflow.delegate, later)
    async with idle.work():
        assert await other == (later,)
        with pytest.raises(WorkflowUpdateFailedError):
            await wish
        assert await idle.standing() == (later,)


async def test_many_at_once_are_all_kept(desk: Desk) -> None:
    wishes = [hand(build_person(f"U{number}"), BOB) for number in range(20)]
    await asyncio.gather(*(desk.delegate(one) for one in wishes))
    assert sorted(one.principal.user_id for one in await desk.standing()) == sorted(
        one.principal.user_id for one in wishes
    )


async def test_delegations_outlive_their_worker(idle: Desk) -> None:
    wish = hand(ALICE, BOB)
    async with idle.work():
        await idle.delegate(wish)
    async with idle.work():
        assert await idle.standing() == (wish,)
        assert await idle.refusal(hand(BOB, ALICE)) == Refusal.LOOP


async def test_updates_that_make_no_sense_fail_alone(desk: Desk) -> None:
    for name, args in (("delegate", []), ("delegate", ["x"]), ("revoke", [{"user_id": ""}])):
        with pytest.raises(WorkflowUpdateFailedError):
            await desk.handle.execute_update(name, args=args)
    assert await desk.handle.execute_update("revoke") == []
    naive = hand(ALICE, BOB).model_dump(mode="json") | {"until": "2027-01-01T00:00:00"}
    with pytest.raises(WorkflowUpdateFailedError):
        await desk.handle.execute_update("delegate", naive)
    assert await desk.delegate(hand(ALICE, BOB))


async def test_what_has_ended_is_dropped_at_the_next_update(clock: WorkflowEnvironment) -> None:
    async with open_desk(clock.client.service_client.config.target_host) as desk, desk.work():
        now = await clock.get_current_time()
        await desk.delegate(hand(ALICE, BOB, 1, now))
        await desk.delegate(hand(CAROL, BOB, 50, now))
        await clock.sleep(timedelta(hours=2))
        later = hand(BOB, ALICE, 2, await clock.get_current_time())
        assert [one.principal for one in await desk.delegate(later)] == [CAROL, BOB]
        await clock.sleep(timedelta(hours=3))
        assert await desk.revoke(BOB) == ()


async def test_history_stays_bounded_and_nothing_is_lost(short_address: str) -> None:
    async with open_desk(short_address) as desk, desk.work(cached=10):
        kept = hand(CAROL, BOB, away=True)
        await desk.delegate(kept)
        first = (await desk.handle.describe()).run_id
        for _ in range(3):
            wishes = [hand(build_person(f"U{number}"), BOB) for number in range(10)]
            await asyncio.gather(*(desk.delegate(one) for one in wishes))
        assert (await desk.handle.describe()).run_id != first
        assert kept in await desk.standing()
        assert len(await desk.standing()) == 11
        assert await desk.refusal(hand(ALICE, CAROL)) == Refusal.AWAY
