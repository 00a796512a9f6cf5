"""The modal for several requests, as pure data: each in full, what needs more left out, within Slack's limits."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from activities.cards import card_value
from activities.text import list_arguments
from bot.bulk import (
    EMPTY,
    MOST,
    NEXT,
    PREVIOUS,
    Left,
    Selection,
    explain_left,
    explain_tally,
    find_difference,
    read_selection,
    render,
    renew,
    select,
)
from bot.forms import dump_view
from bot.payloads import MalformedError
from bot.standin import forms
from bot.standin.limits import check_view
from bot.submissions import COMMENT_BLOCK
from tests.doors import code_text
from tests.factories import build_plan, build_request, build_state
from workflows.contracts import ApprovalState, Verdict
from workflows.elicitation import ASK_HUMAN

Json = dict[str, Any]
MOST_METADATA = 3_000


def build_one(number: int = 1, **changes: Any) -> ApprovalState:
    """One of several requests, each of its own amount."""
    request = changes.pop("request", None) or build_request(arguments={"amount": number})
    name = f"approval-{number:08d}-ace1-9ea7-4466-999daa6d5"
    return build_state(approval_id=name, request=request, **changes)


def long_one(number: int, length: int) -> ApprovalState:
    return build_one(number, request=build_request(arguments={"text": f"{number}" * length}))


def shown(selection: Selection, states: list[ApprovalState]) -> Json:
    """A page as it is sent, which Slack has to take."""
    view = dump_view(render(selection, states))
    check_view(view, "modal")
    assert len(view["private_metadata"]) <= MOST_METADATA
    return view


def actions(view: Json) -> list[str]:
    return [one["action_id"] for block in view["blocks"] for one in forms.elements(block)]


@pytest.mark.parametrize("verdict", ["approve", "reject"])
def test_every_request_is_shown_in_full_and_decided_by_name_stage_and_digest(verdict: Verdict) -> None:
    states = [build_one(number) for number in range(3)]
    view = shown(select(states, verdict), states)
    assert code_text(view["blocks"]) == "".join(list_arguments(one.request.arguments) for one in states)
    assert read_selection(view["private_metadata"]).targets == select(states, verdict).targets
    assert [one.value for one in read_selection(view["private_metadata"]).targets] == [
        card_value(one) for one in states
    ]
    assert view["submit"]["text"] == f"{verdict.capitalize()} all 3"
    assert COMMENT_BLOCK in {block.get("block_id") for block in view["blocks"]}


def test_words_that_all_share_are_shown_once() -> None:
    states = [build_one(number) for number in range(3)]
    assert json.dumps(shown(select(states, "approve"), states)).count("Please move 250 euros") == 1
    states.append(build_one(9, request=build_request(reason="Another reason", arguments={"amount": 9})))
    assert json.dumps(shown(select(states, "approve"), states)).count("Please move 250 euros") == 3


@pytest.mark.parametrize(
    ("state", "verdict", "left"),
    [
        (build_one(status="approved"), "approve", Left(over=1)),
        (build_one(plan=build_plan(severity="high")), "approve", Left(words=1)),
        (build_one(plan=build_plan(severity="high")), "reject", Left()),
        (build_one(plan=build_plan(comment_on=("reject",))), "reject", Left(words=1)),
        (build_one(plan=build_plan(comment_on=("reject",))), "approve", Left()),
        (build_one(plan=build_plan(severity="medium")), "approve", Left()),
        (long_one(1, 7_000), "approve", Left(long=1)),
        (long_one(1, 7_000), "reject", Left(long=1)),
    ],
)
def test_what_needs_words_or_reading_is_left_to_its_own_card(
    state: ApprovalState, verdict: Verdict, left: Left
) -> None:
    other = build_one(2)
    selection = select([state, other], verdict)
    assert selection.left == left
    assert len(selection.targets) == (2 if left == Left() else 1)
    text = json.dumps(shown(selection, [state, other]))
    assert all(sentence in text for sentence in explain_left(left))


def test_there_is_nothing_to_submit_where_nothing_is_left() -> None:
    state = build_one(status="approved")
    view = shown(select([state], "approve"), [state])
    assert view.get("submit") is None
    assert EMPTY in json.dumps(view)


def test_more_than_fit_are_left_for_the_next_time() -> None:
    states = [build_one(number) for number in range(MOST + 5)]
    selection = select(states, "approve", more=3)
    assert len(selection.targets) <= MOST
    assert selection.left.more == len(states) - len(selection.targets) + 3
    shown(selection, states)


def test_long_requests_are_paged_through_and_decided_on_the_last_page() -> None:
    states = [long_one(number, 3_000) for number in range(5)]
    selection = select(states, "approve")
    assert [len(page) for page in selection.pages] == [2, 2, 1]
    views = [shown(selection.turn(page), states) for page in range(3)]
    assert "".join(code_text(view["blocks"]) for view in views) == "".join(
        list_arguments(one.request.arguments) for one in states
    )
    assert [bool(view.get("submit")) for view in views] == [False, False, True]
    assert [[one for one in actions(view) if one in {PREVIOUS, NEXT}] for view in views] == [
        [NEXT],
        [PREVIOUS, NEXT],
        [PREVIOUS],
    ]
    assert selection.turn(99).page == 2


def test_turning_pages_drops_what_has_changed_and_moves_nothing_to_a_page_that_was_read() -> None:
    states = [long_one(number, 3_000) for number in range(5)]
    selection = select(states, "approve")
    changed = build_one(2, request=build_request(arguments={"text": "other"}))
    now = [states[0], states[1].model_copy(update={"status": "rejected"}), changed, *states[3:]]
    renewed = renew(selection.turn(2), now)
    assert [len(page) for page in renewed.pages] == [1, 1, 1]
    assert renewed.left == Left(over=2)
    assert {one.approval_id for one in renewed.targets} == {now[number].approval_id for number in (0, 3, 4)}
    assert shown(renewed, now)["submit"]["text"] == "Approve all 3"


def test_all_pages_may_have_become_empty() -> None:
    states = [long_one(number, 3_000) for number in range(3)]
    over = [one.model_copy(update={"status": "approved"}) for one in states]
    view = shown(renew(select(states, "approve").turn(1), over), over)
    assert view.get("submit") is None


@settings(max_examples=25)
@given(lengths=st.lists(st.integers(1, 6_500), min_size=1, max_size=25), reason=st.text(max_size=500))
def test_any_requests_joined_are_shown_completely_or_left_out(lengths: list[int], reason: str) -> None:
    states = [
        build_one(number, request=build_request(arguments={"text": "x" * length}, reason=reason))
        for number, length in enumerate(lengths)
    ]
    selection = select(states, "approve")
    chosen = {one.approval_id for one in selection.targets}
    views = [shown(selection.turn(page), states) for page in range(len(selection.pages) or 1)]
    assert "".join(code_text(view["blocks"]) for view in views) == "".join(
        list_arguments(one.request.arguments) for one in states if one.approval_id in chosen
    )
    assert len(chosen) + selection.left.long + selection.left.more == len(states)


@pytest.mark.parametrize(
    ("other", "words"),
    [
        (build_one(2), ""),
        (build_one(2, request=build_request(arguments={"amount": 2.5})), ""),
        (build_one(2, request=build_request(arguments={"amount": "2"})), "arguments' names or types"),
        (build_one(2, request=build_request(arguments={"amount": True})), "arguments' names or types"),
        (build_one(2, request=build_request(arguments={"amount": None})), "arguments' names or types"),
        (build_one(2, request=build_request(arguments={"sum": 2})), "arguments' names or types"),
        (build_one(2, request=build_request(action="pay", arguments={"amount": 2})), "action"),
        (build_one(2, plan=build_plan(policy="other")), "policy"),
    ],
)
def test_requests_of_one_kind_have_the_same_action_policy_and_form(other: ApprovalState, words: str) -> None:
    difference = find_difference([build_one(1), other])
    assert (words in difference) if words else difference == ""


@pytest.mark.parametrize("metadata", ["", "{}", "[]", '{"verdict": "maybe", "pages": []}'])
def test_metadata_that_is_not_ours_is_refused(metadata: str) -> None:
    with pytest.raises(MalformedError):
        read_selection(metadata)


def test_targets_that_are_not_ours_are_refused() -> None:
    with pytest.raises(MalformedError):
        _ = Selection(verdict="approve", pages=(("approval-1|0|x",),)).targets


@pytest.mark.parametrize(
    ("tally", "words"),
    [
        (
            (3, 1, 1),
            "3 of 5 decisions were handed on. Too late, because the request had ended: 1. Not taken in",
        ),
        ((4, 1, 0), "had ended: 1."),
        ((4, 0, 1), "Decide those on their own cards."),
    ],
)
def test_what_was_not_taken_in_is_said(tally: tuple[int, int, int], words: str) -> None:
    assert words in explain_tally(*tally)


@pytest.mark.parametrize("verdict", ["approve", "reject"])
def test_questions_are_answered_one_by_one(verdict: Verdict) -> None:
    question = build_request(action=ASK_HUMAN, arguments={"question": "Why?"})
    states = [build_one(1), build_one(2, request=question)]
    selection = select(states, verdict)
    assert [one.approval_id for one in selection.targets] == [states[0].approval_id]
    assert explain_left(selection.left) == ["Questions, to be answered one by one on their own cards: 1."]
