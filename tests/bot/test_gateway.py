"""The gateway: one call each, quick to fail, and never mistaken about what is gone and what is only away."""

import asyncio
import time
import uuid

import pytest
from temporalio.client import Client

from bot.gateway import ApprovalGoneError, Gateway, TemporalAwayError
from bot.roles import run_worker
from bot.settings import Settings
from tests.cable import open_cable
from tests.doors import Handle, connect, new_id, start_request
from tests.factories import build_decision, build_request
from tests.harness import Harness, eventually_read
from workflows.agent import AgentWorkflow
from workflows.approval import ApprovalWorkflow
from workflows.contracts import Heard, Person, Thread
from workflows.ids import agent_workflow

LIMIT = 2.9
"""Slack and Bolt give three seconds."""


@pytest.fixture
async def lone(client: Client, settings: Settings) -> Gateway:
    """A gateway where no worker is alive."""
    return Gateway(client, settings.countersign_task_queue)


def thread() -> Thread:
    return Thread(team_id="T0COUNTER", channel_id="C0GENERAL", thread_ts=f"{uuid.uuid4().int % 10**9}.000001")


def words(event_id: str, text: str = "help") -> Heard:
    return Heard(event_id=event_id, person=Person(team_id="T0COUNTER", user_id="U0ALICE"), text=text)


async def start_alone(client: Client, settings: Settings) -> Handle:
    return await client.start_workflow(
        ApprovalWorkflow.run, build_request(), id=new_id(), task_queue=settings.countersign_task_queue
    )


async def test_a_thread_has_one_conversation_however_much_is_said(lone: Gateway, client: Client) -> None:
    where = thread()
    await asyncio.gather(*(lone.hear(where, words(f"event-{number}")) for number in range(5)))
    handle = client.get_workflow_handle_for(AgentWorkflow.run, agent_workflow(where))
    history = await handle.fetch_history()
    signals = [
        event for event in history.events if event.HasField("workflow_execution_signaled_event_attributes")
    ]
    assert len(signals) == 5
    await handle.terminate()


async def test_a_decision_for_nothing_is_known_to_be_for_nothing(lone: Gateway) -> None:
    with pytest.raises(ApprovalGoneError):
        await lone.decide(new_id(), build_decision())
    with pytest.raises(ApprovalGoneError):
        await lone.read_state(new_id())


async def test_a_decision_for_what_has_ended_is_known_to_be_late(
    lone: Gateway, client: Client, settings: Settings
) -> None:
    handle = await start_alone(client, settings)
    await lone.decide(handle.id, build_decision())
    await handle.terminate()
    with pytest.raises(ApprovalGoneError):
        await lone.decide(handle.id, build_decision())


async def test_a_state_that_no_worker_can_tell_is_away_and_not_gone(
    lone: Gateway, client: Client, settings: Settings
) -> None:
    handle = await start_alone(client, settings)
    start = time.monotonic()
    with pytest.raises(TemporalAwayError):
        await lone.read_state(handle.id)
    assert time.monotonic() - start < LIMIT
    await handle.terminate()


async def test_what_was_terminated_has_failed(harness: Harness) -> None:
    handle = await start_request(harness)
    await harness.card()
    await handle.terminate()
    state = await harness.gateway.read_state(handle.id)
    assert (state.status, state.decided_at is None, state.reason) == (
        "failed", False, "The approval was ended from outside",
    )  # fmt: skip


async def test_what_was_decided_keeps_its_outcome(harness: Harness) -> None:
    handle = await start_request(harness)
    await handle.signal(ApprovalWorkflow.approve, arg=False)
    await handle.result()
    assert (await harness.gateway.read_state(handle.id)).status == "rejected"


async def test_everything_fails_in_time_while_temporal_is_away(
    settings: Settings, temporal_address: str
) -> None:
    async with open_cable(temporal_address) as cable:
        gateway = Gateway(await connect(cable.address, settings), "queue")
        await cable.cut()
        calls = [
            gateway.hear(thread(), words("event")),
            gateway.decide(new_id(), build_decision()),
            gateway.read_state(new_id()),
            gateway.list_pending("T0COUNTER"),
            gateway.check_health(),
        ]
        start = time.monotonic()
        results = await asyncio.gather(*calls, return_exceptions=True)
        assert time.monotonic() - start < LIMIT
        assert [type(one) for one in results] == [TemporalAwayError] * len(calls)
        await cable.mend()
        await gateway.check_health()


async def test_a_page_has_its_rows_and_the_count_of_all(client: Client, settings: Settings) -> None:
    team = f"T{uuid.uuid4().hex.upper()}"
    gateway = Gateway(client, settings.countersign_task_queue)
    async with run_worker(client, settings):
        for number in range(12):
            request = build_request(title=f"Request {number}", requester=Person(team_id=team, user_id="U1"))
            await client.start_workflow(
                ApprovalWorkflow.run, request, id=new_id(), task_queue=settings.countersign_task_queue
            )

        async def complete() -> bool:
            return (await gateway.list_pending(team)).total == 12

        await eventually_read(complete)
        first, second, beyond = [await gateway.list_pending(team, number) for number in range(3)]
    titles = [row.summary.title for page in (first, second) for row in page.rows]
    assert titles == [f"Request {number}" for number in reversed(range(12))]
    assert (len(first.rows), len(second.rows), beyond.rows) == (10, 2, [])
    assert (first.total, second.total, beyond.total) == (12, 12, 12)


@pytest.mark.parametrize("team", ["T' OR '1' = '1", "'", "\\", "T\\' OR true --", ""])
async def test_a_teams_name_cannot_widen_the_list(lone: Gateway, team: str) -> None:
    page = await lone.list_pending(team)
    assert (page.rows, page.total) == ([], 0)
