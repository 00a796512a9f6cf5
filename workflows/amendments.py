"""Changes that an approver makes to what was asked: pure functions.

A change makes another request of it: a new digest, on which nobody has decided yet, so it begins at its first stage
again. Who changed it counts as its first approver, or where the plan wants a second person, not at all.
"""

from collections.abc import Mapping
from datetime import datetime

from pydantic import JsonValue

from workflows import elicitation, policy
from workflows.contracts import (
    Amendment,
    ApprovalRequest,
    ApprovalState,
    ArgumentsCheck,
    Decision,
    Membership,
)
from workflows.digest import UndigestibleError, digest
from workflows.policy import Refusal, Ruling
from workflows.titles import make_title

MOST_CHANGES = 20
"""How often one request may be changed, so that it ends however often that is tried."""


def is_change(state: ApprovalState, decision: Decision) -> bool:
    """Whether a decision is about other arguments than those that were asked for, by their digest: to Python 1 is True."""
    if decision.arguments is None:
        return False
    try:
        return digest(state.request.action, decision.arguments) != state.digest
    except UndigestibleError:
        return True


def screen(state: ApprovalState, decision: Decision, now: datetime) -> Refusal | None:
    """What can be said of a change before asking who belongs to the approvers."""
    refusal = policy.screen_sender(state, decision, now)
    if refusal:
        return refusal
    fixed = state.plan is None or state.plan.change == "never" or elicitation.is_question(state.request)
    if fixed or state.plan is None or decision.verdict != "approve":
        return Refusal.UNCHANGEABLE
    if decision.remember:
        return Refusal.UNREMEMBERED
    if len(state.amendments) >= MOST_CHANGES:
        return Refusal.CHANGES
    changed = _put(state, decision)
    if changed is None:
        return Refusal.UNFIT
    return policy.check_form(changed, state.plan, decision)


def amend(state: ApprovalState, decision: Decision, membership: Membership, now: datetime) -> Ruling:
    """Put the changed request in place of the old one, or say why not."""
    refusal = screen(state, decision, now) or policy.standing_refusal(membership)
    if refusal:
        return Ruling(state, refusal)
    principal = policy.find_principal(state, membership)
    if membership.standing == "delegate" and principal is None:
        return Ruling(state, Refusal.PRINCIPAL)
    changed = _put(state, decision)
    if changed is None or decision.decided_by is None:
        return Ruling(state, Refusal.UNFIT)
    change = Amendment(
        changed_by=decision.decided_by,
        on_behalf_of=principal,
        changed_at=now,
        before=state.request.arguments,
        digest=state.digest,
        decided=len(state.decisions),
        comment=decision.comment,
    )
    changed = changed.model_copy(update={"amendments": (*state.amendments, change)})
    if state.stage > 0 or (state.plan and state.plan.change == "second"):
        return Ruling(changed)
    counted = {"decided_at": now, "on_behalf_of": principal, "digest": changed.digest, "arguments": None}
    return Ruling(policy.count(changed, decision.model_copy(update=counted), now))


def change_request(request: ApprovalRequest, arguments: Mapping[str, JsonValue]) -> ApprovalRequest:
    """The request with other arguments; a title that was made of them follows."""
    was_made = request.title == make_title(request.action, request.arguments)
    title = make_title(request.action, arguments) if was_made else request.title
    return request.model_copy(update={"arguments": dict(arguments), "title": title})


def find_misfit(state: ApprovalState, check: ArgumentsCheck) -> Refusal | None:
    """Why changed arguments cannot be approved here: they are not the action's, or not for this policy's people."""
    if check.problems:
        return Refusal.UNFIT
    same = state.plan is not None and state.plan.policy == check.policy
    return None if same else Refusal.OTHER_POLICY


def _put(state: ApprovalState, decision: Decision) -> ApprovalState | None:
    """The state with the changed arguments, from its first stage on; None where they have no exact form."""
    changed = change_request(state.request, decision.arguments or {})
    try:
        new_digest = digest(changed.action, changed.arguments)
    except UndigestibleError:
        return None
    return state.model_copy(update={**policy.FRESH, "request": changed, "digest": new_digest, "stage": 0})
