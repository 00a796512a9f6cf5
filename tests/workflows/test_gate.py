"""The gate: without an approval for exactly this call, no effect is ever scheduled."""

import itertools
from collections.abc import AsyncGenerator
from datetime import timedelta
from typing import Any

import pytest
from temporalio import workflow
from temporalio.api.enums.v1 import EventType
from temporalio.client import WorkflowFailureError, WorkflowHandle
from temporalio.testing import WorkflowEnvironment

from tests.factories import APPROVER, REQUESTER, SECOND, build_plan
from tests.harness import eventually
from tests.workflows.bench import Bench, happened, open_bench, scheduled
from tests.workflows.ports import Call, transfer
from workflows.digest import digest

with workflow.unsafe.imports_passed_through():
    from agents import Agent, function_tool
    from agents.tool_context import ToolContext

    from workflows.contracts import Limits, Receipt
    from workflows.gate import Gate, run_with_approvals, take_receipt
    from workflows.ports import LedgerPort, Transfer

CONFIRM = Call("wait_for_confirmation", '{"action": "Close the account."}')


@function_tool
async def move_ungated(call: ToolContext[Any]) -> str:
    """A tool whose author forgot to gate it, but not to take the receipt."""
    return await _move(take_receipt(call))


@function_tool(needs_approval=True)
async def move_twice(call: ToolContext[Any]) -> str:
    """A tool that tries to use one receipt for two effects."""
    await _move(take_receipt(call))
    return await _move(take_receipt(call))


async def _move(receipt: Receipt) -> str:
    return await workflow.execute_activity_method(
        LedgerPort.transfer_money,
        Transfer(receipt=receipt, arguments={"amount": 1}),
        start_to_close_timeout=timedelta(seconds=5),
    )


@workflow.defn
class GateWorkflow:
    """Runs an agent of this test's own, directly or as the tool of another."""

    @workflow.run
    async def run(self, nested: bool) -> str:  # noqa: FBT001 - one argument in, as Temporal likes it
        agent = Agent[Any](name="Mover", tools=[move_ungated, move_twice])
        if nested:
            tool = agent.as_tool(tool_name="ask_mover", tool_description="Have something moved.")
            agent = Agent[Any](name="Boss", tools=[tool])
        result = await run_with_approvals(agent, "go", gate=Gate(requester=REQUESTER))
        return str(result.final_output)


@pytest.fixture
async def gates(skipper: WorkflowEnvironment) -> AsyncGenerator[Bench]:
    """A bench that runs the workflow above, too."""
    address = skipper.client.service_client.config.target_host
    async with open_bench(address, skipper.sleep, [GateWorkflow], cached=100) as one:
        yield one


async def go(bench: Bench, *, nested: bool = False) -> WorkflowHandle[Any, str]:
    handle = await bench.client.start_workflow(
        GateWorkflow.run, nested, id=f"gate-{bench.queue}", task_queue=bench.queue
    )
    bench.handles.append(handle)
    return handle


async def test_a_rejected_transfer_is_never_scheduled_and_the_model_hears_why(talks: Bench) -> None:
    talks.model.tape = [[transfer(250)], "Understood."]
    handle = await talks.hear("go")
    await (await talks.find()).click(verdict="reject", comment="Too much for today.")
    await talks.reply()
    assert await scheduled(handle, "transfer_money") == 0
    (told,) = talks.model.outputs()
    assert "Not approved (rejected)" in told
    assert "Too much for today." in told


async def test_an_approved_transfer_runs_once_with_its_proof(talks: Bench) -> None:
    talks.model.tape = [[transfer(250)], "Done."]
    handle = await talks.hear("go")
    approval = await talks.find()
    await approval.click()
    await talks.reply()
    assert await scheduled(handle, "transfer_money") == 1
    (done,) = talks.ledger.transfers
    assert done.receipt.approval_id == approval.handle.id
    assert done.receipt.digest == digest("transfer_money", done.arguments)
    assert done.receipt.digest == digest(approval.request.action, approval.request.arguments)
    assert talks.model.outputs() == ["Moved 250.0"] or talks.model.outputs() == ["Moved 250"]


async def test_a_receipt_says_on_which_policy_by_whom_and_when_but_not_in_which_words(talks: Bench) -> None:
    talks.policy.plan = talks.policy.quorum(1, 1)
    talks.model.tape = [[transfer(250)], "Done."]
    await talks.hear("go")
    approval = await talks.find()
    await approval.click(comment="My words.")
    await approval.until(lambda state: state.stage == 1)
    await approval.click(SECOND, stage=1)
    outcome = await approval.outcome()
    await talks.reply()
    (done,) = talks.ledger.transfers
    receipt, said = done.receipt, [(vote.stage, vote.decided_by) for vote in done.receipt.votes]
    assert (receipt.policy, receipt.decided_at) == (talks.policy.plan.policy, outcome.decided_at)
    assert said == [(0, APPROVER), (1, SECOND)]
    assert [vote.decided_at for vote in receipt.votes] == [one.decided_at for one in outcome.decisions]
    assert "My words." not in done.model_dump_json()


async def test_calls_that_come_together_are_asked_together_and_exactly_the_approved_runs(
    talks: Bench,
) -> None:
    talks.model.tape = [[transfer(1), transfer(2)], "Done."]
    handle = await talks.hear("go")
    found = [await talks.find(0), await talks.find(1)]
    for approval in found:
        await approval.click(verdict="approve" if approval.request.arguments["amount"] == 2 else "reject")
    await talks.reply()
    assert talks.ledger.amounts == [2]
    assert await scheduled(handle, "transfer_money") == 1
    refused, done = sorted(talks.model.outputs(), reverse=True)
    assert "Not approved (rejected)" in refused
    assert done.startswith("Moved 2")


async def test_two_equal_calls_are_two_approvals(talks: Bench) -> None:
    talks.model.tape = [[transfer(1), transfer(1)], "Done."]
    await talks.hear("go")
    one, other = await talks.find(0), await talks.find(1)
    assert one.handle.id != other.handle.id
    await one.click()
    await other.click(verdict="reject")
    await talks.reply()
    assert [done.receipt.approval_id for done in talks.ledger.transfers] == [one.handle.id]


@pytest.mark.parametrize("arguments", ["[1]", "7", '"pay"', "null", "{", "not JSON", '{"amount": 1}}'])
async def test_arguments_that_are_no_json_object_are_asked_of_nobody(talks: Bench, arguments: str) -> None:
    talks.model.tape = [[Call("transfer_money", arguments)], "Understood."]
    handle = await talks.hear("go")
    assert await talks.reply() == "Understood."
    assert talks.slack.cards == []
    assert await scheduled(handle, "transfer_money") == 0
    assert "Not approved (failed)" in talks.model.outputs()[0]


@pytest.mark.parametrize("amount", ["NaN", "Infinity", "-Infinity", "1e400", str(2**53 + 1)])
async def test_a_number_that_cannot_be_written_down_is_not_approved(talks: Bench, amount: str) -> None:
    arguments = f'{{"amount": {amount}, "source": "checking", "target": "savings"}}'
    talks.model.tape = [[Call("transfer_money", arguments)], "Understood."]
    handle = await talks.hear("go")
    assert await talks.reply() == "Understood."
    assert talks.slack.cards == []
    assert await scheduled(handle, "transfer_money") == 0


@pytest.mark.parametrize(
    "arguments", ['{"amount": "many", "source": "checking", "target": "savings"}', '{"amount": 1}', "{}"]
)
async def test_arguments_of_the_wrong_types_have_no_effect_even_when_approved(
    talks: Bench, arguments: str
) -> None:
    talks.model.tape = [[Call("transfer_money", arguments)], "Understood."]
    handle = await talks.hear("go")
    await (await talks.find()).click()
    await talks.reply()
    assert await scheduled(handle, "transfer_money") == 0


async def test_what_runs_is_what_was_shown_or_nothing(talks: Bench) -> None:
    arguments = '{"amount": "250", "source": "checking", "target": "savings", "note": "hidden"}'
    talks.model.tape = [[Call("transfer_money", arguments)], "Done."]
    await talks.hear("go")
    approval = await talks.find()
    assert approval.request.arguments["note"] == "hidden"
    await approval.click()
    await talks.reply()
    for done in talks.ledger.transfers:
        assert done.receipt.digest != digest("transfer_money", done.arguments)


async def test_an_unknown_tool_has_no_effect_and_does_not_end_the_conversation(talks: Bench) -> None:
    talks.model.tape = [[Call("print_money", "{}")], "Sorry.", "Hello."]
    handle = await talks.hear("go")
    await talks.reply()
    await talks.hear("hello")
    await talks.reply(1)
    assert talks.slack.cards == []
    assert await scheduled(handle, "transfer_money") == 0


@pytest.mark.parametrize(
    ("verdict", "said"), [("approve", "Approved"), ("reject", "Not approved (rejected)")]
)
async def test_a_confirmation_is_asked_of_people_and_answered(talks: Bench, verdict: str, said: str) -> None:
    talks.model.tape = [[CONFIRM], "Done."]
    await talks.hear("go")
    approval = await talks.find()
    assert approval.request.arguments == {"action": "Close the account."}
    await approval.click(verdict=verdict, comment="My words.")
    await talks.reply()
    (told,) = talks.model.outputs()
    assert said in told
    assert "My words." in told


async def test_a_confirmation_is_no_receipt_for_anything_else(talks: Bench) -> None:
    talks.model.tape = [[CONFIRM], [transfer(250)], "Done."]
    handle = await talks.hear("go")
    await (await talks.find()).click()
    await (await talks.find(1)).click(APPROVER, "reject")
    await talks.reply()
    assert await scheduled(handle, "transfer_money") == 0


async def children(handle: WorkflowHandle[Any, Any]) -> int:
    return await happened(handle, EventType.EVENT_TYPE_START_CHILD_WORKFLOW_EXECUTION_INITIATED)


async def test_what_people_have_rejected_is_answered_from_the_record_when_it_is_asked_for_again(
    talks: Bench,
) -> None:
    talks.model.tape = [[transfer(250)], [transfer(250)], [transfer(250), transfer(250)], "Understood."]
    handle = await talks.hear("go")
    await (await talks.find()).click(verdict="reject", comment="Too much for today.")
    assert await talks.reply() == "Understood."
    assert await children(handle) == 1
    for told in talks.model.outputs()[1:]:
        assert "A human has already rejected exactly this in this run" in told
        assert "Too much for today." in told


@pytest.mark.parametrize(
    "again", [transfer(251), Call("wait_for_confirmation", '{"action": "Transfer 250."}')]
)
async def test_anything_else_is_asked_for_after_a_rejection(talks: Bench, again: Call) -> None:
    talks.model.tape = [[transfer(250)], [again], "Understood."]
    handle = await talks.hear("go")
    await (await talks.find()).click(verdict="reject")
    await (await talks.find(1)).click(verdict="reject")
    await talks.reply()
    assert await children(handle) == 2


async def test_what_was_rejected_in_one_run_may_be_asked_for_in_the_next(talks: Bench) -> None:
    talks.model.tape = [[transfer(250)], "Understood.", [transfer(250)], "Moved."]
    handle = await talks.hear("go")
    await (await talks.find()).click(verdict="reject")
    await talks.reply()
    await talks.hear("please, once more")
    await (await talks.find(1)).click()
    await talks.reply(1)
    assert await children(handle) == 2


async def test_a_confirmation_that_was_refused_is_not_asked_for_again(talks: Bench) -> None:
    talks.model.tape = [[CONFIRM], [CONFIRM], "Understood."]
    handle = await talks.hear("go")
    await (await talks.find()).click(verdict="reject")
    await talks.reply()
    assert await children(handle) == 1
    assert "already rejected" in talks.model.outputs()[-1]


async def test_what_nobody_decided_may_be_asked_for_again(talks: Bench) -> None:
    talks.policy.plan = build_plan(effect="deny", stages=())
    talks.model.tape = [[transfer(250)], [transfer(250)], "Understood."]
    handle = await talks.hear("go")
    await talks.reply()
    assert await children(handle) == 2


async def test_a_run_that_goes_over_its_limit_asks_nobody_and_floods_nobody(talks: Bench) -> None:
    talks.policy.plan = talks.policy.plan.model_copy(update={"limits": Limits(per_run=1)})
    talks.model.tape = [[transfer(1)], [transfer(2)], [transfer(3)], [transfer(4)], "Understood."]
    handle = await talks.hear("go")
    await (await talks.find()).click()
    await talks.reply()
    assert await scheduled(handle, "transfer_money") == 1
    assert len(talks.slack.cards) == 1
    assert all("nobody was asked" in told for told in talks.model.outputs()[1:])
    assert len(talks.slack.shown("outcome-COUTCOMES")) == 2


async def test_a_run_is_slowed_down_and_not_stopped_by_a_limit_within_a_minute(clock: Bench) -> None:
    clock.policy.plan = clock.policy.plan.model_copy(update={"limits": Limits(per_minute=1)})
    clock.model.tape = [[transfer(1)], [transfer(2)], "Understood."]
    await clock.hear("go")
    approval = await clock.find()
    await clock.skip(timedelta(minutes=2))
    await approval.click()
    await (await clock.find(1)).click()
    await clock.reply()
    assert clock.ledger.amounts == [1, 2]


async def test_a_tool_without_a_receipt_does_nothing(gates: Bench) -> None:
    gates.model.tape = [[Call("move_ungated", "{}")], "Sorry."]
    handle = await go(gates)
    await eventually(lambda: len(gates.model.heard) == 2 or None)
    assert "without an approval" in gates.model.outputs()[0]
    assert await handle.result() == "Sorry."
    assert await scheduled(handle, "transfer_money") == 0


async def test_a_receipt_serves_once(gates: Bench) -> None:
    gates.model.tape = [[Call("move_twice", "{}")], "Sorry."]
    handle = await go(gates)
    await (await gates.find()).click()
    assert await handle.result() == "Sorry."
    assert await scheduled(handle, "transfer_money") == 1


@pytest.mark.parametrize(("verdict", "times"), [("approve", 1), ("reject", 0)])
async def test_a_tool_of_a_nested_agent_is_gated_too(gates: Bench, verdict: str, times: int) -> None:
    gates.model.tape = [
        [Call("ask_mover", '{"input": "move"}')],
        [Call("move_twice", "{}")],
        "Moved.",
        "Done.",
    ]
    handle = await go(gates, nested=True)
    approval = await gates.find()
    assert approval.request.action == "move_twice"
    await approval.click(verdict=verdict)
    assert await handle.result() == "Done."
    assert await scheduled(handle, "transfer_money") == times


@pytest.mark.parametrize("name", ["hear", "decided-{}", "asked-{}"])
async def test_a_signal_without_its_input_harms_no_conversation(talks: Bench, name: str) -> None:
    talks.model.tape = [[transfer(1)], "Done."]
    handle = await talks.hear("go")
    approval = await talks.find()
    await handle.signal(name.format(approval.handle.id))
    await approval.click()
    assert await talks.reply() == "Done."
    assert talks.ledger.amounts == [1]


async def test_two_calls_of_nested_agents_with_one_id_are_asked_of_nobody(
    gates: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    numbers = itertools.chain((1, 2), itertools.repeat(0))
    monkeypatch.setattr(gates.model, "_number", lambda: next(numbers))
    ask = Call("ask_mover", '{"input": "move"}')
    gates.model.tape = [[ask, ask], [Call("move_twice", "{}")], [Call("move_twice", "{}")], "Done."]
    handle = await go(gates, nested=True)
    with pytest.raises(WorkflowFailureError) as caught:
        await handle.result()
    assert "same id" in str(caught.value.cause)
    assert await children(handle) == 0
    assert await scheduled(handle, "transfer_money") == 0
