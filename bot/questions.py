"""The modals in which an approver asks something before deciding, and in which that is answered."""

from slack_sdk.models.blocks import Block, InputBlock, PlainTextInputElement, PlainTextObject
from slack_sdk.models.views import View

from activities.blocks import context, paragraphs, plain, section, strong
from activities.cards import card_value
from activities.contents import arguments_hint
from activities.questions import question_rows
from activities.text import show_title
from bot.submissions import TYPED, WORDS_BLOCK, WORDS_LENGTH
from workflows.contracts import ApprovalState

ASK_FORM = "countersign_form_ask"
ANSWER_FORM = "countersign_form_answer"
TITLE_LENGTH = 24
HEADLINE_LENGTH = 150
BLANK = "Write a few words; blanks are not enough."
NO_DECISION = "Asking decides nothing."


def render_ask(state: ApprovalState) -> View:
    """What is asked about, and room for the question."""
    pauses = state.plan is not None and state.plan.question_pause is not None
    clock = "The clock stands still until there is an answer." if pauses else "The clock goes on meanwhile."
    who = "whoever asked for this, in their thread"
    who += ", and to the agent; both" if state.request.agent else ", who"
    return View(
        type="modal",
        callback_id=ASK_FORM,
        title=PlainTextObject(text="Ask before deciding"),
        submit=PlainTextObject(text="Ask"),
        close=PlainTextObject(text="Close"),
        private_metadata=card_value(state),
        blocks=[
            _subject(state),
            arguments_hint(state),
            _input("What do you want to know?", f"It goes to {who} can answer."),
            context(f"{NO_DECISION} {clock}"),
        ],
    )


def render_answer(state: ApprovalState, number: int) -> View:
    """What an approver wants to know, and room for the answer."""
    return View(
        type="modal",
        callback_id=ANSWER_FORM,
        title=PlainTextObject(text="Answer a question"),
        submit=PlainTextObject(text="Answer"),
        close=PlainTextObject(text="Close"),
        private_metadata=f"{state.approval_id}|{number}",
        blocks=[
            _subject(state),
            paragraphs(*question_rows(state, number)),
            _input("Your answer", "It is shown on the card to those who decide."),
        ],
    )


def _subject(state: ApprovalState) -> Block:
    return paragraphs(section(strong(show_title(state.request.title, HEADLINE_LENGTH)), plain(" ")))


def _input(label: str, hint: str) -> Block:
    return InputBlock(
        block_id=WORDS_BLOCK,
        label=PlainTextObject(text=label, emoji=False),
        hint=PlainTextObject(text=hint, emoji=False),
        element=PlainTextInputElement(action_id=TYPED, multiline=True, max_length=WORDS_LENGTH),
    )
