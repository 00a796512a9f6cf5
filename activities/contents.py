"""What an approval is about, as people read it: its heading, who asked for what and why, and the arguments."""

from typing import NamedTuple

from slack_sdk.models.blocks import Block, RichTextElement

from activities.blocks import Parts, code, context, mention, paragraphs, plain, quote, section, strong
from activities.elicitations import (
    answer_blocks,
    asked_blocks,
    find_elicitation,
    measure_question,
    question_text,
)
from activities.snippets import describe_file
from activities.text import clean_words, cut, list_arguments, show_name, show_title, strip_hidden
from workflows.contracts import ApprovalState, Plan, Severity, Stage, Status
from workflows.digest import DIGEST_SHOWN
from workflows.elicitation import ASK_HUMAN, is_question
from workflows.proof import expected_text
from workflows.snippets import find_snippets

ARGUMENTS_ON_CARD = 6_000
"""Up to this many characters the card shows all arguments; Slack refuses messages of 11,000 to 13,000 in all."""
ARGUMENTS_CUT = 1_500
ARGUMENTS_HINT = 1_500
CARD_ROOM = 500
"""How many characters people's words together may take on a card, besides what the arguments leave of their share."""
REASON_LENGTH = 500
TITLE_LENGTH = 150
NAME_LENGTH = 60
STAGE_LENGTH = 40
STAGES_SHOWN = 5
FILES_SHOWN = 5

WORDS: dict[Status, str] = {
    "pending": "Approval needed",
    "approved": "Approved",
    "rejected": "Rejected",
    "expired": "Expired, not approved",
    "cancelled": "Cancelled, not approved",
    "failed": "Failed, not approved",
}
ANSWER_WORDS: dict[Status, str] = {
    "pending": "Answer needed",
    "approved": "Answered",
    "rejected": "Declined, not answered",
    "expired": "Expired, not answered",
    "cancelled": "Cancelled, not answered",
    "failed": "Failed, not answered",
}
SHADOW = "SHADOW \N{EN DASH} nobody was asked"
_PROMISES: dict[Status, str] = {
    "pending": "This is exactly what will run:",
    "approved": "This is exactly what was approved:",
}
_CARE: dict[Severity, str] = {
    "medium": "; Approve asks whether you are sure",
    "high": "; whoever approves types the {} again",
}


def fits_card(state: ApprovalState) -> bool:
    """Whether the card can show all arguments, so that it may offer Approve; a question is never longer than that."""
    if is_question(state.request):
        return True
    reason = clean_words(state.request.reason)
    return len(list_arguments(state.request.arguments)) <= ARGUMENTS_ON_CARD and len(reason) <= REASON_LENGTH


def room_left(state: ApprovalState) -> int:
    """How many characters the arguments leave of their share of the card."""
    if asked := find_elicitation(state.request.action, state.request.arguments):
        return max(ARGUMENTS_ON_CARD - measure_question(state, asked), 0)
    listing = len(list_arguments(state.request.arguments))
    return ARGUMENTS_ON_CARD - (listing if listing <= ARGUMENTS_ON_CARD else ARGUMENTS_CUT)


def is_own(state: ApprovalState) -> bool:
    """Whether somebody asked for this without an agent: then nothing need run by itself that is approved."""
    return not state.request.agent


class Shares(NamedTuple):
    """How many characters each kind of what people have said may take on a card."""

    changes: int
    decisions: int
    questions: int


def share_room(state: ApprovalState) -> Shares:
    """What the arguments leave of their share of the card, and a little more, among those who have something to say."""
    room = CARD_ROOM + room_left(state)
    present = [bool(state.amendments), bool(state.decisions), bool(state.questions)]
    each = room // max(sum(present), 1)
    return Shares(*(each if one else 0 for one in present))


def is_shadow(state: ApprovalState) -> bool:
    """Whether this passed only because its policy is on trial."""
    return state.status == "approved" and state.plan is not None and state.plan.shadow


def short_title(state: ApprovalState) -> str:
    """The title as far as a heading has room for it."""
    return show_title(state.request.title, TITLE_LENGTH)


def verdict_words(state: ApprovalState) -> str:
    """What became of it, in words."""
    return SHADOW if is_shadow(state) else status_words(state.status, state.request.action)


def status_words(status: Status, action: str) -> str:
    """What a status is called, of what is to be done and of a question."""
    return (ANSWER_WORDS if action == ASK_HUMAN else WORDS)[status]


def heading(state: ApprovalState) -> str:
    """What became of what."""
    return f"{verdict_words(state)}: {short_title(state)}"


def who_rows(state: ApprovalState) -> Parts:
    """What runs, who asked for it, in which words, and how much care it asks for."""
    return [asked_row(state), *_reason_rows(state)]


def asked_row(state: ApprovalState) -> RichTextElement:
    """The same without the words."""
    request = state.request
    action = [strong("Action: "), plain(f"{show_name(request.action)}\n")]
    parts = [*([] if is_question(request) else action), strong("Asked by: "), mention(request.requester)]
    if request.agent:
        parts.append(plain(f" through the agent {cut(strip_hidden(request.agent), NAME_LENGTH)}"))
    return section(*parts, *_severity(state, state.plan))


def _reason_rows(state: ApprovalState) -> Parts:
    asked = clean_words(state.request.reason)
    if not asked:
        return []
    where = "" if is_question(state.request) else "; Approve is on its last page"
    more = f" (all of them under Details{where})" if len(asked) > REASON_LENGTH else ""
    return [section(strong(f"In these words{more}:")), quote(cut(asked, REASON_LENGTH))]


def _severity(state: ApprovalState, plan: Plan | None) -> Parts:
    if plan is None or plan.severity == "low":
        return []
    care = _CARE[plan.severity].format(proof_name(state)) if state.status == "pending" else ""
    return [plain("\n"), strong("Severity: "), plain(f"{plan.severity}{care}")]


def proof_name(state: ApprovalState) -> str:
    """What it is that is typed again at high severity: an argument's name, or the action's own."""
    if state.plan is None or expected_text(state) == state.request.action:
        return "name of the action"
    return cut(show_name(state.plan.retype), NAME_LENGTH)


def promise_words(state: ApprovalState) -> str:
    """What the arguments are: what will run, what was approved, or only what was asked for."""
    if is_shadow(state):
        return "This is exactly what was let pass:"
    if is_question(state.request):
        return "This is exactly what is asked:"
    if is_own(state) and state.status == "pending":
        return "This is exactly what is to be approved:"
    return _PROMISES.get(state.status, "This was asked for:")


def what_blocks(state: ApprovalState) -> list[Block]:
    """The arguments, all of them where they fit, else how much is left out; of a question what is asked, and the answer."""
    if asked := find_elicitation(state.request.action, state.request.arguments):
        return [*asked_blocks(state, asked), *answer_blocks(state)]
    listing = list_arguments(state.request.arguments)
    title = paragraphs(section(strong(promise_words(state))))
    if len(listing) <= ARGUMENTS_ON_CARD:
        return [title, *code(listing)]
    left = len(listing) - ARGUMENTS_CUT
    warning = f"{left:,} of {len(listing):,} characters are not shown here."
    if state.status == "pending":
        warning += " Read all of it under Details; Approve is on its last page."
    shown = [paragraphs(section(strong(warning))), *code(listing[:ARGUMENTS_CUT] + " …")]
    return [*shown, *_file_rows(state)]


def _file_rows(state: ApprovalState) -> list[Block]:
    """The arguments that are also files in the card's thread, and what each is recognised by."""
    snippets = find_snippets(state.request.arguments)
    if not snippets:
        return []
    left = len(snippets) - FILES_SHOWN
    more = f"\nand {left} more under Details" if left > 0 else ""
    lines = "\n".join(map(describe_file, snippets[:FILES_SHOWN]))
    return [paragraphs(section(strong("As files in this thread:"))), *code(f"{lines}{more}")]


def arguments_hint(state: ApprovalState) -> Block:
    """The arguments in small print, as far as there is room."""
    asked = find_elicitation(state.request.action, state.request.arguments)
    listing = question_text(asked, ARGUMENTS_HINT) if asked else list_arguments(state.request.arguments)
    return context(cut(" · ".join(listing.split("\n")), ARGUMENTS_HINT))


def small_print(state: ApprovalState) -> Block:
    """By which policy, and which exact request: what a record is found by."""
    name = f"policy {policy_name(state.plan)} · " if state.plan else ""
    return context(f"{name}digest {state.digest[:DIGEST_SHOWN]} · {state.approval_id}")


def policy_name(plan: Plan) -> str:
    """A policy's name as far as there is room for it."""
    return cut(strip_hidden(plan.policy), NAME_LENGTH)


def stage_name(stage: Stage) -> str:
    """A stage's name as far as there is room for it."""
    return cut(strip_hidden(stage.name), STAGE_LENGTH)
