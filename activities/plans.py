"""Which policy applies to a request: so far the built-in one."""

from datetime import timedelta

from temporalio import activity

from workflows.contracts import ApprovalRequest, Approvers, Plan, Stage
from workflows.ports import PolicyPort

BUILT_IN = "built-in"
DEADLINE = timedelta(hours=24)


class PlanActivities(PolicyPort):
    """The policy port: one approval by anyone in the approvals channel, within a day."""

    def __init__(self, approvals_channel: str, outcomes_channel: str) -> None:
        self._plan = Plan(
            policy=BUILT_IN,
            stages=(
                Stage(
                    name="approval", approvers=(Approvers(id=approvals_channel),), quorum=1, deadline=DEADLINE
                ),
            ),
            card_channel=approvals_channel,
            outcome_channels=(outcomes_channel,),
        )

    @activity.defn
    async def resolve_plan(self, request: ApprovalRequest) -> Plan:
        """The built-in plan, whatever the request."""
        del request
        return self._plan
