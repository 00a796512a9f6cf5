"""What has to be typed again at high severity, and whether it was: pure functions."""

from decimal import Decimal, InvalidOperation

from pydantic import JsonValue

from workflows.contracts import ApprovalState

TYPED_LENGTH = 100
"""How much people are asked to type again; where it is more they type the action's name."""


def expected_text(state: ApprovalState) -> str:
    """What has to be typed again at high severity: the argument that the plan names, else the action's name."""
    value = _find_value(state)
    shown = str(value).lower() if isinstance(value, bool) else str(value)
    return shown if value is not None and _is_typable(shown) else state.request.action


def _is_typable(text: str) -> bool:
    """Whether people can type this as it is: something on one line without hidden characters."""
    return bool(text.strip()) and text.isprintable() and len(text) <= TYPED_LENGTH


def _find_value(state: ApprovalState) -> str | float | None:
    value: JsonValue = state.request.arguments
    for name in state.plan.retype.split(".") if state.plan else ():
        value = value.get(name) if isinstance(value, dict) else None
    return value if isinstance(value, str | int | float) else None


def is_proof(state: ApprovalState, typed: str) -> bool:
    """Numbers may be written differently (12500.0 for 12500), words may not."""
    value = _find_value(state)
    if typed.strip() == expected_text(state).strip():
        return True
    if isinstance(value, str | bool) or value is None:
        return False
    try:
        return Decimal(typed.strip()) == Decimal(str(value))
    except InvalidOperation:
        return False
