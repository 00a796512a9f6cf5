"""Valid contracts for tests; every field can be overridden by keyword."""

from datetime import UTC, datetime, timedelta
from typing import Any

from workflows.contracts import (
    Answer,
    ApprovalRequest,
    ApprovalState,
    Approvers,
    Decision,
    Membership,
    Opening,
    Person,
    Plan,
    Question,
    Roster,
    Stage,
    Thread,
)
from workflows.digest import digest

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
TEAM = "T1"
CARD_CHANNEL = "CAPPROVALS"
MEMBER = Membership(standing="member")


def build_person(user_id: str = "UAPPROVER", team_id: str = TEAM) -> Person:
    return Person(team_id=team_id, user_id=user_id)


REQUESTER = build_person("UREQUESTER")
APPROVER = build_person("UAPPROVER")
SECOND = build_person("USECOND")
SPEAKER = build_person("USPEAKER")
THREAD = Thread(team_id=TEAM, channel_id="CORIGIN", thread_ts="1700000000.000100")


def build_request(**changes: Any) -> ApprovalRequest:
    defaults: dict[str, Any] = {
        "action": "transfer_money",
        "title": "Transfer money",
        "arguments": {"amount": 250, "source": "checking", "target": "savings"},
        "requester": REQUESTER,
        "reason": "Please move 250 euros to savings",
        "agent": "Assistant",
        "origin": THREAD,
    }
    return ApprovalRequest.model_validate(defaults | changes)


def build_stage(**changes: Any) -> Stage:
    defaults: dict[str, Any] = {
        "name": "approval",
        "approvers": (Approvers(id=CARD_CHANNEL),),
        "quorum": 1,
        "deadline": HOUR,
    }
    return Stage.model_validate(defaults | changes)


def build_plan(**changes: Any) -> Plan:
    defaults: dict[str, Any] = {
        "policy": "built-in",
        "stages": (build_stage(),),
        "card_channel": CARD_CHANNEL,
        "outcome_channels": ("COUTCOMES",),
    }
    return Plan.model_validate(defaults | changes)


def build_opening(**changes: Any) -> Opening:
    """A stage that opened now and has an hour."""
    return Opening.model_validate({"deadline": NOW + HOUR} | changes)


def build_state(**changes: Any) -> ApprovalState:
    """A pending approval whose digest and deadline are those of its request and its plan's current stage."""
    request: ApprovalRequest = changes.get("request") or build_request()
    plan: Plan | None = changes.get("plan", build_plan())
    stage: int = changes.get("stage", 0)
    defaults: dict[str, Any] = {
        "approval_id": "approval-1",
        "request": request,
        "digest": changes.get("digest") or digest(request.action, request.arguments),
        "opened_at": NOW,
        "plan": plan,
        "deadline": NOW + plan.stages[stage].deadline if plan and plan.stages else None,
        "roster": Roster() if plan else None,
    }
    return ApprovalState.model_validate(defaults | changes)


def build_decision(state: ApprovalState | None = None, **changes: Any) -> Decision:
    """An approval of what `state` is about now."""
    state = state or build_state()
    defaults: dict[str, Any] = {
        "verdict": "approve",
        "decided_by": APPROVER,
        "digest": state.digest,
        "stage": state.stage,
        "event_id": "event-1",
        "via": "slack",
    }
    return Decision.model_validate(defaults | changes)


def build_question(state: ApprovalState | None = None, **changes: Any) -> Question:
    """A question about what `state` is about now."""
    state = state or build_state()
    defaults: dict[str, Any] = {
        "text": "Which invoice is this for?",
        "asked_by": APPROVER,
        "digest": state.digest,
        "stage": state.stage,
        "event_id": "question-1",
        "via": "slack",
    }
    return Question.model_validate(defaults | changes)


def build_answer(**changes: Any) -> Answer:
    """The requester's answer to the first question."""
    defaults: dict[str, Any] = {
        "text": "Number 4711.",
        "question": 0,
        "answered_by": REQUESTER,
        "event_id": "answer-1",
        "via": "slack",
    }
    return Answer.model_validate(defaults | changes)
