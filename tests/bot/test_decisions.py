"""The form of a decision, as pure data: what it shows, what it asks for, and what is wrong with what was typed."""

import json
from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from activities.contents import ARGUMENTS_ON_CARD
from activities.layout.request import read_pages
from activities.text import list_arguments
from bot.forms import BLANK, CALLBACKS, WRONG, dump_view, find_errors, render_form
from bot.modals import find_page, render_details
from bot.payloads import parse_target
from bot.standin.limits import check_view
from bot.standin.trees import Json, nodes
from bot.submissions import COMMENT_BLOCK, RETYPE_BLOCK
from tests.doors import code_text
from tests.factories import build_decision, build_plan, build_request, build_stage, build_state
from workflows.contracts import ApprovalState, Status, Verdict

VERDICTS: tuple[Verdict, ...] = get_args(Verdict)
ENDS = tuple(status for status in get_args(Status) if status != "pending")
HIGH = build_plan(severity="high")
EXPLAIN = build_plan(comment_on=("approve", "reject"))
BOTH = build_plan(severity="high", comment_on=("approve",))
LOW = build_plan()


def shown(state: ApprovalState, verdict: Verdict) -> Json:
    """The form as Slack gets it, and takes it."""
    view = dump_view(render_form(state, verdict))
    check_view(view, "modal")
    return view


def inputs(view: Json) -> dict[str, bool]:
    """The inputs by their block, and whether each has to be filled in."""
    return {
        block["block_id"]: not block.get("optional", False)
        for block in view["blocks"]
        if block["type"] == "input"
    }


def all_words(view: Json) -> str:
    return "\n".join(str(node["text"]) for node in nodes([view]) if isinstance(node.get("text"), str))


@pytest.mark.parametrize(
    ("plan", "verdict", "wanted"),
    [
        (HIGH, "approve", {RETYPE_BLOCK: True, COMMENT_BLOCK: False}),
        (HIGH, "reject", {COMMENT_BLOCK: False}),
        (EXPLAIN, "approve", {COMMENT_BLOCK: True}),
        (EXPLAIN, "reject", {COMMENT_BLOCK: True}),
        (BOTH, "approve", {RETYPE_BLOCK: True, COMMENT_BLOCK: True}),
        (BOTH, "reject", {COMMENT_BLOCK: False}),
        (LOW, "approve", {COMMENT_BLOCK: False}),
    ],
)
def test_a_form_asks_for_what_its_verdict_needs(plan: Any, verdict: Verdict, wanted: dict[str, bool]) -> None:
    assert inputs(shown(build_state(plan=plan), verdict)) == wanted


def test_a_form_shows_exactly_what_will_run_and_what_is_typed_again() -> None:
    plan = build_plan(severity="high", stages=(build_stage(), build_stage(name="finance")))
    state = build_state(plan=plan, stage=1)
    view = shown(state, "approve")
    words = all_words(view)
    for wanted in (
        "Approve: Transfer money",
        "Action transfer_money\nStage 2 of 2: finance",
        "This is exactly what will run:",
        "Type the amount again",
        "The card says: 250",
        f"Digest {state.digest[:12]}.",
    ):
        assert wanted in words
    assert code_text(view["blocks"]) == list_arguments(state.request.arguments)
    assert (view["submit"]["text"], view["callback_id"]) == ("Approve", CALLBACKS["approve"])


def test_a_rejection_says_what_will_not_run() -> None:
    view = shown(build_state(plan=EXPLAIN), "reject")
    assert "Reject: Transfer money" in all_words(view)
    assert "This is what will not run:" in all_words(view)
    assert "Why do you reject this?" in all_words(view)
    assert (view["submit"]["text"], view["callback_id"]) == ("Reject", CALLBACKS["reject"])


def test_where_there_is_no_such_argument_the_action_is_typed_again() -> None:
    state = build_state(plan=build_plan(severity="high", retype="total"))
    words = all_words(shown(state, "approve"))
    assert "Type the name of the action again" in words
    assert "The card says: transfer_money" in words


def test_what_hides_something_is_not_asked_to_be_typed_again() -> None:
    request = build_request(arguments={"amount": "2\u202e50"})
    view = shown(build_state(request=request, plan=HIGH), "approve")
    assert "\u202e" not in json.dumps(view, ensure_ascii=False)
    assert "The card says: transfer_money" in all_words(view)


def test_a_form_carries_what_it_is_about_as_a_button_does() -> None:
    state = build_state(plan=build_plan(stages=(build_stage(), build_stage())), stage=1)
    target = parse_target(shown(state, "approve")["private_metadata"])
    assert (target.approval_id, target.stage, target.digest) == ("approval-1", 1, state.digest)


@pytest.mark.parametrize("verdict", VERDICTS)
@settings(max_examples=30)
@given(
    text=st.text(st.characters(codec="utf-8"), min_size=1), times=st.integers(1, 3_000), short=st.booleans()
)
def test_slack_takes_the_form_of_any_request(verdict: Verdict, text: str, times: int, *, short: bool) -> None:
    long = (text * times)[: 200 if short else 20_000]
    request = build_request(title=long, action=long[:200], arguments={"amount": long, long: 1}, reason=long)
    state = build_state(request=request, digest="d" * 64, plan=BOTH.model_copy(update={"retype": "amount"}))
    view = shown(state, verdict)
    kinds = {node.get("type") for node in nodes([view])}
    assert not kinds & {"mrkdwn", "link", "user", "usergroup"}


def test_a_rejection_of_what_no_card_can_show_is_still_possible() -> None:
    request = build_request(arguments={"memo": "x" * (ARGUMENTS_ON_CARD + 1)})
    view = shown(build_state(request=request, plan=EXPLAIN), "reject")
    assert inputs(view) == {COMMENT_BLOCK: True}
    assert "memo:" in all_words(view)


@pytest.mark.parametrize(
    ("plan", "changes", "wanted"),
    [
        (HIGH, {"retyped": "250"}, {}),
        (HIGH, {"retyped": "250.0"}, {}),
        (HIGH, {"retyped": "25"}, {RETYPE_BLOCK: WRONG}),
        (HIGH, {"retyped": ""}, {RETYPE_BLOCK: WRONG}),
        (HIGH, {"verdict": "reject"}, {}),
        (EXPLAIN, {"comment": "   \n"}, {COMMENT_BLOCK: BLANK}),
        (EXPLAIN, {"comment": "Fine"}, {}),
        (BOTH, {"retyped": "250"}, {COMMENT_BLOCK: BLANK}),
        (LOW, {}, {}),
        (None, {}, {}),
    ],
)
def test_what_is_wrong_is_said_at_its_input(
    plan: Any, changes: dict[str, Any], wanted: dict[str, str]
) -> None:
    state = build_state(plan=plan)
    errors = find_errors(state, build_decision(state, **changes))
    assert errors == wanted
    assert set(errors) <= set(inputs(shown(state, changes.get("verdict", "approve"))))


@pytest.mark.parametrize("changes", [{"stage": 5}, {"digest": "0" * 64}, {"decided_by": None}])
def test_what_no_typing_could_mend_is_left_to_the_workflow(changes: dict[str, Any]) -> None:
    state = build_state(plan=HIGH)
    assert find_errors(state, build_decision(state, retyped="250", **changes)) == {}


@pytest.mark.parametrize(
    ("plan", "wanted"),
    [
        (LOW, {COMMENT_BLOCK: False}),
        (HIGH, {RETYPE_BLOCK: True, COMMENT_BLOCK: False}),
        (EXPLAIN, {COMMENT_BLOCK: True}),
        (BOTH, {RETYPE_BLOCK: True, COMMENT_BLOCK: True}),
    ],
)
def test_the_last_page_of_details_asks_for_the_same(plan: Any, wanted: dict[str, bool]) -> None:
    state = build_state(plan=plan, request=build_request(arguments={"amount": 250, "memo": "x" * 20_000}))
    last = len(read_pages(state)) - 1
    opened = find_page(state).place.model_copy(update={"seen": last})
    views = [dump_view(render_details(state, number, opened)) for number in range(last + 1)]
    for view in views:
        check_view(view, "modal")
    assert last > 0
    assert [inputs(view) for view in views] == [{}] * last + [wanted]


@pytest.mark.parametrize("status", ENDS)
def test_details_of_what_has_ended_ask_for_nothing(status: Status) -> None:
    view = dump_view(render_details(build_state(plan=BOTH, status=status), 0))
    assert inputs(view) == {}


def test_without_a_plan_nothing_is_needed() -> None:
    assert inputs(shown(build_state(plan=None), "approve")) == {COMMENT_BLOCK: False}
    assert "input" in json.dumps(shown(build_state(plan=None), "reject"))
