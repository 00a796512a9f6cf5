"""The form in which a question is answered: made of what the question takes, and read back strictly."""

import re
from collections.abc import Mapping
from typing import NamedTuple

from pydantic import JsonValue
from slack_sdk.models.blocks import PlainTextObject
from slack_sdk.models.views import View

from activities.blocks import context, paragraphs
from activities.cards import card_value
from activities.contents import who_rows
from activities.elicitations import CHOOSE, find_elicitation, question_blocks
from activities.parameters import find_misfits
from activities.rules.documents import as_list
from activities.text import cut
from bot.forms import all_inputs
from bot.parameters import FieldError, ParameterField, field_block, find_fields, read_field, render_field
from bot.payloads import MalformedError, Press
from workflows.contracts import ApprovalState, Decision, JsonObject
from workflows.digest import DIGEST_SHOWN
from workflows.elicitation import Elicitation, read_elicitation

FORM = "countersign_form_respond"
MISFIT_LENGTH = 200
_CHOICE = re.compile(rf"{CHOOSE}_(\d{{1,3}})", re.ASCII)


class Answering(NamedTuple):
    """What was filled in as an answer, and what is wrong with it, by the fields' blocks."""

    answer: JsonValue
    errors: dict[str, str]


def can_answer(state: ApprovalState) -> bool:
    """Whether there is a question that waits for an answer."""
    asked = find_elicitation(state.request.action, state.request.arguments)
    return asked is not None and state.status == "pending"


def choose_option(press: Press) -> Decision:
    """A press on one of a question's options as a decision; which one it is the button's action says.

    Raises:
        MalformedError: the button was edited.
    """
    found = _CHOICE.fullmatch(press.action_id)
    if found is None:
        raise MalformedError("A button names no option.")
    return press.decision("approve").model_copy(update={"choice": int(found[1])})


def list_fields(asked: Elicitation) -> tuple[ParameterField, ...]:
    """The fields that an answer is made of, in order; each with its default, where a field can hold that."""
    properties = asked.parameters.get("properties")
    shapes = properties if isinstance(properties, dict) else {}
    empty = find_fields(asked.parameters, {})
    filled = find_fields(asked.parameters, {name: _default(shape) for name, shape in shapes.items()})
    known = {field.name: field for field in filled}
    return tuple(known.get(field.name, field) for field in empty)


def _default(shape: JsonValue) -> JsonValue:
    return shape.get("default") if isinstance(shape, dict) else None


def render_response(state: ApprovalState) -> View:
    """What is asked, in full, and a field for each part of the answer; submitting it answers.

    Raises:
        ElicitationError: there is no question.
    """
    asked = read_elicitation(state.request.arguments)
    fields = [render_field(number, field) for number, field in enumerate(list_fields(asked))]
    return View(
        type="modal",
        callback_id=FORM,
        title=PlainTextObject(text="Answer"),
        submit=PlainTextObject(text="Answer"),
        close=PlainTextObject(text="Close"),
        private_metadata=card_value(state),
        blocks=[
            *question_blocks(asked),
            paragraphs(*who_rows(state)),
            *fields,
            *all_inputs(state, "approve"),
            context(f"Your answer goes to whoever asked. Digest {state.digest[:DIGEST_SHOWN]}."),
        ],
    )


def read_response(asked: Elicitation, typed: Mapping[str, str | None]) -> Answering:
    """The answer as it was filled in; what was left empty is left out, unless it has to be there."""
    fields, needed = list_fields(asked), as_list(asked.parameters.get("required"))
    values, errors = dict[str, JsonValue](), dict[str, str]()
    for number, field in enumerate(fields):
        try:
            value = read_field(field, typed.get(field_block(number)))
        except FieldError as error:
            errors[field_block(number)] = str(error)
            continue
        if value is None and field.kind == "choices" and field.name in needed:
            value = []
        if value is not None or (field.nullable and field.name in needed):
            values[field.name] = value
    return Answering(asked.gather(values), errors or _find_errors(asked, fields, values))


def _find_errors(
    asked: Elicitation, fields: tuple[ParameterField, ...], values: JsonObject
) -> dict[str, str]:
    blocks = {field.name: field_block(number) for number, field in enumerate(fields)}
    misfits = find_misfits(values, asked.parameters)
    return {blocks.get(name, field_block(0)): cut(text, MISFIT_LENGTH) for name, text in misfits.items()}
