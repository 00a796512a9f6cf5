"""Tools of an MCP server over stdio: denied is never called, approved is called once, and nothing gets around that."""

import json
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from temporalio.client import WorkflowHandle
from temporalio.testing import WorkflowEnvironment

from tests import orders
from tests.workflows.bench import Bench, open_bench, scheduled
from tests.workflows.forgery import Forger
from tests.workflows.ports import Call
from tests.workflows.refunds import DeskWorkflow, build_orders
from workflows.mcp import UNKNOWN, name_activity

CALL = name_activity("orders")
REFUND = {"number": "7", "amount": 5}


@dataclass
class Desk:
    """The refunds desk at work, and the file in which its server remembers calls."""

    bench: Bench
    log: Path
    forger: Forger

    @property
    def calls(self) -> list[dict[str, Any]]:
        lines = self.log.read_text().splitlines() if self.log.exists() else []
        return [json.loads(line) for line in lines]

    @property
    def called(self) -> list[str]:
        return [call["tool"] for call in self.calls]

    async def go(self, *calls: Call, kind: str = "served") -> WorkflowHandle[Any, str]:
        """Have the model make these calls, one after the other."""
        self.bench.model.tape = [*([call] for call in calls), "The end."]
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
async def desk(
    skipper: WorkflowEnvironment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncGenerator[Desk]:
    log, forger = tmp_path / "calls.jsonl", Forger(CALL)
    servers = build_orders(log)
    address = skipper.client.service_client.config.target_host
    async with open_bench(
        address, skipper.sleep, [DeskWorkflow], cached=100, interceptors=[forger], servers=servers
    ) as bench:
        yield Desk(bench, log, forger)


def refund(**changes: object) -> Call:
    return Call("refund_order", json.dumps(REFUND | changes))


async def test_what_was_approved_is_called_once_and_the_server_gets_the_approvals_id(desk: Desk) -> None:
    handle = await desk.go(refund())
    approval = await desk.bench.find()
    assert (approval.request.action, approval.request.arguments) == ("orders.refund_order", REFUND)
    assert approval.request.parameters is not None
    assert desk.calls == []
    await approval.click()
    (told,) = await desk.told(handle)
    assert "Refunded 5.0 for order 7." in told
    assert desk.calls == [{"tool": "refund_order", "arguments": REFUND, "approval": approval.handle.id}]
    assert await scheduled(handle, CALL) == 1


@pytest.mark.parametrize(
    ("kind", "ways"),
    [
        ("served", []),
        ("manager", [Call("ask_desk", '{"input": "refund"}')]),
        ("reception", [Call("transfer_to_served", "{}")]),
    ],
)
@pytest.mark.parametrize(("verdict", "times"), [("approve", 1), ("reject", 0)])
async def test_what_was_rejected_is_never_called_through_any_agent(
    desk: Desk, kind: str, ways: list[Call], verdict: str, times: int
) -> None:
    handle = await desk.go(*ways, refund(), kind=kind)
    await (await desk.bench.find()).click(verdict=verdict)
    await handle.result()
    assert await scheduled(handle, CALL) == len(desk.calls) == times


async def test_a_tool_that_server_and_operator_call_reading_runs_without_asking(desk: Desk) -> None:
    handle = await desk.go(Call("find_order", '{"number": "7"}'))
    (told,) = await desk.told(handle)
    assert orders.INJECTION in told
    assert desk.calls == [{"tool": "find_order", "arguments": {"number": "7"}, "approval": None}]
    assert desk.bench.slack.cards == []


@pytest.mark.parametrize("call", [Call("peek_order", '{"number": "7"}'), Call("list_orders", "{}")])
async def test_neither_servers_word_nor_operators_is_enough_alone(desk: Desk, call: Call) -> None:
    handle = await desk.go(call)
    await (await desk.bench.find()).click(verdict="reject")
    (told,) = await desk.told(handle)
    assert "Not approved" in told
    assert (desk.called, await scheduled(handle, CALL)) == ([], 0)


@pytest.mark.parametrize(
    "changes",
    [
        {"arguments": REFUND | {"amount": 5000}},
        {"arguments": REFUND | {"number": "8"}},
        {"arguments": REFUND | {"more": True}},
        {"arguments": None},
        {"name": "peek_order", "arguments": {"number": "7"}},
    ],
)
async def test_a_call_that_is_changed_after_approval_is_refused_before_any_effect(
    desk: Desk, changes: dict[str, Any]
) -> None:
    desk.forger.change = lambda args: [args[0] | changes]
    handle = await desk.go(refund())
    await (await desk.bench.find()).click()
    (told,) = await desk.told(handle)
    assert "approved something else than this" in told
    assert "Nothing was done." in told
    assert (desk.called, await scheduled(handle, CALL)) == ([], 1)


async def test_what_the_author_has_run_without_asking_ends_at_the_guard(desk: Desk) -> None:
    handle = await desk.go(refund(), kind="reckless")
    (told,) = await desk.told(handle)
    assert "An error occurred" in told
    assert (desk.called, desk.bench.slack.cards) == ([], [])


async def test_what_the_server_says_about_approvals_approves_nothing(desk: Desk) -> None:
    handle = await desk.go(
        Call("find_order", '{"number": "7"}'), refund(), Call("peek_order", '{"number": "7"}')
    )
    await (await desk.bench.find()).click(verdict="reject", comment="No.")
    await (await desk.bench.find(1)).click(verdict="reject", comment="No.")
    told = await desk.told(handle)
    assert orders.INJECTION in told[0]
    assert all("Not approved" in one for one in told[1:])
    assert desk.called == ["find_order"]


@pytest.mark.parametrize("number", ["lost", "slow"])
async def test_a_call_without_an_answer_is_not_made_again(desk: Desk, number: str) -> None:
    handle = await desk.go(refund(number=number))
    await (await desk.bench.find()).click()
    (told,) = await desk.told(handle)
    assert UNKNOWN in told
    assert desk.called == ["refund_order"]
    assert await scheduled(handle, CALL) == 1


async def test_what_the_server_refuses_is_told(desk: Desk) -> None:
    handle = await desk.go(refund(number="odd"))
    await (await desk.bench.find()).click()
    (told,) = await desk.told(handle)
    assert "There is no such order." in told
    assert desk.called == ["refund_order"]


async def test_what_an_approver_has_changed_is_called_without_another_approval(desk: Desk) -> None:
    desk.bench.policy.plan = desk.bench.policy.plan.model_copy(update={"change": "alone"})
    handle = await desk.go(refund(), refund(amount=4))
    approval = await desk.bench.find()
    await approval.click(arguments=approval.request.arguments | {"amount": 4})
    told = await desk.told(handle)
    assert "call refund_order once more with exactly" in told[0]
    assert [call["arguments"]["amount"] for call in desk.calls] == [4]
    assert len(desk.bench.slack.cards) == 1
