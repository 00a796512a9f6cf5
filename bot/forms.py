"""The form in which a decision is made that needs words: a comment, or what is approved typed again."""

from typing import Any, cast

from slack_sdk.models.blocks import (
    Block,
    InputBlock,
    PlainTextInputElement,
    PlainTextObject,
    RichTextElement,
)
from slack_sdk.models.views import View

from activities.blocks import code, context, paragraphs, plain, section, strong
from activities.cards import card_value, verb_of
from activities.contents import arguments_hint, fits_card, is_own, proof_name
from activities.elicitations import find_elicitation, question_blocks
from activities.progress import stage_title
from activities.text import cut, list_arguments, show_hidden, show_name, show_title
from bot.submissions import COMMENT_BLOCK, COMMENT_LENGTH, RETYPE_BLOCK, RETYPE_LENGTH, TYPED
from workflows import policy
from workflows.contracts import ApprovalState, Decision, Verdict
from workflows.digest import DIGEST_SHOWN
from workflows.policy import Demands, Refusal
from workflows.proof import expected_text

CALLBACKS: dict[Verdict, str] = {
    "approve": "countersign_form_approve",
    "reject": "countersign_form_reject",
}
TITLE_LENGTH = 24
HEADLINE_LENGTH = 150
PROOF_LENGTH = 200
BLANK = "Say why in a few words; blanks are not enough."
WRONG = "This is not what the card says. Look at it once more."

_ERRORS: dict[Refusal, tuple[str, str]] = {
    Refusal.RETYPED: (RETYPE_BLOCK, WRONG),
    Refusal.COMMENT: (COMMENT_BLOCK, BLANK),
}


def render_form(state: ApprovalState, verdict: Verdict) -> View:
    """What is decided on, and what has to be written for it; submitting it decides."""
    return View(
        type="modal",
        callback_id=CALLBACKS[verdict],
        title=PlainTextObject(text=show_title(state.request.title, TITLE_LENGTH), emoji=False),
        submit=PlainTextObject(text=verb_of(state.request.action, verdict)),
        close=PlainTextObject(text="Close"),
        private_metadata=card_value(state),
        blocks=[*_subject(state, verdict), *all_inputs(state, verdict)],
    )


def _subject(state: ApprovalState, verdict: Verdict) -> list[Block]:
    title = show_title(state.request.title, HEADLINE_LENGTH)
    if asked := find_elicitation(state.request.action, state.request.arguments):
        return [
            paragraphs(section(strong(f"{verb_of(state.request.action, verdict)}: {title}"))),
            *question_blocks(asked),
        ]
    stage = f"\n{stage_title(state)}" if stage_title(state) else ""
    runs = "is approved" if is_own(state) else "will run"
    will = f"This is exactly what {runs}:" if verdict == "approve" else "This is what will not run:"
    parts: list[RichTextElement] = [strong(f"{verdict.capitalize()}: {title}")]
    parts += [plain(f"\nAction {show_name(state.request.action)}{stage}\n"), plain(will)]
    return [paragraphs(section(*parts)), *_arguments(state)]


def _arguments(state: ApprovalState) -> list[Block]:
    digest = context(f"Digest {state.digest[:DIGEST_SHOWN]}.")
    if fits_card(state):
        return [*code(list_arguments(state.request.arguments)), digest]
    return [arguments_hint(state), digest]


def _needs(state: ApprovalState, verdict: Verdict) -> Demands:
    return policy.demands(state.plan, verdict) if state.plan else Demands(comment=False, retype=False)


def all_inputs(state: ApprovalState, verdict: Verdict) -> list[Block]:
    """What can be written with a verdict: a comment, and what has to be typed again where that is demanded."""
    needs = _needs(state, verdict)
    retype = [_retype_input(state)] if needs.retype else []
    asked = comment_input(verdict, required=needs.comment, verb=verb_of(state.request.action, verdict))
    return [*retype, asked]


def _retype_input(state: ApprovalState) -> Block:
    shown = cut(show_hidden(expected_text(state)), PROOF_LENGTH)
    return InputBlock(
        block_id=RETYPE_BLOCK,
        label=PlainTextObject(text=f"Type the {proof_name(state)} again", emoji=False),
        hint=PlainTextObject(text=f"The card says: {shown}", emoji=False),
        element=PlainTextInputElement(action_id=TYPED, max_length=RETYPE_LENGTH),
    )


def comment_input(verdict: Verdict, *, required: bool, verb: str = "") -> Block:
    """Room for why somebody decides so; `verb` is what deciding so is called, where that is not the verdict's own name."""
    return InputBlock(
        block_id=COMMENT_BLOCK,
        label=PlainTextObject(text=f"Why do you {verb.lower() or verdict} this?", emoji=False),
        hint=PlainTextObject(text="Shown on the card, and to whoever asked and their agent.", emoji=False),
        element=PlainTextInputElement(action_id=TYPED, multiline=True, max_length=COMMENT_LENGTH),
        optional=not required,
    )


def find_errors(state: ApprovalState, decision: Decision) -> dict[str, str]:
    """What is wrong with what was typed, by the input's block; whether the decision counts is not said here."""
    refusal = policy.check_form(state, state.plan, decision) if state.plan else None
    wrong = _ERRORS.get(refusal) if refusal else None
    return dict([wrong]) if wrong else {}


def dump_view(view: View) -> dict[str, Any]:
    """A view as Slack takes it; slack-sdk checks its limits here."""
    return cast(dict[str, Any], view.to_dict())
