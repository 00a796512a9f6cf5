"""What a workflow's history proves: an activity that it does not name was never scheduled."""

from typing import Any

from temporalio.api.enums.v1 import EventType
from temporalio.client import WorkflowHandle


async def list_activities(handle: WorkflowHandle[Any, Any]) -> list[str]:
    """The names of all activities that a workflow has had scheduled, in that order."""
    kind = EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED
    return [
        event.activity_task_scheduled_event_attributes.activity_type.name
        async for event in handle.fetch_history_events()
        if event.event_type == kind
    ]
