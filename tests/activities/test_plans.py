"""The built-in policy."""

from datetime import timedelta

import pytest

from activities.plans import PlanActivities
from tests.factories import build_request
from workflows.contracts import ApprovalRequest, Approvers, Plan, Stage
from workflows.ports import PolicyPort

PLANS = PlanActivities("CAPPROVALS", "COUTCOMES")


@pytest.mark.parametrize(
    "request_", [build_request(), build_request(action="other", policy="named", arguments={})]
)
async def test_one_member_of_the_approvals_channel_decides_within_a_day(request_: ApprovalRequest) -> None:
    assert await PLANS.resolve_plan(request_) == Plan(
        policy="built-in",
        stages=(
            Stage(
                name="approval",
                approvers=(Approvers(kind="channel", id="CAPPROVALS"),),
                quorum=1,
                deadline=timedelta(hours=24),
            ),
        ),
        card_channel="CAPPROVALS",
        outcome_channels=("COUTCOMES",),
    )


def test_the_activity_answers_under_the_name_of_its_port() -> None:
    name = "__temporal_activity_definition"
    assert (
        getattr(PLANS.resolve_plan, name).name
        == getattr(PolicyPort.resolve_plan, name).name
        == "resolve_plan"
    )
