"""Records the histories that `test_replay.py` replays: `python -m tests.workflows.record`, after a change of the workflows.

A change that may meet open workflows must replay the histories recorded before it; record anew only what was released.
"""

import asyncio
import re
import tempfile
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

from openai.types.responses.response_output_item import McpApprovalRequest
from temporalio.client import WorkflowHandle

from bot.server import embedded_server
from tests.factories import APPROVER, REQUESTER, SECOND, build_plan, build_stage
from tests.harness import eventually
from tests.ports import free_port
from tests.workflows.bench import Bench, open_bench
from tests.workflows.grantors import ALLOWED, WISH
from tests.workflows.ports import Call, transfer
from tests.workflows.refunds import DeskWorkflow, Refunds, build_desk, build_orders
from workflows.approval import ApprovalWorkflow
from workflows.builders import register_builders
from workflows.contracts import Approvers, Escalation, Reminders
from workflows.elicitation import ASK_HUMAN

HISTORIES = Path(__file__).parent / "histories"
LIMIT = "limit.historyCount.suggestContinueAsNew=100"
TRACE = re.compile(r'"stackTrace": "(?:[^"\\]|\\.)*"')
"""What failures tell of the machine that they happened on, and no replay reads."""
Story = Callable[[Bench], Awaitable[WorkflowHandle[Any, Any]]]


async def approved(bench: Bench) -> WorkflowHandle[Any, Any]:
    """Two stages, a refusal in between."""
    bench.policy.plan = bench.policy.quorum(1, 1)
    approval = await bench.ask()
    await approval.call()
    await approval.click(REQUESTER)
    await bench.told()
    await approval.handle.signal(ApprovalWorkflow.approve, True)  # noqa: FBT003 - the signal's own argument
    await approval.outcome()
    return approval.handle


async def rejected(bench: Bench) -> WorkflowHandle[Any, Any]:
    approval = await bench.ask()
    await approval.click(verdict="reject", comment="No.")
    await approval.outcome()
    return approval.handle


async def expired(bench: Bench) -> WorkflowHandle[Any, Any]:
    bench.policy.plan = bench.policy.quorum(1).model_copy(
        update={"stages": (build_stage(deadline=timedelta(seconds=1)),)}
    )
    approval = await bench.ask()
    await approval.outcome()
    return approval.handle


async def withdrawn(bench: Bench) -> WorkflowHandle[Any, Any]:
    """Cancelled by its parent's cancellation."""
    bench.model.tape = [[transfer(250)]]
    parent = await bench.hear("go")
    approval = await bench.find()
    await parent.cancel()
    await approval.outcome()
    return approval.handle


async def flooded(bench: Bench) -> WorkflowHandle[Any, Any]:
    """The first run of an approval that continues as new, with a decision under way."""
    approval = await bench.ask()
    first = (await approval.handle.describe()).run_id
    bench.slack.checks.clear()
    await approval.click()
    while (await approval.handle.describe()).run_id == first:
        await approval.click(REQUESTER, via="api")
    bench.slack.checks.set()
    await approval.outcome()
    return bench.client.get_workflow_handle(approval.handle.id, run_id=first)


async def conversation(bench: Bench) -> WorkflowHandle[Any, Any]:
    """An agent that asks for two things at once; one is granted."""
    bench.model.tape = [[transfer(1), transfer(2)], "Done."]
    handle = await bench.hear("go")
    await (await bench.find(0)).click()
    await (await bench.find(1)).click(verdict="reject")
    await bench.reply()
    return handle


async def outage(bench: Bench) -> WorkflowHandle[Any, Any]:
    """A membership check that hangs, then is overtaken by an operator."""
    approval = await bench.ask()
    bench.slack.checks.clear()
    await approval.click()
    await bench.checked()
    await approval.handle.signal(ApprovalWorkflow.approve, True)  # noqa: FBT003 - the signal's own argument
    await eventually(lambda: bench.slack.told or None)
    bench.slack.checks.set()
    await approval.outcome()
    return approval.handle


async def escalated(bench: Bench) -> WorkflowHandle[Any, Any]:
    """Reminded, escalated at its deadline, decided by a delegate; then a second stage, that nobody could decide."""
    first = build_stage(
        deadline=timedelta(seconds=2),
        on_deadline="escalate",
        reminders=Reminders(first=timedelta(seconds=1), longest=timedelta(seconds=1)),
        escalation=Escalation(approvers=(Approvers(kind="user", id="UHEAD"),)),
    )
    bench.policy.plan = build_plan(stages=(first, build_stage(approvers=(Approvers(id="CGONE"),))))
    bench.policy.gone = {"CGONE"}
    bench.slack.principals = {SECOND.user_id: (APPROVER,)}
    approval = await bench.ask()
    await eventually(lambda: bench.slack.shown("escalation-0-card") or None)
    await approval.click(SECOND)
    await approval.outcome()
    return approval.handle


async def asked(bench: Bench) -> WorkflowHandle[Any, Any]:
    """Asked about by somebody who may not and by somebody who may; answered; approved by two, one during the pause."""
    plan = build_plan(stages=(build_stage(quorum=2),), question_pause=timedelta(hours=2))
    bench.policy.plan = plan
    approval = await bench.ask()
    await approval.question(REQUESTER)
    await bench.told()
    await approval.question()
    await eventually(lambda: bench.slack.shown("question-0") or None)
    await approval.click(SECOND)
    await approval.answer()
    await eventually(lambda: bench.slack.cards[0].state.answers or None)
    await approval.click()
    await approval.outcome()
    return approval.handle


async def advised(bench: Bench) -> WorkflowHandle[Any, Any]:
    """An agent that is asked about what it asked for, and answers."""
    bench.model.tape = [[transfer(250)], "It is for invoice 4711.", "Done."]
    handle = await bench.hear("pay invoice 4711")
    approval = await bench.find()
    await approval.question()
    await eventually(lambda: bench.slack.cards[0].state.answers or None)
    await approval.click()
    await bench.reply()
    return handle


async def bursting(bench: Bench) -> WorkflowHandle[Any, Any]:
    """The agent's side of a burst, and what is asked for again after its rejection."""
    bench.model.tape = [[transfer(1), transfer(2)], [transfer(2), transfer(2)], "Done."]
    handle = await bench.hear("go")
    for number in (0, 1):
        approval = await bench.find(number)
        await approval.click(verdict="approve" if approval.request.arguments["amount"] == 1 else "reject")
    await bench.reply()
    return handle


async def burst(bench: Bench) -> WorkflowHandle[Any, Any]:
    """What shows it."""
    await bursting(bench)
    message = await eventually(
        lambda: next((one for one in bench.slack.batches if one.states[-1].over), None)
    )
    handle = bench.client.get_workflow_handle(message.states[-1].batch_id)
    await handle.result()
    return handle


async def filed(bench: Bench) -> WorkflowHandle[Any, Any]:
    """One of its requests."""
    await bursting(bench)
    handle = bench.client.get_workflow_handle(bench.slack.cards[0].approval_id)
    await handle.result()
    return handle


async def shadowed(bench: Bench) -> WorkflowHandle[Any, Any]:
    bench.policy.plan = bench.policy.quorum(1).model_copy(update={"shadow": True})
    approval = await bench.start()
    await approval.outcome()
    return approval.handle


async def remembered(bench: Bench) -> WorkflowHandle[Any, Any]:
    """Approved, and a rule made of it."""
    bench.policy.plan = build_plan(remember=ALLOWED, team_id="T1")
    approval = await bench.ask()
    await approval.click(remember=WISH)
    await approval.outcome()
    return approval.handle


async def granted(bench: Bench) -> WorkflowHandle[Any, Any]:
    """Approved by that rule, nobody was asked."""
    await remembered(bench)
    approval = await bench.start()
    await approval.outcome()
    return approval.handle


async def changed(bench: Bench) -> WorkflowHandle[Any, Any]:
    """Changed twice, once as it may not be; the change approved by a second person."""
    bench.policy.plan = bench.policy.quorum(1).model_copy(update={"change": "second"})
    parameters = {"type": "object", "properties": {"amount": {"type": "number"}}}
    approval = await bench.ask(parameters=parameters)
    arguments = dict(approval.request.arguments)
    await approval.click(arguments=arguments | {"amount": "all of it"})
    await bench.told()
    await approval.click(arguments=arguments | {"amount": 200})
    await eventually(lambda: bench.slack.cards[0].state.amendments or None)
    await approval.click(SECOND)
    await bench.told(2)
    await approval.click(SECOND, digest=bench.slack.cards[0].state.digest)
    await approval.outcome()
    return approval.handle


async def gated(bench: Bench) -> WorkflowHandle[Any, Any]:
    """A refund that runs, by an activity with its receipt, and one that does not."""
    call = Call("refund", '{"order": "7", "amount": 5, "day": "2026-11-25"}')
    look = Call("find_order", '{"order": "7"}')
    bench.model.tape = [[look], [call, call], [Call("pay_out", '{"order": "7"}')], "Done."]
    handle = await _start_desk(bench, "honest")
    await (await bench.find()).click()
    await (await bench.find(1)).click(verdict="reject")
    await handle.result()
    return handle


async def served(bench: Bench) -> WorkflowHandle[Any, Any]:
    """Tools of an MCP server behind an agent within an agent: one that reads, one that is called, one that is not."""
    call = Call("refund_order", '{"number": "7", "amount": 5}')
    look = Call("find_order", '{"number": "7"}')
    bench.model.tape = [[Call("ask_desk", '{"input": "refund"}')], [look], [call, call], "Inner.", "Done."]
    handle = await _start_desk(bench, "manager")
    await (await bench.find()).click()
    await (await bench.find(1)).click(verdict="reject")
    await handle.result()
    return handle


async def answered(bench: Bench) -> WorkflowHandle[Any, Any]:
    """A question, answered as it does not take it and as it does."""
    asked: dict[str, Any] = {"question": "Which region?", "options": ["eu", "us"]}
    approval = await bench.ask(action=ASK_HUMAN, arguments=asked)
    await approval.click(answer="mars")
    await bench.told()
    await approval.click(answer="eu")
    await approval.outcome()
    return approval.handle


async def hosted(bench: Bench) -> WorkflowHandle[Any, Any]:
    """A server that the model's provider would call."""
    wish = McpApprovalRequest(
        id="mcpr_1", arguments="{}", name="drop", server_label="crm", type="mcp_approval_request"
    )
    bench.model.tape = [[wish], "Done."]
    handle = await _start_desk(bench, "hosted")
    await (await bench.find()).click()
    await handle.result()
    return handle


async def greedy(bench: Bench) -> WorkflowHandle[Any, Any]:
    """A receipt that is sent twice, and refused the second time."""
    arguments = '{"order": "7", "amount": 5, "day": "2026-11-25", "currency": "EUR"}'
    bench.model.tape = [[Call("refund", arguments)], "Done."]
    handle = await _start_desk(bench, "greedy")
    await (await bench.find()).click()
    await handle.result()
    return handle


async def _start_desk(bench: Bench, kind: str) -> WorkflowHandle[Any, Any]:
    return await bench.client.start_workflow(
        DeskWorkflow.run, kind, id=f"desk-{bench.queue}", task_queue=bench.queue
    )


async def chosen(bench: Bench) -> WorkflowHandle[Any, Any]:
    """A conversation with the built-in agent that goes on with another."""
    bench.model.tape = ["Hello.", [Call("find_order", '{"order": "7"}')], "Done."]
    await bench.hear("hello")
    await bench.reply()
    handle = await bench.hear("look", named="desk")
    await bench.reply(1)
    return handle


async def called_off(bench: Bench) -> WorkflowHandle[Any, Any]:
    """An agent that is asked where it is, told more, and called off by who asked, not by another; then it goes on."""
    bench.model.tape = [[transfer(1), transfer(2)], "One.", "Two."]
    await bench.hear("go")
    await (await bench.find()).click()
    await bench.find(1)
    await eventually(lambda: bench.ledger.transfers or None)
    await bench.hear("where is it?")
    await bench.hear("and hello")
    await bench.hear("cancel", SECOND)
    await bench.aside(2)
    await bench.hear("never mind")
    await bench.reply(1)
    handle = await bench.hear("hello again")
    await bench.reply(2)
    return handle


STORIES: tuple[Story, ...] = (
    approved,
    rejected,
    expired,
    withdrawn,
    flooded,
    conversation,
    outage,
    escalated,
    asked,
    advised,
    shadowed,
    remembered,
    granted,
    changed,
    bursting,
    burst,
    filed,
    gated,
    greedy,
    served,
    hosted,
    answered,
    chosen,
    called_off,
)


async def _skip(_: timedelta) -> None:
    """No story skips time."""


async def record(stories: Sequence[Story] = STORIES, folder: Path = HISTORIES) -> None:
    """Play stories on a dev server and keep their histories."""
    register_builders({"desk": build_desk})
    folder.mkdir(exist_ok=True)  # noqa: ASYNC240 - once
    with tempfile.TemporaryDirectory() as state:
        extra = ("--dynamic-config-value", LIMIT)
        async with embedded_server(Path(state), free_port(), None, extra) as address:
            servers = build_orders(Path(state) / "calls.jsonl")
            for story in stories:
                desk = Refunds().activities()
                async with open_bench(
                    address, _skip, [DeskWorkflow], cached=100, activities=desk, servers=servers
                ) as bench:
                    history = await (await story(bench)).fetch_history()
                text = TRACE.sub('"stackTrace": ""', history.to_json())
                (folder / f"{story.__name__}.json").write_text(text + "\n")


if __name__ == "__main__":
    asyncio.run(record())
