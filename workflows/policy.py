"""Who may decide, what a decision does, and what time does: pure functions from state and event to state.

Nothing here reads a clock or asks anybody: moments and memberships come in as arguments, errands go out as results.
"""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Literal, NamedTuple

from pydantic import JsonValue

from workflows import elicitation
from workflows.contracts import (
    ApprovalState,
    Approvers,
    Cancellation,
    Decision,
    Halt,
    Limits,
    Membership,
    Opening,
    Outcome,
    Person,
    Plan,
    Resolution,
    Stage,
    StageQuery,
    Status,
    Verdict,
)
from workflows.leeway import can_remember
from workflows.proof import is_proof


class Refusal(StrEnum):
    """Why a decision does not count, as the one sentence that the person is told."""

    NOBODY = "A decision has to name the person who makes it."
    REQUESTER = "You asked for this yourself, so somebody else has to decide."
    SPEAKER = "You took part in the conversation that led to this request, so somebody else has to decide."
    PRINCIPAL = "Whoever you decide for may not decide this request any more, so you may not either."
    OUTSIDER = "You are not one of the people who may decide this request."
    BOT = "A bot may not decide; a person has to."
    UNKNOWN = "It could not be established that you may decide this request, so nothing was decided."
    STALE = "What you saw is not what this request is about now, so nothing was decided. Look at its current card."
    COUNTED = "Your decision on this request already counts; it needs somebody else's as well."
    COMMENT = "This decision needs a comment, so nothing was decided. Decide again and say why."
    RETYPED = "What you typed is not what the card says, so nothing was decided. Look at it once more."
    LATE = "The time to decide this request is over, so nothing was decided."
    APPROVED = "This request is already approved; your click changed nothing."
    REJECTED = "This request is already rejected; your click changed nothing."
    EXPIRED = "This request has expired; your click changed nothing."
    CANCELLED = "This request was cancelled; your click changed nothing."
    FAILED = "This request has failed; your click changed nothing."
    UNCHANGEABLE = (
        "The policy does not let approvers change this, so nothing was decided. Reject it and say why."
    )
    UNFIT = "The changed arguments are not what this action takes, so nothing was decided."
    OTHER_POLICY = (
        "Another policy applies to what you made of this, so nothing was decided. Reject it and say why."
    )
    CHANGED = "You changed this request yourself, so somebody else has to decide."
    CHANGES = (
        "This was changed very often already, so nothing was decided. Approve it as it is, or reject it."
    )
    UNREMEMBERED = "The policy does not let this approval stand for others, so nothing was decided. Approve it without a rule."
    DEPUTY = "You decide for somebody else, and nobody makes rules in another's name, so nothing was decided. Approve it without a rule."
    NOT_YOURS = "Only the person who asked may withdraw this request."
    NOT_ASKED = "Only those who took part in the conversation that led to this request can answer that."
    QUESTIONS = (
        "Many questions have been asked about this request already; decide it, or talk to whoever asked."
    )
    ANSWERED = "That question has been answered more than once; your answer was not added."
    UNANSWERED = "This is a question, so it takes an answer: nothing was decided. Answer it, or decline to."
    UNASKED = "An answer only goes with answering a question, so nothing was decided."
    ILL_ANSWERED = "That is no answer that this question takes, so nothing was decided. Answer it once more."
    TOLD = "This question is already answered; your click changed nothing."
    DECLINED = "This question was declined already; your click changed nothing."


class Ruling(NamedTuple):
    """The state after an event, and why the event did not count, if it did not."""

    state: ApprovalState
    refusal: Refusal | None = None


class Demands(NamedTuple):
    """What a verdict must come with."""

    comment: bool
    retype: bool


FRESH: Mapping[str, object] = {
    "deadline": None,
    "reminders": (),
    "escalates_at": None,
    "escalated": "",
    "escalation_reason": "",
    "reminded": 0,
    "roster": None,
    "paused_at": None,
}
"""What a stage begins with: no clock set, nobody escalated to, its people not yet found out."""

_CLOSED: dict[Status, Refusal] = {
    "approved": Refusal.APPROVED,
    "rejected": Refusal.REJECTED,
    "expired": Refusal.EXPIRED,
    "cancelled": Refusal.CANCELLED,
    "failed": Refusal.FAILED,
}
_CLOSED_QUESTION: dict[Status, Refusal] = {
    **_CLOSED,
    "approved": Refusal.TOLD,
    "rejected": Refusal.DECLINED,
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


# The plan and its stages


def begin(state: ApprovalState, resolution: Resolution, now: datetime) -> ApprovalState:
    """Apply a plan to a request: open its first stage, or end it where nobody is asked."""
    plan = resolution.plan
    state = state.model_copy(update={"plan": plan})  # it says who is told, even if it is over already
    if fault := _find_fault(state, resolution):
        return close(state, "failed", now, fault)
    if plan.shadow:
        return close(state, "approved", now, f"Policy {plan.policy} is in shadow mode: nobody was asked")
    if plan.effect == "approve":
        return close(state, "approved", now, f"Approved by policy {plan.policy}: nobody had to be asked")
    if plan.effect == "deny":
        return close(state, "rejected", now, f"Denied by policy {plan.policy}: nobody was asked")
    if over := explain_excess(state):
        return close(state, "rejected", now, over)
    return open_stage(state, resolution.opening, now) if resolution.opening else state


def _find_fault(state: ApprovalState, resolution: Resolution) -> str:
    """Why people cannot be asked, where they would be, or where nothing else is an answer."""
    plan = resolution.plan
    if fault := resolution.problem or elicitation.find_obstacle(state.request, plan):
        return fault
    nobody = plan.effect == "ask" and not plan.shadow and not plan.stages
    return f"Policy {plan.policy} names nobody who could decide" if nobody else ""


def excess(state: ApprovalState) -> int:
    """By how many requests this one goes over what its run may ask for; people's own requests are not counted."""
    run, limits = state.request.run, state.plan.limits if state.plan else Limits()
    if run is None or state.plan is None or state.plan.shadow:
        return 0
    counts = ((run.number, limits.per_run), (run.last_minute, limits.per_minute))
    return max((count - limit for count, limit in counts if limit and count > limit), default=0)


def explain_excess(state: ApprovalState) -> str:
    """Why nobody is asked about one request too many; nothing where it is not."""
    run, plan = state.request.run, state.plan
    if run is None or plan is None or not excess(state):
        return ""
    limit = plan.limits.per_run
    if limit and run.number > limit:
        most = f"{limit} request{'' if limit == 1 else 's'} of one run"
    else:
        limit = plan.limits.per_minute
        most = f"{limit} request{'' if limit == 1 else 's'} of one run within a minute"
    return f"Policy {plan.policy} has people asked about {most}, and this is one more: nobody was asked"


def current_stage(state: ApprovalState) -> Stage | None:
    """The stage that waits for decisions, or None where there is none."""
    return state.plan.stages[state.stage] if state.plan and state.plan.stages else None


def is_opening(state: ApprovalState) -> bool:
    """Whether a stage's clocks and people are still to be found out."""
    return state.status == "pending" and state.plan is not None and state.roster is None


def stage_query(state: ApprovalState, stage: Stage, now: datetime) -> StageQuery:
    """What to ask in order to open the current stage."""
    return StageQuery(
        stage=stage,
        approvers=approvers(state),
        needed=stage.quorum - approvals(state),
        barred=barred(state),
        now=now,
        halt=_halt(state),
        clocked=state.deadline is not None,
    )


def _halt(state: ApprovalState) -> Halt | None:
    if state.paused_at is None or state.deadline is None:
        return None
    return Halt(
        since=state.paused_at,
        deadline=state.deadline,
        reminders=state.reminders,
        escalates_at=state.escalates_at,
    )


def open_stage(state: ApprovalState, opening: Opening, now: datetime) -> ApprovalState:
    """Take in what is known of a stage's clocks and people; where nobody could decide it escalates or fails.

    A deadline that runs already (an escalation before it) goes on as it was; clocks that stood still are set anew.
    """
    if state.status != "pending":
        return state
    if opening.problem:
        return block_stage(state, opening.problem, now)
    changes: dict[str, object] = {"roster": opening.roster}
    if state.deadline is None or state.paused_at:
        changes |= {"deadline": opening.deadline, "reminders": opening.reminders, "paused_at": None}
        changes["escalates_at"] = None if state.escalated else opening.escalates_at
    return state.model_copy(update=changes)


def block_stage(state: ApprovalState, problem: str, now: datetime) -> ApprovalState:
    """What becomes of a stage that nobody could decide: it escalates, or the request fails; it never approves."""
    may_escalate = state.status == "pending" and _may_escalate(state)
    return _replace(state, problem) if may_escalate else close(state, "failed", now, problem)


def approvers(state: ApprovalState) -> tuple[Approvers, ...]:
    """Who decides the current stage, after an escalation, too."""
    stage = current_stage(state)
    if stage is None:
        return ()
    if stage.escalation is None or not state.escalated:
        return stage.approvers
    if state.escalated == "replaced":
        return stage.escalation.approvers
    return tuple(dict.fromkeys(stage.approvers + stage.escalation.approvers))


def _may_escalate(state: ApprovalState) -> bool:
    stage = current_stage(state)
    return stage is not None and stage.escalation is not None and not state.escalated


def _replace(state: ApprovalState, problem: str) -> ApprovalState:
    """Give a stage that nobody could decide to those it escalates to; their clocks start anew."""
    escalated: dict[str, object] = {"escalated": "replaced", "escalation_reason": problem}
    return state.model_copy(update={**FRESH, **escalated, "reminded": state.reminded})


# Time


def is_late(state: ApprovalState, now: datetime) -> bool:
    """Whether the time to decide is over; it cannot be while the clocks stand still."""
    return state.deadline is not None and state.paused_at is None and now >= state.deadline


def pause_end(state: ApprovalState) -> datetime | None:
    """When clocks that stand still go on, answer or not; None where they run, or are being set already."""
    pause = state.plan.question_pause if state.plan else None
    if state.paused_at is None or pause is None or state.roster is None:
        return None
    return state.paused_at + pause


def pause(state: ApprovalState, now: datetime) -> ApprovalState:
    """Halt the clocks where the plan wants that, unless they stand still or are being set."""
    halts = state.plan is not None and state.plan.question_pause is not None
    if not halts or state.paused_at or state.roster is None or state.deadline is None:
        return state
    return state.model_copy(update={"paused_at": now})


def resume(state: ApprovalState) -> ApprovalState:
    """Let clocks that stand still go on: the stage opens anew, with as much time as it had left."""
    return state.model_copy(update={"roster": None}) if state.paused_at else state


def next_moment(state: ApprovalState) -> datetime | None:
    """When time itself does something next: a deadline, an escalation, a reminder, the end of a pause."""
    if state.paused_at:
        return pause_end(state)
    moments = [state.deadline, state.escalates_at, *state.reminders[:1]]
    return min(filter(None, moments), default=None)


def tick(state: ApprovalState, now: datetime) -> ApprovalState:
    """What time has done by now. However many reminders are due, they count as one, and an escalation stands for it."""
    if state.status != "pending":
        return state
    if state.paused_at:
        ends = pause_end(state)
        return resume(state) if ends and now >= ends else state
    if is_late(state, now):
        return _end_time(state, now)
    escalates = state.escalates_at is not None and now >= state.escalates_at
    left = tuple(moment for moment in state.reminders if moment > now)
    if escalates:
        return _escalate(state).model_copy(update={"reminders": left})
    if left == state.reminders:
        return state
    reminded = {"reminders": left, "reminded": state.reminded + 1}
    return state.model_copy(update={**reminded, "roster": None})  # people come and go, and delegate meanwhile


def _end_time(state: ApprovalState, now: datetime) -> ApprovalState:
    stage = current_stage(state)
    if stage and stage.on_deadline == "escalate" and _may_escalate(state):
        return _escalate(state).model_copy(update={"deadline": None, "reminders": ()})
    return close(state, "expired", now, "Nobody decided in time")


def _escalate(state: ApprovalState) -> ApprovalState:
    stage = current_stage(state)
    replaces = stage is not None and stage.escalation is not None and stage.escalation.replace
    how: Literal["added", "replaced"] = "replaced" if replaces else "added"
    why = "nobody decided in time"
    changes = {"escalated": how, "escalation_reason": why, "escalates_at": None, "roster": None}
    return state.model_copy(update=changes)


# Decisions


def demands(plan: Plan, verdict: Verdict) -> Demands:
    """What this verdict must come with under this plan."""
    return Demands(
        comment=verdict in plan.comment_on, retype=plan.severity == "high" and verdict == "approve"
    )


def barred(state: ApprovalState) -> tuple[Person, ...]:
    """Who may not decide the current stage, whoever they are: who asked, who spoke, who has decided already.

    So may those who changed what was asked, where the plan wants a second person for that.
    """
    used = [
        person
        for one in current_decisions(state)
        if _is_distinct(state) or one.stage == state.stage
        for person in (one.decided_by, one.on_behalf_of)
    ]
    everybody = (state.request.requester, *state.request.speakers, *filter(None, used), *_changers(state))
    return tuple(dict.fromkeys(everybody))


def _changers(state: ApprovalState) -> tuple[Person, ...]:
    """Who made the request what it is now, and for whom, where the plan leaves it to others to approve that."""
    if state.plan is None or state.plan.change != "second":
        return ()
    people = (person for one in state.amendments[-1:] for person in (one.changed_by, one.on_behalf_of))
    return tuple(filter(None, people))


def current_decisions(state: ApprovalState) -> tuple[Decision, ...]:
    """The decisions since somebody changed what is asked; those until then are only on record, even if it is changed back."""
    return state.decisions[state.amendments[-1].decided :] if state.amendments else state.decisions


def able(state: ApprovalState) -> tuple[Person, ...]:
    """Those of the people named in the roster who can still decide the current stage."""
    people, out = state.roster.people if state.roster else (), barred(state)
    return tuple(person for person in people if not any(same_person(person, one) for one in out))


def _is_distinct(state: ApprovalState) -> bool:
    return state.plan is None or state.plan.distinct


def screen(state: ApprovalState, decision: Decision, now: datetime) -> Refusal | None:
    """What can be said of a decision before asking who belongs to the approvers."""
    refusal = screen_sender(state, decision, now)
    return refusal or (check_form(state, state.plan, decision) if state.plan else None)


def screen_sender(state: ApprovalState, decision: Decision, now: datetime) -> Refusal | None:
    """The same of whoever decides, and when, and on what; whether it comes with what is demanded is another question."""
    if refusal := closed_refusal(state):
        return refusal
    if decision.decided_by is None:
        return Refusal.NOBODY
    if decision.digest != state.digest or decision.stage != state.stage or state.plan is None:
        return Refusal.STALE
    if is_late(state, now):
        return Refusal.LATE
    return _bar(state, decision.decided_by) or check_answer(state, decision)


def took_part(state: ApprovalState, person: Person) -> bool:
    """Whether somebody asked for this, or spoke in the conversation that led to it."""
    return any(same_person(person, one) for one in (state.request.requester, *state.request.speakers))


def bar_asker(state: ApprovalState, person: Person) -> Refusal | None:
    """Why somebody may neither decide nor ask about it."""
    if same_person(person, state.request.requester):
        return Refusal.REQUESTER
    return Refusal.SPEAKER if took_part(state, person) else None


def _bar(state: ApprovalState, person: Person) -> Refusal | None:
    if refusal := bar_asker(state, person):
        return refusal
    if any(same_person(person, one) for one in _changers(state)):
        return Refusal.CHANGED
    if any(same_person(person, one) for one in barred(state)):
        return Refusal.COUNTED
    return None


def check_form(state: ApprovalState, plan: Plan, decision: Decision) -> Refusal | None:
    """Whether a decision comes with what its plan demands."""
    needs = demands(plan, decision.verdict)
    if needs.retype and not is_proof(state, decision.retyped):
        return Refusal.RETYPED
    if needs.comment and not decision.comment.strip():
        return Refusal.COMMENT
    if decision.remember and (decision.verdict != "approve" or not may_remember(state)):
        return Refusal.UNREMEMBERED
    return None


def may_remember(state: ApprovalState) -> bool:
    """Whether an approval of this may stand for later requests; an answer to a question never does."""
    allows = state.plan is not None and can_remember(state.plan)
    return allows and not elicitation.is_question(state.request)


def check_answer(state: ApprovalState, decision: Decision) -> Refusal | None:
    """Whether an answer is there where there has to be one, and only there; whether it fits is looked at in an activity."""
    answers = decision.verdict == "approve" and elicitation.is_question(state.request)
    if answers:
        return Refusal.UNANSWERED if decision.answer is None else None
    return None if decision.answer is None and decision.choice is None else Refusal.UNASKED


def standing_refusal(membership: Membership) -> Refusal | None:
    """Why somebody of that standing may not decide."""
    return _STANDING.get(membership.standing)


def judge(state: ApprovalState, decision: Decision, membership: Membership, now: datetime) -> Ruling:
    """Count a decision, or say why it does not count. The last needed rejection or approval ends the request."""
    refusal = screen(state, decision, now) or standing_refusal(membership)
    if refusal:
        return Ruling(state, refusal)
    principal = find_principal(state, membership)
    if membership.standing == "delegate" and principal is None:
        return Ruling(state, Refusal.PRINCIPAL)
    if decision.remember and principal:
        return Ruling(state, Refusal.DEPUTY)
    counted = decision.model_copy(update={"decided_at": now, "on_behalf_of": principal})
    return Ruling(count(state, counted, now))


def find_principal(state: ApprovalState, membership: Membership) -> Person | None:
    """For whom a delegate decides: the first of their principals who could decide this; nobody decides for a member."""
    if membership.standing != "delegate":
        return None
    return next((one for one in membership.principals if not _bar(state, one)), None)


def count(state: ApprovalState, decision: Decision, now: datetime) -> ApprovalState:
    """Add a decision that counts, and do what it leads to."""
    counted = state.model_copy(update={"decisions": (*state.decisions, decision)})
    plan, stage = counted.plan, current_stage(counted)
    if plan is None or stage is None:
        return counted
    if rejections(counted) >= stage.reject_quorum:
        return close(counted, "rejected", now, decision.comment)
    if approvals(counted) < stage.quorum:  # who can still decide is found out anew; that must not end a pause
        return counted if counted.paused_at else counted.model_copy(update={"roster": None})
    if counted.stage + 1 < len(plan.stages):
        return _next_stage(counted)
    return close(counted, "approved", now, decision.comment)


def _next_stage(state: ApprovalState) -> ApprovalState:
    return state.model_copy(update={**FRESH, "stage": state.stage + 1})


def approvals(state: ApprovalState) -> int:
    """How many approvals the current stage has."""
    return sum(one.verdict == "approve" and one.stage == state.stage for one in current_decisions(state))


def rejections(state: ApprovalState) -> int:
    """How many rejections the current stage has."""
    return sum(one.verdict == "reject" and one.stage == state.stage for one in current_decisions(state))


# The end


def close(state: ApprovalState, status: Status, now: datetime, reason: str = "") -> ApprovalState:
    """End a pending request; one that has ended stays as it is."""
    if state.status != "pending":
        return state
    return state.model_copy(update={"status": status, "decided_at": now, "reason": reason})


def closed_refusal(state: ApprovalState) -> Refusal | None:
    """What somebody is told who decides a request that has ended; None while it is open."""
    asked = elicitation.is_question(state.request)
    return (_CLOSED_QUESTION if asked else _CLOSED).get(state.status)


def override(state: ApprovalState, verdict: Verdict, event_id: str, now: datetime) -> ApprovalState:
    """End a pending request by an operator's word, recorded without a person; an operator's yes answers no question."""
    if state.status != "pending" or (verdict == "approve" and elicitation.is_question(state.request)):
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
    if refusal := closed_refusal(state):
        return Ruling(state, refusal)
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
        arguments=state.request.arguments if _is_changed(state) else None,
        policy=state.plan.policy if state.plan else "",
        answer=find_answer(state),
        grant=state.grant,
    )


def find_answer(state: ApprovalState) -> JsonValue:
    """What a question was answered; nothing while it has no answer, and of anything else."""
    return state.decisions[-1].answer if state.status == "approved" and state.decisions else None


def _is_changed(state: ApprovalState) -> bool:
    """Whether it is another request than at first; one that was changed back is not."""
    return bool(state.amendments) and state.amendments[0].digest != state.digest
