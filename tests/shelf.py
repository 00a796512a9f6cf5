"""Approvals that nobody works on: as visibility knows them, without a worker, a card or a click."""

import uuid
from typing import Any, cast

from temporalio.client import Client, WorkflowHandle
from temporalio.common import SearchAttributePair, TypedSearchAttributes

from tests.factories import build_plan, build_request, build_state
from workflows import attributes, notices
from workflows.case import SUMMARY_MEMO
from workflows.contracts import ApprovalState, Person


def build_pending(team_id: str, title: str = "Request", **changes: Any) -> ApprovalState:
    """A pending approval of a team; `plan` has the changes of its plan, the rest those of its state."""
    plan, requester = changes.pop("plan", {}), changes.pop("requester", "UREQUESTER")
    request = build_request(title=title, requester=Person(team_id=team_id, user_id=requester))
    values = {"approval_id": f"approval-{uuid.uuid4()}", "request": request, "plan": build_plan(**plan)}
    return build_state(**(values | changes))


async def put_approval(client: Client, state: ApprovalState) -> WorkflowHandle[Any, Any]:
    """Start it where no worker takes it, told to visibility as its workflow would."""
    pairs = [
        SearchAttributePair(cast(Any, one.key), cast(Any, one.value)) for one in attributes.describe(state)
    ]
    return await client.start_workflow(
        "ApprovalWorkflow",
        state.request,
        id=state.approval_id,
        task_queue="nobody",
        memo={SUMMARY_MEMO: notices.summary(state)},
        search_attributes=TypedSearchAttributes(pairs),
    )
