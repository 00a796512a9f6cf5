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

with workflow.unsafe.imports_passed_through():
    from agents import (
        Agent,
        FunctionTool,
        RunConfig,
        Runner,
        RunResult,
        RunState,
        ToolApprovalItem,
        TResponseInputItem,
        function_tool,
    )
    from agents.tool_context import ToolContext
    from pydantic import JsonValue, TypeAdapter, ValidationError

    from workflows.advisor import answer_question
    from workflows.asking import Adviser, request_approval
    from workflows.batch import Handle, close_batch, open_batch
    from workflows.burst import Batch
    from workflows.contracts import (
        ApprovalRequest,
        Outcome,
        Person,
        Receipt,
        RunPlace,
        Thread,
    )
    from workflows.digest import UndigestibleError, digest
    from workflows.parameters import ActivityTool
    from workflows.receipts import write_receipt
    from workflows.titles import TITLE_LENGTH, make_title

MAX_TURNS = 25
"""How many model calls one message may lead to."""
MINUTE = timedelta(minutes=1)
REPEATS = "repeats"
"""The change since which what was rejected is not asked again; runs begun before it go on as they were."""

_ARGUMENTS: TypeAdapter[dict[str, JsonValue]] = TypeAdapter(dict[str, JsonValue])


class NotApprovedError(RuntimeError):
    """A gated tool was reached without an approval for exactly this call."""


@dataclass
class Gate:
    """In whose name, from where and why an agent asks during one run, and what it has been granted.

    `granted` are calls that an approver has made of others, by their digests: each may be called once without asking.
    `rejected` are those that people have rejected: they are asked for no more. `asked` is when each request was made.
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
        return request.model_copy(update={"run": RunPlace(number=len(self.asked), last_minute=lately)})

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

    Interruptions that come together are asked together; the run resumes when all of them have an outcome.

    Raises:
        AgentsException: as `Runner.run`.
    """
    _GATE.set(gate)
    config = RunConfig(tracing_disabled=True)  # traces would go to OpenAI, with every argument in them
    result = await Runner.run(agent, messages, context=context, max_turns=max_turns, run_config=config)
    while result.interruptions:
        state = result.to_state()
        outcomes = await _ask_all(gate, result.interruptions, messages)
        for item, outcome in zip(result.interruptions, outcomes, strict=True):
            _answer(gate, state, item, outcome)
        result = await Runner.run(agent, state, context=context, max_turns=max_turns, run_config=config)
    return result


async def _ask_all(
    gate: Gate, items: Sequence[ToolApprovalItem], messages: str | list[TResponseInputItem]
) -> list[Outcome]:
    """What becomes of interruptions that come together; what is asked of people of them is a burst."""
    wanted = [_prepare(gate, item) for item in items]
    size = sum(isinstance(one, ApprovalRequest) for one in wanted)
    batch = await open_batch(Batch(size=size, requester=gate.requester, reason=gate.reason)) if size else None
    advisers = (partial(answer_question, item.agent, messages, item) for item in items)
    asked = (_ask(gate, one, adviser, batch) for one, adviser in zip(wanted, advisers, strict=True))
    outcomes = await asyncio.gather(*asked)
    await close_batch(batch)
    return outcomes


async def _ask(
    gate: Gate, wanted: ApprovalRequest | Outcome, advise: Adviser | None = None, batch: Handle | None = None
) -> Outcome:
    if isinstance(wanted, Outcome):
        return wanted
    request = wanted.model_copy(update={"batch": batch.id}) if batch else wanted
    outcome = await request_approval(request, advise)
    gate.remember(outcome)
    return outcome


def _prepare(gate: Gate, item: ToolApprovalItem) -> ApprovalRequest | Outcome:
    """What has to be asked of people, or what becomes of it without that."""
    action = item.name or "unnamed tool"
    arguments = _parse(item.arguments)
    if arguments is None:
        return _unasked("The arguments are not a JSON object, so nobody was asked and nothing was done.")
    try:
        arguments = _settle(item, action, arguments)
    except ValueError as error:
        return _unasked(f"{error} Nobody was asked and nothing was done.")
    request = gate.request(action, make_title(action, arguments), arguments, item.agent.name)
    return gate.admit(request.model_copy(update={"parameters": _find_parameters(item, action)}))


def _settle(item: ToolApprovalItem, action: str, arguments: dict[str, JsonValue]) -> dict[str, JsonValue]:
    """What would run, so that people see that: an activity fills in defaults and leaves out what it does not take."""
    tools = (tool for tool in item.agent.tools if isinstance(tool, ActivityTool) and tool.name == action)
    return next((tool.parameters.settle(arguments) for tool in tools), arguments)


def _find_parameters(item: ToolApprovalItem, action: str) -> dict[str, JsonValue] | None:
    """The JSON Schema of a function tool's arguments; other tools' cannot be changed by approvers."""
    tools = (tool for tool in item.agent.tools if isinstance(tool, FunctionTool) and tool.name == action)
    return next((_ARGUMENTS.validate_python(tool.params_json_schema) for tool in tools), None)


def _unasked(reason: str) -> Outcome:
    return Outcome(approval_id="", status="failed", digest="", reason=reason)


def _parse(arguments: str | None) -> dict[str, JsonValue] | None:
    try:
        return _ARGUMENTS.validate_json(arguments or "{}")
    except ValidationError:
        return None


def _answer(gate: Gate, state: RunState[Any, Any], item: ToolApprovalItem, outcome: Outcome) -> None:
    if outcome.approved and outcome.arguments is not None:
        gate.granted[outcome.digest] = outcome
        state.reject(item, rejection_message=explain_change(item.name or "", outcome, outcome.arguments))
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
    receipt = gate.receipts.pop(call.tool_call_id, None) if gate else None
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
