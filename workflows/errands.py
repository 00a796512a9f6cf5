"""What approvals have done about rules: one used in place of asking people, one made of an approval."""

from datetime import timedelta

from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import FailureError, is_cancelled_exception

with workflow.unsafe.imports_passed_through():
    from workflows import calls
    from workflows.contracts import GrantUse
    from workflows.grants import GrantQuery, Making
    from workflows.ports import GrantPort

_LOOK = timedelta(seconds=10)
_ATTEMPT = timedelta(seconds=4)
_WORTHWHILE = timedelta(minutes=30)
_RETRIES = RetryPolicy(initial_interval=timedelta(seconds=1), maximum_interval=timedelta(minutes=1))
UNMADE = (
    "This is approved, but no rule was made of it, because Temporal or Slack did not answer for a long time."
)


async def use_grant(query: GrantQuery) -> GrantUse | None:
    """One use of a rule that stands for a request; None where there is none, or where that cannot be told soon."""
    try:
        return await workflow.execute_activity_method(
            GrantPort.use_grant,
            query,
            start_to_close_timeout=_ATTEMPT,
            schedule_to_close_timeout=_LOOK,
            retry_policy=_RETRIES,
        )
    except FailureError as error:
        if is_cancelled_exception(error):
            raise
        workflow.logger.warning("It cannot be told whether a rule applies, so people are asked: %s", error)
        return None


async def make_grant(making: Making) -> str:
    """Have a rule made; answers with the sentence that its owner is told."""
    try:
        return await workflow.execute_activity_method(
            GrantPort.make_grant,
            making,
            start_to_close_timeout=calls.ATTEMPT,
            schedule_to_close_timeout=_WORTHWHILE,
            retry_policy=_RETRIES,
        )
    except FailureError as error:
        if is_cancelled_exception(error):
            raise
        workflow.logger.error("A rule could not be made: %s", error)
        return UNMADE
