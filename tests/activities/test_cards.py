"""What approvals look like: everything that will run, who asked, who decided, and until when."""

import json
import re
from typing import Any, get_args

import pytest

from activities.blocks import render
from activities.cards import (
    APPROVE,
    APPROVE_FORM,
    ASK,
    CANCEL,
    DETAILS,
    REJECT,
    REJECT_FORM,
    REMEMBER,
    VIEWS,
    WITHDRAW,
    render_asked,
    render_card,
    render_outcome,
    render_post,
)
from activities.contents import ARGUMENTS_ON_CARD, WORDS, fits_card
from activities.text import list_arguments
from bot.standin.limits import check_message
from tests.factories import (
    CARD_CHANNEL,
    HOUR,
    NOW,
    SECOND,
    build_decision,
    build_plan,
    build_request,
    build_stage,
    build_state,
)
from tests.readers import all_text, check_limits, deciding, listed, of_type
from workflows.contracts import ApprovalState, Approvers, GrantUse, Leeway, Post, RunPlace, Status

STATUSES: tuple[Status, ...] = get_args(Status)
ENDS = tuple(status for status in STATUSES if status != "pending")
PLAN = build_plan(stages=(build_stage(), build_stage(name="finance", quorum=2)))


ROW = 60


def with_listing(length: int) -> ApprovalState:
    arguments: dict[str, str] = {}
    left = length
    while left > 0:
        name = f"x{len(arguments)}"
        row = (
            left if left <= ROW else min(ROW, left - ROW // 2)
        )  # what is left for the last row is never too short
        arguments[name] = "a" * (row - len(f"{name}: "))
        left -= row + 1
    return build_state(request=build_request(arguments=arguments))


@pytest.mark.parametrize("length", [10, 2_900, 2_901, ARGUMENTS_ON_CARD - 1, ARGUMENTS_ON_CARD])
def test_up_to_the_limit_the_card_shows_everything(length: int) -> None:
    state = with_listing(length)
    rendered = render_card(state)
    assert fits_card(state)
    assert listed(rendered) == list_arguments(state.request.arguments)
    assert deciding(rendered) == [APPROVE, REJECT]
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
    assert deciding(rendered) == ([DETAILS, REJECT] if status == "pending" else [])
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
    assert set(values) == {f"approval-1|1|{state.digest}"}


def test_what_can_be_undone_looks_unlike_what_cannot() -> None:
    styles = {node["action_id"]: node.get("style") for node in of_type(render_card(build_state()), "button")}
    helps = dict.fromkeys((DETAILS, ASK, APPROVE_FORM, REJECT_FORM))
    assert styles == {APPROVE: "primary", REJECT: "danger", **helps}


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
        "Stage 2 of 2: finance\n0 of 2 approvals",
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
        "Stage 1 of 1: approval\nUntil 2026-11-23 10:00 UTC\namount: 250\nsource: checking\ntarget: savings"
    )


def test_a_single_approval_is_asked_for_in_the_singular() -> None:
    assert "Stage 1 of 1: approval\n0 of 1 approval" in all_text(render_card(build_state()))


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


def test_the_word_to_the_requester_offers_to_withdraw_and_asks_first() -> None:
    state = build_state()
    [button] = of_type(render_asked(state), "button")
    assert (button["action_id"], button["value"]) == (WITHDRAW, f"approval-1|0|{state.digest}")
    assert button["accessibility_label"] == "Withdraw: Transfer money"
    assert "Nobody can approve it after that" in button["confirm"]["text"]["text"]


def test_what_an_agent_asks_can_be_called_off_as_a_whole() -> None:
    place = RunPlace(number=1, last_minute=1, conversation="agent-T1-C1-1.5")
    state = build_state(request=build_request(run=place))
    cancel = of_type(render_asked(state), "button")[1]
    assert (cancel["action_id"], cancel["value"]) == (CANCEL, "approval-1|agent-T1-C1-1.5")
    assert "withdrawn" in cancel["confirm"]["text"]["text"]


@pytest.mark.parametrize("status", ENDS)
@pytest.mark.parametrize(("tells", "ending"), [(True, "; see below"), (False, "")])
def test_the_word_to_the_requester_ends_with_how_it_ended(
    status: Status,
    ending: str,
    tells: bool,  # noqa: FBT001 - parametrized
) -> None:
    plan = build_plan(tell_requester=tells)
    rendered = render_asked(build_state(status=status, decided_at=NOW, plan=plan))
    assert all_text(rendered) == f"{rendered.text}{ending}"
    assert rendered.text == f"Transfer money: {WORDS[status].lower()}"
    check_limits(rendered)


def test_a_request_without_an_agent_promises_nothing_that_runs() -> None:
    state = build_state(request=build_request(agent=""), plan=build_plan(severity="medium"))
    text = all_text(render_card(state))
    assert "This is exactly what is to be approved:" in text
    assert "without a decision by then it is not approved" in text
    assert "agent" not in text
    assert "run" not in text.lower()
    assert confirms(state)[APPROVE]["text"]["text"].startswith("You approve:")


@pytest.mark.parametrize("view", VIEWS)
def test_a_post_is_rendered_as_its_view(view: str) -> None:
    state = build_state(status="approved", decided_at=NOW)
    post = Post.model_validate({"view": view, "key": view, "channel_id": "C1"})
    mine, theirs = render_post(state, post), VIEWS[view](state)
    assert (mine.text, render(mine.blocks)) == (theirs.text, render(theirs.blocks))


def confirms(state: ApprovalState) -> dict[str, dict[str, Any]]:
    return {
        node["action_id"]: node["confirm"]
        for node in of_type(render_card(state), "button")
        if "confirm" in node
    }


@pytest.mark.parametrize(
    ("changes", "wanted"),
    [
        ({}, [APPROVE, REJECT]),
        ({"severity": "medium"}, [APPROVE, REJECT]),
        ({"severity": "high"}, [APPROVE_FORM, REJECT]),
        ({"comment_on": ("approve",)}, [APPROVE_FORM, REJECT]),
        ({"comment_on": ("reject",)}, [APPROVE, REJECT_FORM]),
        ({"severity": "high", "comment_on": ("reject",)}, [APPROVE_FORM, REJECT_FORM]),
    ],
)
def test_a_button_opens_a_form_where_its_verdict_needs_words(
    changes: dict[str, Any], wanted: list[str]
) -> None:
    rendered = render_card(build_state(plan=build_plan(**changes)))
    assert deciding(rendered) == wanted
    assert [node["text"]["text"] for node in of_type(rendered, "button")][:2] == ["Approve", "Reject"]


def test_a_card_that_cannot_show_everything_offers_the_form_of_a_rejection_only() -> None:
    plan = build_plan(severity="high", comment_on=("reject",))
    state = with_listing(ARGUMENTS_ON_CARD + 1).model_copy(update={"plan": plan})
    assert deciding(render_card(state)) == [DETAILS, REJECT_FORM]


def test_medium_severity_asks_once_more_before_an_approval_and_says_what_runs() -> None:
    state = build_state(plan=build_plan(severity="medium"))
    (confirm,) = confirms(state).values()
    assert list(confirms(state)) == [APPROVE]
    assert confirm["title"]["text"] == "Approve: Transfer money"
    assert confirm["text"]["text"] == "This will run:\namount: 250\naction: transfer_money"
    assert {confirm[name]["type"] for name in ("title", "text", "confirm", "deny")} == {"plain_text"}


def test_without_an_amount_the_question_names_the_action_alone() -> None:
    state = build_state(plan=build_plan(severity="medium", retype="total"))
    (confirm,) = confirms(state).values()
    assert confirm["text"]["text"] == "This will run:\naction: transfer_money"


@pytest.mark.parametrize(
    "changes", [{}, {"severity": "high"}, {"severity": "medium", "comment_on": ("approve",)}]
)
def test_nothing_is_asked_twice(changes: dict[str, Any]) -> None:
    assert not confirms(build_state(plan=build_plan(**changes)))


def test_the_longest_and_the_strangest_request_can_be_asked_about() -> None:
    arguments = {"amount": "\u202e" * 150}
    request = build_request(title="t" * 999, action="\u202e" * 200, arguments=arguments)
    rendered = render_card(build_state(request=request, plan=build_plan(severity="medium")))
    check_message(rendered.text, json.loads(json.dumps(render(rendered.blocks))))
    assert of_type(rendered, "button")[0]["confirm"]
    assert "\u202e" not in json.dumps(render(rendered.blocks), ensure_ascii=False)


@pytest.mark.parametrize(
    ("severity", "wanted"),
    [
        ("medium", "Severity: medium; Approve asks whether you are sure"),
        ("high", "Severity: high; whoever approves types the amount again"),
    ],
)
def test_severity_is_said_in_words(severity: str, wanted: str) -> None:
    state = build_state(plan=build_plan(severity=severity))
    assert wanted in all_text(render_card(state))
    ended = state.model_copy(update={"status": "rejected", "decided_at": NOW})
    assert wanted.split(";", maxsplit=1)[0] in all_text(render_card(ended))
    assert wanted not in all_text(render_card(ended))
    assert "Severity" not in all_text(render_card(build_state()))


def test_without_the_argument_it_is_the_name_of_the_action_that_is_typed_again() -> None:
    state = build_state(plan=build_plan(severity="high", retype="total"))
    assert "types the name of the action again" in all_text(render_card(state))


def test_a_notification_says_stage_and_deadline_however_long_the_arguments_are() -> None:
    request = build_request(arguments={"memo": "\U0001f600" * 3_000})
    state = build_state(request=request, plan=PLAN, stage=1)
    assert "\nStage 2 of 2: finance\nUntil 2026-11-23 10:00 UTC\n" in render_card(state).text
    ended = state.model_copy(update={"status": "expired", "decided_at": NOW})
    assert "Until" not in render_card(ended).text


def test_what_a_rule_approved_says_whose_it_is_and_all_of_it() -> None:
    use = GrantUse(
        grant_id="rule-0123456789", owner=SECOND, since=NOW, condition='size(args) == 1 &&\nargs.to == "<@U1>"',
        number=3, left=1,
    )  # fmt: skip
    state = build_state(status="approved", decided_at=NOW, grant=use, reason="Approved by a rule")
    for rendered in (render_card(state), render_outcome(state)):
        shown = all_text(rendered)
        assert "Use 3, 1 use left. The rule rule-01234567: " in shown
        assert 'size(args) == 1 && args.to == "<@U1>"' in shown
        check_message(rendered.text, render(rendered.blocks))
    assert "By a rule of <@USECOND>, nobody was asked" in render_card(state).text


@pytest.mark.parametrize(
    ("changes", "offered"), [({}, True), ({"remember": None}, False), ({"severity": "high"}, False)]
)
def test_a_rule_is_offered_only_where_the_policy_lets_approvals_stand_for_others(
    changes: Any, *, offered: bool
) -> None:
    plan = build_plan(**({"remember": Leeway(days=1, uses=1), "team_id": "T1"} | changes))
    assert (REMEMBER in str(render(render_card(build_state(plan=plan)).blocks))) is offered
