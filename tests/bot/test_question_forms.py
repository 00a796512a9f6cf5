"""The modals to ask and to answer in, as pure data: what it is about, who reads it, what it does, within Slack's limits."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from slack_sdk.models.views import View

from bot.forms import dump_view
from bot.payloads import parse_inquiry, parse_target
from bot.questions import ANSWER_FORM, ASK_FORM, NO_DECISION, render_answer, render_ask
from bot.standin.limits import check_view
from bot.standin.trees import Json, nodes
from bot.submissions import TYPED, WORDS_BLOCK, WORDS_LENGTH
from tests.factories import (
    HOUR,
    NOW,
    build_answer,
    build_person,
    build_plan,
    build_question,
    build_request,
    build_state,
)
from workflows.contracts import ApprovalState

BAIT = "<!channel> <@U0CAROL> *b* \u202egnp"
words = st.text(st.characters(codec="utf-8"), min_size=1, max_size=3_000)


def shown(view: View) -> Json:
    """The modal as Slack gets it, and takes it."""
    sent = dump_view(view)
    check_view(sent, "modal")
    return sent


def text(view: Json) -> str:
    return "".join(node["text"] for node in nodes(view["blocks"]) if isinstance(node.get("text"), str))


def asked(*texts: str, **changes: Any) -> ApprovalState:
    questions = tuple(
        build_question(text=one, number=number, asked_at=NOW) for number, one in enumerate(texts)
    )
    return build_state(questions=questions, **changes)


def test_who_asks_sees_what_it_is_about_and_that_it_decides_nothing() -> None:
    state = build_state()
    view = shown(render_ask(state))
    assert view["callback_id"] == ASK_FORM
    assert all(part in text(view) for part in ("Transfer money", "amount: 250", NO_DECISION))
    target = parse_target(view["private_metadata"])
    assert (target.approval_id, target.stage, target.digest) == (state.approval_id, 0, state.digest)


@pytest.mark.parametrize(
    ("agent", "hint"),
    [
        ("Assistant", "whoever asked for this, in their thread, and to the agent; both can answer."),
        ("", "whoever asked for this, in their thread, who can answer."),
    ],
)
def test_who_asks_is_told_who_reads_it(agent: str, hint: str) -> None:
    assert hint in text(shown(render_ask(build_state(request=build_request(agent=agent)))))


@pytest.mark.parametrize(
    ("pause", "clock"), [(None, "The clock goes on meanwhile."), (HOUR, "The clock stands still until there")]
)
def test_who_asks_is_told_what_the_clock_does(pause: Any, clock: str) -> None:
    assert clock in text(shown(render_ask(build_state(plan=build_plan(question_pause=pause)))))


def test_there_is_room_for_as_many_words_as_are_read() -> None:
    for view in (render_ask(build_state()), render_answer(asked("Why?"), 0)):
        (block,) = [one for one in shown(view)["blocks"] if one["type"] == "input"]
        assert (block["block_id"], block["element"]["action_id"]) == (WORDS_BLOCK, TYPED)
        assert (block["element"]["max_length"], block["element"]["multiline"]) == (WORDS_LENGTH, True)
        assert not block.get("optional")


def test_who_answers_sees_that_question_in_full_and_what_was_answered() -> None:
    state = asked("Which invoice?", "w" * WORDS_LENGTH).model_copy(
        update={"answers": (build_answer(question=1, answered_by=None, answered_at=NOW),)}
    )
    view = shown(render_answer(state, 1))
    assert view["callback_id"] == ANSWER_FORM
    assert all(part in text(view) for part in ("w" * WORDS_LENGTH, "The agent answers", "Number 4711."))
    assert "Which invoice?" not in text(view)
    inquiry = parse_inquiry(view["private_metadata"])
    assert (inquiry.approval_id, inquiry.number) == (state.approval_id, 1)


def test_nothing_that_was_written_is_acted_upon() -> None:
    request = build_request(title=BAIT, reason=BAIT, arguments={"x": BAIT}, requester=build_person())
    state = asked(BAIT, request=request)
    for view in (shown(render_ask(state)), shown(render_answer(state, 0))):
        assert "mrkdwn" not in {node.get("type") for node in nodes([view])}
        assert "\u202e" not in json.dumps(view, ensure_ascii=False)
        assert "<!channel>" in text(view)


@given(title=words, question=words, answer=words)
def test_any_words_are_shown_within_slacks_limits(title: str, question: str, answer: str) -> None:
    request = build_request(title=title, arguments={"memo": title})
    state = asked(question, request=request, approval_id=f"approval-{'x' * 200}").model_copy(
        update={"answers": tuple(build_answer(text=answer, answered_at=NOW) for _ in range(3))}
    )
    shown(render_ask(state))
    shown(render_answer(state, 0))
