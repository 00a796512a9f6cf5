"""What was decided, by whom, when and why; and how a request ended about which nobody was asked."""

from slack_sdk.models.blocks import RichTextElement

from activities.blocks import Parts, inline_code, mention, moment, plain, quote, section, strong
from activities.bounds import show_condition
from activities.changes import CHANGES_ON_CARD, change_rows
from activities.contents import (
    REASON_LENGTH,
    STAGES_SHOWN,
    is_shadow,
    policy_name,
    share_room,
    stage_name,
    verdict_words,
)
from activities.deciders import name_quietly
from activities.text import clean_words, cut
from workflows import policy
from workflows.contracts import ApprovalState, Decision, GrantUse, Plan, Status, Verdict
from workflows.elicitation import is_question
from workflows.grants import ID_SHOWN

COMMENT_ON_CARD = 200
COMMENT_IN_OUTCOME = 1_000
OUTCOME_ROOM = 5_500
ROW_LENGTH = 85
SHORTEST_COMMENT = 30
_DECIDED: frozenset[Status] = frozenset({"approved", "rejected"})
"""Statuses that a decision's own row says already."""
_VERBS: dict[bool, dict[Verdict, str]] = {
    False: {"approve": "Approved", "reject": "Rejected"},
    True: {"approve": "Answered", "reject": "Declined"},
}
"""Of what is to be done, and of a question."""


def card_rows(state: ApprovalState) -> Parts:
    """The changes and decisions until now, as the card has room for them."""
    shares = share_room(state)
    return [
        *change_rows(state, min(shares.changes, CHANGES_ON_CARD)),
        *_decision_rows(state, COMMENT_ON_CARD, shares.decisions),
    ]


def closed_rows(state: ApprovalState) -> Parts:
    """How a request ended, as the card has room for it: who decided, when and why, or that nobody was asked."""
    return _end_rows(state, card_rows(state))


def outcome_rows(state: ApprovalState) -> Parts:
    """The same with the comments in full, as far as Slack's limits allow."""
    room = OUTCOME_ROOM - (OUTCOME_ROOM // 4 if state.amendments else 0)
    decided = _decision_rows(state, COMMENT_IN_OUTCOME, room)
    return _end_rows(state, [*change_rows(state, OUTCOME_ROOM // 4), *decided])


def _decision_rows(state: ApprovalState, longest: int, room: int) -> Parts:
    """Each with as much of its comment as there is room for; where they are too many, the last."""
    most = max(room // (ROW_LENGTH + SHORTEST_COMMENT), 1)
    shown = state.decisions[-most:]
    length = min(longest, room // max(len(shown), 1) - ROW_LENGTH)
    rows = [decision_row(state, one, length) for one in shown]
    left = len(state.decisions) - len(shown)
    return [section(plain(f"Earlier decisions not shown here: {left}")), *rows] if left else rows


def decided_parts(state: ApprovalState, decision: Decision) -> Parts:
    """Who decided what, for whom, when, in which stage, on which version, and whether they had read it all."""
    verb = _VERBS[is_question(state.request)][decision.verdict]
    parts = [plain(f"{verb} by "), mention(decision.decided_by)]
    if decision.on_behalf_of:
        parts += [plain(" for "), mention(decision.on_behalf_of)]
    parts += [plain(" "), moment(decision.decided_at)]
    staged = state.plan is not None and len(state.plan.stages) > 1
    stage = f", stage {decision.stage + 1}" if staged else ""
    read = ", after reading it all" if decision.read else ""
    old = ", before it was changed" if decision not in policy.current_decisions(state) else ""
    rule = ", to be remembered as a rule" if decision.remember else ""
    more = f"{stage}{read}{old}{rule}"
    return [*parts, plain(more)] if more else parts


def decision_row(state: ApprovalState, decision: Decision, length: int) -> RichTextElement:
    """The same with as much of why as there is room for."""
    parts = decided_parts(state, decision)
    words = " ".join(clean_words(decision.comment).split())
    return section(*parts, plain(f": {cut(words, length)}")) if words else section(*parts)


def _end_rows(state: ApprovalState, rows: Parts) -> Parts:
    reason = clean_words(state.reason)
    if not rows or state.status not in _DECIDED:
        rows = [section(strong(f"{verdict_words(state)} "), moment(state.decided_at)), *rows]
    if nobody := _unasked_row(state):
        return [*rows, nobody]
    if reason and all(reason != clean_words(one.comment) for one in state.decisions):
        return [*rows, quote(cut(reason, REASON_LENGTH))]
    return rows


def _unasked_row(state: ApprovalState) -> RichTextElement | None:
    """How a request ended that nobody was asked about."""
    plan = state.plan
    if plan is None or state.decisions or state.status not in _DECIDED:
        return None
    if is_shadow(state):
        return section(*_shadow_parts(plan))
    if state.grant:
        return section(*grant_parts(state.grant))
    name = policy_name(plan)
    if plan.effect == "approve":
        return section(plain(f"Approved by policy {name}, nobody was asked"))
    if plan.effect == "deny":
        final = "; this cannot be overridden" if plan.final else ""
        return section(plain(f"Denied by policy {name}, nobody was asked{final}"))
    return None


def grant_parts(use: GrantUse) -> Parts:
    """Which earlier approval stood for this: whose rule, since when, what it says, and how often it can still be used."""
    left = f"{use.left} use{'' if use.left == 1 else 's'} left"
    return [
        plain("Approved by a rule that "),
        mention(use.owner),
        plain(" made "),
        moment(use.since),
        plain(f", nobody was asked. Use {use.number}, {left}. The rule {use.grant_id[:ID_SHOWN]}: "),
        inline_code(show_condition(use.condition)),
    ]


def _shadow_parts(plan: Plan) -> Parts:
    """What a policy on trial would have done; nobody is notified of what they were not asked."""
    passed = plain("; it is in shadow mode, so the action was let pass")
    if plan.effect != "ask":
        would = "approved this" if plan.effect == "approve" else "denied this"
        return [plain(f"Policy {policy_name(plan)} would have {would} without asking anybody"), passed]
    parts = [plain(f"Policy {policy_name(plan)} would have asked ")]
    for number, stage in enumerate(plan.stages[:STAGES_SHOWN], 1):
        parts += [plain(f"\n{number}. {stage_name(stage)}, {stage.quorum} to approve: ")]
        parts += name_quietly(stage.approvers)
    left = len(plan.stages) - STAGES_SHOWN
    parts += [plain(f"\nand {left} more stages")] if left > 0 else []
    return [*parts, plain("\nIt is in shadow mode, so the action was let pass")]
