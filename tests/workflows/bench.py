"""A worker with the ports in memory, and what tests of workflows do with it."""

import asyncio
import itertools
import uuid
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from temporalio.api.enums.v1 import EventType
from temporalio.client import Client, WorkflowHandle
from temporalio.envconfig import ClientConfigProfile
from temporalio.service import RPCError
from temporalio.worker import Interceptor, Replayer, Worker
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner, SandboxRestrictions

from activities.guard import Guard
from bot.mcp import Factory
from bot.models import NamedProvider
from bot.temporal import connect_server
from bot.testing.history import list_activities
from bot.worker import build_plugin
from tests.factories import APPROVER, REQUESTER, THREAD, build_person, build_request
from tests.harness import PATIENCE, eventually, eventually_read
from tests.workflows.ports import MemoryLedger, MemoryPolicy, MemorySlack, Message, Ports, TapedModel
from workflows.agent import AgentWorkflow
from workflows.approval import ApprovalWorkflow
from workflows.attachments import Attachment
from workflows.batch import BatchWorkflow
from workflows.contracts import (
    Answer,
    ApprovalRequest,
    ApprovalState,
    Cancellation,
    Conversation,
    Decision,
    Door,
    Heard,
    Outcome,
    Person,
    Question,
)
from workflows.converter import converter_plugin
from workflows.digest import digest
from workflows.talk import Aside

WORKFLOWS = (AgentWorkflow, ApprovalWorkflow, BatchWorkflow)
ASKER = build_person("UASKER")
Skip = Callable[[timedelta], Awaitable[None]]
RUNNER = SandboxedWorkflowRunner(restrictions=SandboxRestrictions.default.with_passthrough_all_modules())


@dataclass(frozen=True)
class Approval:
    """One approval at work, as its approvers, requester and operator reach it."""

    handle: WorkflowHandle[Any, Outcome]
    request: ApprovalRequest
    numbers: "itertools.count[int]" = field(default_factory=itertools.count)

    def decision(
        self, person: Person | None = APPROVER, verdict: str = "approve", **changes: Any
    ) -> Decision:
        """A click of its own, unless `changes` gives it the id of another."""
        values: dict[str, Any] = {
            "verdict": verdict,
            "decided_by": person,
            "digest": digest(self.request.action, self.request.arguments),
            "event_id": f"click-{next(self.numbers)}",
            "via": "slack",
        }
        return Decision.model_validate(values | changes)

    async def click(
        self, person: Person | None = APPROVER, verdict: str = "approve", **changes: Any
    ) -> Decision:
        """Decide as a button does."""
        decision = self.decision(person, verdict, **changes)
        await self.handle.signal(ApprovalWorkflow.decide, decision)
        return decision

    async def call(
        self, person: Person | None = APPROVER, verdict: str = "approve", **changes: Any
    ) -> ApprovalState:
        """Decide as an API does, and wait for the answer."""
        decision = self.decision(person, verdict, **({"via": "api"} | changes))
        async with asyncio.timeout(PATIENCE):
            return await self.handle.execute_update(ApprovalWorkflow.decide_now, decision)

    async def cancel(self, person: Person | None = None, reason: str = "", via: Door = "api") -> None:
        wish = Cancellation(cancelled_by=person, reason=reason, via=via)
        await self.handle.signal(ApprovalWorkflow.cancel, wish)

    async def question(self, person: Person = APPROVER, **changes: Any) -> Question:
        """Ask before deciding, as a modal does."""
        values: dict[str, Any] = {
            "text": "Which invoice is this for?",
            "asked_by": person,
            "digest": digest(self.request.action, self.request.arguments),
            "event_id": f"question-{next(self.numbers)}",
            "via": "slack",
        }
        question = Question.model_validate(values | changes)
        await self.handle.signal(ApprovalWorkflow.ask, question)
        return question

    async def answer(self, person: Person | None = REQUESTER, **changes: Any) -> Answer:
        """Answer a question, the first, as a modal does."""
        values: dict[str, Any] = {
            "text": "Number 4711.",
            "question": 0,
            "answered_by": person,
            "event_id": f"answer-{next(self.numbers)}",
            "via": "slack",
        }
        given = Answer.model_validate(values | changes)
        await self.handle.signal(ApprovalWorkflow.answer, given)
        return given

    async def state(self) -> ApprovalState:
        return await self.handle.query(ApprovalWorkflow.state)

    async def until(self, look: Callable[[ApprovalState], object]) -> ApprovalState:
        """The first state that looks so."""

        async def read() -> ApprovalState | None:
            state = await self.state()
            return state if look(state) else None

        return await eventually_read(read)

    async def outcome(self) -> Outcome:
        """What came of it, in time; what did not says how far it got."""
        try:
            async with asyncio.timeout(PATIENCE):
                return await self.handle.result()
        except TimeoutError:
            raise AssertionError("\n".join(await tell_history(self.handle))) from None


@dataclass
class Bench:
    """A worker at work, everything it reaches, and a way to let time pass."""

    client: Client
    queue: str
    ports: Ports
    model: TapedModel
    skip: Skip
    handles: list[WorkflowHandle[Any, Any]] = field(default_factory=list[WorkflowHandle[Any, Any]])

    @property
    def slack(self) -> MemorySlack:
        return self.ports.slack

    @property
    def policy(self) -> MemoryPolicy:
        return self.ports.policy

    @property
    def ledger(self) -> MemoryLedger:
        return self.ports.ledger

    async def start(self, **changes: Any) -> Approval:
        """An approval on its own, asked for a moment ago."""
        request = build_request(**changes)
        approval_id = f"approval-{uuid.uuid4()}"
        handle = await self.client.start_workflow(
            ApprovalWorkflow.run, request, id=approval_id, task_queue=self.queue
        )
        self.handles.append(handle)
        return Approval(handle, request)

    async def ask(self, **changes: Any) -> Approval:
        """An approval whose card is there, and known to be there."""
        approval = await self.start(**changes)
        await self.settled(approval)
        return approval

    async def settled(self, approval: Approval) -> None:
        """Once the server knows that a card is there.

        Only its history is read: the server that skips time loses tasks over queries, and refuses to have an activity
        cancelled that is just completing.
        """
        kind = EventType.EVENT_TYPE_ACTIVITY_TASK_COMPLETED
        await eventually_read(lambda: happened(approval.handle, kind))

    async def card(self, number: int = 0) -> Message:
        """A card, as soon as it is there."""
        return await eventually(lambda: self.slack.cards[number] if len(self.slack.cards) > number else None)

    async def find(self, number: int = 0) -> Approval:
        """The approval behind a card, as soon as that is known to be there."""
        card = await self.card(number)
        handle = self.client.get_workflow_handle_for(ApprovalWorkflow.run, card.approval_id)
        self.handles.append(handle)
        approval = Approval(handle, card.state.request)
        await self.settled(approval)
        return approval

    async def hear(
        self,
        text: str,
        person: Person = ASKER,
        event_id: str = "",
        *,
        agent: str = "",
        named: str = "",
        files: tuple[Attachment, ...] = (),
        **begun: Any,
    ) -> WorkflowHandle[Any, None]:
        """A message in this test's thread, to the agent that is the default there, or to the one that it names.

        `begun` is how the conversation begins, where this is its first message.
        """
        heard = Heard(
            event_id=event_id or uuid.uuid4().hex, person=person, text=text, agent=named, files=files
        )
        handle = await self.client.start_workflow(
            AgentWorkflow.run,
            Conversation(thread=THREAD, agent=agent, **begun),
            id=f"agent-{self.queue}",
            task_queue=self.queue,
            start_signal="hear",
            start_signal_args=[heard],
        )
        self.handles.append(handle)
        return handle

    async def reply(self, number: int = 0) -> str:
        """The agent's reply of that number, as soon as it is there."""
        return (
            await eventually(lambda: self.slack.replies[number] if len(self.slack.replies) > number else None)
        ).text

    async def aside(self, number: int = 0) -> Aside:
        """What was said of that number while the agent was busy, as soon as it is there."""
        told = self.ports.talk.asides
        return await eventually(lambda: told[number] if len(told) > number else None)

    async def told(self, count: int = 1) -> list[str]:
        """Whom Slack has whispered to, as soon as there are so many."""
        return await eventually(lambda: self.slack.told if len(self.slack.told) >= count else None)

    async def published(self, attempts: int = 1) -> None:
        """Once so many attempts to publish something have begun."""
        await eventually(lambda: self.slack.attempts >= attempts or None)

    async def checked(self, count: int = 1) -> None:
        """Once so many checks of somebody's membership have begun."""
        await eventually(lambda: len(self.slack.queries) >= count or None)

    async def replay(self, workflows: Sequence[type]) -> None:
        """Replay the history of everything that happened here; one that cannot be replayed raises."""
        replayer = build_replayer(workflows)
        for handle in self.handles:
            await replayer.replay_workflow(await handle.fetch_history())

    async def clear(self) -> None:
        """End whatever a test has left running, so that its timers do not keep the next test's time from being skipped."""
        for handle in self.handles:
            with suppress(RPCError):  # it has ended
                await handle.terminate()


@asynccontextmanager
async def open_bench(
    address: str,
    skip: Skip,
    workflows: Sequence[type] = (),
    cached: int = 0,
    *,
    activities: Sequence[Callable[..., Any]] = (),
    interceptors: Sequence[Interceptor] = (),
    servers: Mapping[str, Factory] | None = None,
) -> AsyncGenerator[Bench]:
    """A worker on a server at that address.

    Without a cache every task replays the whole history. With two workflows at work at once that cannot be: the
    second one's task evicts the first, whose local activity is forgotten until the task times out after ten seconds.
    Everything is therefore replayed once more at the end.
    """
    ports, model, queue = Ports(), TapedModel(), f"queue-{uuid.uuid4()}"
    plugin = build_plugin(NamedProvider(model), servers)
    client = await connect_server(ClientConfigProfile(address=address), [plugin])
    worker = Worker(
        client,
        task_queue=queue,
        workflows=[*WORKFLOWS, *workflows],
        activities=[*ports.activities(), *activities],
        workflow_runner=RUNNER,
        interceptors=[*interceptors, Guard()],
        max_cached_workflows=cached,
    )
    bench = Bench(client, queue, ports, model, skip)
    async with worker:
        yield bench
    await bench.replay(workflows)
    await bench.clear()


def build_replayer(workflows: Sequence[type] = ()) -> Replayer:
    """A replayer that reads histories as workers do."""
    return Replayer(
        workflows=[*WORKFLOWS, *workflows],
        workflow_runner=RUNNER,
        interceptors=[Guard()],
        plugins=[build_plugin(NamedProvider(TapedModel())), converter_plugin()],
    )


async def tell_history(handle: WorkflowHandle[Any, Any]) -> list[str]:
    """A workflow's history, a line each event, as one wants to read it when a test waited in vain."""
    return [
        f"{event.event_time.ToJsonString()} {event.event_id} {EventType.Name(event.event_type)}"
        async for event in handle.fetch_history_events()
    ]


async def scheduled(handle: WorkflowHandle[Any, Any], name: str) -> int:
    """How often a workflow has had an activity scheduled, as its history says."""
    return (await list_activities(handle)).count(name)


async def happened(handle: WorkflowHandle[Any, Any], kind: EventType.ValueType) -> int:
    """How many events of a kind a workflow's history has."""
    return sum([event.event_type == kind async for event in handle.fetch_history_events()])
