"""The gate between an agent and its effects: every interruption of a run becomes an approval.

Gating is code, not prompt. A tool that needs approval does not run before its approval has come, and what it then does
carries the approval's receipt, against which the activity checks what it is about to do.
"""

import asyncio
import json
from collections.abc import Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from temporalio import workflow
from temporalio.exceptions import ApplicationError

with workflow.unsafe.imports_passed_through():
    from agents import (
        Agent,
        RunConfig,
        Runner,
        RunResult,
        RunState,
        ToolApprovalItem,
        TResponseInputItem,
        function_tool,
    )
    from agents.run import CallModelData, ModelInputData
    from agents.tool_context import ToolContext
    from pydantic import JsonValue

    from workflows import ids
    from workflows.advisor import answer_question
    from workflows.asking import Adviser, request_approval
    from workflows.batch import Handle, close_batch, open_batch
    from workflows.burst import Batch
    from workflows.contracts import (
        ApprovalRequest,
        Outcome,
        Person,
        Question,
        Receipt,
        RunPlace,
        Thread,
    )
    from workflows.digest import UndigestibleError, digest
    from workflows.drafts import announce_draft
    from workflows.interruptions import (
        UnclearError,
        find_schema,
        name_action,
        name_call,
        read_arguments,
    )
    from workflows.receipts import write_receipt
    from workflows.talk import Draft
    from workflows.titles import TITLE_LENGTH, make_title
    from workflows.watch import Watch

MAX_TURNS = 25
"""How many model calls one message may lead to."""
MINUTE = timedelta(minutes=1)
REPEATS = "repeats"
"""The change since which what was rejected is not asked again; runs begun before it go on as they were."""


class NotApprovedError(RuntimeError):
    """A gated tool was reached without an approval for exactly this call."""


@dataclass
class Gate:
    """In whose name, from where and why an agent asks during one run, and what it has been granted.

    `granted` are calls that an approver has made of others, by their digests: each may be called once without asking.
    `rejected` are those that people have rejected: they are asked for no more. `asked` is when each request was made.
    `conversation` is the workflow that can call all of it off, `approvals` are the ids of all requests, `waiting` of those that wait.
    `draft` is where the model's words are shown while it speaks; without one they are not.
    """

    requester: Person
    reason: str = ""
    origin: Thread | None = None
    policy: str | None = None
    speakers: tuple[Person, ...] = ()
    receipts: dict[str, Receipt] = field(default_factory=dict[str, Receipt])
    granted: dict[str, Outcome] = field(default_factory=dict[str, Outcome])
    rejected: dict[str, Outcome] = field(default_factory=dict[str, Outcome])
    asked: list[datetime] = field(default_factory=list[datetime])
    effects: list[str] = field(default_factory=list[str])
    conversation: str = ""
    approvals: list[str] = field(default_factory=list[str])
    waiting: list[str] = field(default_factory=list[str])
    watch: Watch = field(default_factory=Watch)
    draft: Draft | None = None

    def request(
        self, action: str, title: str, arguments: dict[str, JsonValue], agent: str
    ) -> ApprovalRequest:
        """A request in the name of whoever asks."""
        return ApprovalRequest(
            action=action,
            title=title[:TITLE_LENGTH],
            arguments=arguments,
            requester=self.requester,
            reason=self.reason,
            agent=agent,
            origin=self.origin,
            policy=self.policy,
            speakers=self.speakers,
        )

    def admit(self, request: ApprovalRequest) -> ApprovalRequest | Outcome:
        """The request with its place in this run; or its outcome, where it was granted or rejected in this run already."""
        try:
            exact = digest(
                request.action, request.arguments
            )  # before it travels as JSON, where NaN would become null
        except UndigestibleError as error:
            return _unasked(str(error))
        if granted := self.granted.pop(exact, None):
            return granted.model_copy(update={"arguments": None})
        return self._recall(exact) or self._number(request)

    def _recall(self, exact: str) -> Outcome | None:
        """What became of exactly this, where people have rejected it in this run."""
        rejected = self.rejected.get(exact)
        if rejected is None or not workflow.patched(REPEATS):
            return None
        words = f", saying: {rejected.reason}" if rejected.reason else ""
        reason = f"A human has already rejected exactly this in this run{words} (it was not asked again)"
        return rejected.model_copy(update={"reason": reason})

    def _number(self, request: ApprovalRequest) -> ApprovalRequest:
        now = workflow.now()
        self.asked.append(now)
        lately = sum(now - one < MINUTE for one in self.asked)
        place = RunPlace(number=len(self.asked), last_minute=lately, conversation=self.conversation)
        return request.model_copy(update={"run": place})

    def announce(self, call: CallModelData[Any]) -> ModelInputData:
        """Before each model call, also of nested agents, which have the run's configuration but are tools at work.

        What a guardrail has yet to look at is not shown.
        """
        guarded = call.agent.input_guardrails or call.agent.output_guardrails
        announce_draft(self.draft if self.watch.is_idle and not guarded else None)
        return call.model_data

    def remember(self, outcome: Outcome) -> None:
        """Keep what people have rejected; what a policy has, it may let pass the next time."""
        if outcome.status == "rejected" and outcome.decisions:
            self.rejected[outcome.digest] = outcome


_GATE: ContextVar[Gate] = ContextVar("gate")


async def run_with_approvals(
    agent: Agent[Any],
    messages: str | list[TResponseInputItem],
    *,
    gate: Gate,
    context: object = None,
    max_turns: int = MAX_TURNS,
) -> RunResult:
    """Run an agent to its end, turning every interruption into an approval.

    Interruptions that come together are asked together; each goes on once it has its outcome, while others wait, as far
    as the SDK lets it: what a nested agent asked goes on when all of that agent's is decided.

    Raises:
        AgentsException: as `Runner.run`.
        CalledOffError: whoever asked wants no more of it.
    """
    _GATE.set(gate)
    config = RunConfig(
        tracing_disabled=True,  # traces would go to OpenAI, with every argument in them
        call_model_input_filter=gate.announce,
    )
    run = partial(
        Runner.run, agent, context=context, max_turns=max_turns, run_config=config, hooks=gate.watch
    )
    result = await run(messages)
    pending = _Pending(gate, messages)
    try:
        while result.interruptions:
            state = result.to_state()
            decided = await pending.decide(result.interruptions)
            gate.watch.go_on(granted=sum(outcome.approved for _, outcome in decided))
            for item, outcome in decided:
                _answer(gate, state, item, outcome)
            result = await run(state)
    finally:
        await pending.close()
    return result


@dataclass
class _Pending:
    """What people have been asked about in one run, by the calls' ids, until the run has been told what became of it."""

    gate: Gate
    messages: str | list[TResponseInputItem]
    asked: dict[str, "asyncio.Task[Outcome]"] = field(default_factory=dict[str, "asyncio.Task[Outcome]"])
    closing: list["asyncio.Task[None]"] = field(default_factory=list["asyncio.Task[None]"])
    calls: dict[str, tuple[str, str, str]] = field(default_factory=dict[str, tuple[str, str, str]])

    async def decide(self, items: Sequence[ToolApprovalItem]) -> list[tuple[ToolApprovalItem, Outcome]]:
        """Ask about what has not been asked about, and wait until there is an outcome of one of these, or of several.

        Raises:
            ApplicationError: two calls have one id, so what is decided of the one could be taken for the other's.
        """
        self._tell_apart(items)
        with self.gate.watch.at_work():
            await self._ask([item for item in items if _name_call(item) not in self.asked])
            waiting = [self.asked[_name_call(item)] for item in items]
            await workflow.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            if self.gate.watch.called_off:  # all of it ends now; what had been approved is told
                await workflow.wait(waiting)
        decided = [item for item in items if self.asked[_name_call(item)].done()]
        return [(item, self.asked.pop(_name_call(item)).result()) for item in decided]

    def _tell_apart(self, items: Sequence[ToolApprovalItem]) -> None:
        named = {_name_call(item): (item.agent.name, item.name or "", item.arguments or "") for item in items}
        waiting = {name: call for name, call in self.calls.items() if name in self.asked}
        if len(named) < len(items) or any(waiting.get(name, call) != call for name, call in named.items()):
            raise ApplicationError(
                "Two calls of tools came with the same id, so nobody was asked.",
                type="call_id_twice",
                non_retryable=True,
            )
        self.calls |= named

    async def _ask(self, items: Sequence[ToolApprovalItem]) -> None:
        """What is asked of people, of what comes together, is a burst."""
        wanted = [_prepare(self.gate, item) for item in items]
        size = sum(isinstance(one, ApprovalRequest) for one in wanted)
        batch = await _open_batch(self.gate, size) if size else None
        tasks: list[asyncio.Task[Outcome]] = []
        for item, one in zip(items, wanted, strict=True):
            adviser = partial(_advise, self.gate, self.messages, item)
            tasks.append(asyncio.create_task(_ask(self.gate, one, adviser, batch)))
            self.asked[_name_call(item)] = tasks[-1]
        self.closing.append(asyncio.create_task(_close_after(tasks, batch)))

    async def close(self) -> None:
        """Call off what is still asked, which is only so if the run has failed; of what was called off each has its own end."""
        for task in () if self.gate.watch.called_off else self.asked.values():
            task.cancel()
        await asyncio.gather(*self.asked.values(), *self.closing, return_exceptions=True)


async def _advise(
    gate: Gate, messages: str | list[TResponseInputItem], item: ToolApprovalItem, question: Question
) -> str:
    advice = await answer_question(item.agent, messages, item, question)
    gate.watch.spend(advice.tokens)
    return advice.text


async def _open_batch(gate: Gate, size: int) -> Handle | None:
    return await open_batch(Batch(size=size, requester=gate.requester, reason=gate.reason))


async def _close_after(tasks: Sequence["asyncio.Task[Outcome]"], batch: Handle | None) -> None:
    await asyncio.gather(*tasks, return_exceptions=True)
    await close_batch(batch)


def _name_call(item: ToolApprovalItem) -> str:
    """The SDK takes no id for two calls of one agent; those of nested agents may come with the same."""
    return item.call_id or repr(item.raw_item)


async def _ask(
    gate: Gate, wanted: ApprovalRequest | Outcome, advise: Adviser | None = None, batch: Handle | None = None
) -> Outcome:
    if isinstance(wanted, Outcome):
        return wanted
    if gate.watch.called_off:
        return _unasked("Whoever asked has called everything off, so nobody was asked.")
    request = wanted.model_copy(update={"batch": batch.id}) if batch else wanted
    approval_id = ids.new_approval()
    gate.approvals.append(approval_id)
    gate.waiting.append(approval_id)
    try:
        outcome = await request_approval(request, advise, approval_id=approval_id)
    finally:
        gate.waiting.remove(approval_id)
    gate.watch.withdrawn += gate.watch.called_off and outcome.status == "cancelled"
    gate.remember(outcome)
    return outcome


def _prepare(gate: Gate, item: ToolApprovalItem) -> ApprovalRequest | Outcome:
    """What has to be asked of people, or what becomes of it without that."""
    try:
        action, arguments = name_action(item), read_arguments(item)
        schema = find_schema(item)
    except UnclearError as error:
        return _unasked(f"{error} Nobody was asked and nothing was done.")
    request = gate.request(action, make_title(action, arguments), arguments, item.agent.name)
    return gate.admit(request.model_copy(update={"parameters": schema}))


def _unasked(reason: str) -> Outcome:
    return Outcome(approval_id="", status="failed", digest="", reason=reason)


def _answer(gate: Gate, state: RunState[Any, Any], item: ToolApprovalItem, outcome: Outcome) -> None:
    if outcome.approved and outcome.arguments is not None:
        gate.granted[outcome.digest] = outcome
        state.reject(item, rejection_message=explain_change(name_call(item), outcome, outcome.arguments))
    elif outcome.approved and item.call_id:
        gate.receipts[item.call_id] = write_receipt(outcome)
        state.approve(item)
    else:
        state.reject(item, rejection_message=explain(outcome))


def explain(outcome: Outcome) -> str:
    """An outcome as the model is told it."""
    words = f" The words that came with it: {outcome.reason}" if outcome.reason else ""
    if outcome.approved:
        return f"Approved by a human.{words}"
    return f"Not approved ({outcome.status}), so it was not done.{words}"


def explain_change(action: str, outcome: Outcome, arguments: dict[str, JsonValue]) -> str:
    """A change as the model is told it: the call it made does not run, another one would."""
    words = f" The words that came with it: {outcome.reason}" if outcome.reason else ""
    return (
        f"Not done as asked. A human has approved it with other arguments: call {action} once more with exactly "
        f"{json.dumps(arguments, ensure_ascii=False)} and it runs without another approval.{words}"
    )


def take_receipt(call: ToolContext[Any]) -> Receipt:
    """The receipt for the call that a gated tool is in; each serves once.

    Raises:
        NotApprovedError: there is none, so the tool must do nothing.
    """
    gate = _GATE.get(None)
    receipt = gate.receipts.pop(call.tool_call_id, None) if gate and not gate.watch.called_off else None
    if receipt is None:
        raise NotApprovedError(f"{call.tool_name} was called without an approval; nothing was done.")
    return receipt


def record_effect(sentence: str) -> None:
    """Keep what a gated tool has done, so that it is told even if the model fails afterwards."""
    if gate := _GATE.get(None):
        gate.effects.append(sentence)


@function_tool
async def wait_for_confirmation(call: ToolContext[Any], action: str) -> str:
    """Ask a human to confirm an action before you take it, and wait for the answer.

    Args:
        call: Set by the SDK.
        action: What you are about to do, completely, in plain words.
    """
    return explain(await ask_people(call, "wait_for_confirmation", action, {"action": action}))


async def ask_people(
    call: ToolContext[Any], action: str, title: str, arguments: dict[str, JsonValue]
) -> Outcome:
    """Ask people from within a tool, in the name of whoever the run is for."""
    gate, name = _GATE.get(), call.agent.name if call.agent else ""
    return await _ask(gate, gate.admit(gate.request(action, title, arguments, name)))


def speakers(people: Sequence[Person], requester: Person) -> tuple[Person, ...]:
    """Everyone but the requester, each once, in the order in which they first spoke."""
    return tuple(dict.fromkeys(person for person in people if person != requester))
