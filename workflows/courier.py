"""The courier of daily digests: each is a workflow of its own, which one of Temporal's schedules starts."""

from datetime import timedelta

from temporalio import workflow
from temporalio.common import RetryPolicy

with workflow.unsafe.imports_passed_through():
    from workflows.ports import RoundupPort
    from workflows.roundup import Roundup, RoundupQuery

_ATTEMPT = timedelta(seconds=60)
WORTHWHILE = timedelta(hours=6)
"""After so long it is no news any more; the next one says it."""
_RETRIES = RetryPolicy(initial_interval=timedelta(seconds=1), maximum_interval=timedelta(minutes=1))


@workflow.defn
class RoundupWorkflow:
    """One digest, on one day."""

    @workflow.run
    async def run(self, roundup: Roundup) -> None:
        """Have it sent, if there is anything to tell.

        Raises:
            ActivityError: Slack will not have it, or has been away for too long; whoever operates this sees it here.
        """
        await workflow.execute_activity_method(
            RoundupPort.send_roundup,
            RoundupQuery(roundup=roundup, key=workflow.info().workflow_id, due_at=workflow.now()),
            start_to_close_timeout=_ATTEMPT,
            schedule_to_close_timeout=WORTHWHILE,
            retry_policy=_RETRIES,
        )
