"""What plans ask of decisions and of time, example by example; `test_policy_machine` walks all paths."""

from datetime import timedelta
from typing import Any

import pytest

from tests.factories import (
    APPROVER,
    HOUR,
    MEMBER,
    NOW,
    REQUESTER,
    SECOND,
    SPEAKER,
    build_decision,
    build_opening,
    build_person,
    build_plan,
    build_request,
    build_stage,
    build_state,
)
from workflows.contracts import (
    ApprovalState,
    Approvers,
    Escalation,
    Limits,
    Membership,
    Plan,
    Resolution,
    Roster,
    RunPlace,
    Verdict,
)
from workflows.policy import (
    Refusal,
    able,
    approvals,
    approvers,
    barred,
    begin,
    demands,
    excess,
    explain_excess,
    is_opening,
    judge,
    next_moment,
    open_stage,
    rejections,
    screen,
    stage_query,
    tick,
)
from workflows.proof import expected_text

MINUTE = timedelta(minutes=1)
THIRD, BOSS = build_person("UTHIRD"), build_person("UBOSS")
TO_BOSS = Escalation(approvers=(Approvers(kind="user", id="UBOSS"),), after=30 * MINUTE)
FIRST = Approvers(id="CAPPROVALS")


def escalating(**changes: Any) -> Plan:
    return build_plan(stages=(build_stage(escalation=TO_BOSS, **changes),))


def delegate(*principals: Any) -> Membership:
    return Membership(standing="delegate", principals=principals)


# Beginning


@pytest.mark.parametrize(
    ("changes", "status", "reason"),
    [
        ({"shadow": True}, "approved", "Policy wires is in shadow mode: nobody was asked"),
        ({"shadow": True, "effect": "deny"}, "approved", "Policy wires is in shadow mode: nobody was asked"),
        ({"effect": "approve"}, "approved", "Approved by policy wires: nobody had to be asked"),
        ({"effect": "deny"}, "rejected", "Denied by policy wires: nobody was asked"),
        ({"stages": ()}, "failed", "Policy wires names nobody who could decide"),
        ({}, "pending", ""),
    ],
)
def test_a_plan_begins_as_its_effect_says(changes: dict[str, Any], status: str, reason: str) -> None:
    plan = build_plan(policy="wires", **changes)
    state = begin(build_state(plan=None), Resolution(plan=plan, opening=build_opening()), NOW)
    assert (state.status, state.reason, state.plan) == (status, reason, plan)
    assert (state.decided_at == NOW) == (status != "pending")


def test_a_plan_whose_first_stage_could_not_be_opened_yet_waits_for_that() -> None:
    state = begin(build_state(plan=None), Resolution(plan=build_plan()), NOW)
    assert (state.status, state.deadline) == ("pending", None)
    assert is_opening(state)


def test_an_opening_sets_the_clocks_and_the_people() -> None:
    roster, reminders = Roster(people=(SECOND,), count=1), (NOW + MINUTE,)
    opening = build_opening(reminders=reminders, escalates_at=NOW + 2 * MINUTE, roster=roster)
    state = open_stage(build_state(roster=None, deadline=None), opening, NOW)
    assert (state.deadline, state.reminders, state.escalates_at, state.roster) == (
        NOW + HOUR,
        reminders,
        NOW + 2 * MINUTE,
        roster,
    )


def test_who_is_asked_about_when_a_stage_opens() -> None:
    request = build_request(speakers=(SPEAKER,))
    plan = build_plan(stages=(build_stage(quorum=3),))
    state = build_state(request=request, plan=plan, decisions=(build_decision(on_behalf_of=BOSS),))
    query = stage_query(state, plan.stages[0], NOW)
    assert (query.approvers, query.needed, query.now) == (plan.stages[0].approvers, 2, NOW)
    assert query.barred == (REQUESTER, SPEAKER, APPROVER, BOSS)


# Time


def test_time_does_nothing_before_its_next_moment() -> None:
    state = build_state(reminders=(NOW + 5 * MINUTE,), escalates_at=NOW + 9 * MINUTE)
    assert next_moment(state) == NOW + 5 * MINUTE
    assert tick(state, NOW + 4 * MINUTE) == state


@pytest.mark.parametrize(
    ("deadline", "escalates", "reminds", "first"), [(1, 2, 3, 1), (2, 1, 3, 1), (3, 2, 1, 1), (3, 2, None, 2)]
)
def test_time_does_something_next_at_the_first_of_its_moments(
    deadline: int, escalates: int, reminds: int | None, first: int
) -> None:
    state = build_state(
        deadline=NOW + deadline * MINUTE,
        escalates_at=NOW + escalates * MINUTE,
        reminders=(NOW + reminds * MINUTE,) if reminds else (),
    )
    assert next_moment(state) == NOW + first * MINUTE


def test_several_reminders_that_are_due_are_one() -> None:
    state = build_state(reminders=tuple(NOW + number * MINUTE for number in (1, 2, 3)))
    reminded = tick(state, NOW + 2 * MINUTE)
    assert (reminded.reminded, reminded.reminders) == (1, (NOW + 3 * MINUTE,))


def test_an_escalation_stands_for_the_reminders_that_are_due_with_it() -> None:
    state = build_state(plan=escalating(), reminders=(NOW + MINUTE,), escalates_at=NOW + MINUTE)
    escalated = tick(state, NOW + MINUTE)
    assert (escalated.escalated, escalated.reminded, escalated.reminders) == ("added", 0, ())
    assert escalated.escalation_reason == "nobody decided in time"
    assert escalated.deadline == state.deadline
    assert is_opening(escalated)


def test_an_escalation_happens_once_and_the_deadline_stays() -> None:
    state = tick(build_state(plan=escalating(), escalates_at=NOW), NOW)
    opened = open_stage(state, build_opening(escalates_at=NOW + MINUTE, deadline=NOW + 9 * HOUR), NOW)
    assert (opened.escalates_at, opened.deadline) == (None, NOW + HOUR)


@pytest.mark.parametrize(
    ("replace", "how", "people"),
    [(False, "added", (FIRST, *TO_BOSS.approvers)), (True, "replaced", TO_BOSS.approvers)],
)
def test_an_escalation_adds_or_replaces(how: str, people: tuple[Approvers, ...], *, replace: bool) -> None:
    escalation = TO_BOSS.model_copy(update={"replace": replace})
    plan = build_plan(stages=(build_stage(escalation=escalation),))
    state = tick(build_state(plan=plan, escalates_at=NOW), NOW)
    assert (state.escalated, approvers(state)) == (how, people)


def test_a_deadline_may_escalate_and_then_expires() -> None:
    plan = build_plan(
        stages=(build_stage(on_deadline="escalate", escalation=TO_BOSS.model_copy(update={"after": None})),)
    )
    late = NOW + HOUR
    state = tick(build_state(plan=plan), late)
    assert (state.status, state.escalated, state.deadline) == ("pending", "added", None)
    again = open_stage(state, build_opening(deadline=late + HOUR, escalates_at=late), late)
    assert again.escalates_at is None
    assert tick(again, late + HOUR).status == "expired"


def test_a_deadline_that_does_not_escalate_expires() -> None:
    state = tick(build_state(plan=escalating()), NOW + HOUR)
    assert (state.status, state.reason) == ("expired", "Nobody decided in time")


def test_a_problem_escalates_once_and_then_fails() -> None:
    state = open_stage(
        build_state(plan=escalating(), roster=None, deadline=None), build_opening(problem="Gone."), NOW
    )
    assert (state.status, state.escalated, approvers(state)) == ("pending", "replaced", TO_BOSS.approvers)
    failed = open_stage(state, build_opening(problem="Gone, too."), NOW)
    assert (failed.status, failed.reason) == ("failed", "Gone, too.")
    assert state.escalation_reason == "Gone."


def test_a_new_stage_starts_with_nothing_of_the_last() -> None:
    plan = build_plan(stages=(build_stage(escalation=TO_BOSS), build_stage()))
    state = build_state(
        plan=plan, escalated="added", reminders=(NOW + MINUTE,), escalates_at=NOW + MINUTE, reminded=2
    )
    moved = judge(state, build_decision(state), MEMBER, NOW).state
    assert (moved.stage, moved.escalated, moved.reminders) == (1, "", ())
    assert (moved.escalates_at, moved.deadline, moved.roster) == (None, None, None)
    assert (moved.reminded, moved.escalation_reason) == (0, "")


# What a decision must come with


@pytest.mark.parametrize("verdict", ["approve", "reject"])
@pytest.mark.parametrize("comment_on", [(), ("approve",), ("reject",), ("approve", "reject")])
@pytest.mark.parametrize("comment", ["", " \n", "why"])
def test_a_comment_is_needed_where_the_plan_says_so(
    verdict: Verdict, comment_on: tuple[Verdict, ...], comment: str
) -> None:
    plan = build_plan(comment_on=comment_on)
    state = build_state(plan=plan)
    refused = screen(state, build_decision(state, verdict=verdict, comment=comment), NOW)
    assert demands(plan, verdict).comment == (verdict in comment_on)
    assert (refused is Refusal.COMMENT) == (verdict in comment_on and comment != "why")


@pytest.mark.parametrize(
    ("value", "typed", "right"),
    [
        (250, "250", True),
        (250, " 250.00 ", True),
        (250, "2.5e2", True),
        (250, "2500", False),
        (250, "25", False),
        (250, "2,50", False),
        (250, "", False),
        (250, "NaN", False),
        (1250.5, "1250.5", True),
        (1250.5, "1,250.5", False),
        ("250", "250", True),
        ("250", "250.0", False),
        ("DE89 3704", "de89 3704", False),
        (True, "true", True),
        (True, "1", False),
        (False, "0", False),
        (0, "0", True),
        (0, "", False),
    ],
)
def test_what_is_typed_again_has_to_be_what_runs(value: object, typed: str, *, right: bool) -> None:
    request = build_request(arguments={"amount": value})
    state = build_state(plan=build_plan(severity="high"), request=request)
    refused = screen(state, build_decision(state, retyped=typed), NOW)
    assert refused is (None if right else Refusal.RETYPED)
    assert screen(state, build_decision(state, retyped=expected_text(state)), NOW) is None


@pytest.mark.parametrize("severity", ["low", "medium"])
def test_nothing_is_typed_again_at_lower_severity_or_to_reject(severity: str) -> None:
    state = build_state(plan=build_plan(severity=severity))
    assert screen(state, build_decision(state), NOW) is None
    high = build_state(plan=build_plan(severity="high"))
    assert screen(high, build_decision(high, verdict="reject"), NOW) is None


@pytest.mark.parametrize(
    ("arguments", "retype", "expected"),
    [
        ({"amount": 250}, "amount", "250"),
        ({"order": {"total": 9}}, "order.total", "9"),
        ({"order": {"total": 9}}, "order", "transfer_money"),
        ({"order": 3}, "order.total", "transfer_money"),
        ({}, "amount", "transfer_money"),
        ({"amount": None}, "amount", "transfer_money"),
        ({"amount": " "}, "amount", "transfer_money"),
        ({"amount": [1]}, "amount", "transfer_money"),
        ({"amount": "1\n2"}, "amount", "transfer_money"),
        ({"amount": "1\u202e2"}, "amount", "transfer_money"),
        ({"amount": "1" * 101}, "amount", "transfer_money"),
        ({"amount": "1" * 100}, "amount", "1" * 100),
        ({"target": "savings"}, "target", "savings"),
    ],
)
def test_where_there_is_no_such_argument_the_action_is_typed(
    arguments: dict[str, Any], retype: str, expected: str
) -> None:
    request = build_request(arguments=arguments)
    plan = build_plan(severity="high", retype=retype)
    state = build_state(plan=plan, request=request)
    assert expected_text(state) == expected
    assert screen(state, build_decision(state, retyped=expected), NOW) is None
    assert screen(state, build_decision(state, retyped=""), NOW) is Refusal.RETYPED


# Deciding for others


def test_a_delegate_counts_for_the_first_who_still_may_decide() -> None:
    state = build_state(plan=build_plan(stages=(build_stage(quorum=3),)), decisions=(build_decision(),))
    decision = build_decision(state, decided_by=THIRD, on_behalf_of=REQUESTER)
    ruling = judge(state, decision, delegate(APPROVER, REQUESTER, BOSS, SECOND), NOW)
    assert ruling.refusal is None
    assert ruling.state.decisions[-1].on_behalf_of == BOSS
    assert barred(ruling.state) == (REQUESTER, APPROVER, THIRD, BOSS)


@pytest.mark.parametrize("principals", [(), (REQUESTER,), (APPROVER,), (build_person("UREQUESTER", "T2"),)])
def test_a_delegate_of_nobody_who_may_decide_is_refused(principals: tuple[Any, ...]) -> None:
    state = build_state(plan=build_plan(stages=(build_stage(quorum=2),)), decisions=(build_decision(),))
    ruling = judge(state, build_decision(state, decided_by=THIRD), delegate(*principals), NOW)
    assert ruling == (state, Refusal.PRINCIPAL)


def test_a_requester_does_not_become_an_approver_by_being_a_delegate() -> None:
    state = build_state()
    ruling = judge(state, build_decision(state, decided_by=REQUESTER), delegate(BOSS), NOW)
    assert ruling.refusal is Refusal.REQUESTER


@pytest.mark.parametrize(("distinct", "refusal"), [(True, Refusal.PRINCIPAL), (False, None)])
def test_distinct_holds_for_whom_one_decides(refusal: Refusal | None, *, distinct: bool) -> None:
    plan = build_plan(stages=(build_stage(), build_stage()), distinct=distinct)
    earlier = build_decision(decided_by=BOSS)
    state = build_state(plan=plan, stage=1, decisions=(earlier,))
    decision = build_decision(state, decided_by=THIRD, stage=1)
    assert judge(state, decision, delegate(BOSS), NOW).refusal is refusal


@pytest.mark.parametrize(("distinct", "refusal"), [(True, Refusal.COUNTED), (False, None)])
def test_one_person_counts_in_two_stages_only_where_the_plan_says_so(
    refusal: Refusal | None, *, distinct: bool
) -> None:
    plan = build_plan(stages=(build_stage(), build_stage()), distinct=distinct)
    state = build_state(plan=plan, stage=1, decisions=(build_decision(stage=0),))
    assert judge(state, build_decision(state), MEMBER, NOW).refusal is refusal


def test_nobody_counts_twice_in_one_stage_whatever_the_plan_says() -> None:
    plan = build_plan(stages=(build_stage(quorum=2),), distinct=False)
    state = build_state(plan=plan, decisions=(build_decision(stage=0),))
    assert judge(state, build_decision(state), MEMBER, NOW).refusal is Refusal.COUNTED


def test_those_able_are_the_named_without_the_barred() -> None:
    roster = Roster(people=(REQUESTER, APPROVER, SECOND, SPEAKER), count=4)
    request = build_request(speakers=(SPEAKER,))
    state = build_state(request=request, roster=roster, decisions=(build_decision(),))
    assert able(state) == (SECOND,)
    assert able(state.model_copy(update={"roster": None})) == ()


def test_so_many_rejections_end_it_as_the_stage_says() -> None:
    state: ApprovalState = build_state(plan=build_plan(stages=(build_stage(quorum=2, reject_quorum=2),)))
    once = judge(state, build_decision(state, verdict="reject"), MEMBER, NOW).state
    assert (once.status, rejections(once)) == ("pending", 1)
    other = build_decision(once, verdict="reject", decided_by=SECOND, comment="No.")
    twice = judge(once, other, MEMBER, NOW).state
    assert (twice.status, twice.reason) == ("rejected", "No.")


def test_a_rejection_is_no_approval() -> None:
    """Where one rejection does not end it, the quorum still needs so many who approve."""
    state: ApprovalState = build_state(plan=build_plan(stages=(build_stage(quorum=2, reject_quorum=2),)))
    once = judge(state, build_decision(state, verdict="reject"), MEMBER, NOW).state
    twice = judge(once, build_decision(once, decided_by=SECOND), MEMBER, NOW).state
    assert (twice.status, approvals(twice), rejections(twice)) == ("pending", 1, 1)
    assert judge(twice, build_decision(twice, decided_by=THIRD), MEMBER, NOW).state.status == "approved"


@pytest.mark.parametrize(
    ("run", "limits", "over"),
    [
        (None, Limits(per_run=1, per_minute=1), 0),
        (RunPlace(number=9, last_minute=9), Limits(), 0),
        (RunPlace(number=3, last_minute=3), Limits(per_run=3, per_minute=3), 0),
        (RunPlace(number=4, last_minute=1), Limits(per_run=3, per_minute=3), 1),
        (RunPlace(number=4, last_minute=4), Limits(per_minute=2), 2),
        (RunPlace(number=9, last_minute=4), Limits(per_run=5, per_minute=3), 4),
    ],
)
def test_a_run_may_ask_for_so_much_and_people_for_as_much_as_they_like(
    run: RunPlace | None, limits: Limits, over: int
) -> None:
    state = build_state(request=build_request(run=run), plan=build_plan(limits=limits))
    assert excess(state) == over
    begun = begin(
        build_state(request=build_request(run=run), plan=None),
        Resolution(plan=build_plan(limits=limits), opening=build_opening()),
        NOW,
    )
    assert begun.status == ("rejected" if over else "pending")
    assert ("nobody was asked" in begun.reason) is bool(over)


def test_a_shadow_limits_nothing() -> None:
    request = build_request(run=RunPlace(number=9, last_minute=9))
    plan = build_plan(shadow=True, limits=Limits(per_run=1))
    begun = begin(build_state(request=request, plan=None), Resolution(plan=plan), NOW)
    assert (begun.status, excess(begun)) == ("approved", 0)


@pytest.mark.parametrize(
    ("run", "limits", "words"),
    [
        (RunPlace(number=2, last_minute=1), Limits(per_run=1), "1 request of one run,"),
        (RunPlace(number=6, last_minute=6), Limits(per_run=5, per_minute=2), "5 requests of one run,"),
        (RunPlace(number=6, last_minute=3), Limits(per_minute=2), "2 requests of one run within a minute,"),
    ],
)
def test_what_goes_over_a_limit_says_which(run: RunPlace, limits: Limits, words: str) -> None:
    assert words in explain_excess(
        build_state(request=build_request(run=run), plan=build_plan(limits=limits))
    )
