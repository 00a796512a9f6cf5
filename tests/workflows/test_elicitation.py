"""Questions: what can be asked, what becomes of it, and that nothing but an answer answers."""

from datetime import date
from enum import StrEnum
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, Field, JsonValue

from tests.factories import (
    APPROVER,
    MEMBER,
    NOW,
    REQUESTER,
    build_decision,
    build_plan,
    build_request,
    build_stage,
    build_state,
)
from workflows import amendments, policy
from workflows.contracts import (
    ApprovalRequest,
    ApprovalState,
    Cancellation,
    JsonObject,
    Leeway,
    Plan,
    Resolution,
)
from workflows.elicitation import (
    ASK_HUMAN,
    MOST_FIELDS,
    MOST_OPTIONS,
    OPTION_LENGTH,
    QUESTION_LENGTH,
    ElicitationError,
    choose,
    describe_model,
    fit_plan,
    pose_question,
    read_elicitation,
)
from workflows.policy import Refusal


class Region(StrEnum):
    EU = "eu"
    US = "us"


class Inner(BaseModel):
    x: int


class Order(BaseModel):
    """Everything that a form can hold."""

    region: Region
    amount: float = Field(gt=0, description="In euros")
    count: int = 1
    urgent: bool
    note: str | None = None
    day: date
    tags: list[Literal["new", "old"]]
    backup: Region | None = None


def ask(question: str = "Which region?", **more: Any) -> ApprovalRequest:
    arguments: JsonObject = {"question": question, **more}
    return build_request(action=ASK_HUMAN, title="Which region?", arguments=arguments)


def asked(**changes: Any) -> ApprovalState:
    return build_state(request=ask(options=["eu", "us"]), **changes)


def form(**properties: Any) -> JsonObject:
    return {"type": "object", "properties": properties}


def test_a_flat_model_is_a_schema_without_references() -> None:
    schema = describe_model(Order)
    assert "$ref" not in str(schema)
    shapes = schema["properties"]
    assert isinstance(shapes, dict)
    region = shapes["region"]
    assert isinstance(region, dict)
    assert region["enum"] == ["eu", "us"]
    assert read_elicitation(ask(schema=schema).arguments).parameters == schema


def test_all_of_a_question_is_in_its_arguments() -> None:
    schema = form(a={"type": "string"})
    assert pose_question("\n  Which?\nOr not?", ["a"], None) == (
        "Which?",
        {"question": "\n  Which?\nOr not?", "options": ["a"]},
    )
    assert pose_question("Which?", (), schema).arguments == {"question": "Which?", "schema": schema}
    assert pose_question(" ", (), None).title


class Nested(BaseModel):
    inner: Inner


class Recursive(BaseModel):
    again: "Recursive | None" = None


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        ({}, "question"),
        ({"question": " "}, "empty"),
        ({"question": "a" * (QUESTION_LENGTH + 1)}, "at most"),
        ({"question": "?", "options": ["a", "a"]}, "twice"),
        ({"question": "?", "options": [" a"]}, "blanks"),
        ({"question": "?", "options": ["a\u202e"]}, "hidden"),
        ({"question": "?", "options": ["a" * (OPTION_LENGTH + 1)]}, "at most"),
        ({"question": "?", "options": ['"' * OPTION_LENGTH]}, "JSON"),
        ({"question": "?", "options": [str(number) for number in range(MOST_OPTIONS + 1)]}, "at most"),
        ({"question": "?", "options": ["a"], "schema": form(a={"type": "string"})}, "not both"),
        ({"question": "?", "schema": {"type": "string"}}, "object"),
        ({"question": "?", "schema": form()}, "object"),
        ({"question": "?", "schema": {**form(a={"type": "string"}), "allOf": []}}, "combines"),
        ({"question": "?", "schema": form(**{f"a{n}": {"type": "string"} for n in range(MOST_FIELDS + 1)})}, "fields"),
        ({"question": "?", "schema": form(**{" ": {"type": "string"}})}, "name"),
        ({"question": "?", "schema": form(a={"type": "object"})}, "the field a"),
        ({"question": "?", "schema": form(a={"type": "array", "items": {"type": "string"}})}, "the field a"),
        ({"question": "?", "schema": form(a={"anyOf": [{"type": "string"}, {"type": "integer"}]})}, "the field a"),
        ({"question": "?", "schema": form(a={"type": ["string", "integer"]})}, "the field a"),
        ({"question": "?", "schema": form(a={"enum": [{"b": 1}]})}, "the field a"),
        ({"question": "?", "schema": form(a={"enum": ["b" * OPTION_LENGTH]})}, "the field a"),
        ({"question": "?", "schema": describe_model(Nested)}, "the field inner"),
        ({"question": "?", "schema": describe_model(Recursive)}, "object"),
        ({"question": "?", "colour": "red"}, "colour"),
    ],
)  # fmt: skip
def test_what_people_cannot_be_asked_is_said_to_be_so(arguments: JsonObject, part: str) -> None:
    with pytest.raises(ElicitationError, match=r"This question cannot be asked") as refused:
        read_elicitation(arguments)
    assert part in str(refused.value)


json_values: st.SearchStrategy[JsonValue] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=4),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["type", "enum", "anyOf", "items", "properties", "object", "a"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


def can_ask(arguments: JsonObject) -> bool:
    """Whether it is a question; nothing else than that may be wrong with it."""
    try:
        read_elicitation(arguments)
    except ElicitationError:
        return False
    return True


@given(question=json_values, options=json_values, schema=json_values)
def test_whatever_comes_is_a_question_or_is_refused(
    question: JsonValue, options: JsonValue, schema: JsonValue
) -> None:
    assert can_ask({"question": question, "options": options, "schema": schema}) in (True, False)


@given(shape=json_values)
def test_whatever_a_field_is_it_can_be_asked_for_or_is_refused(shape: JsonValue) -> None:
    assert can_ask({"question": "?", "schema": form(a=shape)}) in (True, False)


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({}, Refusal.UNANSWERED),
        ({"choice": 2}, Refusal.UNANSWERED),
        ({"answer": "eu"}, None),
        ({"choice": 1}, None),
        ({"verdict": "reject"}, None),
        ({"verdict": "reject", "answer": "eu"}, Refusal.UNASKED),
        ({"answer": "eu", "decided_by": REQUESTER}, Refusal.REQUESTER),
    ],
)
def test_only_an_answer_answers(changes: dict[str, Any], refusal: Refusal | None) -> None:
    state = asked()
    decision = choose(state.request, build_decision(state, **changes))
    assert policy.screen(state, decision, NOW) is refusal
    ruling = policy.judge(state, decision, MEMBER, NOW)
    assert (ruling.refusal, ruling.state.status == "pending") == (refusal, refusal is not None)


@pytest.mark.parametrize("changes", [{"answer": "eu"}, {"choice": 0}, {"verdict": "reject", "answer": 0}])
def test_what_is_no_question_takes_no_answer(changes: dict[str, Any]) -> None:
    state = build_state()
    decision = choose(state.request, build_decision(state, **changes))
    assert policy.screen(state, decision, NOW) is Refusal.UNASKED


def test_the_answer_travels_with_the_outcome() -> None:
    state = asked()
    decision = choose(state.request, build_decision(state, choice=1, comment="Closer."))
    ended = policy.outcome(policy.judge(state, decision, MEMBER, NOW).state)
    assert (ended.status, ended.answer, ended.reason) == ("approved", "us", "Closer.")
    assert [(one.decided_by, one.answer, one.choice) for one in ended.decisions] == [(APPROVER, "us", None)]


def test_an_operator_cannot_answer_but_can_decline() -> None:
    state = asked()
    assert policy.override(state, "approve", "event", NOW) == state
    assert policy.override(state, "reject", "event", NOW).status == "rejected"


@pytest.mark.parametrize("verdict", ["approve", "reject"])
def test_who_comes_late_is_told_what_became_of_the_question(verdict: str) -> None:
    state = asked()
    ended = policy.judge(state, build_decision(state, verdict=verdict, answer="eu" if verdict == "approve" else None), MEMBER, NOW).state  # fmt: skip
    late = Refusal.TOLD if verdict == "approve" else Refusal.DECLINED
    assert policy.screen(ended, build_decision(state, answer="us", event_id="2"), NOW) is late
    assert policy.cancel(ended, Cancellation(), NOW).refusal is late


@pytest.mark.parametrize(
    ("plan", "part"),
    [
        (build_plan(stages=(build_stage(quorum=2),)), "takes one answer"),
        (build_plan(stages=(build_stage(), build_stage())), "takes one answer"),
        (build_plan(effect="approve", stages=()), "without asking anybody"),
        (build_plan(shadow=True), "without asking anybody"),
        (build_plan(shadow=True, effect="deny"), "without asking anybody"),
        (build_plan(stages=()), "names nobody"),
    ],
)
def test_a_plan_that_leads_to_no_answer_fails_at_the_start(plan: Plan, part: str) -> None:
    fresh = asked(plan=None)
    ended = policy.begin(fresh, Resolution(plan=plan), NOW)
    assert ended.status == "failed"
    assert part in ended.reason


def test_what_is_denied_is_denied_whatever_it_is() -> None:
    ended = policy.begin(asked(plan=None), Resolution(plan=build_plan(effect="deny", stages=())), NOW)
    assert ended.status == "rejected"


def test_what_cannot_be_asked_fails_at_the_start() -> None:
    ended = policy.begin(asked(plan=None), Resolution(plan=build_plan(), problem="That is no question."), NOW)
    assert (ended.status, ended.reason) == ("failed", "That is no question.")


def test_of_a_question_nothing_is_typed_again_changed_or_remembered() -> None:
    plan = build_plan(severity="high", change="alone", remember=Leeway(days=1, uses=1))
    assert fit_plan(build_request(), plan) == plan
    fitted = fit_plan(ask(), plan)
    assert (fitted.severity, fitted.change, fitted.remember) == ("low", "never", None)


def test_a_question_cannot_be_changed_into_another_even_if_a_plan_says_so() -> None:
    state = asked(plan=build_plan(change="alone"))
    other: JsonObject = {"question": "Which region?", "options": ["eu"]}
    decision = build_decision(state, answer="eu", arguments=other)
    assert amendments.screen(state, decision, NOW) is Refusal.UNCHANGEABLE
