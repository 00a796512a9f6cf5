"""The gateway: one call each, quick to fail, and never mistaken about what is gone and what is only away."""

import asyncio
import time
import uuid
from collections.abc import AsyncGenerator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from temporalio.client import Client, WorkflowExecutionStatus

from bot.gateway import ApprovalGoneError, DelegationRefusedError, Gateway, TemporalAwayError
from bot.settings import Settings
from bot.standin.seed import Seed
from bot.standin.server import Standin
from tests.cable import open_cable
from tests.doors import Handle, connect, new_id, start_request
from tests.factories import HOUR, build_decision, build_request
from tests.harness import ALICE, BOB, CAROL, Harness, eventually_read, make_settings, open_harness
from workflows.agent import AgentWorkflow
from workflows.approval import ApprovalWorkflow
from workflows.contracts import Cancellation, Conversation, Delegation, Heard, Person, Thread
from workflows.delegation import Refusal
from workflows.ids import agent_workflow, delegations_workflow

LIMIT = 2.9
"""Slack and Bolt give three seconds."""


@pytest.fixture
async def lone(client: Client, settings: Settings) -> Gateway:
    """A gateway where no worker is alive."""
    return Gateway(client, settings.countersign_task_queue)


@pytest.fixture
async def own(client: Client, tmp_path: Path) -> AsyncGenerator[Harness]:
    """All of it at work in a workspace of its own, where nobody has delegated anything."""
    team = f"T{uuid.uuid4().hex[:12].upper()}"
    users = tuple(user.model_copy(update={"team_id": team}) for user in Seed().users)
    async with (
        Standin(data=Seed(team_id=team, users=users)) as slack,
        open_harness(slack, client, make_settings(slack, tmp_path), bot=False) as whole,
    ):
        yield whole


def thread() -> Thread:
    return Thread(team_id="T0COUNTER", channel_id="C0GENERAL", thread_ts=f"{uuid.uuid4().int % 10**9}.000001")


def words(event_id: str, text: str = "help") -> Heard:
    return Heard(event_id=event_id, person=Person(team_id="T0COUNTER", user_id="U0ALICE"), text=text)


def hand(team: str, principal: str = ALICE, delegate: str = BOB, hours: float = 1) -> Delegation:
    one, other = (Person(team_id=team, user_id=user) for user in (principal, delegate))
    return Delegation(principal=one, delegate=other, until=datetime.now(UTC) + hours * HOUR)


async def start_alone(client: Client, settings: Settings) -> Handle:
    return await client.start_workflow(
        ApprovalWorkflow.run, build_request(), id=new_id(), task_queue=settings.countersign_task_queue
    )


async def test_a_thread_has_one_conversation_however_much_is_said(lone: Gateway, client: Client) -> None:
    where = thread()
    await asyncio.gather(
        *(lone.hear(Conversation(thread=where), words(f"event-{number}")) for number in range(5))
    )
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
            gateway.hear(Conversation(thread=thread()), words("event")),
            gateway.decide(new_id(), build_decision()),
            gateway.read_state(new_id()),
            gateway.check_health(),
            gateway.delegate(hand("T0COUNTER")),
            gateway.revoke(Person(team_id="T0COUNTER", user_id="U0ALICE")),
            gateway.read_delegations("T0COUNTER"),
        ]
        start = time.monotonic()
        results = await asyncio.gather(*calls, return_exceptions=True)
        assert time.monotonic() - start < LIMIT
        assert [type(one) for one in results] == [TemporalAwayError] * len(calls)
        await cable.mend()
        await gateway.check_health()


async def test_a_workspace_without_a_register_has_no_delegations(lone: Gateway) -> None:
    team = f"T{uuid.uuid4().hex.upper()}"
    assert await lone.read_delegations(team) == ()
    assert await lone.revoke(Person(team_id=team, user_id=ALICE)) == ()


async def test_the_first_delegation_starts_the_register_and_the_next_find_it(own: Harness) -> None:
    team, gateway = own.slack.workspace.seed.team_id, own.gateway
    first, second = hand(team), hand(team, CAROL, BOB)
    await asyncio.gather(gateway.delegate(first), gateway.delegate(second))
    assert await gateway.read_delegations(team) in ((first, second), (second, first))
    with pytest.raises(DelegationRefusedError) as caught:
        await gateway.delegate(hand(team, BOB, ALICE))
    assert str(caught.value) == Refusal.LOOP
    assert await gateway.revoke(first.principal) == (first,)
    assert await gateway.read_delegations(team) == (second,)


async def test_what_has_ended_is_read_no_more(own: Harness) -> None:
    team = own.slack.workspace.seed.team_id
    await own.gateway.delegate(hand(team, hours=1 / 3_600))
    assert len(await own.gateway.read_delegations(team)) == 1

    async def ended() -> bool:
        return not await own.gateway.read_delegations(team)

    await eventually_read(ended)


async def test_a_register_that_was_ended_from_outside_entitles_nobody_and_can_be_started_anew(
    own: Harness,
) -> None:
    team = own.slack.workspace.seed.team_id
    await own.gateway.delegate(hand(team))
    register = delegations_workflow(own.settings.countersign_task_queue, team)
    await own.client.get_workflow_handle(register).terminate()
    assert await own.gateway.read_delegations(team) == ()
    assert await own.gateway.revoke(hand(team).principal) == ()
    again = hand(team, CAROL, BOB)
    await own.gateway.delegate(again)
    assert await own.gateway.read_delegations(team) == (again,)


async def test_delegations_that_no_worker_can_tell_are_away_and_not_none(lone: Gateway) -> None:
    team = f"T{uuid.uuid4().hex.upper()}"
    start = time.monotonic()
    with pytest.raises(TemporalAwayError):
        await lone.delegate(hand(team))
    assert time.monotonic() - start < LIMIT
    with pytest.raises(TemporalAwayError):
        await lone.read_delegations(team)
    with pytest.raises(TemporalAwayError):
        await lone.revoke(hand(team).principal)


async def test_a_wish_that_workers_do_not_understand_is_no_sentence_for_people(own: Harness) -> None:
    wish = hand(own.slack.workspace.seed.team_id)
    unset = Delegation.model_construct(
        {"principal"}, principal=wish.principal, delegate=wish.delegate, until=wish.until
    )  # only what counts as set is sent
    with pytest.raises(TemporalAwayError):
        await own.gateway.delegate(unset)


async def test_the_same_event_asks_once_even_after_the_end(lone: Gateway, client: Client) -> None:
    request, event = build_request(), uuid.uuid4().hex
    first = await lone.start_approval(request, event)
    assert await lone.start_approval(request, event) == first
    handle = client.get_workflow_handle(first)
    await handle.terminate()
    assert await lone.start_approval(request, event) == first
    assert (await handle.describe()).status == WorkflowExecutionStatus.TERMINATED
    other = await lone.start_approval(request, f"{event}:other")
    assert other != first
    await client.get_workflow_handle(other).terminate()


async def test_a_cancellation_for_nothing_is_known_to_be_for_nothing(
    lone: Gateway, client: Client, settings: Settings
) -> None:
    with pytest.raises(ApprovalGoneError):
        await lone.cancel(new_id(), Cancellation())
    handle = await start_alone(client, settings)
    await lone.cancel(handle.id, Cancellation())
    await handle.terminate()
    with pytest.raises(ApprovalGoneError):
        await lone.cancel(handle.id, Cancellation())


async def test_asking_while_temporal_is_away_fails_in_time(temporal_address: str, settings: Settings) -> None:
    async with open_cable(temporal_address) as cable:
        gateway = Gateway(await connect(cable.address, settings), settings.countersign_task_queue)
        await cable.cut()
        start = time.monotonic()
        for call in (gateway.start_approval(build_request(), "x"), gateway.cancel(new_id(), Cancellation())):
            with pytest.raises(TemporalAwayError):
                await call
        assert time.monotonic() - start < 2 * LIMIT


async def test_a_namespace_that_is_not_there_is_no_register_that_is_empty(temporal_address: str) -> None:
    client = await Client.connect(temporal_address, namespace="nowhere")
    with pytest.raises(TemporalAwayError, match="nowhere"):
        await Gateway(client, "any").read_delegations("T1")
