"""Asking without a model: any workflow, on a worker of its own that knows nothing of ours, asks in one call."""

import subprocess
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from temporalio import workflow
from temporalio.client import Client, WorkflowHandle
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.worker import Worker

from tests.factories import REQUESTER
from tests.workflows.bench import RUNNER, Approval, Bench
from workflows.approval import ApprovalWorkflow

with workflow.unsafe.imports_passed_through():
    from workflows.asking import AdviceError, request_approval
    from workflows.contracts import ApprovalRequest, Question

ROOT = Path(__file__).parents[2]
WITHOUT = "import sys; sys.modules |= {'agents': None, 'openai': None, 'temporalio.openai_agents': None}; import workflows.asking"


@workflow.defn
class AskingWorkflow:
    """Asks on the task queue that it is given; it answers questions about money only."""

    @workflow.run
    async def run(self, queue: str) -> str:
        request = ApprovalRequest(
            action="deploy", arguments={"version": "1.4"}, requester=REQUESTER, agent="Deployer"
        )
        outcome = await request_approval(request, self._advise, task_queue=queue)
        return outcome.status

    async def _advise(self, question: Question) -> str:
        if "money" not in question.text:
            raise AdviceError("That is beyond me.")
        return "It costs nothing."


@asynccontextmanager
async def open_stranger(bench: Bench) -> AsyncGenerator[WorkflowHandle[AskingWorkflow, str]]:
    """Such a workflow, on a worker with Temporal's own converter and without the agents plugin."""
    address = bench.client.service_client.config.target_host
    client = await Client.connect(address, data_converter=pydantic_data_converter)
    queue = f"stranger-{bench.queue}"
    async with Worker(client, task_queue=queue, workflows=[AskingWorkflow], workflow_runner=RUNNER):
        yield await client.start_workflow(AskingWorkflow.run, bench.queue, id=queue, task_queue=queue)


@pytest.fixture
async def stranger(live: Bench) -> AsyncGenerator[WorkflowHandle[AskingWorkflow, str]]:
    async with open_stranger(live) as handle:
        yield handle


async def find(bench: Bench) -> Approval:
    card = await bench.card()
    handle = bench.client.get_workflow_handle_for(ApprovalWorkflow.run, card.approval_id)
    bench.handles.append(handle)
    return Approval(handle, card.state.request)


def test_asking_is_imported_where_there_is_no_agents_sdk() -> None:
    subprocess.run([sys.executable, "-c", WITHOUT], cwd=ROOT, check=True)


async def test_a_worker_of_another_kind_hears_the_outcome(
    live: Bench, stranger: WorkflowHandle[AskingWorkflow, str]
) -> None:
    approval = await find(live)
    assert approval.request.title == "Deploy: version 1.4"
    await approval.click()
    assert await stranger.result() == "approved"


async def test_it_hears_of_it_while_slack_is_away(clock: Bench) -> None:
    async with open_stranger(clock) as stranger:
        approval = await find(clock)
        await clock.settled(approval)
        clock.slack.away = True
        await approval.handle.signal(ApprovalWorkflow.approve, False)  # noqa: FBT003 - the signal's own argument
        await clock.skip(timedelta(minutes=1))
        assert await stranger.result() == "rejected"


async def test_its_adviser_answers_what_it_can_and_leaves_the_rest_to_people(
    live: Bench, stranger: WorkflowHandle[AskingWorkflow, str]
) -> None:
    approval = await find(live)
    await approval.until(lambda state: state.cards)
    await approval.question(text="Why?")
    await approval.question(text="How much money?")
    state = await approval.until(lambda state: state.answers)
    assert [(one.question, one.text) for one in state.answers] == [(1, "It costs nothing.")]
    await approval.click()
    assert await stranger.result() == "approved"
