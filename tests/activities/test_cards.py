"""What approvals look like: complete, harmless, and within Slack's limits."""

import json
import re
from collections.abc import Iterator
from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from activities.blocks import render
from activities.cards import (
    APPROVE,
    ARGUMENTS_ON_CARD,
    DETAILS,
    REJECT,
    VIEWS,
    Rendered,
    fits_card,
    render_asked,
    render_card,
    render_outcome,
    render_post,
    render_reply,
)
from activities.text import list_arguments, show_hidden
from bot.standin.limits import check_message
from tests.factories import (
    APPROVER,
    CARD_CHANNEL,
    HOUR,
    NOW,
    SECOND,
    build_decision,
    build_person,
    build_plan,
    build_request,
    build_stage,
    build_state,
)
from workflows.contracts import ApprovalState, Approvers, Post, Status

MOST_TEXT, MOST_FALLBACK = 9_000, 4_000
STATUSES: tuple[Status, ...] = get_args(Status)
ENDS = tuple(status for status in STATUSES if status != "pending")
PLAN = build_plan(stages=(build_stage(), build_stage(name="finance", quorum=2)))
BAIT = "<!channel> <@U1> <https://x|y> *b* _i_ `c` ```d``` :skull: @here &amp; # h\n> q"
BIDI = "\u202e\u2066\u200b\ufeff"

unicode = st.text(st.characters(codec="utf-8"), min_size=1)
longer = st.builds(lambda text, times: (text * times)[:100_000], unicode, st.integers(1, 20_000))
titles = st.builds(lambda text, times: (text * times)[:140], unicode, st.integers(1, 140))
argument_values = st.recursive(
    longer | st.integers(-(10**30), 10**30) | st.floats() | st.booleans() | st.none(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(titles, inner, max_size=3),
    max_leaves=4,
)


def walk(tree: object) -> Iterator[dict[str, Any]]:
    """Every object in the blocks as sent."""
    if isinstance(tree, dict):
        yield tree
        tree = list(tree.values())
    if isinstance(tree, list):
        for branch in tree:
            yield from walk(branch)


def sent(rendered: Rendered) -> list[dict[str, Any]]:
    return list(walk(render(rendered.blocks)))


def all_text(rendered: Rendered) -> str:
    """What people can read in the blocks, times as their fallbacks."""
    parts = [node.get(name) for node in sent(rendered) for name in ("text", "fallback")]
    return "".join(part for part in parts if isinstance(part, str))


def of_type(rendered: Rendered, kind: str) -> list[dict[str, Any]]:
    return [node for node in sent(rendered) if node.get("type") == kind]


def listed(rendered: Rendered) -> str:
    """The arguments as far as the card shows them."""
    return "".join(part["text"] for node in of_type(rendered, "rich_text_preformatted") for part in node["elements"])


def buttons(rendered: Rendered) -> list[str]:
    return [node["action_id"] for node in of_type(rendered, "button")]


def with_listing(length: int) -> ApprovalState:
    return build_state(request=build_request(arguments={"x": "a" * (length - len("x: "))}))


def check_limits(rendered: Rendered) -> None:
    blocks = render(rendered.blocks)
    assert len(all_text(rendered)) <= MOST_TEXT
    assert 0 < len(rendered.text) <= MOST_FALLBACK
    check_message(rendered.text, json.loads(json.dumps(blocks)))


def check_harmless(rendered: Rendered) -> None:
    assert not {node.get("type") for node in sent(rendered)} & {"mrkdwn", "markdown", "link", "broadcast", "emoji"}
    assert {node["emoji"] for node in of_type(rendered, "plain_text") if "emoji" in node} <= {False, True}


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
    decisions = (build_decision(decided_by=draw(st.sampled_from([APPROVER, None])), comment=comment, decided_at=NOW),)
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
    elif listed(rendered) == listing:
        assert buttons(rendered) == [APPROVE, REJECT]
    else:
        assert buttons(rendered) == [DETAILS, REJECT]


@pytest.mark.parametrize("length", [10, 2_900, 2_901, ARGUMENTS_ON_CARD - 1, ARGUMENTS_ON_CARD])
def test_up_to_the_limit_the_card_shows_everything(length: int) -> None:
    state = with_listing(length)
    rendered = render_card(state)
    assert fits_card(state)
    assert listed(rendered) == list_arguments(state.request.arguments)
    assert buttons(rendered) == [APPROVE, REJECT]
    assert "not shown" not in all_text(rendered)


@pytest.mark.parametrize("length", [ARGUMENTS_ON_CARD + 1, 7_500, 100_000])
@pytest.mark.parametrize("status", STATUSES)
def test_over_the_limit_the_card_says_how_much_it_does_not_show(length: int, status: Status) -> None:
    state = with_listing(length).model_copy(update={"status": status})
    rendered, listing = render_card(state), list_arguments(state.request.arguments)
    said = re.search(r"([\d,]+) of ([\d,]+) characters are not shown here", all_text(rendered))
    assert said
    left, total = (int(number.replace(",", "")) for number in said.groups())
    assert total == len(listing) == length
    assert listed(rendered) == listing[: total - left] + " …"
    assert buttons(rendered) == ([DETAILS, REJECT] if status == "pending" else [])
    assert not fits_card(state)


@pytest.mark.parametrize("status", ENDS)
@pytest.mark.parametrize("view", VIEWS)
def test_nothing_that_has_ended_has_buttons(status: Status, view: str) -> None:
    rendered = VIEWS[view](build_state(status=status, decided_at=NOW))
    assert not of_type(rendered, "actions")
    assert not of_type(rendered, "button")


@pytest.mark.parametrize("length", [10, ARGUMENTS_ON_CARD + 1])
def test_a_button_carries_the_id_the_stage_and_the_digest(length: int) -> None:
    state = with_listing(length).model_copy(update={"plan": PLAN, "stage": 1})
    values = [node["value"] for node in of_type(render_card(state), "button")]
    assert values == [f"approval-1|1|{state.digest}"] * 2


def test_what_can_be_undone_looks_unlike_what_cannot() -> None:
    styles = {node["action_id"]: node.get("style") for node in of_type(render_card(build_state()), "button")}
    assert styles == {APPROVE: "primary", REJECT: "danger"}


def test_the_card_says_who_what_why_and_until_when() -> None:
    state = build_state(plan=PLAN, stage=1, decisions=(build_decision(comment="Fine by me", decided_at=NOW),))
    rendered = render_card(state)
    text = all_text(rendered)
    for wanted in (
        "Approval needed: Transfer money",
        "Action: transfer_money",
        "through the agent Assistant",
        "Please move 250 euros to savings",
        "amount: 250\nsource: checking\ntarget: savings",
        "Stage 2 of 2: needs 2 approvals from the members of",
        "Approved by ",
        ": Fine by me",
        "policy built-in",
        f"digest {state.digest[:12]}",
        "approval-1",
    ):
        assert wanted in text
    assert [node["user_id"] for node in of_type(rendered, "user")] == ["UREQUESTER", "UAPPROVER"]
    assert [node["channel_id"] for node in of_type(rendered, "channel")] == [CARD_CHANNEL]


def test_the_deadline_is_a_date_in_the_readers_own_time() -> None:
    (date,) = of_type(render_card(build_state()), "date")
    assert date["timestamp"] == int((NOW + HOUR).timestamp())
    assert date["fallback"] == "2026-11-23 10:00 UTC"


def test_the_notification_says_what_the_card_is_about() -> None:
    assert render_card(build_state()).text == (
        "Approval needed: Transfer money\ntransfer_money, asked by <@UREQUESTER>\n"
        "amount: 250\nsource: checking\ntarget: savings\nUntil 2026-11-23 10:00 UTC"
    )


def test_a_single_approval_is_asked_for_in_the_singular() -> None:
    assert "Stage 1 of 1: needs one approval" in all_text(render_card(build_state()))


def test_every_group_that_may_decide_is_named() -> None:
    stage = build_stage(approvers=(Approvers(id="C1"), Approvers(id="C2")))
    rendered = render_card(build_state(plan=build_plan(stages=(stage,))))
    assert [node["channel_id"] for node in of_type(rendered, "channel")] == ["C1", "C2"]


@pytest.mark.parametrize("status", ENDS)
@pytest.mark.parametrize("view", ["card", "reply", "outcome"])
def test_an_end_says_what_who_when_and_why(status: Status, view: str) -> None:
    decisions = (
        build_decision(comment="Fine by me", decided_at=NOW),
        build_decision(decided_by=SECOND, verdict="reject", comment="Not by me", decided_at=NOW),
    )
    state = build_state(status=status, decided_at=NOW, decisions=decisions, reason="Because of this")
    rendered = VIEWS[view](state)
    text = all_text(rendered)
    assert text.count("Because of this") == 1
    assert {"UREQUESTER", "UAPPROVER", "USECOND"} == {node["user_id"] for node in of_type(rendered, "user")}
    assert "Approved by " in text
    assert "Rejected by " in text
    assert {node["timestamp"] for node in of_type(rendered, "date")} == {int(NOW.timestamp())}
    assert rendered.text.split(":")[0] in text
    assert ("not approved" in rendered.text) == (status in ("expired", "cancelled", "failed"))


def test_the_words_of_a_decision_are_not_said_twice() -> None:
    decision = build_decision(verdict="reject", comment="Wrong account", decided_at=NOW)
    state = build_state(status="rejected", decided_at=NOW, decisions=(decision,), reason="Wrong account")
    assert all_text(render_card(state)).count("Wrong account") == 1


def test_an_override_is_shown_as_an_operators() -> None:
    decision = build_decision(decided_by=None, via="operator", decided_at=NOW)
    state = build_state(status="approved", decided_at=NOW, decisions=(decision,), reason="Operator override")
    text = all_text(render_outcome(state))
    assert "Approved by an operator" in text
    assert "Operator override" in text


def test_a_request_that_never_had_a_plan_still_gets_its_answer() -> None:
    state = build_state(plan=None, status="failed", decided_at=NOW, reason="No policy could be applied")
    rendered = render_outcome(state)
    check_limits(rendered)
    assert "Failed, not approved" in all_text(rendered)
    assert "No policy could be applied" in all_text(rendered)


def test_the_requester_is_told_who_has_it_and_until_when() -> None:
    rendered = render_asked(build_state())
    assert "Transfer money: waiting for approval in  until " in all_text(rendered)
    assert [node["channel_id"] for node in of_type(rendered, "channel")] == [CARD_CHANNEL]
    assert [node["fallback"] for node in of_type(rendered, "date")] == ["2026-11-23 10:00 UTC"]


@pytest.mark.parametrize("view", VIEWS)
def test_a_post_is_rendered_as_its_view(view: str) -> None:
    state = build_state(status="approved", decided_at=NOW)
    post = Post.model_validate({"view": view, "key": view, "channel_id": "C1"})
    mine, theirs = render_post(state, post), VIEWS[view](state)
    assert (mine.text, render(mine.blocks)) == (theirs.text, render(theirs.blocks))


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
        {"request": build_request(action="a" * 20_000)},
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
    decisions = tuple(build_decision(decided_by=one, comment=f"{one} " * 40, decided_at=NOW) for one in people)
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
    assert shown == (show_hidden(text) or "(no words)")
