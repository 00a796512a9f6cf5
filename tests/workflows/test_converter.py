"""Payloads of ours are read strictly, those of models leniently."""

import json
from datetime import timedelta
from typing import Annotated, Any, cast, get_args

import pytest
from agents import ModelResponse, Usage
from openai.types.responses import ResponseOutputMessage, ResponseOutputText
from pydantic import StrictBool, ValidationError
from temporalio.api.common.v1 import Payload

from tests.factories import NOW, build_decision, build_plan, build_request, build_state
from workflows.contracts import ApprovalRequest, Cancellation, Carried, Contract, Decision, Outcome, Plan
from workflows.converter import DATA_CONVERTER
from workflows.ports import Transfer

CONVERTER = DATA_CONVERTER.payload_converter
DECISION = build_decision(decided_at=NOW)


def read(raw: str, hint: Any) -> Any:
    """The value that a signal, an input or a result of this JSON arrives as."""
    payload = Payload(metadata={"encoding": b"json/plain"}, data=raw.encode())
    (value,) = CONVERTER.from_payloads([payload], [hint])
    return value


def round_trip(value: object, hint: Any) -> Any:
    (payload,) = CONVERTER.to_payloads([value])
    assert payload.metadata["encoding"] == b"json/plain"
    (found,) = CONVERTER.from_payloads([payload], [hint])
    return found


def test_a_decision_is_read_as_sent() -> None:
    assert read(DECISION.model_dump_json(), Decision) == DECISION


@pytest.mark.parametrize(
    "changes",
    [
        {"verdict": "yes"},
        {"verdict": None},
        {"verdict": True},
        {"decided_by": "U1"},
        {"decided_by": {"user_id": "U1"}},
        {"decided_by": {"team_id": "T1", "user_id": ""}},
        {"digest": None},
        {"stage": "first"},
        {"stage": 0.5},
        {"event_id": ""},
        {"via": "pigeon"},
    ],
    ids=str,
)
def test_a_malformed_decision_is_refused(changes: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        read(json.dumps(DECISION.model_dump(mode="json") | changes), Decision)


@pytest.mark.parametrize("missing", ["verdict", "decided_by", "digest", "event_id"])
def test_a_decision_that_leaves_something_out_is_refused(missing: str) -> None:
    with pytest.raises(ValidationError, match="Field required"):
        read(DECISION.model_dump_json(exclude={missing}), Decision)


@pytest.mark.parametrize("raw", ["null", "true", "[]", "{}", '"approve"', "1"])
@pytest.mark.parametrize("hint", [Decision, ApprovalRequest, Plan, Outcome, Transfer])
def test_what_is_no_contract_at_all_is_refused(raw: str, hint: type[Contract]) -> None:
    with pytest.raises(ValidationError):
        read(raw, hint)


def test_what_may_be_missing_is_read_strictly_where_it_is_not() -> None:
    assert read("null", Carried | None) is None
    with pytest.raises(ValidationError):
        read('{"state": {}}', Carried | None)


@pytest.mark.parametrize("raw", ["true", "false"])
def test_an_operator_says_true_or_false(raw: str) -> None:
    assert read(raw, StrictBool) is (raw == "true")


@pytest.mark.parametrize("raw", ['"no"', '"yes"', '"true"', "1", "0", "1.0", "null", "[]", "{}", '""'])
def test_an_operator_who_says_anything_else_is_not_understood(raw: str) -> None:
    with pytest.raises(ValidationError):
        read(raw, StrictBool)


def test_the_hint_of_an_operator_s_word_is_one_that_could_have_been_taken_for_bool() -> None:
    """Guards the tests above: the annotation is `bool` with a strict mark, not a type of its own."""
    assert get_args(StrictBool)[0] is bool
    assert read("1", Annotated[bool, "no mark"]) is True


@pytest.mark.parametrize(
    "value",
    [
        build_request(),
        build_plan(),
        build_state(decisions=(DECISION,)),
        DECISION,
        Cancellation(),
        Carried(state=build_state(), unanswered=(DECISION,), seen=("event-1",)),
    ],
    ids=lambda value: type(value).__name__,
)
def test_contracts_come_back_as_they_went(value: Contract) -> None:
    assert round_trip(value, type(value)) == value


def test_what_was_changed_by_copy_is_sent_too() -> None:
    state = build_state().model_copy(update={"reason": "because", "decisions": (DECISION,)})
    assert round_trip(state, type(state)) == state


@pytest.mark.parametrize("arguments", [{"x": 1}, {"x": 1.5}, {"x": None}, {"x": [True, {"y": "\u202e"}]}, {}])
def test_arguments_come_back_as_they_went(arguments: dict[str, object]) -> None:
    found = cast(ApprovalRequest, round_trip(build_request(arguments=arguments), ApprovalRequest))
    assert repr(found.arguments) == repr(arguments)


@pytest.mark.parametrize("value", ["text", 7, 1.5, True, {"a": [1, None]}, ["a"]])
def test_plain_values_come_back_without_a_hint(value: object) -> None:
    assert round_trip(value, None) == value


def test_nothing_and_bytes_keep_their_own_encodings() -> None:
    payloads = CONVERTER.to_payloads([None, b"\x00"])
    assert [payload.metadata["encoding"] for payload in payloads] == [b"binary/null", b"binary/plain"]
    assert CONVERTER.from_payloads(payloads, [type(None), bytes]) == [None, b"\x00"]


def test_times_and_spans_come_back_exactly() -> None:
    assert round_trip(NOW, type(NOW)) == NOW
    assert round_trip(timedelta(days=3, microseconds=1), timedelta) == timedelta(days=3, microseconds=1)


def test_a_model_that_leaves_fields_out_is_understood_all_the_same() -> None:
    text = {"type": "output_text", "text": "Hello"}
    message = {"type": "message", "id": "m1", "role": "assistant", "content": [text]}
    raw = json.dumps({"output": [message], "usage": {"requests": 1}, "response_id": "r1"})
    response = cast(ModelResponse, read(raw, ModelResponse))
    assert isinstance(response.output[0], ResponseOutputMessage)
    assert isinstance(response.output[0].content[0], ResponseOutputText)
    assert response.output[0].content[0].text == "Hello"


def test_a_model_s_answer_comes_back_as_it_went() -> None:
    text = ResponseOutputText(annotations=[], text="Hello", type="output_text")
    message = ResponseOutputMessage(
        id="m1", content=[text], role="assistant", status="completed", type="message"
    )
    answer = ModelResponse(output=[message], usage=Usage(requests=1), response_id="r1")
    assert round_trip(answer, ModelResponse) == answer
