"""Errors of the model's as sentences for people: what happened, what was done, what to do."""

import pytest
from agents import MaxTurnsExceeded, ModelBehaviorError, ModelRefusalError
from agents.exceptions import ModelTimeoutError
from temporalio.exceptions import ApplicationError, TimeoutType
from temporalio.exceptions import TimeoutError as SpentTimeError

from workflows import failures
from workflows.failures import REFUSAL_LENGTH, Fault, explain_failure, find_fault


def status(code: int, said: str = "", *, kind: str = "APIStatusError") -> ApplicationError:
    """What the agents plugin makes of an answer of the model's server."""
    error = ApplicationError(f"Non retryable OpenAI status code: {code}", type=kind)
    error.__cause__ = ApplicationError(said, type="BadRequestError")
    return error


@pytest.mark.parametrize(
    ("error", "fault"),
    [
        (status(429), failures.RATE),
        (status(400, "This model's maximum context length is 128000 tokens."), failures.TOO_LONG),
        (status(400, "code: context_length_exceeded"), failures.TOO_LONG),
        (status(413), failures.TOO_LONG),
        (status(400, "code: content_policy_violation"), failures.REFUSED),
        (status(401), failures.LOCKED),
        (status(503), failures.AWAY),
        (status(400), failures.UNKNOWN),
        (ApplicationError("Connection error.", type="APIConnectionError"), failures.AWAY),
        (ApplicationError("Request timed out.", type="APITimeoutError"), failures.LATE),
        (ModelTimeoutError(90), failures.LATE),
        (MaxTurnsExceeded("25"), failures.STEPS),
        (ModelBehaviorError("It called a tool that it does not have."), failures.UNKNOWN),
        (ModelRefusalError(""), failures.REFUSED),
    ],
)
def test_each_error_has_its_sentence(error: Exception, fault: Fault) -> None:
    assert find_fault(error) == fault


def test_a_cause_is_found_however_deep() -> None:
    outer = RuntimeError("wrapped")
    outer.__cause__ = SpentTimeError("late", type=TimeoutType.START_TO_CLOSE, last_heartbeat_details=[])
    assert find_fault(outer) == failures.LATE


def test_errors_that_cause_each_other_end() -> None:
    one, other = RuntimeError("one"), RuntimeError("other")
    one.__cause__, other.__cause__ = other, one
    assert find_fault(one) == failures.UNKNOWN


def test_a_refusal_is_told_in_the_model_s_own_words() -> None:
    fault = find_fault(ModelRefusalError("I cannot help with that." + "x" * 1_000))
    assert "It says: I cannot help with that." in fault.cause
    assert len(fault.cause) < REFUSAL_LENGTH + 100


def test_what_was_done_is_told_and_nothing_otherwise() -> None:
    told = explain_failure(failures.LATE, [])
    assert told == (
        "I could not finish this: the model did not answer in time. Nothing was done. Ask again in a few minutes."
    )
    told = explain_failure(failures.LATE, ["Moved 250", "Moved 7"])
    assert told.endswith("This was done before, so do not ask for it again:\nMoved 250\nMoved 7")
    assert "Nothing was done" not in told
