"""What people are told when the agent could not finish: what happened, what was done until then, and what to do now."""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from temporalio import workflow
from temporalio.exceptions import ApplicationError
from temporalio.exceptions import TimeoutError as SpentTimeError

with workflow.unsafe.imports_passed_through():
    from agents import MaxTurnsExceeded, ModelRefusalError
    from agents.exceptions import ModelTimeoutError

APOLOGY = "I could not finish this:"
_STATUS = re.compile(r"status code: (\d{3})")
_TOO_LONG = re.compile(
    r"context_length|context length|maximum context|too many tokens|prompt is too long", re.IGNORECASE
)
_REFUSED = re.compile(r"content_filter|content_policy|content management policy", re.IGNORECASE)
REFUSAL_LENGTH = 500
_RATE, _TOO_LARGE, _BROKEN = 429, 413, 500
_KEYS = (401, 403)


class Fault(NamedTuple):
    """What happened, and what to do about it."""

    cause: str
    advice: str


UNKNOWN = Fault("the model did not answer as it should.", "Please ask again.")
RATE = Fault(
    "the model is asked too often, or its quota is used up.",
    "Ask again in a few minutes; if that does not help, tell whoever runs me.",
)
TOO_LONG = Fault(
    "this conversation has become too long for the model.",
    "I have dropped its older part: ask again, and say what I need to know of it, or begin a new thread.",
)
REFUSED = Fault("the model refuses to answer this.", "Ask for it in other words, or for something else.")
LATE = Fault("the model did not answer in time.", "Ask again in a few minutes.")
AWAY = Fault(
    "the model could not be reached.",
    "Ask again in a few minutes; if that does not help, tell whoever runs me.",
)
LOCKED = Fault("the model does not take the key that I have for it.", "Tell whoever runs me.")
STEPS = Fault(
    "it took more model calls than one message may lead to.", "Ask for less at once, in several messages."
)
_BY_TYPE = {"APITimeoutError": LATE, "TimeoutError": LATE, "APIConnectionError": AWAY}


def find_fault(error: BaseException) -> Fault:
    """What an error of the model's means for people."""
    chain = list(_chain(error))
    for one in chain:
        if isinstance(one, ModelRefusalError):
            return _quote(one)
        if isinstance(one, MaxTurnsExceeded):
            return STEPS
        if isinstance(one, ModelTimeoutError | SpentTimeError):
            return LATE
    said = "\n".join(str(one) for one in chain)
    found = [
        _BY_TYPE[one.type] for one in chain if isinstance(one, ApplicationError) and one.type in _BY_TYPE
    ]
    status = _STATUS.search(said)
    return next(iter(found), None) or _by_status(int(status[1]) if status else 0, said)


def explain_failure(fault: Fault, effects: Sequence[str]) -> str:
    """The sentences that people are told, with all that was done until then, lest it be asked for again."""
    lead = f"{APOLOGY} {fault.cause}"
    if not effects:
        return f"{lead} Nothing was done. {fault.advice}"
    done = "\n".join(effects)
    return f"{lead} {fault.advice} This was done before, so do not ask for it again:\n{done}"


def _by_status(status: int, said: str) -> Fault:
    if status == _TOO_LARGE or _TOO_LONG.search(said):
        return TOO_LONG
    if _REFUSED.search(said):
        return REFUSED
    if status == _RATE:
        return RATE
    if status in _KEYS:
        return LOCKED
    return AWAY if status >= _BROKEN else UNKNOWN


def _quote(error: ModelRefusalError) -> Fault:
    """A refusal in the model's own words, where it has any."""
    words = error.refusal.strip()[:REFUSAL_LENGTH]
    return REFUSED._replace(cause=f"the model refuses to answer this. It says: {words}") if words else REFUSED


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """An error and what led to it; Temporal's failures know their causes in two ways."""
    seen = 0
    while error is not None and seen < 20:  # noqa: PLR2004 - no chain of ours is as long; a circle would be
        yield error
        error, seen = error.__cause__ or getattr(error, "cause", None), seen + 1
