"""Who may decide, and what a decision does, example by example; `test_policy_machine` walks all paths."""

from datetime import timedelta
from itertools import permutations

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
    Cancellation,
    Decision,
    Membership,
    Person,
    Resolution,
    Status,
    Verdict,
)
from workflows.policy import (
    Refusal,
    approvals,
    begin,
    cancel,
    close,
    current_stage,
    is_opening,
    judge,
    open_stage,
    outcome,
    override,
    same_person,
    screen,
)

ENDS: tuple[Status, ...] = ("approved", "rejected", "expired", "cancelled", "failed")
TWO_STAGES = build_plan(stages=(build_stage(quorum=2), build_stage(name="finance", deadline=3 * HOUR)))
MOVED = build_state(plan=TWO_STAGES, stage=1)
INSTANT = timedelta(microseconds=1)


def decide_all(state: ApprovalState, *decisions: Decision) -> ApprovalState:
    for decision in decisions:
        state, _ = judge(state, decision, MEMBER, NOW)
    return state


def vote(state: ApprovalState, person: Person, verdict: Verdict = "approve") -> Decision:
    return build_decision(state, decided_by=person, verdict=verdict, event_id=f"{verdict}-{person.user_id}")


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"decided_by": None}, Refusal.NOBODY),
        ({"digest": "another"}, Refusal.STALE),
        ({"stage": 0}, Refusal.STALE),
        ({"stage": 2}, Refusal.STALE),
        ({"stage": -1}, Refusal.STALE),
        ({"decided_by": REQUESTER}, Refusal.REQUESTER),
        ({"decided_by": build_person("UREQUESTER", "T2")}, Refusal.REQUESTER),
        ({"decided_by": SPEAKER}, Refusal.SPEAKER),
        ({"decided_by": build_person("USPEAKER", "T2")}, Refusal.SPEAKER),
        ({"decided_by": SECOND}, Refusal.COUNTED),
        ({"decided_by": build_person("USECOND", "T2")}, Refusal.COUNTED),
        ({}, None),
    ],
)
@pytest.mark.parametrize("verdict", ["approve", "reject"])
def test_every_verdict_is_screened_alike(
    changes: dict[str, object], refusal: Refusal | None, verdict: Verdict
) -> None:
    state = build_state(
        plan=TWO_STAGES,
        stage=1,
        request=build_request(speakers=(SPEAKER,)),
        decisions=(build_decision(stage=0, decided_by=SECOND),),
    )
    decision = build_decision(state, verdict=verdict, **changes)
    assert screen(state, decision, NOW) == refusal
    ruling = judge(state, decision, MEMBER, NOW)
    assert ruling.refusal == refusal
    assert (ruling.state == state) == (refusal is not None)


@pytest.mark.parametrize(
    ("standing", "refusal"),
    [("outsider", Refusal.OUTSIDER), ("bot", Refusal.BOT), ("unknown", Refusal.UNKNOWN), ("member", None)],
)
@pytest.mark.parametrize("verdict", ["approve", "reject"])
def test_only_members_decide(standing: str, refusal: Refusal | None, verdict: Verdict) -> None:
    state = build_state()
    membership = Membership.model_validate({"standing": standing})
    ruling = judge(state, build_decision(verdict=verdict), membership, NOW)
    assert ruling.refusal == refusal
    assert (ruling.state == state) == (refusal is not None)


@pytest.mark.parametrize("status", ENDS)
def test_a_click_on_what_has_ended_is_told_how_it_ended(status: Status) -> None:
    refusal = screen(close(build_state(), status, NOW), build_decision(), NOW)
    assert refusal is Refusal[status.upper()]


def test_how_it_ended_is_told_before_anything_else_is_checked() -> None:
    closed = close(build_state(), "expired", NOW)
    stale = build_decision(decided_by=REQUESTER, digest="another", stage=7)
    assert screen(closed, stale, NOW + 9 * HOUR) is Refusal.EXPIRED


@pytest.mark.parametrize("refusal", Refusal)
def test_every_refusal_is_one_plain_sentence_or_two(refusal: Refusal) -> None:
    assert refusal.value[0].isupper()
    assert refusal.value.endswith(".")
    assert refusal.value.isprintable()
    assert not set("<>&*_`") & set(refusal.value)
    assert 20 < len(refusal.value) < 150


def test_no_two_refusals_say_the_same() -> None:
    assert len({refusal.value for refusal in Refusal.__members__.values()}) == len(Refusal.__members__)


def test_the_last_moment_counts_and_the_deadline_does_not() -> None:
    state = build_state()
    deadline = NOW + HOUR
    assert screen(state, build_decision(), deadline - INSTANT) is None
    assert screen(state, build_decision(), deadline) is Refusal.LATE
    assert judge(state, build_decision(), MEMBER, deadline).state == state


def test_a_decision_that_became_late_while_membership_was_checked_does_not_count() -> None:
    state = build_state()
    assert screen(state, build_decision(), NOW) is None
    assert judge(state, build_decision(), MEMBER, NOW + HOUR).refusal is Refusal.LATE


def test_nobody_decides_before_there_is_a_plan() -> None:
    state = build_state(plan=None)
    assert current_stage(state) is None
    assert screen(state, build_decision(state), NOW) is Refusal.STALE


def test_the_workflow_says_when_it_was_decided() -> None:
    decision = build_decision(decided_at=NOW - 9 * HOUR)
    state = decide_all(build_state(), decision)
    assert [one.decided_at for one in state.decisions] == [NOW]
    assert state.decided_at == NOW


def test_the_last_word_travels_with_the_outcome() -> None:
    rejected = decide_all(build_state(), build_decision(verdict="reject", comment="Wrong account"))
    assert outcome(rejected).model_dump(exclude={"decisions"}) == {
        "approval_id": "approval-1",
        "status": "rejected",
        "digest": rejected.digest,
        "reason": "Wrong account",
        "decided_at": NOW,
        "arguments": None,
        "policy": "built-in",
        "answer": None,
        "grant": None,
    }
    assert outcome(rejected).decisions == rejected.decisions


def test_a_quorum_waits_for_a_second_person() -> None:
    state = build_state(plan=TWO_STAGES)
    once = decide_all(state, vote(state, APPROVER))
    assert (once.status, once.stage, approvals(once)) == ("pending", 0, 1)
    twice = decide_all(once, vote(state, APPROVER))
    assert twice == once


def test_a_full_stage_opens_the_next_with_its_own_deadline() -> None:
    state = build_state(plan=TWO_STAGES)
    moved = decide_all(state, vote(state, APPROVER), vote(state, SECOND))
    assert (moved.status, moved.stage, approvals(moved)) == ("pending", 1, 0)
    assert is_opening(moved)
    assert current_stage(moved) == TWO_STAGES.stages[1]
    opened = open_stage(moved, build_opening(deadline=NOW + 3 * HOUR), NOW)
    assert opened.deadline == NOW + 3 * HOUR
    assert not is_opening(opened)


def test_who_approved_one_stage_does_not_approve_the_next() -> None:
    state = build_state(plan=TWO_STAGES)
    moved = decide_all(state, vote(state, APPROVER), vote(state, SECOND))
    assert judge(moved, vote(moved, APPROVER), MEMBER, NOW).refusal is Refusal.COUNTED
    assert decide_all(moved, vote(moved, build_person("UTHIRD"))).status == "approved"


def test_one_rejection_ends_it_whatever_was_approved() -> None:
    state = build_state(plan=TWO_STAGES)
    rejected = decide_all(state, vote(state, APPROVER), vote(state, SECOND, "reject"))
    assert rejected.status == "rejected"
    assert decide_all(rejected, vote(rejected, build_person("UTHIRD"))) == rejected


def test_one_rejection_ends_a_later_stage_too() -> None:
    assert decide_all(MOVED, vote(MOVED, SECOND, "reject")).status == "rejected"


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_simultaneous_decisions_are_safe_in_any_order(order: tuple[int, ...]) -> None:
    state = build_state(plan=build_plan(stages=(build_stage(quorum=2),)))
    votes = [vote(state, APPROVER), vote(state, SECOND), vote(state, build_person("UTHIRD"), "reject")]
    ended = decide_all(state, *(votes[index] for index in order))
    rejection_first = order.index(2) < 2
    assert ended.status == ("rejected" if rejection_first else "approved")
    assert len(ended.decisions) == (order.index(2) + 1 if rejection_first else 2)


@pytest.mark.parametrize(("verdict", "status"), [("approve", "approved"), ("reject", "rejected")])
def test_an_override_decides_without_a_person(verdict: Verdict, status: Status) -> None:
    state = override(MOVED, verdict, "event-9", NOW)
    assert (state.status, state.reason, state.decided_at) == (status, "Operator override", NOW)
    assert state.decisions == (
        Decision(
            verdict=verdict,
            decided_by=None,
            digest=MOVED.digest,
            stage=1,
            event_id="event-9",
            via="operator",
            decided_at=NOW,
        ),
    )


def test_an_override_works_before_there_is_a_plan() -> None:
    assert override(build_state(plan=None), "approve", "event-9", NOW).status == "approved"


@pytest.mark.parametrize("status", ENDS)
@pytest.mark.parametrize("verdict", ["approve", "reject"])
def test_nothing_changes_what_has_ended(status: Status, verdict: Verdict) -> None:
    closed = close(build_state(), status, NOW, "because")
    later = NOW + INSTANT
    assert override(closed, verdict, "event-9", later) == closed
    assert judge(closed, build_decision(verdict=verdict), MEMBER, later).state == closed
    assert close(closed, "approved", later) == closed
    ruling = cancel(closed, Cancellation(cancelled_by=REQUESTER), later)
    assert ruling == (closed, Refusal[status.upper()])


@pytest.mark.parametrize("status", ENDS)
def test_no_stage_starts_in_what_has_ended(status: Status) -> None:
    """A request may be cancelled while its plan is still being resolved."""
    closed = close(build_state(plan=None), status, NOW, "because")
    resolution = Resolution(plan=build_plan(), opening=build_opening())
    begun = begin(closed, resolution, NOW + INSTANT)
    assert begun == closed.model_copy(update={"plan": resolution.plan})
    assert open_stage(closed, build_opening(), NOW + INSTANT) == closed


@pytest.mark.parametrize(
    ("who", "reason", "told"),
    [
        (REQUESTER, "", "Withdrawn by the requester"),
        (None, "", "Withdrawn by an operator"),
        (REQUESTER, "No more needed", "No more needed"),
    ],
)
def test_the_requester_and_an_operator_may_cancel(who: Person | None, reason: str, told: str) -> None:
    state, refusal = cancel(build_state(), Cancellation(cancelled_by=who, reason=reason), NOW)
    assert refusal is None
    assert (state.status, state.reason, state.decided_at, state.decisions) == ("cancelled", told, NOW, ())


def test_nobody_else_may_cancel() -> None:
    state = build_state()
    assert cancel(state, Cancellation(cancelled_by=APPROVER), NOW) == (state, Refusal.NOT_YOURS)


def test_people_are_told_apart_by_their_user_id() -> None:
    assert same_person(APPROVER, build_person(team_id="T2"))
    assert not same_person(APPROVER, SECOND)
    assert not same_person(APPROVER, None)
