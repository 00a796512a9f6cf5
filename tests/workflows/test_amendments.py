"""Changes: a changed request is another request, decided anew by others, and never what nobody was shown."""

import math
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue

from tests.factories import (
    APPROVER,
    HOUR,
    MEMBER,
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
from workflows.amendments import (
    MOST_CHANGES,
    amend,
    change_request,
    find_misfit,
    is_change,
    screen,
)
from workflows.contracts import (
    ApprovalState,
    Approvers,
    ArgumentsCheck,
    Decision,
    Escalation,
    Membership,
    Plan,
    Roster,
)
from workflows.digest import digest
from workflows.policy import (
    Refusal,
    Ruling,
    approvals,
    approvers,
    barred,
    current_decisions,
    is_opening,
    judge,
    outcome,
    rejections,
    stage_query,
)
from workflows.titles import TITLE_LENGTH, make_title

THIRD, DELEGATE = build_person("UTHIRD"), build_person("UDELEGATE")
ARGUMENTS: dict[str, JsonValue] = dict(build_request().arguments)
LESS = ARGUMENTS | {"amount": 200}
LATER = NOW + timedelta(minutes=5)
STAND_IN = Membership(standing="delegate", principals=(APPROVER,))

scalars = st.text(max_size=5) | st.integers(-99, 99) | st.booleans() | st.none() | st.floats()
values: st.SearchStrategy[JsonValue] = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=3,
)
wishes = st.dictionaries(st.sampled_from(["amount", "source", "target", "memo"]), values)


def plan_of(*quorums: int, change: str = "second", **changes: Any) -> Plan:
    return build_plan(
        stages=tuple(build_stage(quorum=quorum, reject_quorum=2) for quorum in quorums or (1,)),
        change=change,
        **changes,
    )


def asked(*quorums: int, change: str = "second", **changes: Any) -> ApprovalState:
    """A request that may be changed."""
    return build_state(plan=plan_of(*quorums, change=change), **changes)


def wish(state: ApprovalState, arguments: object = None, **changes: Any) -> Decision:
    """The wish to approve other arguments."""
    return build_decision(state, arguments=LESS if arguments is None else arguments, **changes)


def changed(state: ApprovalState, arguments: object = None, **changes: Any) -> ApprovalState:
    ruling = amend(state, wish(state, arguments, **changes), MEMBER, LATER)
    assert ruling.refusal is None
    return ruling.state


def decided(state: ApprovalState, **changes: Any) -> ApprovalState:
    ruling = judge(state, build_decision(state, **changes), MEMBER, LATER)
    assert ruling.refusal is None
    return ruling.state


def refused(state: ApprovalState, decision: Decision, membership: Membership = MEMBER) -> Refusal | None:
    """Why a change is refused; nothing of the state may change then."""
    ruling = amend(state, decision, membership, LATER)
    assert ruling == Ruling(state, ruling.refusal)
    return ruling.refusal


def test_a_change_is_another_request_with_the_old_one_on_record() -> None:
    state = changed(asked(), comment="Less will do")
    assert state.request.arguments == LESS
    assert state.digest == digest(state.request.action, LESS)
    (change,) = state.amendments
    assert (change.changed_by, change.changed_at, change.comment) == (APPROVER, LATER, "Less will do")
    assert (change.before, change.digest) == (ARGUMENTS, build_state().digest)
    assert state.status == "pending"


@given(wishes)
def test_whatever_is_wished_nobody_has_decided_on_it_or_nothing_has_changed(
    arguments: dict[str, JsonValue],
) -> None:
    before = decided(asked(2, 1), decided_by=SECOND)
    decision = wish(before, arguments)
    if not is_change(before, decision):
        assert digest(before.request.action, arguments) == before.digest
        return
    ruling = amend(before, decision, MEMBER, LATER)
    if ruling.refusal:
        assert ruling == Ruling(before, Refusal.UNFIT)
        return
    assert ruling.state.digest == digest(before.request.action, ruling.state.request.arguments)
    assert ruling.state.digest != before.digest
    assert current_decisions(ruling.state) == ()
    assert ruling.state.decisions == before.decisions, "they stay on record"


@pytest.mark.parametrize("value", [math.nan, math.inf, 2**60, "\ud800"])
def test_what_has_no_exact_form_is_no_change_that_could_be_approved(value: JsonValue) -> None:
    state = asked()
    decision = wish(state).model_copy(update={"arguments": ARGUMENTS | {"amount": value}})
    assert is_change(state, decision)
    assert screen(state, decision, NOW) is Refusal.UNFIT
    assert refused(state, decision) is Refusal.UNFIT


@pytest.mark.parametrize(
    ("before", "after", "other"),
    [
        (1, True, True),
        (0, False, True),
        ([1], [True], True),
        (1, 1.0, False),
        (1, "1", True),
        ("", None, True),
    ],
)
def test_a_change_is_what_the_digest_tells_apart(before: JsonValue, after: JsonValue, *, other: bool) -> None:
    """To Python 1 is True: what somebody wished for would be taken for what was asked."""
    state = asked(request=build_request(arguments={"flag": before}))
    assert is_change(state, wish(state, {"flag": after})) == other


def test_a_decision_without_arguments_or_with_the_same_is_no_change() -> None:
    state = asked()
    assert not is_change(state, build_decision(state))
    assert not is_change(state, wish(state, dict(reversed(ARGUMENTS.items()))))


# Who may


@pytest.mark.parametrize(
    ("person", "refusal"),
    [(REQUESTER, Refusal.REQUESTER), (SPEAKER, Refusal.SPEAKER), (None, Refusal.NOBODY)],
)
@pytest.mark.parametrize("change", ["alone", "second"])
def test_neither_requester_nor_speaker_nor_nobody_can_change(
    person: object, refusal: Refusal, change: str
) -> None:
    state = asked(change=change, request=build_request(speakers=(SPEAKER,)))
    assert screen(state, wish(state, decided_by=person), NOW) is refusal
    assert refused(state, wish(state, decided_by=person)) is refusal


@pytest.mark.parametrize(
    ("standing", "refusal"),
    [("outsider", Refusal.OUTSIDER), ("bot", Refusal.BOT), ("unknown", Refusal.UNKNOWN)],
)
def test_who_may_not_decide_may_not_change(standing: Any, refusal: Refusal) -> None:
    state = asked(change="alone")
    assert refused(state, wish(state), Membership(standing=standing)) is refusal


def test_a_delegate_whose_principals_may_not_decide_cannot_change() -> None:
    state = decided(asked(2))
    assert refused(state, wish(state, decided_by=DELEGATE), STAND_IN) is Refusal.PRINCIPAL


@pytest.mark.parametrize("plan", [None, plan_of(change="never"), build_plan()])
def test_where_the_policy_does_not_let_them_nobody_can_change(plan: Plan | None) -> None:
    state = build_state(plan=plan)
    wanted = Refusal.STALE if plan is None else Refusal.UNCHANGEABLE
    assert refused(state, wish(state)) is wanted


def test_a_rejection_changes_nothing() -> None:
    state = asked()
    assert refused(state, wish(state, verdict="reject")) is Refusal.UNCHANGEABLE


@pytest.mark.parametrize("other", [{"digest": "0" * 64}, {"stage": 1}])
def test_what_was_changed_of_another_version_is_stale(other: dict[str, object]) -> None:
    state = asked(1, 1)
    assert refused(state, wish(state, **other)) is Refusal.STALE


def test_two_changes_of_the_same_card_are_one_change() -> None:
    before = asked()
    state = changed(before)
    assert refused(state, wish(before, {"amount": 1}, decided_by=SECOND)) is Refusal.STALE


def test_a_change_after_the_deadline_or_the_end_is_none() -> None:
    late = asked(deadline=NOW)
    assert refused(late, wish(late)) is Refusal.LATE
    over = asked(status="cancelled", decided_at=NOW)
    assert refused(over, wish(over)) is Refusal.CANCELLED


# What it demands


def test_what_is_typed_again_is_the_changed_amount() -> None:
    state = build_state(plan=plan_of(severity="high"))
    assert refused(state, wish(state)) is Refusal.RETYPED
    assert refused(state, wish(state, retyped="250")) is Refusal.RETYPED
    assert changed(state, retyped="200").request.arguments == LESS


def test_leaving_the_amount_out_does_not_leave_out_that_something_is_typed() -> None:
    state = build_state(plan=plan_of(severity="high"))
    assert refused(state, wish(state, {"source": "checking"})) is Refusal.RETYPED
    assert changed(state, {"source": "checking"}, retyped=state.request.action)


def test_a_change_needs_the_comment_that_an_approval_needs() -> None:
    state = build_state(plan=plan_of(comment_on=("approve",)))
    assert refused(state, wish(state, comment=" ")) is Refusal.COMMENT
    assert changed(state, comment="Why").amendments[0].comment == "Why"


# What it does


def test_old_decisions_neither_count_nor_bar_anybody() -> None:
    before = decided(asked(3), decided_by=SECOND)
    before = decided(before, decided_by=THIRD, verdict="reject")
    state = changed(before)
    assert (approvals(state), rejections(state)) == (0, 0)
    assert SECOND not in barred(state)
    assert THIRD not in barred(state)
    assert decided(state, decided_by=SECOND).status == "pending"
    assert [one.event_id for one in state.decisions] == ["event-1", "event-1"]


def test_old_decisions_do_not_come_back_when_it_is_changed_back() -> None:
    """They were decisions on the same words, but not with what has happened since before one's eyes."""
    before = decided(decided(asked(2, 2), decided_by=SECOND), decided_by=THIRD)
    before = decided(before, decided_by=build_person("UFOURTH"))
    state = changed(before)
    state = changed(state, ARGUMENTS, decided_by=build_person("UFIFTH"))
    assert state.digest == before.digest
    assert (state.stage, approvals(state), rejections(state)) == (0, 0, 0)
    assert SECOND not in barred(state)
    assert THIRD not in barred(state)
    state = decided(decided(state, decided_by=SECOND), decided_by=THIRD)
    assert (state.stage, approvals(state)) == (1, 0)


def test_rejections_do_not_come_back_either() -> None:
    before = decided(asked(2), decided_by=SECOND, verdict="reject")
    state = changed(changed(before), ARGUMENTS, decided_by=THIRD)
    assert decided(state, decided_by=SECOND, verdict="reject").status == "pending"


def test_what_was_changed_back_is_approved_as_it_was_asked() -> None:
    state = changed(changed(asked()), ARGUMENTS, decided_by=SECOND)
    state = decided(state, decided_by=THIRD)
    assert outcome(state).approved
    assert outcome(state).arguments is None
    assert outcome(state).digest == build_state().digest


def test_a_second_person_approves_what_was_changed() -> None:
    state = changed(asked())
    assert judge(state, build_decision(state), MEMBER, LATER).refusal is Refusal.CHANGED
    assert refused(state, wish(state, {"amount": 1})) is Refusal.CHANGED
    state = decided(state, decided_by=SECOND)
    assert outcome(state).approved
    assert outcome(state).arguments == LESS
    assert outcome(state).digest == digest(state.request.action, LESS)


def test_whoever_changed_it_counts_at_no_stage_of_that_version() -> None:
    state = changed(build_state(plan=plan_of(1, 1, distinct=False)))
    state = decided(state, decided_by=SECOND)
    assert state.stage == 1
    assert judge(state, build_decision(state), MEMBER, LATER).refusal is Refusal.CHANGED
    assert judge(state, build_decision(state, verdict="reject"), MEMBER, LATER).refusal is Refusal.CHANGED


def test_neither_does_whoever_it_was_changed_for() -> None:
    ruling = amend(asked(), wish(asked(), decided_by=DELEGATE), STAND_IN, LATER)
    state = ruling.state
    assert state.amendments[0].on_behalf_of == APPROVER
    assert APPROVER in barred(state)
    assert DELEGATE in barred(state)
    assert judge(state, build_decision(state), MEMBER, LATER).refusal is Refusal.CHANGED
    for_both = build_decision(state, decided_by=THIRD)
    assert judge(state, for_both, STAND_IN, LATER).refusal is Refusal.PRINCIPAL


def test_the_same_person_under_another_team_is_the_same_person() -> None:
    state = changed(asked())
    other = build_decision(state, decided_by=build_person(APPROVER.user_id, "T2"))
    assert judge(state, other, MEMBER, LATER).refusal is Refusal.CHANGED


def test_whoever_changed_an_earlier_version_may_approve_what_somebody_else_made_of_it() -> None:
    state = changed(changed(asked()), {"amount": 1}, decided_by=SECOND)
    assert decided(state).status == "approved"


def test_alone_whoever_changes_it_is_its_first_approver() -> None:
    state = changed(asked(change="alone"), comment="Less")
    assert (state.status, state.reason) == ("approved", "Less")
    (counted,) = state.decisions
    assert (counted.digest, counted.arguments, counted.decided_at) == (state.digest, None, LATER)
    assert outcome(state).arguments == LESS


def test_alone_they_count_once() -> None:
    state = changed(asked(2, change="alone"))
    assert (state.status, approvals(state)) == ("pending", 1)
    assert judge(state, build_decision(state), MEMBER, LATER).refusal is Refusal.COUNTED
    assert decided(state, decided_by=SECOND).status == "approved"


def test_alone_a_delegate_counts_for_whom_they_stand_in() -> None:
    state = asked(2, change="alone")
    state = amend(state, wish(state, decided_by=DELEGATE), STAND_IN, LATER).state
    assert state.decisions[0].on_behalf_of == APPROVER
    assert judge(state, build_decision(state), MEMBER, LATER).refusal is Refusal.COUNTED


def test_alone_whoever_changes_it_at_a_later_stage_is_no_approver_of_the_first() -> None:
    before = decided(asked(1, 1, change="alone"), decided_by=SECOND)
    assert before.stage == 1
    state = changed(before)
    assert (state.status, state.stage, current_decisions(state)) == ("pending", 0, ())


@pytest.mark.parametrize("change", ["alone", "second"])
def test_it_begins_at_its_first_stage_with_fresh_clocks(change: str) -> None:
    escalation = Escalation(approvers=(Approvers(kind="user", id="UHEAD"),), replace=True)
    stages = (build_stage(quorum=2, escalation=escalation), build_stage(quorum=2, escalation=escalation))
    before = build_state(
        plan=build_plan(stages=stages, change=change),
        stage=1,
        reminders=(NOW + HOUR,),
        reminded=3,
        escalates_at=NOW + HOUR,
        escalated="replaced",
        escalation_reason="nobody decided in time",
        paused_at=NOW,
        roster=Roster(count=9),
    )
    state = changed(before)
    assert is_opening(state)
    assert (state.stage, state.deadline, state.reminders, state.reminded) == (0, None, (), 0)
    assert (state.escalates_at, state.escalated, state.escalation_reason, state.paused_at) == (
        None,
        "",
        "",
        None,
    )
    assert approvers(state) == stages[0].approvers
    query = stage_query(state, stages[0], LATER)
    assert (query.needed, query.clocked, query.halt) == (2, False, None)
    assert (APPROVER in query.barred) == (change == "second")


def test_it_ends_however_often_it_is_changed() -> None:
    state = asked()
    for number in range(MOST_CHANGES):
        person = (APPROVER, SECOND)[number % 2]
        state = changed(state, ARGUMENTS | {"amount": number}, decided_by=person)
    decision = wish(state, {"amount": 99}, decided_by=APPROVER)
    assert len(state.amendments) == MOST_CHANGES
    assert refused(state, decision) is Refusal.CHANGES
    assert decided(state, decided_by=APPROVER).status == "approved"


# Titles, misfits


def test_a_title_that_was_made_of_the_arguments_follows_them() -> None:
    request = build_request(title=make_title("transfer_money", ARGUMENTS))
    state = changed(build_state(request=request, plan=plan_of()))
    assert state.request.title == make_title("transfer_money", LESS)
    assert "200" in state.request.title
    assert "250" not in state.request.title


def test_a_title_of_its_own_stays() -> None:
    assert changed(asked()).request.title == "Transfer money"


@given(wishes)
def test_titles_are_short_and_never_empty(arguments: dict[str, JsonValue]) -> None:
    assert 0 < len(make_title("transfer_money", arguments)) <= TITLE_LENGTH


def test_nothing_but_arguments_and_title_is_another_in_a_changed_request() -> None:
    request = build_request(parameters={"type": "object"}, policy="built-in", speakers=(SPEAKER,))
    assert change_request(request, LESS) == request.model_copy(update={"arguments": LESS})


@pytest.mark.parametrize(
    ("check", "refusal"),
    [
        (ArgumentsCheck(policy="built-in"), None),
        (ArgumentsCheck(problems=("No.",), policy="built-in"), Refusal.UNFIT),
        (ArgumentsCheck(policy="strict"), Refusal.OTHER_POLICY),
        (ArgumentsCheck(), Refusal.OTHER_POLICY),
    ],
)
def test_a_change_stays_with_the_policy_that_its_approvers_are_of(
    check: ArgumentsCheck, refusal: Refusal | None
) -> None:
    assert find_misfit(asked(), check) is refusal
