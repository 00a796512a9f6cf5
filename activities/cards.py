"""What approvals look like in Slack: contracts in, blocks and fallback text out, nothing else."""

from collections.abc import Callable
from typing import NamedTuple

from slack_sdk.models.blocks import ActionsBlock, Block, ButtonElement, ConfirmObject, PlainTextObject

from activities.blocks import (
    Parts,
    context,
    header,
    mention,
    moment,
    paragraphs,
    plain,
    section,
    strong,
    words,
)
from activities.bounds import is_rememberable
from activities.contents import (
    arguments_hint,
    fits_card,
    heading,
    is_own,
    is_shadow,
    proof_name,
    short_title,
    small_print,
    verdict_words,
    what_blocks,
    who_rows,
)
from activities.deciders import call_deciders, name_groups
from activities.elicitations import (
    MOST_BUTTONS,
    RESPOND,
    answer_blocks,
    find_elicitation,
    option_buttons,
    question_text,
    short_answer,
)
from activities.progress import open_rows, stage_title, until_words, where_parts
from activities.questions import question_rows, word_rows
from activities.text import (
    clean_words,
    cut,
    cut_bytes,
    escape,
    list_arguments,
    show_hidden,
    show_name,
    split_pages,
    strip_hidden,
)
from activities.verdicts import card_rows, closed_rows, outcome_rows
from workflows import notices, policy, questions
from workflows.contracts import ApprovalState, Decision, Post, Verdict
from workflows.elicitation import ASK_HUMAN, Elicitation, is_question
from workflows.policy import find_answer
from workflows.proof import expected_text

APPROVE = "countersign_approve"
REJECT = "countersign_reject"
APPROVE_FORM = "countersign_approve_form"
REJECT_FORM = "countersign_reject_form"
DETAILS = "countersign_details"
ASK = "countersign_ask"
ANSWER = "countersign_answer"
CHANGE = "countersign_change"
REMEMBER = "countersign_remember"
WITHDRAW = "countersign_withdraw"
CANCEL = "countersign_cancel"

FALLBACK_ARGUMENTS = 1_500
FALLBACK_BYTES = 3_900
"""Slack takes 4,000 bytes of text when a message is rewritten, far more when it is posted."""
LABEL_LENGTH = 75
CONFIRM_TITLE = 100
CONFIRM_TEXT = 300
CONFIRM_VALUE = 100
CAUSE_LENGTH = 300
REPLY_LENGTH = 8_000

_ACTIONS: dict[Verdict, tuple[str, str]] = {
    "approve": (APPROVE, APPROVE_FORM),
    "reject": (REJECT, REJECT_FORM),
}
"""The action of a button that decides at once, and of one that opens the form first."""


def _ask_withdrawing(noun: str, verb: str) -> ConfirmObject:
    return ConfirmObject(
        title=PlainTextObject(text=f"Withdraw this {noun}?"),
        text=PlainTextObject(text=f"Nobody can {verb} it after that. You can ask again."),
        confirm=PlainTextObject(text="Withdraw"),
        deny=PlainTextObject(text="Keep it"),
        style="danger",
    )


_CANCELLING = ConfirmObject(
    title=PlainTextObject(text="Cancel all of this?"),
    text=PlainTextObject(
        text="Everything that still waits is withdrawn, and the agent stops. What has been done already stays done."
    ),
    confirm=PlainTextObject(text="Cancel all"),
    deny=PlainTextObject(text="Go on"),
    style="danger",
)


class Rendered(NamedTuple):
    """A message as Slack is sent it: what notifications say, and what the channel shows."""

    text: str
    blocks: list[Block]


def card_value(state: ApprovalState) -> str:
    """What a button carries: which request, which stage, exactly what; nothing else."""
    return f"{state.approval_id}|{state.stage}|{state.digest}"


def render_card(state: ApprovalState) -> Rendered:
    """The card where those are who may decide; once the request has ended, without buttons."""
    blocks = [header(heading(state)), paragraphs(*who_rows(state)), *what_blocks(state)]
    if state.status == "pending":
        rows = open_rows(state)
        blocks += [paragraphs(*rows)] if rows else []
        blocks += _buttons(state)
    else:
        blocks.append(paragraphs(*closed_rows(state)))
    blocks.append(small_print(state))
    return Rendered(_fallback(state), blocks)


def render_unknown() -> Rendered:
    """In the place of a card about which nothing can be found out any more."""
    text = "This request has ended. What became of it is no longer on record here."
    return Rendered(text, [paragraphs(section(plain(text)))])


def render_moved(state: ApprovalState) -> Rendered:
    """The card in a place where there is nothing more to decide: what was decided, and where it goes on."""
    title = f"Goes on elsewhere: {short_title(state)}"
    goes = section(
        plain(f"{_done_words(state)}It goes on in "),
        *where_parts(state),
        plain(f". {stage_title(state)}"),
    )
    rows = paragraphs(*card_rows(state), goes)
    hint, small = arguments_hint(state), small_print(state)
    return Rendered(
        escape("\n".join(filter(None, (title, until_words(state))))),
        [header(title), paragraphs(*who_rows(state)), rows, hint, small],
    )


def _done_words(state: ApprovalState) -> str:
    if state.stage == 0:
        return "Others decide this now. "
    stages = "Stage 1 is" if state.stage == 1 else f"Stages 1 to {state.stage} are"
    return f"{stages} done. "


def render_asked(state: ApprovalState) -> Rendered:
    """Told to the requester: who has the request, until when, and how to withdraw it; later only how it ended."""
    title = short_title(state)
    if state.status != "pending":
        ended = verdict_words(state) if is_shadow(state) else verdict_words(state).lower()
        below = "; see below" if state.plan is None or state.plan.tell_requester else ""
        lead, ended = _introduce(title, ended)
        row = section(strong(lead), plain(f"{ended}{below}"))
        return Rendered(escape(f"{lead}{ended}"), [paragraphs(row)])
    stage = stage_title(state)
    lead, waiting = _introduce(
        title, f"waiting for {'an answer' if is_question(state.request) else 'approval'}"
    )
    row = section(
        strong(lead),
        plain(f"{waiting} in "),
        *where_parts(state),
        *([plain(" until "), moment(state.deadline)] if state.deadline else []),
        *([plain(f"\n{stage}")] if stage else []),
    )
    buttons = [_withdraw_button(state), *_cancel_buttons(state)]
    blocks = [paragraphs(row), arguments_hint(state), ActionsBlock(elements=buttons)]
    return Rendered(escape(f"{lead}{waiting}"), blocks)


def _introduce(title: str, told: str) -> tuple[str, str]:
    """A title and what is told of it; one that is a sentence, as questions are, is followed by another."""
    return (f"{title} ", told[:1].upper() + told[1:]) if title[-1:] in set("?!.") else (f"{title}: ", told)


def _withdraw_button(state: ApprovalState) -> ButtonElement:
    wording = ("question", "answer") if is_question(state.request) else ("request", "approve")
    return ButtonElement(
        text="Withdraw",
        action_id=WITHDRAW,
        value=card_value(state),
        confirm=_ask_withdrawing(*wording),
        accessibility_label=cut(f"Withdraw: {short_title(state)}", LABEL_LENGTH),
    )


def _cancel_buttons(state: ApprovalState) -> list[ButtonElement]:
    """Where an agent asks that can be called off, with all else that it was about to do."""
    run = state.request.run
    if run is None or not run.conversation:
        return []
    button = ButtonElement(
        text="Cancel all",
        action_id=CANCEL,
        value=f"{state.approval_id}|{run.conversation}",
        confirm=_CANCELLING,
        accessibility_label="Cancel all that was asked of the agent in this message",
    )
    return [button]


def render_reminder(state: ApprovalState) -> Rendered:
    """Told in the card's thread to those who can still decide."""
    start = f"Reminder {state.reminded}"
    parts = [strong(f"{start}: "), plain("still waiting for "), *call_deciders(state)]
    if state.deadline:
        parts += [plain("; until "), moment(state.deadline)]
    return _told(f"{start}: {short_title(state)}", state, parts)


def render_escalation(state: ApprovalState) -> Rendered:
    """Told in the card's thread to those who decide from now on."""
    stage = policy.current_stage(state)
    groups = stage.escalation.approvers if stage and stage.escalation else policy.approvers(state)
    parts = [strong("Escalated to "), *name_groups(groups), plain(f" because {_cause(state)}")]
    if any(group.kind == "email" for group in groups):  # an address notifies nobody
        parts += [plain("; waiting for "), *call_deciders(state)]
    if state.deadline:
        parts += [plain("; until "), moment(state.deadline)]
    return _told(f"Escalated: {short_title(state)}", state, parts)


def _cause(state: ApprovalState) -> str:
    """Why it escalated; a sentence about whom Slack does not know stands by itself."""
    reason = cut(clean_words(state.escalation_reason), CAUSE_LENGTH)
    return reason if reason[:1].islower() else f"of this: {reason}"


def _told(text: str, state: ApprovalState, parts: Parts) -> Rendered:
    about = ", ".join(filter(None, (short_title(state), stage_title(state))))
    fallback = "\n".join(filter(None, (text, until_words(state))))
    return Rendered(escape(fallback), [paragraphs(section(*parts, plain(f"\n{about}")))])


def render_question(state: ApprovalState, number: int) -> Rendered:
    """Told to whoever asked for the action: what an approver wants to know, and the answers that there are."""
    question = state.questions[number]
    top = section(mention(question.asked_by), plain(" asks before deciding: "), strong(short_title(state)))
    blocks = [paragraphs(top, *question_rows(state, number))]
    if state.status == "pending" and questions.awaits_person(state, number):
        label = cut(f"Answer: {strip_hidden(question.text)}", LABEL_LENGTH)
        value = f"{state.approval_id}|{number}"
        button = ButtonElement(
            text="Answer…", action_id=ANSWER, value=value, style="primary", accessibility_label=label
        )
        blocks.append(ActionsBlock(elements=[button]))
    asked = cut(clean_words(question.text), CAUSE_LENGTH)
    return Rendered(escape(f"A question about {short_title(state)}: {asked}"), [*blocks, small_print(state)])


def render_news(state: ApprovalState, first: int) -> Rendered:
    """Told in the card's thread: what people have said from that word on, and whose turn it is where that has changed."""
    said = notices.said(state)[first:]
    rows = word_rows(state, said)
    if any(isinstance(one, Decision) and one.stage < state.stage for one in said):
        until = [plain(" until "), moment(state.deadline)] if state.deadline else []
        rows.append(
            section(strong(stage_title(state)), plain("\nWaiting for "), *call_deciders(state), *until)
        )
    fallback = "\n".join(filter(None, (f"News: {short_title(state)}", until_words(state))))
    return Rendered(escape(fallback), [paragraphs(*rows), context(short_title(state))])


def render_outcome(state: ApprovalState) -> Rendered:
    """Told to the requester and to the outcome channels: who decided what, when and why."""
    top = section(strong(heading(state)), plain(", asked by "), mention(state.request.requester))
    answer = find_answer(state)
    told = "" if answer is None else f"\nThe answer: {short_answer(answer, FALLBACK_ARGUMENTS)}"
    return Rendered(
        cut_bytes(escape(heading(state) + told), FALLBACK_BYTES),
        [
            paragraphs(top, *outcome_rows(state)),
            *answer_blocks(state),
            arguments_hint(state),
            small_print(state),
        ],
    )


VIEWS: dict[str, Callable[[ApprovalState], Rendered]] = {
    "card": render_card,
    "moved": render_moved,
    "asked": render_asked,
    "reply": render_outcome,
    "outcome": render_outcome,
    "reminder": render_reminder,
    "escalation": render_escalation,
}


ITEM_VIEWS: dict[str, Callable[[ApprovalState, int], Rendered]] = {
    "question": render_question,
    "news": render_news,
}


def render_post(state: ApprovalState, post: Post) -> Rendered:
    """The message that a post asks for."""
    if post.view in ITEM_VIEWS:
        return ITEM_VIEWS[post.view](state, post.item)
    return VIEWS[post.view](state)


def _buttons(state: ApprovalState) -> list[Block]:
    """What decides, and below it what helps to; where the card cannot show all, Approve is under Details only."""
    if asked := find_elicitation(state.request.action, state.request.arguments):
        return _answer_buttons(state, asked)
    reject, details = _verdict_button(state, "reject", "danger"), _plain_button(state, "Details", DETAILS)
    helps = [_plain_button(state, "Ask…", ASK), *_word_buttons(state)]
    helps += [_plain_button(state, "Change…", CHANGE)] if can_change(state) else []
    helps += [_plain_button(state, "Approve and remember…", REMEMBER)] if offers_rule(state) else []
    if fits_card(state):
        verdicts = [_verdict_button(state, "approve", "primary"), reject]
        return [ActionsBlock(elements=verdicts), ActionsBlock(elements=[details, *helps])]
    return [ActionsBlock(elements=[details, reject]), ActionsBlock(elements=helps)]


def _answer_buttons(state: ApprovalState, asked: Elicitation) -> list[Block]:
    """A few options are buttons that answer at once; else, or where a comment is demanded, a form is opened."""
    decline = _verdict_button(state, "reject", None)
    helps = [decline, _plain_button(state, "Details", DETAILS), _plain_button(state, "Ask…", ASK)]
    declines = [] if _asks(state, "reject") else [_plain_button(state, "Decline with reason…", REJECT_FORM)]
    if _asks(state, "approve") or not 0 < len(asked.options) <= MOST_BUTTONS:
        respond = _plain_button(state, "Answer…", RESPOND, "primary")
        return [ActionsBlock(elements=[respond]), ActionsBlock(elements=[*helps, *declines])]
    chosen = option_buttons(asked, card_value(state), short_title(state))
    comment = _plain_button(state, "Answer with comment…", RESPOND)
    return [ActionsBlock(elements=chosen), ActionsBlock(elements=[*helps, comment, *declines])]


def _word_buttons(state: ApprovalState) -> list[ButtonElement]:
    """Ways to decide with words, where the plain buttons do not ask for any."""
    names: dict[Verdict, str] = {"approve": "Approve with comment…", "reject": "Reject with reason…"}
    return [
        _plain_button(state, name, _ACTIONS[verdict][1])
        for verdict, name in names.items()
        if not _asks(state, verdict) and (verdict == "reject" or fits_card(state))
    ]


def can_change(state: ApprovalState) -> bool:
    """Whether approvers may change what was asked, and something says what it takes."""
    lets = state.plan is not None and state.plan.change != "never"
    return lets and bool(state.request.parameters) and fits_card(state)


def offers_rule(state: ApprovalState) -> bool:
    """Whether an approval of this may stand for later requests, and the card shows all of what that would be."""
    return is_rememberable(state) and fits_card(state)


def _plain_button(state: ApprovalState, name: str, action: str, style: str | None = None) -> ButtonElement:
    label = cut(f"{name.removesuffix('…')}: {short_title(state)}", LABEL_LENGTH)
    return ButtonElement(
        text=name, action_id=action, value=card_value(state), style=style, accessibility_label=label
    )


def verb_of(action: str, verdict: Verdict) -> str:
    """What a button for it says, and what a form for it is called."""
    if action == ASK_HUMAN:
        return "Answer" if verdict == "approve" else "Decline"
    return verdict.capitalize()


def _asks(state: ApprovalState, verdict: Verdict) -> bool:
    return state.plan is not None and any(policy.demands(state.plan, verdict))


def _verdict_button(state: ApprovalState, verdict: Verdict, style: str | None) -> ButtonElement:
    at_once, form = _ACTIONS[verdict]
    asks = _asks(state, verdict)
    sure = verdict == "approve" and not asks and state.plan is not None and state.plan.severity == "medium"
    name = verb_of(state.request.action, verdict)
    return ButtonElement(
        text=name,
        action_id=form if asks else at_once,
        value=card_value(state),
        style=style,
        confirm=_confirm(state) if sure else None,
        accessibility_label=cut(f"{name}: {short_title(state)}", LABEL_LENGTH),
    )


def _confirm(state: ApprovalState) -> ConfirmObject:
    """Slack's own question before a click counts; it says once more what will run."""
    title, action = cut(f"Approve: {short_title(state)}", CONFIRM_TITLE), show_name(state.request.action)
    name, value = proof_name(state), cut(show_hidden(expected_text(state)), CONFIRM_VALUE)
    lines = [f"{name}: {value}", f"action: {action}"] if value != action else [f"action: {action}"]
    text = cut("\n".join(["You approve:" if is_own(state) else "This will run:", *lines]), CONFIRM_TEXT)
    return ConfirmObject(
        title=PlainTextObject(text=title, emoji=False),
        text=PlainTextObject(text=text, emoji=False),
        confirm=PlainTextObject(text="Approve"),
        deny=PlainTextObject(text="Not now"),
    )


def _fallback(state: ApprovalState) -> str:
    request = state.request
    question = find_elicitation(request.action, request.arguments)
    whole = question_text(question, FALLBACK_ARGUMENTS) if question else list_arguments(request.arguments)
    listing = cut(whole, FALLBACK_ARGUMENTS)
    requester = f"<@{escape(request.requester.user_id)}>"
    asked = (
        f"Asked by {requester}" if question else f"{escape(show_name(request.action))}, asked by {requester}"
    )
    answer = find_answer(state)
    told = "" if answer is None else f"The answer: {short_answer(answer, FALLBACK_ARGUMENTS)}"
    ruled = f"By a rule of <@{state.grant.owner.user_id}>, nobody was asked" if state.grant else ""
    lines = (escape(heading(state)), ruled, asked, escape(until_words(state)), escape(listing), escape(told))
    return cut_bytes("\n".join(filter(None, lines)), FALLBACK_BYTES)


def render_reply(text: str) -> list[Rendered]:
    """The agent's words, in as many messages as Slack's limits make of them."""
    pages = split_pages(clean_words(text) or "(no words)", REPLY_LENGTH)
    return [Rendered(cut_bytes(escape(page), FALLBACK_BYTES), words(page)) for page in pages]
