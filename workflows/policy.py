"""Who may decide, and what a decision does: pure functions from state and event to state."""

from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from workflows.contracts import (
    ApprovalState,
    Cancellation,
    Decision,
    Membership,
    Outcome,
    Person,
    Plan,
    Stage,
    Status,
    Verdict,
)


class Refusal(StrEnum):
    """Why a decision does not count, as the one sentence that the person is told."""

    NOBODY = "A decision has to name the person who makes it."
    REQUESTER = "You asked for this yourself, so somebody else has to decide."
    SPEAKER = "You took part in the conversation that led to this request, so somebody else has to decide."
    OUTSIDER = "You are not one of the people who may decide this request."
    BOT = "A bot may not decide; a person has to."
    UNKNOWN = "It could not be established that you may decide this request, so nothing was decided."
    STALE = "What you saw is not what this request is about now, so nothing was decided. Look at its current card."
    COUNTED = "Your decision on this request already counts; it needs somebody else's as well."
    LATE = "The time to decide this request is over, so nothing was decided."
    APPROVED = "This request is already approved; your click changed nothing."
    REJECTED = "This request is already rejected; your click changed nothing."
    EXPIRED = "This request has expired; your click changed nothing."
    CANCELLED = "This request was cancelled; your click changed nothing."
    FAILED = "This request has failed; your click changed nothing."
    NOT_YOURS = "Only the person who asked may cancel this request."


class Ruling(NamedTuple):
    """The state after an event, and why the event did not count, if it did not."""

    state: ApprovalState
    refusal: Refusal | None = None


_CLOSED: dict[Status, Refusal] = {
    "approved": Refusal.APPROVED,
    "rejected": Refusal.REJECTED,
    "expired": Refusal.EXPIRED,
    "cancelled": Refusal.CANCELLED,
    "failed": Refusal.FAILED,
}
_STANDING: dict[str, Refusal] = {
    "outsider": Refusal.OUTSIDER,
    "bot": Refusal.BOT,
    "unknown": Refusal.UNKNOWN,
}
_RESULT: dict[Verdict, Status] = {"approve": "approved", "reject": "rejected"}


def same_person(one: Person, other: Person | None) -> bool:
    """Whether two identities may be the same human being.

    Slack names a person by different teams in different payloads (Enterprise Grid, Slack Connect), while user ids are
    unique across teams; to refuse, equal ids are enough.
    """
    return other is not None and one.user_id == other.user_id


def start_stage(state: ApprovalState, plan: Plan, index: int, now: datetime) -> ApprovalState:
    """Open a stage of the plan: its deadline runs from now. A request that has ended stays as it is."""
    if state.status != "pending":
        return state
    deadline = now + plan.stages[index].deadline
    return state.model_copy(update={"plan": plan, "stage": index, "deadline": deadline})


def current_stage(state: ApprovalState) -> Stage | None:
    """The stage that waits for decisions, or None before there is a plan."""
    return state.plan.stages[state.stage] if state.plan else None


def close(state: ApprovalState, status: Status, now: datetime, reason: str = "") -> ApprovalState:
    """End a pending request; one that has ended stays as it is."""
    if state.status != "pending":
        return state
    return state.model_copy(update={"status": status, "decided_at": now, "reason": reason})


def closed_refusal(state: ApprovalState) -> Refusal | None:
    """What somebody is told who decides a request that has ended; None while it is open."""
    return _CLOSED.get(state.status)


def screen(state: ApprovalState, decision: Decision, now: datetime) -> Refusal | None:
    """What can be said of a decision before asking who belongs to the approvers."""
    if state.status != "pending":
        return _CLOSED[state.status]
    if decision.decided_by is None:
        return Refusal.NOBODY
    if decision.digest != state.digest or decision.stage != state.stage or state.plan is None:
        return Refusal.STALE
    if state.deadline is not None and now >= state.deadline:
        return Refusal.LATE
    return _barred(state, decision.decided_by)


def _barred(state: ApprovalState, person: Person) -> Refusal | None:
    if same_person(person, state.request.requester):
        return Refusal.REQUESTER
    if any(same_person(person, speaker) for speaker in state.request.speakers):
        return Refusal.SPEAKER
    if any(same_person(person, earlier.decided_by) for earlier in state.decisions):
        return Refusal.COUNTED
    return None


def judge(state: ApprovalState, decision: Decision, membership: Membership, now: datetime) -> Ruling:
    """Count a decision, or say why it does not count. The first rejection and the last needed approval end it."""
    refusal = screen(state, decision, now) or _STANDING.get(membership.standing)
    if refusal:
        return Ruling(state, refusal)
    return Ruling(_count(state, decision.model_copy(update={"decided_at": now}), now))


def _count(state: ApprovalState, decision: Decision, now: datetime) -> ApprovalState:
    counted = state.model_copy(update={"decisions": (*state.decisions, decision)})
    if decision.verdict == "reject":
        return close(counted, "rejected", now, decision.comment)
    plan, stage = counted.plan, current_stage(counted)
    if plan is None or stage is None or approvals(counted) < stage.quorum:
        return counted
    if counted.stage + 1 < len(plan.stages):
        return start_stage(counted, plan, counted.stage + 1, now)
    return close(counted, "approved", now, decision.comment)


def approvals(state: ApprovalState) -> int:
    """How many approvals the current stage has."""
    return sum(one.verdict == "approve" and one.stage == state.stage for one in state.decisions)


def override(state: ApprovalState, verdict: Verdict, event_id: str, now: datetime) -> ApprovalState:
    """End a pending request by an operator's word, recorded without a person."""
    if state.status != "pending":
        return state
    decision = Decision(
        verdict=verdict,
        decided_by=None,
        digest=state.digest,
        stage=state.stage,
        event_id=event_id,
        via="operator",
        decided_at=now,
    )
    recorded = state.model_copy(update={"decisions": (*state.decisions, decision)})
    return close(recorded, _RESULT[verdict], now, "Operator override")


def cancel(state: ApprovalState, wish: Cancellation, now: datetime) -> Ruling:
    """Withdraw a request: its requester may, and an operator (no person)."""
    if state.status != "pending":
        return Ruling(state, _CLOSED[state.status])
    if wish.cancelled_by and wish.cancelled_by != state.request.requester:
        return Ruling(state, Refusal.NOT_YOURS)
    who = "the requester" if wish.cancelled_by else "an operator"
    return Ruling(close(state, "cancelled", now, wish.reason or f"Withdrawn by {who}"))


def outcome(state: ApprovalState) -> Outcome:
    """The result of a request that has ended."""
    return Outcome(
        approval_id=state.approval_id,
        status=state.status,
        digest=state.digest,
        decisions=state.decisions,
        reason=state.reason,
        decided_at=state.decided_at,
    )
