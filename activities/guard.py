"""The guard: no gated activity begins without a receipt for exactly what it is about to do."""

from collections.abc import Callable, Collection, Generator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TypeVar

from pydantic import ValidationError
from temporalio import activity
from temporalio.exceptions import ApplicationError
from temporalio.worker import (
    ActivityInboundInterceptor,
    ExecuteActivityInput,
    Interceptor,
    WorkflowInboundInterceptor,
    WorkflowInterceptorClassInput,
)

from workflows.contracts import Receipt
from workflows.digest import digest
from workflows.headers import ReceiptInbound, read_header
from workflows.parameters import Parameters, ParametersError, read_parameters

_MARK = "_countersign_needs_receipt"
_RECEIPT: ContextVar[Receipt] = ContextVar("receipt")

F = TypeVar("F", bound=Callable[..., Any])


class ReceiptError(ApplicationError):
    """A gated activity was not begun; trying again would change nothing."""

    def __init__(self, sentence: str, kind: str) -> None:
        super().__init__(f"{sentence} Nothing was done.", type=kind, non_retryable=True)


def needs_receipt(activity: F) -> F:
    """Mark what implements an activity, so that no workflow can have it run but through an approval."""
    setattr(activity, _MARK, True)
    return activity


def read_receipt() -> Receipt:
    """The receipt by which the activity runs that is running; its `approval_id` is the idempotency key.

    Raises:
        ReceiptError: the activity is not gated.
    """
    receipt = _RECEIPT.get(None)
    if receipt is None:
        raise ReceiptError("This activity runs without a receipt.", "receipt_missing")
    return receipt


class Guard(Interceptor):
    """Checks gated activities: those that are marked, and those of the names given. Workflows get what sends receipts."""

    def __init__(self, gated: Collection[str] = ()) -> None:
        self._gated = frozenset(gated)

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:  # noqa: A002 - the SDK's own name
        """As the SDK calls it, once for each attempt of an activity."""
        return _GuardInbound(next, self._gated)

    def workflow_interceptor_class(
        self,
        input: WorkflowInterceptorClassInput,  # noqa: A002, ARG002 - the SDK's own name, and nothing of it is needed
    ) -> type[WorkflowInboundInterceptor]:
        """As the SDK calls it, once for each kind of workflow."""
        return ReceiptInbound


class _GuardInbound(ActivityInboundInterceptor):
    def __init__(self, following: ActivityInboundInterceptor, gated: Collection[str]) -> None:
        super().__init__(following)
        self._gated = gated

    async def execute_activity(self, input: ExecuteActivityInput) -> Any:  # noqa: A002 - the SDK's own name
        """Check, then run; what the activity raises is its own."""
        if not getattr(input.fn, _MARK, False) and activity.info().activity_type not in self._gated:
            return await super().execute_activity(input)
        with _hold(_check(input)):
            return await super().execute_activity(input)


@contextmanager
def _hold(receipt: Receipt) -> Generator[None]:
    token = _RECEIPT.set(receipt)
    try:
        yield
    finally:
        _RECEIPT.reset(token)


def _check(call: ExecuteActivityInput) -> Receipt:
    """The receipt of a call, if it is for exactly that."""
    name = activity.info().activity_type
    try:
        receipt = read_header(call.headers, activity.payload_converter())
    except ValidationError:
        receipt = None
    if receipt is None:
        raise ReceiptError(f"{name} needs an approval, and came without a receipt of one.", "receipt_missing")
    try:
        matches = digest(name, _read(call.fn).name_values(tuple(call.args))) == receipt.digest
    except ValueError as error:  # what has no digest was not approved
        raise ReceiptError(str(error), "digest_mismatch") from None
    if not matches:
        raise ReceiptError(
            f"{receipt.approval_id} approved something else than this {name}.", "digest_mismatch"
        )
    return receipt


def _read(function: Callable[..., Any]) -> Parameters:
    try:
        return read_parameters(function, strict=False)
    except ParametersError as error:
        raise ReceiptError(str(error), "digest_mismatch") from None
