"""The two patterns that the bench compares."""

from temporalio import workflow
from temporalio.workflow import ParentClosePolicy

with workflow.unsafe.imports_passed_through():
    from workflows.approval import ApprovalWorkflow
    from workflows.contracts import ApprovalRequest, Contract


class Case(Contract):
    """One approval of the bench."""

    approval_id: str
    request: ApprovalRequest


@workflow.defn
class BareChild:
    """Waits for one signal."""

    def __init__(self) -> None:
        self._approved: bool | None = None

    @workflow.run
    async def run(self, case: Case) -> bool:
        """Wait."""
        del case
        await workflow.wait_condition(lambda: self._approved is not None)
        return bool(self._approved)

    @workflow.signal
    def decide(self, approved: bool) -> None:  # noqa: FBT001 - the pattern as people write it
        """The signal."""
        self._approved = approved


@workflow.defn
class BareParent:
    """Starts the bare child and waits for it."""

    @workflow.run
    async def run(self, case: Case) -> None:
        """Start and wait."""
        await workflow.execute_child_workflow(
            BareChild.run, case, id=case.approval_id, parent_close_policy=ParentClosePolicy.REQUEST_CANCEL
        )


@workflow.defn
class FullParent:
    """Starts an approval as the gate does, under an id that the bench knows."""

    @workflow.run
    async def run(self, case: Case) -> None:
        """Start and wait."""
        await workflow.execute_child_workflow(
            ApprovalWorkflow.run,
            case.request,
            id=case.approval_id,
            parent_close_policy=ParentClosePolicy.REQUEST_CANCEL,
        )
