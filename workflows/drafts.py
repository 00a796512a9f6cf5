"""Which model calls are written in the thread while the model speaks: those of the run that answers, and no others.

A nested agent, a guardrail, or the agent that answers an approver speaks to somebody else. So a call carries its draft in a
header, put there right before it is made; all that history holds of streaming is that header.
"""

from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass

from temporalio import workflow
from temporalio.api.common.v1 import Payload
from temporalio.converter import PayloadConverter
from temporalio.worker import StartActivityInput, WorkflowInboundInterceptor, WorkflowOutboundInterceptor

from workflows.talk import Draft

MODEL = "invoke_model_activity"
"""As the plugin names the activity that calls a model."""
HEADER = "countersign-draft"


@dataclass
class _Announcement:
    """A draft on its way to one model call."""

    draft: Draft
    is_spent: bool = False


_ANNOUNCED: ContextVar[_Announcement | None] = ContextVar("announced", default=None)


def announce_draft(draft: Draft | None) -> None:
    """Have the next model call that this task makes be written in the thread, or not; what it makes after that is not."""
    _ANNOUNCED.set(_Announcement(draft) if draft else None)


def read_draft(headers: Mapping[str, Payload], converter: PayloadConverter) -> Draft | None:
    """The draft that a call is to be written into, if any."""
    payload = headers.get(HEADER)
    return converter.from_payload(payload, Draft) if payload else None


class DraftInbound(WorkflowInboundInterceptor):
    """Puts the outbound side below in its place."""

    def init(self, outbound: WorkflowOutboundInterceptor) -> None:
        """As the SDK calls it, once for each workflow."""
        super().init(_DraftOutbound(outbound))


class _DraftOutbound(WorkflowOutboundInterceptor):
    """Writes a draft into the header of the model call that it was announced for."""

    def start_activity(self, input: StartActivityInput) -> "workflow.ActivityHandle[object]":  # noqa: A002 - the SDK's own name
        """Only a model call carries it, and only one does."""
        announced = _ANNOUNCED.get()
        if announced and not announced.is_spent and input.activity == MODEL:
            announced.is_spent = True
            payload = workflow.payload_converter().to_payload(announced.draft)
            input.headers = {**input.headers, HEADER: payload}
        return super().start_activity(input)
