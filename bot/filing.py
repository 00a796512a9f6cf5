"""The forms by which people ask: the choice of one, the form itself, and what is said once it is filed."""

import hashlib
from collections.abc import Callable

from pydantic import BaseModel, ConfigDict, JsonValue
from slack_sdk.models.blocks import (
    Block,
    ConversationFilter,
    ConversationSelectElement,
    DatePickerElement,
    InputBlock,
    InputInteractiveElement,
    NumberInputElement,
    Option,
    PlainTextInputElement,
    PlainTextObject,
    StaticSelectElement,
    UserSelectElement,
)
from slack_sdk.models.views import View

from activities.blocks import context, paragraphs, plain, section, strong
from activities.contents import REASON_LENGTH
from activities.rules.forms import FieldSource, FormSource, Kind
from activities.text import cut_words, show_title
from bot.answers import Answers, field_block, read_answers
from bot.formbook import GENERAL, Forms
from bot.payloads import read_metadata
from bot.submissions import TYPED, Filing
from workflows.contracts import ApprovalRequest

CHOICE_CALLBACK = "countersign_choose_form"
FORM_CALLBACK = "countersign_file_form"
CHOICE_BLOCK = "countersign_form"
TITLE_BLOCK = "countersign_title"
REASON_BLOCK = "countersign_reason"
TEXT_LENGTH = 300
LONG_LENGTH = 3_000
TITLE_LENGTH = 140
SHOWN_LENGTH = 300

BLANK = "Say it in a few words; blanks are not enough."
AWAY = "This was not taken in, because Temporal does not answer. Nothing is lost: try again in a minute."
CHANGED = "This form has changed since you opened it, so nothing was asked. This is how it is now."
GONE = "That form is no longer offered, so nothing was asked. These are."
PROMISE = "Whoever may decide sees exactly what you write here. You cannot approve it yourself."
DIRECT = "in a direct message"
THREAD = "in the message's thread"


class Chosen(BaseModel):
    """Which form a view is, and exactly how it was. Kept in the view's private metadata."""

    model_config = ConfigDict(frozen=True)

    policy: str
    seal: str


def seal_form(form: FormSource) -> str:
    """What changes when a form does."""
    return hashlib.sha256(form.model_dump_json().encode()).hexdigest()[:16]


def read_chosen(metadata: str) -> Chosen:
    """Which form was filled in.

    Raises:
        MalformedError: the metadata is not ours.
    """
    return read_metadata(Chosen, metadata)


def render_start(forms: Forms, note: str = "") -> View:
    """What New request opens: the only form there is, or the choice of one."""
    if len(forms) > 1:
        return _render_choice(forms, note)
    [(name, form)] = forms.items()
    return render_form(name, form, note)


def _render_choice(forms: Forms, note: str) -> View:
    options = [Option(text=_text(form.title), value=name) for name, form in forms.items()]
    select = StaticSelectElement(action_id=TYPED, options=options, placeholder=_text("Choose a form"))
    return View(
        type="modal",
        callback_id=CHOICE_CALLBACK,
        title=_text("New request"),
        submit=_text("Next"),
        close=_text("Cancel"),
        blocks=[*_notes(note), _input(CHOICE_BLOCK, "What do you want to ask for?", select)],
    )


def render_form(name: str, form: FormSource, note: str = "") -> View:
    """A form to fill in; `note` stands above it."""
    return View(
        type="modal",
        callback_id=FORM_CALLBACK,
        title=_text(form.title),
        submit=_text("Ask"),
        close=_text("Cancel"),
        private_metadata=Chosen(policy=name, seal=seal_form(form)).model_dump_json(),
        blocks=[
            *_notes(note),
            *([_title_input()] if form == GENERAL else []),
            *map(_field_input, form.fields),
            reason_input("Why?", required=False),
            context(PROMISE),
        ],
    )


def _notes(note: str) -> list[Block]:
    return [paragraphs(section(strong(note)))] if note else []


def _title_input() -> Block:
    element = PlainTextInputElement(action_id=TYPED, max_length=TITLE_LENGTH)
    return _input(TITLE_BLOCK, "What is it about?", element, hint="A few words: the heading of your request.")


def _field_input(field: FieldSource) -> Block:
    element = _ELEMENTS[field.kind](field)
    return _input(field_block(field), field.label, element, field.hint, required=field.required)


def reason_input(label: str, *, required: bool) -> Block:
    """Where the requester says why; as much as the card shows."""
    element = PlainTextInputElement(action_id=TYPED, multiline=True, max_length=REASON_LENGTH)
    return _input(REASON_BLOCK, label, element, "Shown to those who decide.", required=required)


def _input(
    block: str,
    label: str,
    element: InputInteractiveElement,
    hint: str | None = None,
    *,
    required: bool = True,
) -> Block:
    return InputBlock(
        block_id=block,
        label=_text(label),
        element=element,
        hint=_text(hint) if hint else None,
        optional=not required,
    )


def _text(words: str) -> PlainTextObject:
    return PlainTextObject(text=words, emoji=False)


def _line(_: FieldSource) -> InputInteractiveElement:
    return PlainTextInputElement(action_id=TYPED, max_length=TEXT_LENGTH)


def _lines(_: FieldSource) -> InputInteractiveElement:
    return PlainTextInputElement(action_id=TYPED, multiline=True, max_length=LONG_LENGTH)


def _number(_: FieldSource) -> InputInteractiveElement:
    return NumberInputElement(action_id=TYPED, is_decimal_allowed=True)


def _day(_: FieldSource) -> InputInteractiveElement:
    return DatePickerElement(action_id=TYPED)


def _choice(field: FieldSource) -> InputInteractiveElement:
    return StaticSelectElement(
        action_id=TYPED, options=[Option(text=_text(one), value=one) for one in field.options]
    )


def _person(_: FieldSource) -> InputInteractiveElement:
    return UserSelectElement(action_id=TYPED)


def _channel(_: FieldSource) -> InputInteractiveElement:
    return ConversationSelectElement(
        action_id=TYPED, filter=ConversationFilter(include=["public", "private"])
    )


_ELEMENTS: dict[Kind, Callable[[FieldSource], InputInteractiveElement]] = {
    "text": _line,
    "long_text": _lines,
    "number": _number,
    "date": _day,
    "choice": _choice,
    "user": _person,
    "channel": _channel,
}


def read_form(form: FormSource, filing: Filing) -> Answers:
    """The answers in a form, and what is wrong with them; the built-in form's title among that."""
    answers = read_answers(form, filing)
    if form == GENERAL and not filing.typed(TITLE_BLOCK).strip():
        answers.errors[TITLE_BLOCK] = BLANK
    return answers


def build_request(form: FormSource, filing: Filing, arguments: dict[str, JsonValue]) -> ApprovalRequest:
    """What is asked by a form, in the name of whoever submitted it."""
    own = filing.typed(TITLE_BLOCK).strip() if form == GENERAL else ""
    return ApprovalRequest(
        action=form.action,
        title=own or _title(form, arguments),
        arguments=arguments,
        requester=filing.person,
        reason=filing.typed(REASON_BLOCK).strip(),
    )


def _title(form: FormSource, arguments: dict[str, JsonValue]) -> str:
    """The form and its short answers in a line, so that requests can be told apart in lists."""
    shown: tuple[Kind, ...] = ("text", "number", "date", "choice")
    values = [str(arguments[one.name]) for one in form.fields if one.kind in shown and one.name in arguments]
    return cut_words(f"{form.title}: {', '.join(values)}" if values else form.title, TITLE_LENGTH)


def render_filed(request: ApprovalRequest) -> View:
    """Said once a request is on record."""
    where = THREAD if request.origin else DIRECT
    words = f"\nI tell you {where} who decides it, and what comes of it. There you can also withdraw it."
    title = show_title(request.title, SHOWN_LENGTH)
    return View(
        type="modal",
        title=_text("Asked"),
        close=_text("Close"),
        blocks=[paragraphs(section(strong(title), plain(words)))],
    )
