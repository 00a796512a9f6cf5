"""How the bench sees into the worker: a clock at the signal handler, and one at the Slack activity."""

import asyncio
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import ClientSession
from temporalio import activity, workflow
from temporalio.client import Client
from temporalio.worker import (
    HandleSignalInput,
    Interceptor,
    Worker,
    WorkflowInboundInterceptor,
    WorkflowInterceptorClassInput,
)
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner, SandboxRestrictions

from activities.directory import Directory
from activities.plans import PlanActivities, Shelf
from activities.slack import SlackActivities
from activities.webapi import WebApi
from bot.clients import build_client
from bot.gateway import Gateway
from bot.reload import read_policies
from bot.settings import Settings
from tests.patterns import BareChild, BareParent, FullParent
from workflows.approval import ApprovalWorkflow
from workflows.contracts import Publication, Published


class Watch:
    """When each approval was ready, clicked, seen and closed."""

    def __init__(self) -> None:
        self._ready: dict[str, asyncio.Event] = {}
        self._clicked: dict[str, float] = {}
        self._seen: dict[str, float] = {}
        self._closed: dict[str, float] = {}
        self._loop = asyncio.get_running_loop()

    def expect(self, approval_id: str) -> None:
        """Before an approval is started."""
        self._ready[approval_id] = asyncio.Event()

    async def ready(self, approval_id: str) -> None:
        """Until it can be clicked: the bare child has started, the full one has its card."""
        await self._ready[approval_id].wait()

    def clicked(self, approval_id: str) -> float:
        """Just before the click."""
        self._clicked[approval_id] = time.perf_counter()
        return self._clicked[approval_id]

    def seen(self, approval_id: str) -> float:
        """Milliseconds from the click to the workflow's handler."""
        return (self._seen[approval_id] - self._clicked[approval_id]) * 1000

    def closed(self, approval_id: str) -> float:
        """Milliseconds from the click until the card was rewritten."""
        return (self._closed[approval_id] - self._clicked[approval_id]) * 1000

    def note_ready(self, approval_id: str) -> None:
        """It can be clicked; also called from workflow threads."""
        self._loop.call_soon_threadsafe(self._ready[approval_id].set)

    def note_seen(self, approval_id: str) -> None:
        """The handler has it."""
        self._seen[approval_id] = time.perf_counter()

    def note_closed(self, approval_id: str) -> None:
        """The card has been rewritten."""
        self._closed[approval_id] = time.perf_counter()


class _Clock(WorkflowInboundInterceptor):
    watch: Watch

    async def execute_workflow(self, input: Any) -> Any:  # noqa: A002 - the SDK's name
        if workflow.info().workflow_type == "BareChild":
            with workflow.unsafe.sandbox_unrestricted():
                self.watch.note_ready(workflow.info().workflow_id)
        return await super().execute_workflow(input)

    async def handle_signal(self, input: HandleSignalInput) -> None:  # noqa: A002 - the SDK's name
        await super().handle_signal(input)
        with workflow.unsafe.sandbox_unrestricted():
            self.watch.note_seen(workflow.info().workflow_id)


class _Clocks(Interceptor):
    def __init__(self, watch: Watch) -> None:
        self._class = type("Clock", (_Clock,), {"watch": watch})

    def workflow_interceptor_class(
        self,
        input: WorkflowInterceptorClassInput,  # noqa: A002 - the SDK's name
    ) -> type[WorkflowInboundInterceptor]:
        del input
        return self._class


class WatchedSlack(SlackActivities):
    """The Slack port, telling the watch when a card is there and when it has been rewritten."""

    def __init__(self, api: WebApi, watch: Watch) -> None:
        super().__init__(api)
        self._watch = watch

    @activity.defn
    async def publish_state(self, publication: Publication) -> Published:
        """Publish, then tell."""
        published = await super().publish_state(publication)
        if publication.state.status == "pending":
            self._watch.note_ready(publication.state.approval_id)
        else:
            self._watch.note_closed(publication.state.approval_id)
        return published


@asynccontextmanager
async def measured_worker(client: Client, settings: Settings, watch: Watch) -> AsyncGenerator[None]:
    """A worker for both patterns, watched."""
    slack = build_client(settings)
    async with ClientSession() as session:
        slack.session = session
        api = WebApi(slack)
        speaker = WatchedSlack(api, watch)
        gateway = Gateway(client, settings.countersign_task_queue)
        directory = Directory(api, gateway.read_delegations, read_preferences=gateway.read_preferences)
        plans = PlanActivities(Shelf(read_policies(settings)), directory)
        worker = Worker(
            client,
            task_queue=settings.countersign_task_queue,
            workflows=[ApprovalWorkflow, BareChild, BareParent, FullParent],
            activities=[
                plans.resolve_plan,
                plans.open_stage,
                directory.check_member,
                speaker.publish_state,
                speaker.whisper_refusal,
            ],
            interceptors=[_Clocks(watch)],
            workflow_runner=SandboxedWorkflowRunner(
                restrictions=SandboxRestrictions.default.with_passthrough_all_modules()
            ),
        )
        async with worker:
            yield
