"""Activities as tools: what was approved runs, once, and nothing else does, whatever is tried."""

import json
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from datetime import date
from typing import Any

import pytest
from openai.types.responses.response_output_item import McpApprovalRequest
from temporalio.client import WorkflowHandle
from temporalio.testing import WorkflowEnvironment

from bot.testing.model import Turn
from tests.harness import eventually
from tests.workflows.bench import Bench, open_bench, scheduled
from tests.workflows.forgery import Forger
from tests.workflows.ports import Call
from tests.workflows.refunds import INJECTION, DeskWorkflow, RefundPort, Refunds, build_desk, pay_twice
from workflows.parameters import ParametersError
from workflows.tools import find_reason, free, gated

DAY = date(2026, 11, 25)
ARGUMENTS = {"order": "7", "amount": 5, "day": "2026-11-25"}


@dataclass
class Desk:
    """The refunds desk at work."""

    bench: Bench
    refunds: Refunds
    forger: Forger

    async def go(self, *calls: Call, kind: str = "honest") -> WorkflowHandle[Any, str]:
        """Have the model make these calls, one after the other."""
        self.bench.model.tape = [*([call] for call in calls), "The end."]
        return await self.start(kind)

    async def go_at_once(self, *calls: Call) -> WorkflowHandle[Any, str]:
        """Have the model make these calls together."""
        self.bench.model.tape = [list(calls), "The end."]
        return await self.start("honest")

    async def start(self, kind: str) -> WorkflowHandle[Any, str]:
        handle = await self.bench.client.start_workflow(
            DeskWorkflow.run, kind, id=f"desk-{self.bench.queue}", task_queue=self.bench.queue,
        )  # fmt: skip
        self.bench.handles.append(handle)
        return handle

    async def told(self, handle: WorkflowHandle[Any, str]) -> list[str]:
        """What the model was told of its calls, at the end."""
        assert await handle.result() == "The end."
        return self.bench.model.outputs()


@pytest.fixture
async def desk(skipper: WorkflowEnvironment) -> AsyncGenerator[Desk]:
    refunds, forger = Refunds(), Forger("refund")
    address, own = skipper.client.service_client.config.target_host, refunds.activities()
    async with open_bench(
        address, skipper.sleep, [DeskWorkflow], cached=100, activities=own, interceptors=[forger]
    ) as bench:
        yield Desk(bench, refunds, forger)


def refund(**changes: object) -> Call:
    return Call("refund", json.dumps(ARGUMENTS | changes))


async def test_what_was_approved_runs_as_it_was_shown_and_once(desk: Desk) -> None:
    handle = await desk.go(refund())
    approval = await desk.bench.find()
    assert approval.request.arguments == {**ARGUMENTS, "currency": "EUR"}
    await approval.click()
    assert await desk.told(handle) == ["Refunded 5.0."]
    assert desk.refunds.paid == [("7", 5.0, DAY, "EUR")]
    assert await scheduled(handle, "refund") == 1


async def test_the_activity_gets_the_receipt_as_its_key_and_keeps_its_own_parameters(desk: Desk) -> None:
    handle = await desk.go(refund())
    approval = await desk.bench.find()
    await approval.click()
    await desk.told(handle)
    (receipt,), outcome = desk.refunds.receipts, await approval.outcome()
    assert (receipt.approval_id, receipt.digest) == (outcome.approval_id, outcome.digest)
    assert (receipt.policy, receipt.decided_at) == ("built-in", outcome.decided_at)


async def test_what_was_rejected_is_never_scheduled(desk: Desk) -> None:
    handle = await desk.go(refund())
    await (await desk.bench.find()).click(verdict="reject", comment="Too late.")
    (told,) = await desk.told(handle)
    assert "Too late." in told
    assert await scheduled(handle, "refund") == 0


@pytest.mark.parametrize(
    "arguments", ['{"order": "7"}', '{"order": "7", "amount": "much", "day": "2026-11-25"}', "[]"]
)
async def test_what_the_activity_could_not_take_is_asked_of_nobody(desk: Desk, arguments: str) -> None:
    handle = await desk.go(Call("refund", arguments))
    (told,) = await desk.told(handle)
    assert "obody was asked and nothing was done." in told
    assert desk.bench.slack.cards == []
    assert await scheduled(handle, "refund") == 0


async def test_what_the_activity_does_not_take_is_not_shown_and_does_not_run(desk: Desk) -> None:
    handle = await desk.go(refund(approved=True))
    approval = await desk.bench.find()
    assert "approved" not in approval.request.arguments
    await approval.click()
    await desk.told(handle)
    assert desk.refunds.paid == [("7", 5.0, DAY, "EUR")]


@pytest.mark.parametrize(
    "args", [["7", 5000.0, DAY, "EUR"], ["8", 5.0, DAY, "EUR"], ["7", 5.0, DAY, "GBP"], ["7", 5.0, DAY]]
)
async def test_an_argument_that_is_changed_after_approval_is_refused_before_any_effect(
    desk: Desk, args: list[Any]
) -> None:
    desk.forger.change = lambda _: args
    handle = await desk.go(refund())
    await (await desk.bench.find()).click()
    (told,) = await desk.told(handle)
    assert "Nothing was done." in told
    assert (await scheduled(handle, "refund"), desk.refunds.paid) == (1, [])


async def test_a_way_around_the_gate_ends_at_the_guard(desk: Desk) -> None:
    handle = await desk.go(Call("pay_out", '{"order": "7"}'))
    (told,) = await desk.told(handle)
    assert "Activity task failed" in told
    assert (await scheduled(handle, "refund"), desk.refunds.paid) == (1, [])


async def test_what_one_author_declares_free_stays_gated_where_the_activitys_author_says_so(
    desk: Desk,
) -> None:
    handle = await desk.go(refund(), kind="careless")
    assert await desk.told(handle) == [
        "refund failed: refund needs an approval, and came without a receipt of one. Nothing was done."
    ]
    assert (await scheduled(handle, "refund"), desk.refunds.paid) == (1, [])


async def test_a_receipt_serves_for_one_call_only(desk: Desk) -> None:
    handle = await desk.go(refund(currency="EUR"), kind="greedy")
    await (await desk.bench.find()).click()
    (told,) = await desk.told(handle)
    assert "was already used" in told
    assert desk.refunds.paid == [("7", 5.0, DAY, "EUR")]
    assert await scheduled(handle, "refund") == 1


@pytest.mark.parametrize(("verdict", "times"), [("approve", 1), ("reject", 0)])
@pytest.mark.parametrize(
    ("kind", "way"),
    [("boss", Call("ask_desk", '{"input": "refund"}')), ("host", Call("transfer_to_refunds", "{}"))],
)
async def test_an_activity_behind_another_agent_is_gated_too(
    desk: Desk, kind: str, way: Call, verdict: str, times: int
) -> None:
    handle = await desk.go(way, refund(), kind=kind)
    approval = await desk.bench.find()
    assert approval.request.arguments == {**ARGUMENTS, "currency": "EUR"}
    await approval.click(verdict=verdict)
    await handle.result()
    assert await scheduled(handle, "refund") == len(desk.refunds.paid) == times


async def test_what_an_approver_has_changed_runs_without_another_approval(desk: Desk) -> None:
    desk.bench.policy.plan = desk.bench.policy.plan.model_copy(update={"change": "alone"})
    changed = refund(amount=4)
    handle = await desk.go(refund(), changed)
    approval = await desk.bench.find()
    await approval.click(arguments=approval.request.arguments | {"amount": 4})
    told = await desk.told(handle)
    assert "A human has approved it with other arguments" in told[0]
    assert told[1] == "Refunded 4.0."
    assert desk.refunds.paid == [("7", 4.0, DAY, "EUR")]
    assert len(desk.bench.slack.cards) == 1


async def test_a_tool_under_another_name_cannot_use_what_was_approved_under_that(desk: Desk) -> None:
    handle = await desk.go(Call("say_hello", json.dumps(ARGUMENTS)))
    await (await desk.bench.find()).click()
    (told,) = await desk.told(handle)
    assert told == "This is not what was approved for say_hello; nothing was done."
    assert await scheduled(handle, "refund") == 0


async def test_what_a_tool_says_about_approvals_approves_nothing(desk: Desk) -> None:
    handle = await desk.go(Call("find_order", '{"order": "7"}'), refund(), Call("pay_out", '{"order": "7"}'))
    await (await desk.bench.find()).click(verdict="reject")
    told = await desk.told(handle)
    assert told[0] == INJECTION
    assert "Not approved" in told[1]
    assert desk.refunds.paid == []


async def test_an_answer_that_is_no_text_is_told_as_json(desk: Desk) -> None:
    handle = await desk.go(Call("write_off", '{"account": {"name": "a", "open": [1, null]}}'))
    await (await desk.bench.find()).click()
    assert await desk.told(handle) == ['{"closed": true}']
    assert desk.refunds.given_up == [{"name": "a", "open": [1, None]}]


async def test_what_is_decided_goes_on_while_others_wait(desk: Desk) -> None:
    """Whichever is decided first."""
    handle = await desk.go_at_once(refund(), refund(order="8"), refund(order="9"))
    approvals = [await desk.bench.find(number) for number in range(3)]
    by_order = {approval.request.arguments["order"]: approval for approval in approvals}
    await by_order["8"].click()
    await eventually(lambda: desk.refunds.paid or None)
    assert [order for order, *_ in desk.refunds.paid] == ["8"]
    await by_order["7"].click(verdict="reject")
    await by_order["9"].click()
    told = await desk.told(handle)
    refused = [one.startswith("Not approved") for one in told]  # in the order of their ends
    assert (refused[0], sorted(refused)) == (False, [False, False, True])
    assert [order for order, *_ in desk.refunds.paid] == ["8", "9"]
    assert desk.bench.model.calls == 4


@pytest.mark.parametrize("verdict", ["approve", "reject"])
async def test_an_agent_that_is_a_tool_may_ask_before_it_begins(desk: Desk, verdict: str) -> None:
    """Its own tools ask all the same."""
    inner: list[Turn] = [[refund()], "Inner."] if verdict == "approve" else []
    desk.bench.model.tape = [[Call("ask_desk", '{"input": "refund"}')], *inner, "The end."]
    handle = await desk.start("guarded")
    first = await desk.bench.find()
    assert (first.request.action, first.request.arguments) == ("ask_desk", {"input": "refund"})
    await first.click(verdict=verdict)
    if verdict == "approve":
        await (await desk.bench.find(1)).click()
    assert await handle.result() == "The end."
    assert await scheduled(handle, "refund") == len(desk.refunds.paid) == (verdict == "approve")


async def test_what_a_run_still_asks_ends_with_it(desk: Desk) -> None:
    handle = await desk.go_at_once(refund(), refund(order="8"))
    first, second = await desk.bench.find(), await desk.bench.find(1)
    await handle.cancel()
    assert [(await one.outcome()).status for one in (first, second)] == ["cancelled", "cancelled"]
    assert desk.refunds.paid == []


@pytest.mark.parametrize(("verdict", "approve"), [("approve", True), ("reject", False)])
async def test_what_the_models_provider_would_call_itself_is_asked_by_its_servers_and_tools_name(
    desk: Desk,
    verdict: str,
    approve: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    wish = McpApprovalRequest(
        id="mcpr_1",
        arguments='{"id": 4}',
        name="drop_customer",
        server_label="crm",
        type="mcp_approval_request",
    )
    desk.bench.model.tape = [[wish], "The end."]
    handle = await desk.start("hosted")
    approval = await desk.bench.find()
    assert (approval.request.action, approval.request.arguments) == ("crm.drop_customer", {"id": 4})
    await approval.click(verdict=verdict, comment="As you know.")
    assert await handle.result() == "The end."
    (answer,) = [one for one in desk.bench.model.heard[-1] if one.get("type") == "mcp_approval_response"]
    assert (answer["approval_request_id"], answer["approve"]) == ("mcpr_1", approve)
    assert approve or "As you know." in answer["reason"]


def test_a_tool_is_named_and_described_as_its_activity() -> None:
    tool = gated(RefundPort.refund)
    assert (tool.name, tool.description, tool.needs_approval) == ("refund", "Pay money back.", True)
    assert tool.params_json_schema["properties"]["order"]["description"] == "The order's number."


def test_what_is_free_says_why() -> None:
    assert [find_reason(tool) for tool in build_desk().tools] == ["", "", "It only reads.", "", ""]
    with pytest.raises(ValueError, match="free only with a reason"):
        free(RefundPort.find_order, why=" ")
    with pytest.raises(ValueError, match="without needing approval"):
        free(pay_twice, why="It is only money.")


def test_what_is_no_activity_is_no_such_tool() -> None:
    with pytest.raises(ParametersError, match=r"decorate it with @activity.defn"):
        gated(test_what_is_free_says_why)


async def test_every_model_call_of_a_run_is_counted_wherever_it_is_made(desk: Desk) -> None:
    asks = Call("ask_desk", '{"input": "refund order 7"}')
    desk.bench.model.tape, desk.bench.model.tokens = [[asks], [refund()], "To the boss.", "The end."], 60
    handle = await desk.start("boss")
    await (await desk.bench.find()).click()
    assert await handle.result() == "The end."
    assert await handle.query(DeskWorkflow.count_tokens) == 4 * 60
