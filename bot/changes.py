"""The modals in which an approver changes what was asked: the form, then the difference, which is what gets approved."""

from collections.abc import Mapping

from pydantic import BaseModel, ConfigDict, JsonValue
from slack_sdk.models.blocks import Block, PlainTextObject
from slack_sdk.models.views import View

from activities.blocks import code, context, paragraphs, plain, section, strong
from activities.cards import card_value
from activities.changes import Change, find_changes
from activities.parameters import find_misfits
from activities.text import cut, list_arguments, show_name, show_title
from bot.forms import all_inputs
from bot.parameters import FieldError, ParameterField, field_block, find_fields, read_field, render_field
from bot.payloads import Target, parse_target, read_metadata
from workflows.contracts import ApprovalState, JsonObject
from workflows.digest import DIGEST_SHOWN, UndigestibleError, digest

CHANGE_FORM = "countersign_form_change"
CHANGED_FORM = "countersign_form_changed"
METADATA_LENGTH = 3_000
TITLE_LENGTH = 150
MISFIT_LENGTH = 200
SAME = "Nothing is different yet. Change something here, or close this and press Approve."
LONG = "These changes are too long to be made here. Reject the request, and say how you want it."
NO_FIELDS = "No form can hold what this action takes. Reject the request, and say how you want it."
TWO = "You do not count as one of those who approve this: somebody else has to."
ONE = "You approve exactly this. Whoever has approved it as it was decides anew."


class Draft(BaseModel):
    """What is approved in place of what was asked: the card it was read from, and each argument that differs or goes."""

    model_config = ConfigDict(frozen=True)

    value: str
    changes: dict[str, JsonValue]
    left_out: tuple[str, ...] = ()

    @property
    def target(self) -> Target:
        """What was changed."""
        return parse_target(self.value)


def read_draft(metadata: str) -> Draft:
    """What a view says is approved.

    Raises:
        MalformedError: the metadata is not ours.
    """
    return read_metadata(Draft, metadata)


def list_fields(state: ApprovalState) -> tuple[ParameterField, ...]:
    """The arguments that an approver can change."""
    return find_fields(state.request.parameters or {}, state.request.arguments)


def render_change(state: ApprovalState) -> View:
    """The arguments as they are, each in a field."""
    fields = list_fields(state)
    kept = [name for name in state.request.arguments if name not in {field.name for field in fields}]
    rest = ", ".join(map(show_name, kept))
    blocks: list[Block] = [_subject(state, "Change what will run. You see the difference before it counts.")]
    blocks += [render_field(number, field) for number, field in enumerate(fields)]
    blocks += [context(f"These cannot be changed here and stay as they are: {rest}")] if rest else []
    return View(
        type="modal",
        callback_id=CHANGE_FORM,
        title=PlainTextObject(text="Change and approve"),
        submit=PlainTextObject(text="See the difference"),
        close=PlainTextObject(text="Close"),
        private_metadata=card_value(state),
        blocks=blocks,
    )


def read_change(state: ApprovalState, typed: Mapping[str, str | None]) -> tuple[JsonObject, dict[str, str]]:
    """All arguments as they were typed, by the fields' blocks; and what is wrong with them, by block."""
    fields = list_fields(state)
    arguments, errors = dict(state.request.arguments), dict[str, str]()
    for number, field in enumerate(fields):
        try:
            value = read_field(field, typed.get(field_block(number)))
        except FieldError as error:
            errors[field_block(number)] = str(error)
            continue
        if value is None and not field.is_set:
            continue  # it was left alone
        if value is None and not field.nullable:
            arguments.pop(field.name, None)
        else:
            arguments[field.name] = value
    return arguments, errors or _find_errors(state, fields, arguments)


def _find_errors(
    state: ApprovalState, fields: tuple[ParameterField, ...], arguments: JsonObject
) -> dict[str, str]:
    blocks = {field.name: field_block(number) for number, field in enumerate(fields)}
    misfits = find_misfits(arguments, state.request.parameters)
    try:
        same = digest(state.request.action, arguments) == state.digest
    except UndigestibleError as error:
        same, misfits = False, {"": str(error), **misfits}
    if not misfits and same:
        misfits = {"": SAME}
    if not misfits and len(make_draft(state, arguments).model_dump_json()) > METADATA_LENGTH:
        misfits = {"": LONG}
    return {blocks.get(name, field_block(0)): cut(text, MISFIT_LENGTH) for name, text in misfits.items()}


def make_draft(state: ApprovalState, arguments: JsonObject) -> Draft:
    """What is approved in place of what was asked."""
    names = [change.name for change in find_changes(state.request.arguments, arguments)]
    changed = {name: arguments[name] for name in names if name in arguments}
    left_out = tuple(name for name in names if name not in arguments)
    return Draft(value=card_value(state), changes=changed, left_out=left_out)


def put_changes(state: ApprovalState, draft: Draft) -> JsonObject:
    """All arguments as they are approved."""
    put = {**state.request.arguments, **draft.changes}
    return {name: value for name, value in put.items() if name not in draft.left_out}


def preview(state: ApprovalState, draft: Draft) -> ApprovalState:
    """The state with the changed arguments, for what has to be typed again of them."""
    request = state.request.model_copy(update={"arguments": put_changes(state, draft)})
    return state.model_copy(update={"request": request})


def render_changed(state: ApprovalState, draft: Draft) -> View:
    """The difference, and everything that will run then; submitting it decides."""
    arguments = put_changes(state, draft)
    changes = find_changes(state.request.arguments, arguments)
    second = state.plan is not None and state.plan.change == "second"
    exact = digest(state.request.action, arguments)
    return View(
        type="modal",
        callback_id=CHANGED_FORM,
        title=PlainTextObject(text="Change and approve"),
        submit=PlainTextObject(text="Change" if second else "Approve as changed"),
        close=PlainTextObject(text="Close"),
        private_metadata=draft.model_dump_json(),
        blocks=[
            _subject(state, "This is different from what was asked:"),
            *(block for change in changes for block in _difference(change)),
            paragraphs(section(strong("This is exactly what will run:"))),
            *code(list_arguments(arguments)),
            *all_inputs(preview(state, draft), "approve"),
            context(f"{TWO if second else ONE} Digest {exact[:DIGEST_SHOWN]}."),
        ],
    )


def _difference(change: Change) -> list[Block]:
    """Both sides in full, each line marked."""
    lines = [f"- {line}" for line in change.before.split("\n")]
    lines += [f"+ {line}" for line in change.after.split("\n")]
    return code("\n".join(lines))


def _subject(state: ApprovalState, words: str) -> Block:
    title = show_title(state.request.title, TITLE_LENGTH)
    return paragraphs(section(strong(title), plain(f"\n{words}")))
