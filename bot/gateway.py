"""The gateway: what Slack does to workflows and asks of them. With `catalog.py`, the lists, all that uses Temporal's client."""

import asyncio
from collections.abc import Coroutine, Iterable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, NamedTuple, TypeVar

from temporalio.client import (
    Client,
    RPCTimeoutOrCancelledError,
    WithStartWorkflowOperation,
    WorkflowHandle,
    WorkflowQueryFailedError,
    WorkflowQueryRejectedError,
    WorkflowUpdateFailedError,
)
from temporalio.common import QueryRejectCondition, WorkflowIDConflictPolicy, WorkflowIDReusePolicy
from temporalio.exceptions import ApplicationError, WorkflowAlreadyStartedError
from temporalio.service import RPCError, RPCStatusCode

from workflows import grants, policy
from workflows.agent import AgentWorkflow
from workflows.approval import ApprovalWorkflow
from workflows.batch import BatchWorkflow
from workflows.burst import Batch
from workflows.contracts import (
    Answer,
    ApprovalRequest,
    ApprovalState,
    Cancellation,
    Conversation,
    Decision,
    Delegation,
    Heard,
    Outcome,
    Person,
    Question,
)
from workflows.delegation import Refusal, in_force
from workflows.grantbook import PREFIX
from workflows.ids import agent_workflow, delegations_workflow, filed_approval, preferences_workflow
from workflows.preferences import FULL, Preferences
from workflows.profiles import FULL_TYPE, PreferenceWorkflow, Profiles
from workflows.registry import DelegationWorkflow, Register
from workflows.talk import TurnCancellation

SIGNAL_SECONDS = 2.0
"""Well under the 3 seconds that Slack and Bolt give a listener."""
READ_SECONDS = 1.5

_NO_NAMESPACE = "Namespace "
"""How Temporal begins to say that there is no such namespace, which it answers with the same code as for a workflow."""
T = TypeVar("T")
U = TypeVar("U")


class TemporalAwayError(Exception):
    """Temporal did not take it in time; nothing is acknowledged, so the user may try again."""


class ApprovalGoneError(Exception):
    """There is no such approval, or it has ended."""


class DelegationRefusedError(Exception):
    """A delegation does not stand; the message is the sentence that says why."""


class PreferencesRefusedError(Exception):
    """Somebody's preferences cannot be kept; the message is the sentence that says why."""


class GrantRefusedError(Exception):
    """Nothing came of a wish about a rule; the message is the sentence that says why."""


class Tally(NamedTuple):
    """How many of several decisions were taken in, had an approval that has ended, and were not taken in."""

    handed: int
    gone: int
    away: int


class Gateway:
    """What Slack can do to workflows: each method is one call, and takes well under three seconds or fails."""

    def __init__(self, client: Client, task_queue: str) -> None:
        self._client = client
        self._task_queue = task_queue

    @property
    def client(self) -> Client:
        """The way to Temporal."""
        return self._client

    @property
    def task_queue(self) -> str:
        """Where the workers are."""
        return self._task_queue

    async def hear(self, conversation: Conversation, heard: Heard) -> None:
        """Hand a message to its thread's conversation, which begins like this where there is none.

        Raises:
            TemporalAwayError: Temporal did not take it.
        """
        start = self._client.start_workflow(
            AgentWorkflow.run,
            conversation,
            id=agent_workflow(conversation.thread),
            task_queue=self._task_queue,
            start_signal="hear",
            start_signal_args=[heard],
        )
        await in_time(start, SIGNAL_SECONDS)

    async def decide(self, approval_id: str, decision: Decision) -> None:
        """Hand a decision to its approval, which says whether it counts.

        Raises:
            ApprovalGoneError: there is no such open approval.
            TemporalAwayError: Temporal did not take it.
        """
        handle = self._find(approval_id)
        await in_time(handle.signal(ApprovalWorkflow.decide, decision), SIGNAL_SECONDS)

    async def start_approval(self, request: ApprovalRequest, event_id: str) -> str:
        """Start an approval in somebody's own name, once for each event; answers with its id.

        Raises:
            TemporalAwayError: Temporal did not take it, or did not say so in time.
        """
        start = self._client.start_workflow(
            ApprovalWorkflow.run,
            request,
            id=filed_approval(event_id),
            task_queue=self._task_queue,
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
            id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
        )
        with suppress(WorkflowAlreadyStartedError):  # it has even ended by now
            await in_time(start, SIGNAL_SECONDS)
        return filed_approval(event_id)

    async def cancel(self, approval_id: str, wish: Cancellation) -> None:
        """Hand a cancellation to its approval, which says whether it counts; raises as `decide`."""
        handle = self._find(approval_id)
        await in_time(handle.signal(ApprovalWorkflow.cancel, wish), SIGNAL_SECONDS)

    async def cancel_turn(self, conversation: str, wish: TurnCancellation) -> None:
        """Hand the wish to call everything off to its conversation, which says whether it counts; raises as `decide`."""
        handle = self._client.get_workflow_handle(conversation)
        await in_time(handle.signal(AgentWorkflow.cancel, wish), SIGNAL_SECONDS)

    async def decide_all(self, decisions: Mapping[str, Decision]) -> Tally:
        """Hand decisions to their approvals, at once and each for itself; says which were taken."""
        results = await asyncio.gather(
            *(self.decide(*one) for one in decisions.items()), return_exceptions=True
        )
        return Tally(
            handed=sum(one is None for one in results),
            gone=sum(isinstance(one, ApprovalGoneError) for one in results),
            away=sum(
                isinstance(one, BaseException) and not isinstance(one, ApprovalGoneError) for one in results
            ),
        )

    async def ask(self, approval_id: str, question: Question) -> None:
        """Hand a question to its approval, which says whether it counts; raises as `decide`."""
        handle = self._find(approval_id)
        await in_time(handle.signal(ApprovalWorkflow.ask, question), SIGNAL_SECONDS)

    async def answer(self, approval_id: str, given: Answer) -> None:
        """Hand an answer to the approval in which that was asked, which says whether it counts; raises as `decide`."""
        handle = self._find(approval_id)
        await in_time(handle.signal(ApprovalWorkflow.answer, given), SIGNAL_SECONDS)

    async def read_state(self, approval_id: str) -> ApprovalState:
        """Everything about an approval, also about one that has ended; one that was terminated has `failed`.

        Raises:
            ApprovalGoneError: there is no such approval, or no longer.
            TemporalAwayError: Temporal or the workers did not answer.
        """
        handle = self._find(approval_id)
        state, found = await in_time(
            both(handle.query(ApprovalWorkflow.state), handle.describe()), READ_SECONDS
        )
        if found.close_time and state.status == "pending":
            return policy.close(state, "failed", found.close_time, "The approval was ended from outside")
        return state

    async def read_states(self, approval_ids: Iterable[str]) -> list[ApprovalState]:
        """Everything about several approvals, in that order, without those that there are not.

        Raises:
            TemporalAwayError: Temporal or the workers did not answer.
        """
        read = (self.read_state(one) for one in approval_ids)
        results = await asyncio.gather(*read, return_exceptions=True)
        for one in results:
            if isinstance(one, BaseException) and not isinstance(one, ApprovalGoneError):
                raise one
        return [one for one in results if isinstance(one, ApprovalState)]

    async def read_batch(self, batch_id: str) -> Batch:
        """Everything about a burst, also about one that is over.

        Raises:
            ApprovalGoneError: there is none, or no longer.
            TemporalAwayError: Temporal or the workers did not answer.
        """
        handle = self._client.get_workflow_handle_for(BatchWorkflow.run, batch_id)
        return await in_time(handle.query(BatchWorkflow.state), READ_SECONDS)

    async def delegate(self, wish: Delegation) -> None:
        """Let a delegation stand in its workspace, whose register is started where there is none.

        Raises:
            DelegationRefusedError: it is refused.
            TemporalAwayError: Temporal or the workers did not answer; it may stand all the same.
        """
        start = WithStartWorkflowOperation(
            DelegationWorkflow.run,
            Register(),
            id=self._register(wish.principal.team_id),
            task_queue=self._task_queue,
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
        )
        update = self._client.execute_update_with_start_workflow(
            DelegationWorkflow.delegate, wish, start_workflow_operation=start
        )
        await start_update(start, update)

    async def revoke(self, principal: Person) -> tuple[Delegation, ...]:
        """Take back all of a principal's delegations; answers with those that were in force.

        Raises:
            TemporalAwayError: Temporal or the workers did not answer; they may be taken back all the same.
        """
        handle = self._client.get_workflow_handle(self._register(principal.team_id))
        try:
            return await in_time(handle.execute_update(DelegationWorkflow.revoke, principal), SIGNAL_SECONDS)
        except ApprovalGoneError:  # nobody has ever handed over anything here
            return ()

    async def read_delegations(self, team_id: str) -> tuple[Delegation, ...]:
        """A workspace's delegations in force, in the order in which they were made.

        Raises:
            TemporalAwayError: Temporal or the workers did not answer.
        """
        handle = self._client.get_workflow_handle(self._register(team_id))
        query = handle.query(DelegationWorkflow.delegations, reject_condition=QueryRejectCondition.NOT_OPEN)
        try:
            return in_force(await in_time(query, READ_SECONDS), datetime.now(UTC))
        except (ApprovalGoneError, WorkflowQueryRejectedError):  # there is no register, or no longer
            return ()

    async def prefer(self, wish: Preferences) -> None:
        """Keep how somebody wants to be written to, in their workspace's register, which is started where there is none.

        Raises:
            PreferencesRefusedError: they cannot be kept.
            TemporalAwayError: Temporal or the workers did not answer; they may be kept all the same.
        """
        start = WithStartWorkflowOperation(
            PreferenceWorkflow.run,
            Profiles(),
            id=preferences_workflow(self._task_queue, wish.person.team_id),
            task_queue=self._task_queue,
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
        )
        update = self._client.execute_update_with_start_workflow(
            PreferenceWorkflow.prefer, wish, start_workflow_operation=start
        )
        await start_update(start, update)

    async def read_preferences(self, team_id: str) -> tuple[Preferences, ...]:
        """Those of a workspace's people who want to be written to otherwise than the policy says.

        Raises:
            TemporalAwayError: Temporal or the workers did not answer.
        """
        handle = self._client.get_workflow_handle(preferences_workflow(self._task_queue, team_id))
        query = handle.query(PreferenceWorkflow.preferences, reject_condition=QueryRejectCondition.NOT_OPEN)
        try:
            return await in_time(query, READ_SECONDS)
        except (ApprovalGoneError, WorkflowQueryRejectedError):  # nobody has ever wished anything here
            return ()

    def _find(self, approval_id: str) -> WorkflowHandle[ApprovalWorkflow, Outcome]:
        return self._client.get_workflow_handle_for(ApprovalWorkflow.run, approval_id)

    def _register(self, team_id: str) -> str:
        return delegations_workflow(self._task_queue, team_id)

    async def check_health(self) -> None:
        """Whether Temporal answers.

        Raises:
            TemporalAwayError: it does not.
        """
        await in_time(self._client.service_client.check_health(), READ_SECONDS)


async def start_update(
    start: WithStartWorkflowOperation[Any, Any], update: Coroutine[Any, Any, object]
) -> None:
    """An update, with the start of its workflow where there is none; raises as `in_time`."""
    asyncio.gather(start.workflow_handle(), return_exceptions=True)  # unread, its failure would be logged
    await in_time(update, SIGNAL_SECONDS)


async def both(one: Coroutine[Any, Any, T], other: Coroutine[Any, Any, U]) -> tuple[T, U]:
    """Two calls at once."""
    first, second = await asyncio.gather(one, other)
    return first, second


async def in_time(call: Coroutine[Any, Any, T], seconds: float) -> T:
    """What a call of Temporal's answers within some seconds.

    Raises:
        ApprovalGoneError: there is no such workflow.
        DelegationRefusedError, GrantRefusedError, PreferencesRefusedError: the workflow refused it.
        TemporalAwayError: there was no answer, or none that helps.
    """
    try:
        async with asyncio.timeout(seconds):
            return await call
    except TimeoutError:
        raise TemporalAwayError("Temporal did not answer in time.") from None
    except RPCError as error:
        if error.status == RPCStatusCode.NOT_FOUND and not error.message.startswith(_NO_NAMESPACE):
            raise ApprovalGoneError(str(error)) from None
        raise TemporalAwayError(f"Temporal refused the call: {error}") from error
    except RPCTimeoutOrCancelledError:  # what a timeout makes of an update
        raise TemporalAwayError("Temporal did not answer in time.") from None
    except WorkflowQueryFailedError as error:
        raise TemporalAwayError(f"The workflow could not be read: {error}") from error
    except WorkflowUpdateFailedError as error:
        raise _refusal(error) from error


def _refusal(error: WorkflowUpdateFailedError) -> Exception:
    """A refusal by its name; anything else that fails an update is no sentence for people."""
    cause = error.cause
    name = (cause.type or "") if isinstance(cause, ApplicationError) else ""
    if name in Refusal.__members__:
        return DelegationRefusedError(Refusal[name].value)
    rule = name.removeprefix(PREFIX)
    if rule != name and rule in grants.Refusal.__members__:
        return GrantRefusedError(grants.Refusal[rule].value)
    if name == FULL_TYPE:
        return PreferencesRefusedError(FULL)
    return TemporalAwayError(f"The workers failed: {cause}")
