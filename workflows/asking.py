"""Asking people from within any workflow, in one call: for an approval, or for an answer; no agent and no model is needed for it."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Generic, NamedTuple, TypedDict, TypeVar, Unpack, overload

from temporalio import workflow
from temporalio.exceptions import ChildWorkflowError, FailureError, is_cancelled_exception
from temporalio.workflow import ChildWorkflowHandle, ParentClosePolicy

with workflow.unsafe.imports_passed_through():
    from pydantic import BaseModel, ValidationError

    from workflows import calls, ids, tasks
    from workflows.approval import ApprovalWorkflow
    from workflows.contracts import Answer, ApprovalRequest, JsonObject, Outcome, Person, Question, Thread
    from workflows.elicitation import ASK_HUMAN, describe_model, pose_question

Adviser = Callable[[Question], Awaitable[str]]
T = TypeVar("T")
M = TypeVar("M", bound=BaseModel)


class Asker(TypedDict, total=False):
    """In whose name a question is asked, and all else that a request says besides what is asked."""

    reason: str
    agent: str
    origin: Thread | None
    policy: str | None
    speakers: tuple[Person, ...]


class Answered(NamedTuple, Generic[T]):
    """What a question came to. Without an answer (declined, expired, withdrawn, failed) the outcome says why."""

    answer: T | None
    outcome: Outcome


class AdviceError(Exception):
    """Whoever was to answer a question cannot; it is left to people."""


async def request_approval(
    request: ApprovalRequest,
    advise: Adviser | None = None,
    *,
    task_queue: str | None = None,
    approval_id: str = "",
) -> Outcome:
    """Ask for an approval as a child workflow and wait for its outcome, from within any workflow.

    `advise` answers what approvers want to know first of a request that names its agent, or raises `AdviceError`; without it only
    people do. `task_queue` is that of Countersign's worker, where it is not the caller's own; `approval_id` is a new one, for
    callers that have to know it before there is an outcome. An approval that ends without an
    outcome of its own (somebody terminated it) is `failed`, hence not approved.
    """
    approval_id = approval_id or ids.new_approval()
    early: list[Outcome] = []
    asked: list[Question] = []
    decided, wondered = calls.decided_signal(approval_id), calls.asked_signal(approval_id)
    workflow.set_signal_handler(decided, _hear_outcome(early))
    workflow.set_signal_handler(wondered, _hear_question(asked))
    child = await workflow.start_child_workflow(
        ApprovalWorkflow.run,
        request,
        id=approval_id,
        task_queue=task_queue,
        parent_close_policy=ParentClosePolicy.REQUEST_CANCEL,
    )
    answering = asyncio.create_task(_answer_questions(child, asked, advise))
    answering.add_done_callback(tasks.read_end)
    try:
        await workflow.wait_condition(lambda: child.done() or bool(early))
        outcome = early[0] if early else await child
    except ChildWorkflowError as error:
        reason = f"The approval ended without an outcome: {error.cause}"
        outcome = Outcome(approval_id=approval_id, status="failed", digest="", reason=reason)
    except asyncio.CancelledError:
        child.cancel()
        raise
    finally:
        answering.cancel()  # what has been decided does not wait for an agent that is still thinking
    workflow.set_signal_handler(decided, None)
    workflow.set_signal_handler(wondered, None)
    return outcome


@overload
async def ask_human(
    question: str,
    options: Sequence[str] = (),
    schema: None = None,
    *,
    requester: Person,
    task_queue: str | None = None,
    **asker: Unpack[Asker],
) -> Answered[str]: ...


@overload
async def ask_human(
    question: str,
    options: Sequence[str] = (),
    *,
    schema: type[M],
    requester: Person,
    task_queue: str | None = None,
    **asker: Unpack[Asker],
) -> Answered[M]: ...


@overload
async def ask_human(
    question: str,
    options: Sequence[str] = (),
    *,
    schema: JsonObject,
    requester: Person,
    task_queue: str | None = None,
    **asker: Unpack[Asker],
) -> Answered[JsonObject]: ...


async def ask_human(
    question: str,
    options: Sequence[str] = (),
    schema: type[BaseModel] | JsonObject | None = None,
    *,
    requester: Person,
    task_queue: str | None = None,
    **asker: Unpack[Asker],
) -> Answered[Any]:
    """Ask people a question from within any workflow, and wait for the answer; who may answer the policy of `ask_human` says.

    The answer is one of the options; with a schema (a flat pydantic model, or its JSON Schema) one of it; else words. What
    people cannot be asked, and an answer that the model's own validators will not have, is an outcome that has `failed`.
    """
    model = schema if isinstance(schema, type) else None
    title, arguments = pose_question(question, options, _describe(schema))
    request = ApprovalRequest(
        action=ASK_HUMAN, title=title, arguments=arguments, requester=requester, **asker
    )
    outcome = await request_approval(request, task_queue=task_queue)
    if model is None or not outcome.approved:
        return Answered(outcome.answer, outcome)
    try:
        return Answered(model.model_validate(outcome.answer), outcome)
    except ValidationError as error:
        reason = f"The answer is not what was asked for: {error}"
        failed = outcome.model_copy(update={"status": "failed", "reason": reason, "answer": None})
        return Answered(None, failed)


def _describe(schema: type[BaseModel] | JsonObject | None) -> JsonObject | None:
    return describe_model(schema) if isinstance(schema, type) else schema


def _hear_outcome(early: list[Outcome]) -> Callable[[Outcome | None], None]:
    """A signal without its input is ignored, here as below: it would fail every task from then on."""

    def hear(outcome: Outcome | None = None) -> None:
        if outcome:
            early.append(outcome)

    return hear


def _hear_question(asked: list[Question]) -> Callable[[Question | None], None]:
    def hear(question: Question | None = None) -> None:
        if question:
            asked.append(question)

    return hear


async def _answer_questions(
    child: ChildWorkflowHandle[Any, Any], asked: list[Question], advise: Adviser | None
) -> None:
    """One after the other, until whoever waits for the outcome has it."""
    while True:
        await workflow.wait_condition(lambda: bool(asked))
        await _answer_child(child, asked.pop(0), advise)


async def _answer_child(
    child: ChildWorkflowHandle[Any, Any], question: Question, advise: Adviser | None
) -> None:
    """An agent that cannot answer leaves it to the people in its thread."""
    if advise is None:
        return
    try:
        text = await advise(question)
        given = Answer(text=text, question=question.number, event_id=f"agent:{question.event_id}")
        await child.signal(ApprovalWorkflow.answer, given)
    except (AdviceError, FailureError, ValidationError) as error:
        if is_cancelled_exception(error):
            raise
        workflow.logger.warning("A question was not answered: %s", error)
