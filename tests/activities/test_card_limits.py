"""No message is more than Slack takes, shows less than it says, or lets anybody's text do anything."""

import json
import re
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import JsonValue

from activities.blocks import render
from activities.cards import APPROVE, DETAILS, REASON_LENGTH, REJECT, VIEWS, render_card, render_reply
from activities.text import clean_words, list_arguments
from tests.factories import (
    APPROVER,
    NOW,
    build_decision,
    build_person,
    build_plan,
    build_request,
    build_stage,
    build_state,
)
from tests.readers import all_text, buttons, check_harmless, check_limits, listed, of_type, sent
from workflows.contracts import ApprovalState, Approvers, Status

STATUSES: tuple[Status, ...] = get_args(Status)
PLAN = build_plan(stages=(build_stage(), build_stage(name="finance", quorum=2)))
BAIT = "<!channel> <@U1> <https://x|y> *b* _i_ `c` ```d``` :skull: @here &amp; # h\n> q"
BIDI = "\u202e\u2066\u200b\ufeff"

unicode = st.text(st.characters(codec="utf-8"), min_size=1)


def repeated(most: int) -> st.SearchStrategy[str]:
    """Any text, as long as `most` characters by repetition."""

    def repeat(text: str, times: int) -> str:
        return (text * times)[:most]

    return st.builds(repeat, unicode, st.integers(1, most))


titles, longer = repeated(400), repeated(100_000)
scalars = longer | st.integers(-(10**30), 10**30) | st.floats() | st.booleans() | st.none()
argument_values: st.SearchStrategy[JsonValue] = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(titles, inner, max_size=3),
    max_leaves=4,
)


@st.composite
def states(draw: st.DrawFn) -> ApprovalState:
    """Any request at any point of its life, with titles as long as agents may make them."""
    status = draw(st.sampled_from(STATUSES))
    request = build_request(
        title=draw(titles),
        reason=draw(st.just("") | longer),
        agent=draw(st.just("") | titles),
        arguments=draw(st.dictionaries(titles, argument_values, max_size=3)),
    )
    comment, stage = draw(st.just("") | longer), draw(st.integers(0, 1))
    decisions = (
        build_decision(decided_by=draw(st.sampled_from([APPROVER, None])), comment=comment, decided_at=NOW),
    )
    return build_state(
        request=request,
        digest="d" * 64,
        plan=PLAN,
        stage=stage,
        status=status,
        decisions=draw(st.sampled_from([(), decisions])),
        decided_at=None if status == "pending" else NOW,
        reason="" if status == "pending" else draw(st.sampled_from(["", comment]) | longer),
    )


@pytest.mark.parametrize("view", VIEWS)
@settings(max_examples=25, deadline=None)
@given(state=states())
def test_every_message_of_every_state_is_one_that_slack_takes(view: str, state: ApprovalState) -> None:
    rendered = VIEWS[view](state)
    check_limits(rendered)
    check_harmless(rendered)


@settings(max_examples=40, deadline=None)
@given(state=states())
def test_approve_is_offered_only_where_every_character_is_shown(state: ApprovalState) -> None:
    rendered, listing = render_card(state), list_arguments(state.request.arguments)
    if state.status != "pending":
        assert buttons(rendered) == []
        assert not of_type(rendered, "actions")
    elif listed(rendered) == listing and len(clean_words(state.request.reason)) <= REASON_LENGTH:
        assert buttons(rendered) == [APPROVE, REJECT]
    else:
        assert buttons(rendered) == [DETAILS, REJECT]


def hostile_state(bait: str, status: Status) -> ApprovalState:
    request = build_request(
        action=bait, title=bait, reason=bait, agent=bait, arguments={bait: bait, "x": [bait, {bait: bait}]}
    )
    return build_state(
        request=request,
        digest="d" * 64,
        plan=build_plan(policy=bait),
        status=status,
        decisions=(build_decision(comment=bait, decided_at=NOW),),
        decided_at=NOW,
        reason=f"{bait}!",
    )


@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize("view", VIEWS)
def test_hostile_text_stands_only_where_nothing_is_interpreted(view: str, status: Status) -> None:
    rendered = VIEWS[view](hostile_state(BAIT, status))
    check_limits(rendered)
    check_harmless(rendered)
    baited = [
        (node.get("type"), name)
        for node in sent(rendered)
        for name, value in node.items()
        if isinstance(value, str) and "<!channel>" in value
    ]
    assert baited
    assert set(baited) <= {("text", "text"), ("plain_text", "text"), ("button", "accessibility_label")}
    assert {node["user_id"] for node in of_type(rendered, "user")} <= {"UREQUESTER", "UAPPROVER"}
    assert "channel" in rendered.text
    assert not re.search(r"<(?!@UREQUESTER>)|&(?!amp;|lt;|gt;)", rendered.text)


@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize("view", VIEWS)
def test_no_character_that_hides_or_turns_others_is_sent(view: str, status: Status) -> None:
    rendered = VIEWS[view](hostile_state(f"pay{BIDI}ee", status))
    raw = json.dumps(render(rendered.blocks), ensure_ascii=False) + rendered.text
    assert "payee" in raw
    assert not set(BIDI) & set(raw)


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("user_id", ["U1><!channel>", "U1> <@U2", "<https://x|y>"])
def test_a_made_up_user_id_makes_no_mention_of_its_own(view: str, user_id: str) -> None:
    """Requests also come from other programs: a user id is text from outside as any other."""
    state = build_state(request=build_request(requester=build_person(user_id)))
    assert len(re.findall(r"[<>]", VIEWS[view](state).text)) <= 2


@pytest.mark.parametrize(
    "changes",
    [
        {"request": build_request(title="t" * 20_000)},
        {"request": build_request(action="a" * 200)},
        {"request": build_request(agent="a" * 20_000)},
        {"request": build_request(reason="r" * 20_000)},
        {"plan": build_plan(policy="p" * 20_000)},
        {"plan": build_plan(stages=(build_stage(approvers=(Approvers(id="C1"),) * 200),))},
        {"reason": "r" * 20_000},
    ],
    ids=["title", "action", "agent", "reason", "policy", "approvers", "end"],
)
@pytest.mark.parametrize("status", ["pending", "approved"])
@pytest.mark.parametrize("view", VIEWS)
def test_nothing_that_is_too_long_keeps_a_message_from_being_sent(
    changes: dict[str, object], status: Status, view: str
) -> None:
    check_limits(VIEWS[view](build_state(status=status, decided_at=NOW, **changes)))


@pytest.mark.parametrize("status", ["pending", "rejected"])
@pytest.mark.parametrize("view", VIEWS)
def test_a_large_request_that_many_people_comment_on_can_still_be_shown(status: Status, view: str) -> None:
    """Otherwise the buttons of such a card would stay for ever: it could be rewritten no more."""
    people = [build_person(f"U{number}") for number in range(6)]
    decisions = tuple(
        build_decision(decided_by=one, comment=f"{one} " * 40, decided_at=NOW) for one in people
    )
    request = build_request(arguments={"x": "a" * 5_900}, reason="r" * 700)
    plan = build_plan(stages=(build_stage(quorum=8),))
    state = build_state(request=request, plan=plan, decisions=decisions, status=status, decided_at=NOW)
    check_limits(VIEWS[view](state))


@settings(max_examples=40, deadline=None)
@given(longer | st.just("") | st.just("&" * 20_000))
def test_a_reply_is_posted_in_full_in_messages_that_slack_takes(text: str) -> None:
    messages = render_reply(text)
    for rendered in messages:
        check_limits(rendered)
        check_harmless(rendered)
    shown = "".join(map(all_text, messages))
    assert shown == (clean_words(text) or "(no words)")
