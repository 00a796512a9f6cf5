"""How a receipt travels: in a header of the one call that it is for, so that the activity's own parameters stay its own."""

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from temporalio import workflow
from temporalio.api.common.v1 import Payload
from temporalio.common import RetryPolicy
from temporalio.converter import PayloadConverter
from temporalio.exceptions import ApplicationError
from temporalio.worker import StartActivityInput, WorkflowInboundInterceptor, WorkflowOutboundInterceptor

from workflows.contracts import Receipt

HEADER = "countersign-receipt"


@dataclass
class _Envelope:
    """A receipt on its way to one activity, and how often that may be attempted, if its caller does not say it."""

    receipt: Receipt
    activity: str
    retry: RetryPolicy | None = None


_SENDING: ContextVar[_Envelope | None] = ContextVar("sending", default=None)


@contextmanager
def send_receipt(receipt: Receipt, activity: str) -> Generator[None]:
    """Have the next activity of that name that is scheduled in this block carry a receipt; no other one gets it."""
    token = _SENDING.set(_Envelope(receipt, activity))
    try:
        yield
    finally:
        _SENDING.reset(token)


def enclose_receipt(receipt: Receipt | None, activity: str, retry: RetryPolicy) -> None:
    """Have what is scheduled next in this task, of that name, carry a receipt and be attempted so often; None: nothing."""
    _SENDING.set(_Envelope(receipt, activity, retry) if receipt else None)


def holds_receipt() -> bool:
    """Whether what this task schedules carries a receipt."""
    return _SENDING.get() is not None


def read_header(headers: Mapping[str, Payload], converter: PayloadConverter) -> Receipt | None:
    """The receipt that came with a call, if any did."""
    payload = headers.get(HEADER)
    return converter.from_payload(payload, Receipt) if payload else None


class ReceiptInbound(WorkflowInboundInterceptor):
    """Puts the outbound side below in its place."""

    def init(self, outbound: WorkflowOutboundInterceptor) -> None:
        """As the SDK calls it, once for each workflow."""
        super().init(_ReceiptOutbound(outbound))


class _ReceiptOutbound(WorkflowOutboundInterceptor):
    """Writes a receipt into the header of the call that it is for, each once in the life of a workflow run."""

    def __init__(self, following: WorkflowOutboundInterceptor) -> None:
        super().__init__(following)
        self._spent: set[str] = set()  # asked for membership only: its order plays no part

    def start_activity(self, input: StartActivityInput) -> "workflow.ActivityHandle[object]":  # noqa: A002 - the SDK's own name
        """Only a call that a receipt is for carries it."""
        envelope = _SENDING.get()
        if envelope is None or envelope.activity != input.activity:
            return super().start_activity(input)
        receipt = envelope.receipt
        if receipt.approval_id in self._spent:
            raise ApplicationError(
                f"{receipt.approval_id} was already used; nothing was done.",
                type="receipt_spent",
                non_retryable=True,
            )
        self._spent.add(receipt.approval_id)
        payload = workflow.payload_converter().to_payload(receipt)
        input.headers = {**input.headers, HEADER: payload}
        input.retry_policy = envelope.retry or input.retry_policy
        return super().start_activity(input)
