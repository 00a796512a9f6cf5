"""How workflows call their ports: which calls are local, how long they may take, how often they are tried."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any, TypeVar

from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import ActivityError, ApplicationError, FailureError, is_cancelled_exception
from temporalio.workflow import ActivityCancellationType

with workflow.unsafe.imports_passed_through():
    from workflows import tasks
    from workflows.attachments import Attachment, ReadFile
    from workflows.burst import BatchPost, Filing, Row
    from workflows.contracts import (
        ArgumentsCheck,
        ArgumentsQuery,
        Cancellation,
        Contract,
        Membership,
        MembershipQuery,
        MessageRef,
        Opening,
        Outcome,
        PlanQuery,
        Publication,
        Published,
        Question,
        Reply,
        Resolution,
        StageQuery,
        Whisper,
    )
    from workflows.elicitation import AnswerCheck, AnswerQuery
    from workflows.ports import PolicyPort, SlackPort, TalkPort
    from workflows.talk import Aside, FilesQuery


P = TypeVar("P", bound=Contract)
_QUICK = timedelta(seconds=1)
_PROMPT = timedelta(seconds=10)
ATTEMPT = timedelta(seconds=20)
"""The longest that one attempt of an activity takes: a few calls of Slack's, ten seconds each."""
_WORTHWHILE = timedelta(minutes=30)
_FILES = timedelta(minutes=1)
_READABLE = timedelta(minutes=2)
"""How long somebody who has attached a file waits for an answer while Slack does not give it out."""
_PATIENT = timedelta(hours=24)
_ONCE = RetryPolicy(maximum_attempts=1)
_FOREVER = RetryPolicy(initial_interval=timedelta(seconds=1), maximum_interval=timedelta(minutes=1))


async def resolve_plan(query: PlanQuery) -> Resolution:
    """The plan for a request. At first a local activity: its result is recorded in history without a round trip.

    It is the only local one, since nobody knows of a request yet that has no plan. A query or another signal that comes
    while a local activity runs can have the worker write a history that it cannot replay.

    Raises:
        FailureError: no policy could be applied, or Slack was away for too long to say who asked.
    """
    try:
        return await workflow.execute_local_activity_method(
            PolicyPort.resolve_plan, query, start_to_close_timeout=_PROMPT, retry_policy=_ONCE
        )
    except FailureError as error:  # bare or wrapped, and not the same way in a replay
        if is_cancelled_exception(error) or (isinstance(error, ApplicationError) and error.non_retryable):
            raise
    return await workflow.execute_activity_method(
        PolicyPort.resolve_plan,
        query,
        start_to_close_timeout=ATTEMPT,
        schedule_to_close_timeout=_PATIENT,
        retry_policy=_FOREVER,
    )


async def open_stage(query: StageQuery) -> Opening:
    """A stage's clocks and people. Nothing of that needs Slack to be there, so it fails only where the plan is wrong.

    Raises:
        FailureError: the plan's calendar cannot be counted by.
    """
    return await workflow.execute_activity_method(
        PolicyPort.open_stage, query, start_to_close_timeout=ATTEMPT, retry_policy=_FOREVER
    )


async def check_arguments(query: ArgumentsQuery) -> ArgumentsCheck:
    """Whether changed arguments are what the action takes, and under which policy; asked like a membership."""
    return await workflow.execute_activity_method(
        PolicyPort.check_arguments, query, start_to_close_timeout=ATTEMPT, retry_policy=_FOREVER
    )


async def check_answer(query: AnswerQuery) -> AnswerCheck:
    """Whether an answer is one that its question takes; asked like a membership."""
    return await workflow.execute_activity_method(
        PolicyPort.check_answer, query, start_to_close_timeout=ATTEMPT, retry_policy=_FOREVER
    )


async def check_member(query: MembershipQuery) -> Membership:
    """Whether a person may decide, asked of Slack until it answers: a click must not be lost in an outage."""
    try:
        return await workflow.execute_activity_method(
            SlackPort.check_member, query, start_to_close_timeout=ATTEMPT, retry_policy=_FOREVER
        )
    except FailureError as error:
        if is_cancelled_exception(error):
            raise
        return Membership(standing="unknown", detail=tasks.explain(error))


async def try_member(query: MembershipQuery) -> Membership | None:
    """Whether somebody may decide, for those who wait for the answer of an update; None when Slack does not say at once."""
    try:
        return await workflow.execute_activity_method(
            SlackPort.check_member,
            query,
            start_to_close_timeout=_QUICK,
            schedule_to_close_timeout=_QUICK,
            retry_policy=_ONCE,
        )
    except FailureError as error:
        if is_cancelled_exception(error):
            raise
        workflow.logger.warning("%s could not be looked up: %s", query.person.user_id, error)
        return None


async def publish_state(publication: Publication, within: timedelta | None = None) -> Published:
    """Have messages published, however long Slack is away, or `within` some time.

    When cancelled it waits for the attempt under way: a card that was posted meanwhile must be known, to be closed.
    """
    return await workflow.execute_activity_method(
        SlackPort.publish_state,
        publication,
        start_to_close_timeout=ATTEMPT,
        schedule_to_close_timeout=within,
        retry_policy=_FOREVER,
        cancellation_type=ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
    )


async def publish_promptly(publication: Publication) -> Published | None:
    """Have messages published within seconds; None when Slack does not get it done in that time."""
    try:
        return await workflow.execute_activity_method(
            SlackPort.publish_state, publication, schedule_to_close_timeout=_PROMPT, retry_policy=_FOREVER
        )
    except ActivityError:
        return None


async def publish_batch(post: BatchPost) -> MessageRef:
    """Have the message about a burst published, however long Slack is away; as `publish_state`.

    Raises:
        ActivityError: Slack will not have it.
    """
    return await workflow.execute_activity_method(
        SlackPort.publish_batch,
        post,
        start_to_close_timeout=ATTEMPT,
        retry_policy=_FOREVER,
        cancellation_type=ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
    )


async def report_row(batch_id: str, row: Row) -> None:
    """Tell the burst that a request is part of what has become of it."""
    await _signal_other(batch_id, "report", row)


async def file_card(approval_id: str, filing: Filing) -> None:
    """Tell a request of a burst where its card belongs."""
    await _signal_other(approval_id, "file", filing)


async def withdraw(approval_id: str, wish: Cancellation) -> None:
    """Withdraw a request that was asked for here."""
    await _signal_other(approval_id, "cancel", wish)


async def _signal_other(workflow_id: str, signal: str, argument: Contract) -> None:
    """One that is gone is none the worse; they are signalled by name, as they know each other."""
    try:
        await workflow.get_external_workflow_handle(workflow_id).signal(signal, argument)
    except FailureError as error:
        if is_cancelled_exception(error):
            raise
        workflow.logger.info("%s was gone: %s", workflow_id, error)


async def whisper_refusal(whisper: Whisper) -> None:
    """Tell a person why their decision does not count; given up when that is no news any more."""
    await _tell_soon(SlackPort.whisper_refusal, whisper)


async def tell_aside(aside: Aside) -> None:
    """Answer somebody while the agent is busy; given up when that is no news any more."""
    await _tell_soon(TalkPort.tell_aside, aside)


async def _tell_soon(port: Callable[[Any, P], Awaitable[None]], words: P) -> None:
    try:
        await workflow.execute_activity_method(
            port,
            words,
            start_to_close_timeout=ATTEMPT,
            schedule_to_close_timeout=_WORTHWHILE,
            retry_policy=_FOREVER,
        )
    except ActivityError as error:
        if is_cancelled_exception(error):
            raise
        workflow.logger.warning("Somebody could not be told: %s", error.cause)


def decided_signal(approval_id: str) -> str:
    """The signal by which a parent hears of an outcome while Slack still keeps the child from closing its cards."""
    return f"decided-{approval_id}"


def asked_signal(approval_id: str) -> str:
    """The signal by which a parent hears of a question about what it asked for."""
    return f"asked-{approval_id}"


async def ask_parent(approval_id: str, question: Question) -> None:
    """Pass a question on to whoever asked; it is their thread's to answer where nobody listens there."""
    await _signal_parent(asked_signal(approval_id), question)


async def tell_parent(outcome: Outcome) -> None:
    """Let whoever asked go on before Slack is back."""
    await _signal_parent(decided_signal(outcome.approval_id), outcome)


async def _signal_parent(signal: str, argument: Contract) -> None:
    """A parent that is gone or does not listen is none the worse."""
    parent = workflow.info().parent
    if parent is None:
        return
    try:
        handle = workflow.get_external_workflow_handle(parent.workflow_id, run_id=parent.run_id)
        await handle.signal(signal, argument)
    except FailureError as error:
        workflow.logger.info("The parent was gone: %s", error)


async def post_reply(reply: Reply) -> None:
    """Post the agent's words, however long Slack is away; if Slack will never have them, the conversation goes on."""
    try:
        await workflow.execute_activity_method(
            SlackPort.post_reply, reply, start_to_close_timeout=ATTEMPT, retry_policy=_FOREVER
        )
    except ActivityError as error:
        if is_cancelled_exception(error):
            raise
        workflow.logger.error("A reply could not be posted: %s", error.cause)


async def read_files(files: tuple[Attachment, ...]) -> tuple[ReadFile, ...]:
    """What files say, or why they were not read; a Slack that is away for long is a reason, too."""
    try:
        read = await workflow.execute_activity_method(
            TalkPort.read_files,
            FilesQuery(files=files),
            start_to_close_timeout=_FILES,
            schedule_to_close_timeout=_READABLE,
            retry_policy=_FOREVER,
        )
    except ActivityError as error:
        if is_cancelled_exception(error):
            raise
        workflow.logger.warning("Files could not be read: %s", error.cause)
        problem = "Slack did not give it out in time"
        return tuple(ReadFile(name=one.name or one.file_id, problem=problem) for one in files)
    return read.files
