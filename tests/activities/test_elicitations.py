"""Questions as people read them: in full, with their answer, and never as something that is to be approved."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from activities.blocks import render
from activities.cards import APPROVE, APPROVE_FORM, DETAILS, REJECT, render_asked, render_card, render_outcome
from activities.elicitations import CHOOSE, RESPOND, find_problem
from activities.layout.pieces import render_page
from activities.layout.request import read_pages
from tests.activities.test_card_limits import ALL_VIEWS, BAIT, STATUSES, show, states
from tests.factories import NOW, SPEAKER, build_decision, build_plan, build_request, build_state
from tests.readers import all_text, buttons, check_harmless, check_limits, deciding, listed
from workflows.contracts import ApprovalState, JsonObject, Status
from workflows.elicitation import ASK_HUMAN, MOST_FIELDS, QUESTION_LENGTH

REGIONS: JsonObject = {"question": "Which region?", "options": ["eu", "us"]}
WORDS = ["Approve", "approved", "approval", "rejected", "run", "Reject"]
fields: JsonObject = {f"{'f' * 50}{number}": {"type": "string"} for number in range(MOST_FIELDS)}
LONGEST: tuple[JsonObject, ...] = (
    {"question": "q" * QUESTION_LENGTH},
    {"question": "q" * QUESTION_LENGTH, "options": [f"{'o' * 60}{number}" for number in range(100)]},
    {"question": "q" * QUESTION_LENGTH, "schema": {"type": "object", "properties": fields}},
)
ANSWERS: tuple[Any, ...] = ("a" * 2_000, f"{'o' * 60}7", dict.fromkeys(fields, "a" * 2_000))


def ask(arguments: JsonObject = REGIONS, **changes: Any) -> ApprovalState:
    values: dict[str, Any] = {"action": ASK_HUMAN, "title": "Pick one", "arguments": arguments}
    return build_state(request=build_request(**values), **changes)


def ended(
    status: Status, answer: Any = None, arguments: JsonObject = REGIONS, **changes: Any
) -> ApprovalState:
    verdict = "approve" if status == "approved" else "reject"
    decided = build_decision(verdict=verdict, answer=answer, decided_at=NOW, **changes)
    decisions = (decided,) if status in ("approved", "rejected") else ()
    return ask(arguments, status=status, decisions=decisions, decided_at=NOW)


def test_a_card_has_a_button_for_each_of_a_few_options() -> None:
    card = render_card(ask())
    assert deciding(card) == [f"{CHOOSE}_0", f"{CHOOSE}_1"]
    assert buttons(card)[2:4] == [REJECT, DETAILS]
    assert "The question:Which region?" in all_text(card)
    assert card.text.splitlines() == [
        "Answer needed: Pick one",
        "Asked by <@UREQUESTER>",
        "Stage 1 of 1: approval",
        "Until 2026-11-23 10:00 UTC",
        "Which region?",
        "One of: eu · us",
    ]


@pytest.mark.parametrize(
    ("arguments", "changes"),
    [
        ({"question": "?"}, {}),
        ({"question": "?", "options": list("abcdef")}, {}),
        (REGIONS, {"plan": build_plan(comment_on=("approve",))}),
    ],
)
def test_what_takes_more_than_a_press_opens_a_form(arguments: JsonObject, changes: dict[str, Any]) -> None:
    assert deciding(render_card(ask(arguments, **changes))) == [RESPOND]


def test_a_heading_that_is_the_question_is_not_said_twice() -> None:
    request = build_request(action=ASK_HUMAN, title="Which region?", arguments=REGIONS)
    assert all_text(render_card(build_state(request=request))).count("Which region?") == 1


@pytest.mark.parametrize(
    ("status", "words"),
    [
        ("pending", "Answer needed"),
        ("approved", "Answered"),
        ("rejected", "Declined, not answered"),
        ("expired", "Expired, not answered"),
        ("cancelled", "Cancelled, not answered"),
        ("failed", "Failed, not answered"),
    ],
)
def test_every_ending_is_called_what_it_is(status: Status, words: str) -> None:
    state = ended(status, "eu")
    for rendered in (render_card(state), render_outcome(state)):
        assert rendered.text.startswith(f"{words}: Pick one")
        assert f"{words}: Pick one" in all_text(rendered)


@pytest.mark.parametrize("status", STATUSES)
def test_nothing_about_a_question_speaks_of_approving(status: Status) -> None:
    state = ended(status, "eu") if status != "pending" else ask()
    state = state.model_copy(update={"request": state.request.model_copy(update={"speakers": (SPEAKER,)})})
    views = [render_card(state), render_asked(state), render_outcome(state)]
    pages = [json.dumps(render(render_page(page))) for page in read_pages(state)]
    told = "".join((*map(all_text, views), *(one.text for one in views), *pages))
    told = told.replace("approval-1", "").replace(": approval", "").replace('"approval', "")
    assert [word for word in WORDS if word in told] == []
    assert not {APPROVE, APPROVE_FORM} & {one for view in views for one in buttons(view)}


def test_a_question_that_is_a_title_is_a_sentence_of_its_own() -> None:
    state = ask()
    asked = state.model_copy(update={"request": state.request.model_copy(update={"title": "Which region?"})})
    assert render_asked(asked).text == "Which region? Waiting for an answer"
    withdrawn = asked.model_copy(update={"status": "cancelled"})
    assert render_asked(withdrawn).text.startswith("Which region? ")
    assert render_asked(state).text == "Pick one: waiting for an answer"


def test_the_answer_is_shown_with_who_gave_it_and_when() -> None:
    state = ended("approved", {"region": "eu", "tags": ["a", "b"], "none": [], "urgent": True}, LONGEST[2])
    card = render_card(state)
    assert listed(card) == "region: eu\ntags: a, b\nnone: (none)\nurgent: true"
    assert "Answered by  2026-11-23 09:00 UTC" in all_text(card)
    assert "The answer: region: eu · tags: a, b" in card.text
    assert "The answer: region: eu · tags: a, b" in render_outcome(state).text


def test_an_answer_that_is_too_long_is_under_details() -> None:
    state = ended("approved", "a" * 2_000, {"question": "?"})
    assert "The rest of it is under Details." in all_text(render_card(state))
    pages = "".join(json.dumps(render(render_page(page))) for page in read_pages(state))
    assert pages.count("a" * 2_000) == 1


@pytest.mark.parametrize("view", ALL_VIEWS)
@pytest.mark.parametrize(("arguments", "answer"), list(zip(LONGEST, ANSWERS, strict=True)))
@settings(max_examples=8)
@given(state=states(), status=st.sampled_from(STATUSES))
def test_every_message_of_the_longest_question_is_one_that_slack_takes(
    view: str, arguments: JsonObject, answer: Any, state: ApprovalState, status: Status
) -> None:
    last = build_decision(answer=answer, comment=state.reason, decided_at=NOW)
    request = state.request.model_copy(update={"action": ASK_HUMAN, "arguments": arguments})
    told = {"request": request, "status": status, "decided_at": NOW, "decisions": (*state.decisions, last)}
    rendered = show(view, state.model_copy(update=told))
    check_limits(rendered)
    check_harmless(rendered)


@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize("view", ALL_VIEWS)
def test_hostile_questions_and_answers_stand_only_where_nothing_is_interpreted(
    view: str, status: Status
) -> None:
    state = ended(status, f"{BAIT}\n{BAIT}", {"question": BAIT, "options": [BAIT[:60].strip(), "b"]})
    rendered = show(view, state)
    check_limits(rendered)
    check_harmless(rendered)
    assert "<!channel>" not in rendered.text


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        ({"question": "?", "options": ["a\u3164b"]}, "cannot be shown as it is"),
        ({"question": "?", "options": ["⟨U+0041⟩"]}, "cannot be shown as it is"),
        ({"question": "?", "schema": {"type": "object", "properties": {"a\u3164": {"type": "string"}}}}, "as it is"),
        (
            {"question": "?", "schema": {"type": "object", "properties": {"a": {"type": "array", "items": {"enum": ["\u3164"]}}}}},
            "as it is",
        ),
        ({"question": "?", "schema": {"type": "object", "properties": {"a": {"anyOf": [{"enum": ["\u3164"]}]}}}}, "as it is"),
        ({"question": "?", "schema": {"type": "object", "properties": {"a": {"type": "integer", "minimum": "b"}}}}, "no JSON Schema"),
        ({}, "question"),
    ],
)  # fmt: skip
def test_what_no_form_can_show_as_it_is_cannot_be_asked(arguments: JsonObject, part: str) -> None:
    assert part in find_problem(build_request(action=ASK_HUMAN, arguments=arguments))
    assert find_problem(build_request(arguments=arguments)) == ""
