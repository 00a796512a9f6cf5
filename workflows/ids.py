"""Workflow ids: how an approval and a conversation are found again."""

import re
from uuid import NAMESPACE_URL, uuid5

from temporalio import workflow

from workflows.contracts import Thread

APPROVAL_ID = re.compile(r"approval-[A-Za-z0-9_-]{1,200}")

BATCH_ID = re.compile(r"batch-[A-Za-z0-9_-]{1,200}")

CONVERSATION_ID = re.compile(
    r"agent-(?P<team_id>[A-Z0-9]{1,30})-(?P<channel_id>[A-Z0-9]{1,30})-(?P<thread_ts>\d+\.\d+)"
)


def new_approval() -> str:
    """An id for a new approval; never reused, so that two approvals cannot collide."""
    return f"approval-{workflow.uuid4()}"


def filed_approval(event_id: str) -> str:
    """The id of an approval that a person asks for; the same event has the same, however often it is delivered."""
    return f"approval-{uuid5(NAMESPACE_URL, f'countersign:{event_id}')}"


def new_batch() -> str:
    """An id for what shows a burst."""
    return f"batch-{workflow.uuid4()}"


def agent_workflow(thread: Thread) -> str:
    """The id of the conversation in a thread."""
    return f"agent-{thread.team_id}-{thread.channel_id}-{thread.thread_ts}"


def find_thread(workflow_id: str) -> Thread | None:
    """The thread whose conversation has that id; none where it is no conversation's."""
    match = CONVERSATION_ID.fullmatch(workflow_id)
    return Thread.model_validate(match.groupdict()) if match else None


def delegations_workflow(task_queue: str, team_id: str) -> str:
    """The id of the register of a workspace's delegations.

    It names the queue: a register left on a queue that has no workers any more would hold up every click.
    """
    return f"delegations-{task_queue}-{team_id}"


def preferences_workflow(task_queue: str, team_id: str) -> str:
    """The id of the register of a workspace's notification preferences; it names the queue as that of delegations does."""
    return f"preferences-{task_queue}-{team_id}"


GRANT_ID = re.compile(r"rule-[0-9a-f-]{36}")


def grant_of(approval_id: str) -> str:
    """The id of the rule that an approval makes; it makes one at most."""
    return f"rule-{uuid5(NAMESPACE_URL, f'countersign:rule:{approval_id}')}"


def grants_workflow(task_queue: str, team_id: str) -> str:
    """The id of the register of a workspace's rules; it names the queue as that of delegations does."""
    return f"rules-{task_queue}-{team_id}"
