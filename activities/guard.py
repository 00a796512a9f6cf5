"""The guard: no gated activity begins without a receipt for exactly what it is about to do."""

from collections.abc import Callable, Collection, Mapping
from contextvars import ContextVar
from typing import Any, TypeVar

from pydantic import JsonValue, ValidationError
from temporalio import activity
from temporalio.exceptions import ApplicationError
from temporalio.worker import (
    ActivityInboundInterceptor,
    ExecuteActivityInput,
    Interceptor,
    WorkflowInboundInterceptor,
    WorkflowInterceptorClassInput,
)

from activities.variables import put
from workflows.contracts import Receipt
from workflows.digest import digest
from workflows.headers import ReceiptInbound, read_header
from workflows.parameters import Parameters, ParametersError, read_parameters

_MARK = "_countersign_needs_receipt"
_RECEIPT: ContextVar[Receipt] = ContextVar("receipt")
"""The receipt of a gated activity, checked."""
_CARRIED: ContextVar[Receipt | None] = ContextVar("carried")
"""What came with any activity, not checked yet."""

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
        with put(_CARRIED, _open(input)):
            if not getattr(input.fn, _MARK, False) and activity.info().activity_type not in self._gated:
                return await super().execute_activity(input)
            with put(_RECEIPT, _check(input)):
                return await super().execute_activity(input)


def _open(call: ExecuteActivityInput) -> Receipt | None:
    """What came with a call, whether it is for it or not."""
    try:
        return read_header(call.headers, activity.payload_converter())
    except ValidationError:
        return None


def check_receipt(action: str, arguments: Mapping[str, JsonValue]) -> Receipt:
    """The receipt that came with the activity that is running, if it is for exactly that.

    Raises:
        ReceiptError: it is not, or none came.
    """
    receipt = _require(action)
    try:
        matches = digest(action, arguments) == receipt.digest
    except ValueError as error:  # what has no digest was not approved
        raise ReceiptError(str(error), "digest_mismatch") from None
    if not matches:
        raise ReceiptError(
            f"{receipt.approval_id} approved something else than this {action}.", "digest_mismatch"
        )
    return receipt


def _require(action: str) -> Receipt:
    receipt = _CARRIED.get(None)
    if receipt is None:
        raise ReceiptError(
            f"{action} needs an approval, and came without a receipt of one.", "receipt_missing"
        )
    return receipt


def _check(call: ExecuteActivityInput) -> Receipt:
    """The receipt of a call of a gated activity."""
    action = activity.info().activity_type
    _require(action)
    try:
        arguments = _read(call.fn).name_values(tuple(call.args))
    except ValueError as error:  # what has no digest was not approved
        raise ReceiptError(str(error), "digest_mismatch") from None
    return check_receipt(action, arguments)


def _read(function: Callable[..., Any]) -> Parameters:
    try:
        return read_parameters(function, strict=False)
    except ParametersError as error:
        raise ReceiptError(str(error), "digest_mismatch") from None
