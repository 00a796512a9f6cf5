"""What approvals look like in Slack: contracts in, blocks and fallback text out, nothing else."""

from collections.abc import Callable
from typing import NamedTuple

from slack_sdk.models.blocks import ActionsBlock, Block, ButtonElement, RichTextElement

from activities.blocks import (
    channel,
    code,
    context,
    header,
    mention,
    moment,
    paragraphs,
    plain,
    quote,
    section,
    stamp,
    strong,
    words,
)
from activities.text import (
    clean_words,
    cut,
    cut_bytes,
    escape,
    list_arguments,
    show_name,
    show_title,
    split_pages,
    strip_hidden,
)
from workflows.contracts import ApprovalState, Decision, Plan, Post, Status
from workflows.digest import DIGEST_SHOWN

APPROVE = "countersign_approve"
REJECT = "countersign_reject"
DETAILS = "countersign_details"

ARGUMENTS_ON_CARD = 6_000
"""Up to this many characters the card shows all arguments; Slack refuses messages of 11,000 to 13,000 in all."""
ARGUMENTS_CUT = 1_500
REASON_LENGTH = 600
COMMENT_LENGTH = 100
TITLE_LENGTH = 150
NAME_LENGTH = 80
DECISIONS_SHOWN = 8
"""Of more decisions, the last; all of them are in the workflow's history."""
FALLBACK_ARGUMENTS = 1_500
FALLBACK_BYTES = 3_900
"""Slack takes 4,000 bytes of text when a message is rewritten, far more when it is posted."""
LABEL_LENGTH = 75
REPLY_LENGTH = 8_000

_WORDS: dict[Status, str] = {
    "pending": "Approval needed",
    "approved": "Approved",
    "rejected": "Rejected",
    "expired": "Expired, not approved",
    "cancelled": "Cancelled, not approved",
    "failed": "Failed, not approved",
}
_PROMISES: dict[Status, str] = {
    "pending": "This is exactly what will run:",
    "approved": "This is exactly what was approved:",
}
_DECIDED: frozenset[Status] = frozenset({"approved", "rejected"})
"""Statuses that a decision's own row says already."""


class Rendered(NamedTuple):
    """A message as Slack is sent it: what notifications say, and what the channel shows."""

    text: str
    blocks: list[Block]


def fits_card(state: ApprovalState) -> bool:
    """Whether the card can show all arguments, so that it may offer Approve."""
    reason = clean_words(state.request.reason)
    return len(list_arguments(state.request.arguments)) <= ARGUMENTS_ON_CARD and len(reason) <= REASON_LENGTH


def full_text(state: ApprovalState) -> str:
    """All that the Details modal pages through: the arguments, and the reason where the card cuts it."""
    listing, reason = list_arguments(state.request.arguments), clean_words(state.request.reason)
    if len(reason) <= REASON_LENGTH:
        return listing
    return f"{list_arguments({'in these words': reason})}\n\n{listing}"


def card_value(state: ApprovalState) -> str:
    """What a button carries: which request, which stage, exactly what; nothing else."""
    return f"{state.approval_id}|{state.stage}|{state.digest}"


def render_card(state: ApprovalState) -> Rendered:
    """The card in the approvers' channel; once the request has ended, without buttons."""
    blocks = [header(_heading(state)), paragraphs(*_who(state)), *_what(state)]
    if state.status == "pending":
        blocks += [paragraphs(*_needs(state)), _buttons(state)]
    else:
        blocks.append(paragraphs(*_ended(state)))
    blocks.append(context(_small_print(state)))
    return Rendered(_fallback(state), blocks)


def render_unknown() -> Rendered:
    """In the place of a card about which nothing can be found out any more."""
    text = "This request has ended. What became of it is no longer on record here."
    return Rendered(text, [paragraphs(section(plain(text)))])


def render_asked(state: ApprovalState) -> Rendered:
    """Told to the requester: who has the request, and until when."""
    plan = state.plan
    where = [channel(plan.card_channel)] if plan else [plain("the approvers' channel")]
    title = _title(state)
    row = section(
        strong(f"{title}: "),
        plain("waiting for approval in "),
        *where,
        plain(" until "),
        moment(state.deadline),
    )
    return Rendered(escape(f"{title}: waiting for approval"), [paragraphs(row), _arguments_hint(state)])


def render_outcome(state: ApprovalState) -> Rendered:
    """Told to the requester and to the outcome channels: who decided what, when and why."""
    title = _title(state)
    top = section(
        strong(f"{_WORDS[state.status]}: {title}"), plain(", asked by "), mention(state.request.requester)
    )
    return Rendered(
        escape(f"{_WORDS[state.status]}: {title}"),
        [paragraphs(top, *_ended(state)), _arguments_hint(state), context(_small_print(state))],
    )


VIEWS: dict[str, Callable[[ApprovalState], Rendered]] = {
    "card": render_card,
    "asked": render_asked,
    "reply": render_outcome,
    "outcome": render_outcome,
}


def render_post(state: ApprovalState, post: Post) -> Rendered:
    """The message that a post asks for."""
    return VIEWS[post.view](state)


def _title(state: ApprovalState) -> str:
    return show_title(state.request.title, TITLE_LENGTH)


def _heading(state: ApprovalState) -> str:
    return f"{_WORDS[state.status]}: {_title(state)}"


def _who(state: ApprovalState) -> list[RichTextElement]:
    request = state.request
    parts = [strong("Action: "), plain(show_name(request.action))]
    parts += [plain("\n"), strong("Asked by: "), mention(request.requester)]
    if request.agent:
        parts.append(plain(f" through the agent {cut(strip_hidden(request.agent), NAME_LENGTH)}"))
    rows: list[RichTextElement] = [section(*parts)]
    if request.reason:
        asked = clean_words(request.reason)
        more = (
            " (all of them under Details; Approve is on its last page)" if len(asked) > REASON_LENGTH else ""
        )
        rows += [section(strong(f"In these words{more}:")), quote(cut(asked, REASON_LENGTH))]
    return rows


def _what(state: ApprovalState) -> list[Block]:
    listing = list_arguments(state.request.arguments)
    title = paragraphs(section(strong(_PROMISES.get(state.status, "This was asked for:"))))
    if len(listing) <= ARGUMENTS_ON_CARD:
        return [title, *code(listing)]
    left = len(listing) - ARGUMENTS_CUT
    warning = f"{left:,} of {len(listing):,} characters are not shown here."
    if state.status == "pending":
        warning += " Read all of it under Details; Approve is on its last page."
    return [paragraphs(section(strong(warning))), *code(listing[:ARGUMENTS_CUT] + " …")]


def _arguments_hint(state: ApprovalState) -> Block:
    listing = list_arguments(state.request.arguments)
    return context(cut(" · ".join(listing.split("\n")), FALLBACK_ARGUMENTS))


def _needs(state: ApprovalState) -> list[RichTextElement]:
    rows = [_decided(one) for one in state.decisions[-DECISIONS_SHOWN:]]
    return [*rows, section(*_stage(state, state.plan), *_until(state))] if state.plan else rows


def _stage(state: ApprovalState, plan: Plan) -> list[RichTextElement]:
    stage = plan.stages[state.stage]
    groups = [part for group in stage.approvers for part in (plain(" "), channel(group.id))]
    count = "one approval" if stage.quorum == 1 else f"{stage.quorum} approvals"
    return [
        strong(f"Stage {state.stage + 1} of {len(plan.stages)}: "),
        plain(f"needs {count} from the members of"),
        *groups,
        plain("; whoever asked may not decide\n"),
    ]


def _until(state: ApprovalState) -> list[RichTextElement]:
    return [strong("Until: "), moment(state.deadline), plain("; without a decision by then it will not run")]


def _ended(state: ApprovalState) -> list[RichTextElement]:
    rows = [_decided(one) for one in state.decisions[-DECISIONS_SHOWN:]]
    reason = clean_words(state.reason)
    if not rows or state.status not in _DECIDED:
        rows.insert(0, section(strong(f"{_WORDS[state.status]} "), moment(state.decided_at)))
    if reason and all(reason != clean_words(one.comment) for one in state.decisions):
        rows.append(quote(cut(reason, REASON_LENGTH)))
    return rows


def _decided(decision: Decision) -> RichTextElement:
    verb = "Approved by " if decision.verdict == "approve" else "Rejected by "
    parts = [plain(verb), mention(decision.decided_by), plain(" "), moment(decision.decided_at)]
    if decision.comment:
        parts.append(plain(f": {cut(clean_words(decision.comment), COMMENT_LENGTH)}"))
    return section(*parts)


def _buttons(state: ApprovalState) -> Block:
    value, title = card_value(state), _title(state)
    reject = _button("Reject", REJECT, value, "danger", f"Reject: {title}")
    if fits_card(state):
        return ActionsBlock(
            elements=[_button("Approve", APPROVE, value, "primary", f"Approve: {title}"), reject]
        )
    return ActionsBlock(elements=[_button("Details", DETAILS, value, None, f"Read all of: {title}"), reject])


def _button(text: str, action_id: str, value: str, style: str | None, label: str) -> ButtonElement:
    return ButtonElement(
        text=text, action_id=action_id, value=value, style=style, accessibility_label=cut(label, LABEL_LENGTH)
    )


def _small_print(state: ApprovalState) -> str:
    policy = f"policy {cut(strip_hidden(state.plan.policy), NAME_LENGTH)} · " if state.plan else ""
    return f"{policy}digest {state.digest[:DIGEST_SHOWN]} · {state.approval_id}"


def _fallback(state: ApprovalState) -> str:
    listing = cut(list_arguments(state.request.arguments), FALLBACK_ARGUMENTS)
    until = f"\nUntil {stamp(state.deadline)}" if state.deadline and state.status == "pending" else ""
    requester = f"<@{escape(state.request.requester.user_id)}>"
    action = escape(show_name(state.request.action))
    return cut_bytes(
        f"{escape(_heading(state))}\n{action}, asked by {requester}\n{escape(listing)}{until}",
        FALLBACK_BYTES,
    )


def render_reply(text: str) -> list[Rendered]:
    """The agent's words, in as many messages as Slack's limits make of them."""
    pages = split_pages(clean_words(text) or "(no words)", REPLY_LENGTH)
    return [Rendered(cut_bytes(escape(page), FALLBACK_BYTES), words(page)) for page in pages]
