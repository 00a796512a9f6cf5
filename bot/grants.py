"""Rules as the bot and the activities reach them: kept by a workflow, which is started with the first."""

from datetime import UTC, datetime

from temporalio.client import WithStartWorkflowOperation, WorkflowQueryRejectedError
from temporalio.common import QueryRejectCondition, WorkflowIDConflictPolicy

from bot.gateway import (
    READ_SECONDS,
    SIGNAL_SECONDS,
    ApprovalGoneError,
    Gateway,
    GrantRefusedError,
    in_time,
    start_update,
)
from workflows.contracts import GrantUse
from workflows.grantbook import GrantWorkflow
from workflows.grants import Book, Claim, Grant, Refusal, Revocation, in_force
from workflows.ids import grants_workflow


class Grants:
    """The rules of workspaces; each method is one call, and takes well under three seconds or fails."""

    def __init__(self, gateway: Gateway) -> None:
        self._client = gateway.client
        self._task_queue = gateway.task_queue

    async def read(self, team_id: str) -> tuple[Grant, ...]:
        """A workspace's rules that can still be used, in the order in which they were made.

        Raises:
            TemporalAwayError: Temporal or the workers did not answer.
        """
        handle = self._client.get_workflow_handle(self._register(team_id))
        query = handle.query(GrantWorkflow.grants, reject_condition=QueryRejectCondition.NOT_OPEN)
        try:
            return in_force(await in_time(query, READ_SECONDS), datetime.now(UTC))
        except (ApprovalGoneError, WorkflowQueryRejectedError):  # nobody has ever made a rule here
            return ()

    async def make(self, grant: Grant) -> str:
        """Let a rule stand, in its workspace's register, which is started where there is none; a refusal's sentence, or nothing.

        Raises:
            TemporalAwayError: Temporal or the workers did not answer; it may stand all the same.
        """
        start = WithStartWorkflowOperation(
            GrantWorkflow.run,
            Book(),
            id=self._register(grant.team_id),
            task_queue=self._task_queue,
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
        )
        update = self._client.execute_update_with_start_workflow(
            GrantWorkflow.make, grant, start_workflow_operation=start
        )
        try:
            await start_update(start, update)
        except GrantRefusedError as refused:
            return str(refused)
        return ""

    async def use(self, team_id: str, claim: Claim) -> GrantUse | None:
        """Take one use of a rule for an approval, once; None where there is none to take.

        Raises:
            TemporalAwayError: Temporal or the workers did not answer; it may be taken all the same, for that approval.
        """
        handle = self._client.get_workflow_handle(self._register(team_id))
        try:
            return await in_time(handle.execute_update(GrantWorkflow.use, claim), SIGNAL_SECONDS)
        except ApprovalGoneError:
            return None

    async def revoke(self, team_id: str, wish: Revocation) -> Grant:
        """Revoke a workspace's rule; answers with what it was. Whoever revokes it may be of another workspace of its organisation.

        Raises:
            GrantRefusedError: it is refused.
            TemporalAwayError: Temporal or the workers did not answer; it may be revoked all the same.
        """
        handle = self._client.get_workflow_handle(self._register(team_id))
        try:
            return await in_time(handle.execute_update(GrantWorkflow.revoke, wish), SIGNAL_SECONDS)
        except ApprovalGoneError:
            raise GrantRefusedError(Refusal.GONE.value) from None

    def _register(self, team_id: str) -> str:
        return grants_workflow(self._task_queue, team_id)
