"""Which model calls are shown in the thread: those of the run that answers, and of nobody who speaks to somebody else."""

from collections.abc import AsyncGenerator
from typing import Any

import pytest
from temporalio.client import WorkflowHandle
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Interceptor, WorkflowInboundInterceptor, WorkflowInterceptorClassInput

from tests.factories import REQUESTER, THREAD
from tests.workflows.bench import ASKER, Bench, open_bench, scheduled
from tests.workflows.ports import Call, transfer
from tests.workflows.refunds import DeskWorkflow, Refunds
from workflows.converter import ContractPayloadConverter
from workflows.drafts import MODEL, DraftInbound, read_draft
from workflows.talk import Draft


class Drafting(Interceptor):
    """What a worker does for workflows that are to send drafts."""

    def workflow_interceptor_class(
        self,
        input: WorkflowInterceptorClassInput,  # noqa: A002 - the SDK's own name
    ) -> type[WorkflowInboundInterceptor]:
        return DraftInbound


@pytest.fixture
async def bench(skipper: WorkflowEnvironment) -> AsyncGenerator[Bench]:
    address, own = skipper.client.service_client.config.target_host, Refunds().activities()
    async with open_bench(
        address, skipper.sleep, [DeskWorkflow], cached=100, activities=own, interceptors=[Drafting()]
    ) as bench:
        yield bench


async def run_desk(bench: Bench, kind: str, *tape: Any) -> WorkflowHandle[Any, str]:
    bench.model.tape = [*tape]
    handle = await bench.client.start_workflow(
        DeskWorkflow.run, kind, id=f"desk-{bench.queue}", task_queue=bench.queue
    )
    bench.handles.append(handle)
    return handle


async def drafts(handle: WorkflowHandle[Any, Any], name: str = MODEL) -> list[Draft | None]:
    """The drafts of all calls of an activity, in the order in which they were made."""
    calls = [
        event.activity_task_scheduled_event_attributes
        async for event in handle.fetch_history_events()
        if event.HasField("activity_task_scheduled_event_attributes")
    ]
    return [
        read_draft(one.header.fields, ContractPayloadConverter())
        for one in calls
        if one.activity_type.name == name
    ]


async def test_each_call_of_the_one_that_answers_is_shown(bench: Bench) -> None:
    handle = await run_desk(bench, "honest", [Call("find_order", '{"order": "7"}')], "Found.")
    assert await handle.result() == "Found."
    first, second = await drafts(handle)
    assert first == second
    assert first
    assert (first.thread, first.key, first.reader) == (THREAD, "go", REQUESTER)
    assert await drafts(handle, "find_order") == [None]


async def test_whom_it_hands_off_to_is_shown_too(bench: Bench) -> None:
    handle = await run_desk(bench, "host", [Call("transfer_to_refunds", "{}")], "I am the desk.")
    await handle.result()
    assert None not in await drafts(handle)


async def test_an_agent_that_is_a_tool_speaks_to_its_caller_only(bench: Bench) -> None:
    asks = Call("ask_desk", '{"input": "find order 7"}')
    finds = Call("find_order", '{"order": "7"}')
    handle = await run_desk(bench, "boss", [asks], [finds], "To the boss.", "To you.")
    assert await handle.result() == "To you."
    assert [one is not None for one in await drafts(handle)] == [True, False, False, True]


async def test_one_that_waited_for_approval_does_so_afterwards_too(bench: Bench) -> None:
    asks = Call("ask_desk", '{"input": "refund order 7"}')
    pays = Call("refund", '{"order": "7", "amount": 5, "day": "2026-11-25"}')
    handle = await run_desk(bench, "boss", [asks], [pays], "To the boss.", "To you.")
    await (await bench.find()).click()
    assert await handle.result() == "To you."
    assert [one is not None for one in await drafts(handle)] == [True, False, False, True]


@pytest.mark.parametrize("kind", ["polite", "discreet"])
async def test_neither_a_guardrail_s_model_nor_what_it_has_yet_to_look_at_is_shown(
    bench: Bench, kind: str
) -> None:
    handle = await run_desk(bench, kind, "One.", "Other.")
    await handle.result()
    assert await drafts(handle) == [None, None]


async def test_a_tool_that_runs_an_agent_by_itself_shows_nothing_of_it(bench: Bench) -> None:
    asks, fails = Call("ask_around", "{}"), Call("fail", "{}")
    tape = ([fails], [asks, fails], "To the tool.", "To it again.", "To you.")
    handle = await run_desk(bench, "chatty", *tape)
    assert await handle.result() == "To you."
    assert [one is not None for one in await drafts(handle)] == [True, True, False, False, True]


async def test_what_is_said_to_an_approver_is_not_said_in_the_thread(bench: Bench) -> None:
    bench.model.tape = [[transfer(5)], "Because Alice asks.", "Moved."]
    handle = await bench.hear("go", event_id="event-1")
    approval = await bench.find()
    await approval.question(recipient="agent")
    await bench.card()
    await approval.until(lambda state: state.answers)
    await approval.click()
    assert await bench.reply() == "Moved."
    shown = await drafts(handle)
    assert [one is not None for one in shown] == [True, False, True]
    assert {(one.key, one.reader) for one in shown if one} == {("event-1", ASKER)}
    assert await scheduled(handle, MODEL) == 3


async def test_history_holds_no_more_of_it_than_that(bench: Bench) -> None:
    handle = await run_desk(bench, "honest", "Hello.")
    await handle.result()
    assert [event.event_type async for event in handle.fetch_history_events()] == [
        1,
        5,
        6,
        7,
        10,
        11,
        12,
        5,
        6,
        7,
        2,
    ]
