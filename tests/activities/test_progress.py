"""How far an approval is, in words: the stage, the votes, who still can, until when, what comes then, what was decided."""

from datetime import timedelta
from typing import Any

import pytest

from activities.blocks import render
from activities.cards import VIEWS, render_card, render_moved, render_outcome
from tests.factories import (
    APPROVER,
    HOUR,
    NOW,
    REQUESTER,
    SECOND,
    SPEAKER,
    build_decision,
    build_person,
    build_plan,
    build_request,
    build_stage,
    build_state,
)
from tests.readers import of_type, walk_objects
from workflows.contracts import (
    ApprovalState,
    Approvers,
    Delegation,
    Escalation,
    Person,
    Plan,
    Roster,
)

CFO = build_person("UCFO")
FINANCE = Approvers(kind="usergroup", id="SFINANCE")
ROOM = Approvers(id="CAPPROVALS")
MAIL = Approvers(kind="email", id="cfo@acme.example")
NOON = NOW + 3 * HOUR


def spoken(state: ApprovalState, view: str = "card") -> str:
    """What people read, with names in place of mentions and dates in UTC."""
    marks = {"user_id": "@", "channel_id": "#", "usergroup_id": "@"}
    said: list[str] = []
    for node in walk_objects(render(VIEWS[view](state).blocks)):
        said += ["\n"] if "section" in str(node.get("type")) else []
        said += [f"{mark}{node[name]}" for name, mark in marks.items() if name in node]
        said += [part for name in ("text", "fallback") if isinstance(part := node.get(name), str)]
    return "".join(said)


def person(group_id: str) -> Approvers:
    return Approvers(kind="user", id=group_id)


def staged(*stages: dict[str, Any], **changes: Any) -> Plan:
    return build_plan(stages=tuple(build_stage(**stage) for stage in stages), **changes)


def known(*people: Person, count: int | None = None, delegations: tuple[Delegation, ...] = ()) -> Roster:
    return Roster(people=people, count=len(people) if count is None else count, delegations=delegations)


def handed(*, away: bool, delegate: Person = SECOND) -> Delegation:
    return Delegation(principal=APPROVER, delegate=delegate, until=NOON, away=away)


def test_the_stage_is_counted_and_named_and_the_next_are_named_in_one_line() -> None:
    plan = staged({"name": "manager"}, {"name": "finance"}, {"name": "director"}, {"name": "CFO"})
    text = spoken(build_state(plan=plan, stage=1))
    assert "Stage 2 of 4: finance" in text
    assert "Then: director, CFO" in text
    assert "Then:" not in spoken(build_state(plan=plan, stage=3))


def test_of_many_stages_to_come_the_last_are_counted() -> None:
    plan = staged(*({"name": f"s{number}"} for number in range(9)))
    assert "Then: s1, s2, s3, s4, s5, and 3 more" in spoken(build_state(plan=plan))


def test_approvals_are_counted_of_the_quorum_of_this_stage_only() -> None:
    plan = staged({"name": "one"}, {"name": "two", "quorum": 2})
    first = build_decision(decided_at=NOW)
    second = build_decision(decided_by=SECOND, stage=1, decided_at=NOW)
    assert "1 of 2 approvals" in spoken(build_state(plan=plan, stage=1, decisions=(first, second)))
    assert "0 of 2 approvals" in spoken(build_state(plan=plan, stage=1, decisions=(first,)))


def test_rejections_are_counted_only_where_one_does_not_end_it() -> None:
    no = build_decision(verdict="reject", decided_at=NOW)
    text = spoken(build_state(plan=staged({"reject_quorum": 2}), decisions=(no,)))
    assert "0 of 1 approval; 1 of the 2 rejections that end it" in text
    assert "rejections" not in spoken(build_state())


def test_a_decision_says_who_for_whom_when_at_which_stage_and_why() -> None:
    plan = staged({"name": "one"}, {"name": "two"})
    one = build_decision(on_behalf_of=SECOND, comment="Checked\nwith the bank", decided_at=NOW)
    text = spoken(build_state(plan=plan, stage=1, decisions=(one,)))
    assert "Approved by @UAPPROVER for @USECOND 2026-11-23 09:00 UTC, stage 1: Checked with the bank" in text
    assert ", stage 1" not in spoken(build_state(decisions=(one,)))


def test_every_decision_is_shown_where_there_is_room() -> None:
    decisions = tuple(
        build_decision(decided_by=build_person(f"U{number}"), comment=f"word {number}", decided_at=NOW)
        for number in range(30)
    )
    text = spoken(build_state(plan=staged({"quorum": 40}), decisions=decisions))
    assert all(f"@U{number} 2026-11-23 09:00 UTC: word {number}" in text for number in range(30))


def test_where_there_is_no_room_the_last_decisions_are_shown_and_the_others_counted() -> None:
    arguments = {f"x{number:02}": "a" * 94 for number in range(60)}
    decisions = tuple(
        build_decision(decided_by=build_person(f"U{number}"), decided_at=NOW) for number in range(30)
    )
    state = build_state(
        request=build_request(arguments=arguments), plan=staged({"quorum": 40}), decisions=decisions
    )
    text = spoken(state)
    assert "Earlier decisions not shown here: 26" in text
    assert [f"@U{number} " in text for number in (25, 26, 29)] == [False, True, True]


def test_a_comment_is_cut_on_the_card_and_told_in_full_in_the_outcome() -> None:
    words = "because " * 120
    decision = build_decision(comment=words.strip(), decided_at=NOW)
    state = build_state(status="approved", decided_at=NOW, decisions=(decision,), reason=words.strip())
    assert words.strip() in spoken(state, "outcome")
    assert words.strip() in spoken(state, "reply")
    assert words.strip() not in spoken(state)
    assert f": {words[:199]}…" in spoken(state)


def test_people_who_still_can_are_named_and_those_who_cannot_are_not() -> None:
    plan = staged({"approvers": tuple(map(person, ("UAPPROVER", "USECOND", "UREQUESTER", "USPEAKER")))})
    state = build_state(
        request=build_request(speakers=(SPEAKER,)),
        plan=plan,
        roster=known(APPROVER, SECOND, REQUESTER, SPEAKER, CFO),
        decisions=(build_decision(decided_at=NOW),),
    )
    text = spoken(state)
    assert "Can still decide: @USECOND, @UCFO\n" in text
    assert "Whoever asked may not decide, nor may those who took part in the conversation" in text
    assert "took part" not in spoken(build_state())


def test_of_many_people_ten_are_named_and_the_others_counted() -> None:
    people = tuple(build_person(f"U{number}") for number in range(17))
    text = spoken(build_state(plan=staged({"approvers": (FINANCE,)}), roster=known(*people)))
    assert "@U9, and 7 more, the user group @SFINANCE" in text
    assert "@U10" not in text


def test_people_whom_the_roster_only_counts_are_counted() -> None:
    text = spoken(build_state(plan=staged({"approvers": (FINANCE,)}), roster=known(APPROVER, count=140)))
    assert "Can still decide: @UAPPROVER, and 139 more, the user group @SFINANCE" in text


def test_members_of_a_channel_are_neither_named_nor_counted() -> None:
    """Bots and whoever asked are members, too, so a number would promise too much."""
    text = spoken(build_state(roster=known(count=5)))
    assert "Can still decide: the members of #CAPPROVALS\n" in text
    plan = staged({"approvers": (person("UAPPROVER"), ROOM, Approvers(id="COTHER"))})
    text = spoken(build_state(plan=plan, roster=known(APPROVER, count=5)))
    assert "Can still decide: @UAPPROVER, the members of #CAPPROVALS and #COTHER\n" in text


@pytest.mark.parametrize("roster", [None, Roster()], ids=["none yet", "Slack was away"])
def test_without_a_roster_the_groups_are_named(roster: Roster | None) -> None:
    plan = staged({"approvers": (FINANCE, ROOM, person("UCFO"), MAIL)})
    assert (
        "Can still decide: the user group @SFINANCE, the members of #CAPPROVALS, @UCFO, cfo@acme.example\n"
        in spoken(build_state(plan=plan, roster=roster))
    )


def test_somebody_with_a_delegate_is_named_with_them() -> None:
    state = build_state(
        plan=staged({"approvers": (person("UAPPROVER"),)}),
        roster=known(APPROVER, delegations=(handed(away=False),)),
    )
    assert "Can still decide: @UAPPROVER (or @USECOND for @UAPPROVER, until 2026-11-23 12:00 UTC)" in spoken(
        state
    )


def test_somebody_who_is_away_is_named_as_such() -> None:
    state = build_state(
        plan=staged({"approvers": (person("UAPPROVER"),)}),
        roster=known(APPROVER, delegations=(handed(away=True),)),
    )
    assert (
        "Can still decide: @UAPPROVER (away until 2026-11-23 12:00 UTC; @USECOND decides for @UAPPROVER)"
        in spoken(state)
    )


@pytest.mark.parametrize("away", [True, False])
def test_a_delegate_who_may_not_decide_is_not_offered(*, away: bool) -> None:
    state = build_state(
        plan=staged({"approvers": (person("UAPPROVER"),)}),
        roster=known(APPROVER, delegations=(handed(away=away, delegate=REQUESTER),)),
    )
    wanted = "@UAPPROVER (away until 2026-11-23 12:00 UTC)\n" if away else "@UAPPROVER\n"
    assert f"Can still decide: {wanted}" in spoken(state)


def test_the_deadline_says_that_it_will_not_run() -> None:
    assert "Until: 2026-11-23 10:00 UTC; without a decision by then it will not run" in spoken(build_state())


def test_a_deadline_that_is_not_known_yet_is_said_to_be_worked_out() -> None:
    text = spoken(build_state(deadline=None, roster=None))
    assert "Until: being worked out" in text
    assert "unknown" not in text


TO_CFO = Escalation(approvers=(person("UCFO"), MAIL, FINANCE, Approvers(id="CBOARD")))


def test_a_deadline_that_escalates_says_to_whom_and_notifies_nobody() -> None:
    plan = staged({"on_deadline": "escalate", "escalation": TO_CFO})
    text = spoken(build_state(plan=plan))
    assert (
        "Until: 2026-11-23 10:00 UTC; without a decision by then it goes to "
        "the members of #CBOARD, 2 other people, a user group" in text
    )
    assert "UCFO" not in text
    assert "SFINANCE" not in text


def test_a_deadline_that_ends_it_says_so_though_it_escalates_before() -> None:
    plan = staged({"escalation": Escalation(approvers=(ROOM,), after=HOUR / 2)})
    text = spoken(build_state(plan=plan))
    assert "; without a decision by then it will not run" in text
    assert "it goes to" not in text


@pytest.mark.parametrize(("escalated", "word"), [("added", "also"), ("replaced", "now")])
def test_an_escalation_that_has_happened_is_said(escalated: str, word: str) -> None:
    plan = staged({"on_deadline": "escalate", "escalation": TO_CFO})
    text = spoken(build_state(plan=plan, escalated=escalated))
    assert f"Escalated: {word} @UCFO, cfo@acme.example, the user group @SFINANCE" in text
    assert "it will not run" in text


def test_nobody_has_escalated_anything_that_is_only_planned() -> None:
    assert "Escalated" not in spoken(build_state(plan=staged({"escalation": TO_CFO})))


@pytest.mark.parametrize("view", ["card", "moved", "asked", "reminder", "escalation"])
def test_each_message_about_an_open_request_names_its_stage(view: str) -> None:
    plan = staged({"name": "manager"}, {"name": "finance", "escalation": TO_CFO})
    assert "Stage 2 of 2: finance" in spoken(build_state(plan=plan, stage=1, escalated="added"), view)


@pytest.mark.parametrize(
    ("stage", "where"),
    [
        ({}, "#CAPPROVALS"),
        ({"channel": "CFINANCE"}, "#CFINANCE"),
        ({"card": "direct"}, "direct messages"),
        ({"card": "both"}, "#CAPPROVALS and direct messages"),
    ],
    ids=["plan", "stage", "direct", "both"],
)
def test_a_card_of_an_earlier_stage_says_that_it_is_done_and_where_it_goes_on(
    stage: dict[str, Any], where: str
) -> None:
    plan = staged({"name": "manager"}, stage | {"name": "finance"})
    one = build_decision(comment="Fine by me", decided_at=NOW)
    state = build_state(plan=plan, stage=1, decisions=(one,))
    text = spoken(state, "moved")
    assert f"Stage 1 is done. It goes on in {where}. Stage 2 of 2: finance" in text
    assert "Goes on elsewhere: Transfer money" in text
    assert "Approved by @UAPPROVER" in text
    assert not of_type(render_moved(state), "actions")
    assert f"waiting for approval in {where} until 2026-11-23 10:00 UTC" in spoken(state, "asked")


def test_a_card_that_others_decide_now_says_so() -> None:
    assert "Others decide this now. It goes on in #CAPPROVALS" in spoken(build_state(), "moved")
    plan = staged({}, {}, {})
    assert "Stages 1 to 2 are done." in spoken(build_state(plan=plan, stage=2), "moved")


def test_a_reminder_calls_those_who_still_can() -> None:
    plan = staged({"approvers": (FINANCE,)})
    state = build_state(plan=plan, roster=known(REQUESTER, APPROVER, CFO), reminded=2)
    text = spoken(state, "reminder")
    assert "Reminder 2: still waiting for @UAPPROVER, @UCFO; until 2026-11-23 10:00 UTC" in text
    assert VIEWS["reminder"](state).text == (
        "Reminder 2: Transfer money\nStage 1 of 1: approval\nUntil 2026-11-23 10:00 UTC"
    )


def test_a_reminder_calls_the_delegate_of_who_is_away_and_leaves_them_alone() -> None:
    plan = staged({"approvers": (FINANCE,)})
    roster = known(APPROVER, CFO, delegations=(handed(away=True),))
    text = spoken(build_state(plan=plan, roster=roster, reminded=1), "reminder")
    assert "still waiting for @UCFO, @USECOND;" in text
    assert "UAPPROVER" not in text
    alone = known(APPROVER, delegations=(handed(away=True, delegate=REQUESTER),))
    text = spoken(build_state(plan=plan, roster=alone, reminded=1), "reminder")
    assert "still waiting for the user group @SFINANCE;" in text


def test_a_reminder_does_not_call_the_delegate_of_somebody_who_has_decided() -> None:
    state = build_state(
        plan=staged({"approvers": (FINANCE,), "quorum": 2}),
        roster=known(APPROVER, CFO, delegations=(handed(away=True),)),
        decisions=(build_decision(decided_at=NOW),),
        reminded=1,
    )
    assert "still waiting for @UCFO;" in spoken(state, "reminder")


def test_a_reminder_calls_ten_people_at_most_and_channels_by_name() -> None:
    people = tuple(build_person(f"U{number}") for number in range(12))
    plan = staged({"approvers": (FINANCE, ROOM)})
    state = build_state(plan=plan, roster=known(*people, count=20), reminded=1)
    assert "@U9, and 2 more, the user group @SFINANCE, the members of #CAPPROVALS;" in spoken(
        state, "reminder"
    )
    state = build_state(plan=plan, roster=Roster(), reminded=1)
    assert "waiting for the user group @SFINANCE, the members of #CAPPROVALS;" in spoken(state, "reminder")


@pytest.mark.parametrize(
    ("reason", "cause"),
    [
        ("nobody decided in time", "nobody decided in time"),
        ("The stage one has nobody.", "of this: The stage one has nobody."),
    ],
)
def test_an_escalation_says_to_whom_and_why(reason: str, cause: str) -> None:
    escalation = Escalation(approvers=(person("UCFO"), FINANCE))
    plan = staged({"escalation": escalation})
    state = build_state(plan=plan, escalated="added", escalation_reason=reason)
    assert f"Escalated to @UCFO, the user group @SFINANCE because {cause}; until " in spoken(
        state, "escalation"
    )


def test_an_escalation_to_an_address_calls_the_people_who_have_it() -> None:
    """An address notifies nobody."""
    plan = staged({"escalation": Escalation(approvers=(MAIL,))})
    state = build_state(plan=plan, escalated="replaced", escalation_reason="late", roster=known(CFO))
    assert "Escalated to cfo@acme.example because late; waiting for @UCFO; until" in spoken(
        state, "escalation"
    )


def test_members_of_channels_are_named_where_somebody_decides_for_them() -> None:
    """They themselves are not listed."""
    state = build_state(roster=known(count=5, delegations=(handed(away=False),)))
    assert "Can still decide: the members of #CAPPROVALS, @USECOND for @UAPPROVER\n" in spoken(state)
    state = build_state(
        roster=known(count=5, delegations=(handed(away=False),)),
        decisions=(build_decision(decided_by=SECOND, decided_at=NOW),),
    )
    assert "Can still decide: the members of #CAPPROVALS\n" in spoken(state)


def finished(status: str, **changes: Any) -> ApprovalState:
    plan = staged(
        {"name": "manager", "quorum": 2, "approvers": (person("UCFO"), FINANCE, ROOM, MAIL)},
        policy="wires",
        **changes,
    )
    return build_state(plan=plan, status=status, decided_at=NOW, deadline=None, roster=None, reason="Because")


@pytest.mark.parametrize("view", ["card", "outcome", "reply"])
@pytest.mark.parametrize(
    ("status", "changes", "wanted"),
    [
        ("approved", {"effect": "approve"}, "Approved by policy wires, nobody was asked"),
        ("rejected", {"effect": "deny"}, "Denied by policy wires, nobody was asked"),
        (
            "rejected",
            {"effect": "deny", "final": True},
            "Denied by policy wires, nobody was asked; this cannot be overridden",
        ),
    ],
)
def test_an_end_without_people_says_so(view: str, status: str, changes: dict[str, Any], wanted: str) -> None:
    text = spoken(finished(status, **changes), view)
    assert wanted in text
    assert "Because" not in text
    assert ("overridden" in text) == ("final" in changes)


@pytest.mark.parametrize("view", ["card", "outcome", "reply"])
def test_a_shadow_is_marked_and_says_what_would_have_been_asked_of_whom(view: str) -> None:
    state = finished("approved", shadow=True)
    text, rendered = spoken(state, view), VIEWS[view](state)
    marked = "SHADOW \N{EN DASH} nobody was asked: Transfer money"
    assert marked in text
    assert rendered.text.startswith(marked)
    assert "Policy wires would have asked \n1. manager, 2 to approve: the person UCFO, the user group" in text
    assert "the user group SFINANCE, the members of #CAPPROVALS, cfo@acme.example" in text
    assert "It is in shadow mode, so the action was let pass" in text
    assert "exactly what was approved" not in text


def test_a_shadow_notifies_nobody_whom_it_would_have_asked() -> None:
    rendered = render_card(finished("approved", shadow=True))
    assert {node["user_id"] for node in of_type(rendered, "user")} == {"UREQUESTER"}
    assert not of_type(rendered, "usergroup")


@pytest.mark.parametrize(("effect", "word"), [("approve", "approved"), ("deny", "denied")])
def test_a_shadow_of_a_policy_that_asks_nobody_says_what_it_would_have_done(effect: str, word: str) -> None:
    text = spoken(finished("approved", shadow=True, effect=effect))
    assert f"Policy wires would have {word} this without asking anybody; it is in shadow mode" in text


def test_what_was_cancelled_before_its_policy_counted_is_no_shadow() -> None:
    text = spoken(finished("cancelled", shadow=True, effect="deny"))
    assert "SHADOW" not in text
    assert "Because" in text


def test_people_who_were_asked_are_never_said_not_to_have_been() -> None:
    decision = build_decision(decided_by=None, verdict="reject", via="operator", decided_at=NOW)
    state = finished("rejected", effect="deny").model_copy(update={"decisions": (decision,)})
    assert "nobody was asked" not in spoken(state)
    assert "Rejected by an operator" in spoken(state)


def test_dates_are_given_to_each_reader_in_their_own_time() -> None:
    later = NOW + timedelta(days=3)
    (date,) = of_type(render_card(build_state(deadline=later)), "date")
    assert date["timestamp"] == int(later.timestamp())
    assert date["format"] == "{date_short_pretty} {time}", "a day without its hour is no deadline"
    assert render_outcome(build_state(deadline=later)).text == "Approval needed: Transfer money"
