"""How far an approval is: its stage, what it still needs, from whom and until when."""

from activities.blocks import Parts, channel, moment, plain, section, stamp, strong
from activities.contents import STAGES_SHOWN, is_own, stage_name
from activities.deciders import FEW, count_groups, name_deciders, name_groups
from activities.questions import card_questions
from activities.text import cut
from activities.verdicts import card_rows
from workflows import policy
from workflows.contracts import ApprovalState, Stage
from workflows.elicitation import is_question

NEXT_LENGTH = 80


def stage_title(state: ApprovalState) -> str:
    """Which stage of how many this is, and its name; nothing where there are no stages."""
    stage, plan = policy.current_stage(state), state.plan
    if stage is None or plan is None:
        return ""
    return f"Stage {state.stage + 1} of {len(plan.stages)}: {stage_name(stage)}"


def open_rows(state: ApprovalState) -> Parts:
    """All about a request that waits: who has decided, what its stage needs, who can still decide it, until when."""
    rows = [*card_rows(state), *card_questions(state)]
    stage = policy.current_stage(state)
    return [*rows, *_stage_rows(state, stage)] if stage else rows


def _stage_rows(state: ApprovalState, stage: Stage) -> Parts:
    rows = [
        section(strong(stage_title(state)), plain(f"\n{count_votes(state, stage)}")),
        section(strong(able_words(state)), *name_deciders(state), plain(f"\n{_bar(state)}")),
        *_escalated_row(state, stage),
        section(*until(state, stage)),
    ]
    return [*rows, *_next_row(state)]


def count_votes(state: ApprovalState, stage: Stage) -> str:
    """How many approvals there are of how many; rejections too, where one does not end it."""
    if is_question(state.request):
        many = f"; {policy.rejections(state)} of {stage.reject_quorum} have declined to"
        return f"One answer is enough{many if stage.reject_quorum > 1 else ''}"
    approvals = f"{policy.approvals(state)} of {stage.quorum} approval{'' if stage.quorum == 1 else 's'}"
    if stage.reject_quorum == 1:
        return approvals
    return f"{approvals}; {policy.rejections(state)} of the {stage.reject_quorum} rejections that end it"


def _bar(state: ApprovalState) -> str:
    others = ", nor may those who took part in the conversation" if state.request.speakers else ""
    verb = "answer" if is_question(state.request) else "decide"
    return f"Whoever asked may not {verb}{others}"


def able_words(state: ApprovalState) -> str:
    """What those are called who can still decide."""
    return "Can answer: " if is_question(state.request) else "Can still decide: "


def _escalated_row(state: ApprovalState, stage: Stage) -> Parts:
    if stage.escalation is None or not state.escalated:
        return []
    how = "now" if state.escalated == "replaced" else "also"
    return [section(strong("Escalated: "), plain(f"{how} "), *name_groups(stage.escalation.approvers, FEW))]


def until(state: ApprovalState, stage: Stage) -> Parts:
    """The deadline in each reader's own time, and what happens then."""
    if state.deadline is None:
        return [strong("Until: "), plain("being worked out")]
    if state.paused_at:
        return _pause(state)
    stays = "it is not approved" if is_own(state) else "it will not run"
    without = "without a decision by then"
    if is_question(state.request):
        stays, without = "it stays unanswered", "without an answer by then"
    ending = plain(f"; {without} {stays}")
    parts = [strong("Until: "), moment(state.deadline)]
    if stage.on_deadline == "escalate" and stage.escalation and not state.escalated:
        goes = plain(f"; {without} it goes to ")
        return [*parts, goes, *count_groups(stage.escalation.approvers)]
    return [*parts, ending]


def _pause(state: ApprovalState) -> Parts:
    ends = policy.pause_end(state)
    parts = [strong("Until: "), plain("the clock stands still until the question has an answer")]
    return [*parts, plain(", at most until "), moment(ends)] if ends else parts


def _next_row(state: ApprovalState) -> Parts:
    later = state.plan.stages[state.stage + 1 :] if state.plan else ()
    if not later:
        return []
    names = [stage_name(stage) for stage in later[:STAGES_SHOWN]]
    left = len(later) - len(names)
    names += [f"and {left} more"] if left else []
    return [section(strong("Then: "), plain(cut(", ".join(names), NEXT_LENGTH)))]


def where_parts(state: ApprovalState) -> Parts:
    """Where the current stage is decided: a channel, direct messages, or both."""
    stage, plan = policy.current_stage(state), state.plan
    if plan is None:
        return [plain("the approvers' channel")]
    room = [channel((stage.channel if stage else None) or plan.card_channel)]
    if stage is None or stage.card == "channel":
        return room
    direct = plain("direct messages")
    return [direct] if stage.card == "direct" else [*room, plain(" and "), direct]


def until_words(state: ApprovalState) -> str:
    """The stage and its deadline as plain text, for notifications; nothing once a request has ended."""
    if state.status != "pending":
        return ""
    deadline = f"Until {stamp(state.deadline)}" if state.deadline else ""
    if state.paused_at:
        deadline = "The clock stands still until the question has an answer"
    return "\n".join(filter(None, (stage_title(state), deadline)))
