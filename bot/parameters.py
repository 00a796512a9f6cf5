"""The arguments of an action as fields of a form, by their JSON Schema; pure.

What no field of Slack's can hold as it is (objects, lists that have anything in them, very long text) is not offered, and stays
as it was asked.
"""

import json
from collections.abc import Mapping
from datetime import date
from typing import Any, Literal, NamedTuple, cast

from pydantic import JsonValue
from slack_sdk.models.blocks import (
    DatePickerElement,
    InputBlock,
    InputInteractiveElement,
    NumberInputElement,
    Option,
    PlainTextInputElement,
    PlainTextObject,
    StaticMultiSelectElement,
    StaticSelectElement,
)

from activities.rules.documents import as_list, as_mapping
from activities.text import cut, is_hidden, show_name
from bot.submissions import TYPED

Kind = Literal["text", "date", "integer", "number", "choice", "choices"]

FIELDS_SHOWN = 40
TEXT_LENGTH = 2_000
ONE_LINE = 80
LABEL_LENGTH = 100
HINT_LENGTH = 150
OPTIONS_SHOWN = 100
OPTION_LENGTH = 75
NO_NUMBER = "This is no number."
_BLOCK = "countersign_parameter"
_WORDS = ("true", "false", "null")


class FieldError(ValueError):
    """What was typed is not what the field takes, and why, in a sentence."""


class ParameterField(NamedTuple):
    """One argument that can be changed; `choices` are the values that it may have, as JSON; `long` ones have several lines."""

    name: str
    kind: Kind
    value: JsonValue
    hint: str = ""
    choices: tuple[str, ...] = ()
    required: bool = True
    nullable: bool = False
    long: bool = False

    @property
    def is_set(self) -> bool:
        """Whether it has a value now."""
        return self.value is not None


def find_fields(
    parameters: Mapping[str, JsonValue], arguments: Mapping[str, JsonValue]
) -> tuple[ParameterField, ...]:
    """The arguments that can be changed in a form, in the schema's order."""
    properties, required = as_mapping(parameters.get("properties")), as_list(parameters.get("required"))
    found = [
        _find_field(name, as_mapping(schema), arguments.get(name), required=name in required)
        for name, schema in properties.items()
        if name
    ]
    return tuple(field for field in found if field)[:FIELDS_SHOWN]


def _find_field(
    name: str, schema: dict[str, Any], value: JsonValue, *, required: bool
) -> ParameterField | None:
    shapes = [as_mapping(one) for one in as_list(schema.get("anyOf"))] or [schema]
    types = [kind for shape in shapes for kind in _types(shape)]
    shape = next((one for one in shapes if _types(one) != ["null"]), schema)
    kind, choices = _find_kind(shape)
    if kind == "date" and not (value is None or _is_day(value)):
        kind = "text"
    if kind is None or not _holds(kind, choices, value):
        return None
    hint = str(schema.get("description") or "")
    if kind == "choices" and not shape.get("minItems"):
        required = False  # to choose nothing is a choice
    most = shape.get("maxLength")
    long = isinstance(most, int) and most > ONE_LINE
    return ParameterField(name, kind, value, hint, choices, required, "null" in (*types, *choices), long)


def _types(schema: dict[str, Any]) -> list[str]:
    kind = schema.get("type")
    return [str(one) for one in as_list(kind)] or [str(kind)]


def _find_kind(schema: dict[str, Any]) -> tuple[Kind | None, tuple[str, ...]]:
    options = _list_choices(schema)
    if options:
        return "choice", options
    kinds = [kind for kind in _types(schema) if kind != "null"]
    match kinds:
        case ["boolean"]:
            return "choice", ("true", "false")
        case ["string"]:
            return ("date" if schema.get("format") == "date" else "text"), ()
        case ["array"] if several := _list_choices(as_mapping(schema.get("items"))):
            return "choices", several
        case ["integer" | "number" as kind]:
            return kind, ()
        case _:
            return None, ()


def _list_choices(schema: dict[str, Any]) -> tuple[str, ...]:
    return tuple(json.dumps(one, ensure_ascii=False) for one in as_list(schema.get("enum")))


def _holds(kind: Kind, choices: tuple[str, ...], value: JsonValue) -> bool:
    """Whether a field of this kind can show the value as it is, so that leaving it alone changes nothing."""
    if choices:
        shown = [_show_choice(one) for one in choices]
        fit = all(len(one) <= OPTION_LENGTH for one in (*choices, *shown)) and len(choices) <= OPTIONS_SHOWN
        if kind == "choices":  # in which order several are chosen Slack does not say
            return fit and value is None
        return fit and (value is None or json.dumps(value, ensure_ascii=False) in choices)
    if value is None:
        return True
    if kind in ("text", "date"):
        return isinstance(value, str) and _typable(value)
    return (kind == "number" or isinstance(value, int)) and _is_number(value) and _is_plain(json.dumps(value))


def _is_day(value: JsonValue) -> bool:
    """Whether it is a day as Slack writes one."""
    try:
        return isinstance(value, str) and date.fromisoformat(value).isoformat() == value
    except ValueError:
        return False


def _is_number(value: JsonValue) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_plain(number: str) -> bool:
    """Whether it is written as in Slack's field for numbers: digits, a sign and a point."""
    return not set(number) - set("0123456789.-")


def _typable(text: str) -> bool:
    hidden = any(is_hidden(char) and char != "\n" for char in text)
    return text == text.strip() and len(text) <= TEXT_LENGTH and not hidden


def field_block(number: int) -> str:
    """The id of a field's block."""
    return f"{_BLOCK}_{number}"


def render_field(number: int, field: ParameterField) -> InputBlock:
    """The field with its present value."""
    return InputBlock(
        block_id=field_block(number),
        label=PlainTextObject(text=cut(show_name(field.name), LABEL_LENGTH), emoji=False),
        hint=PlainTextObject(text=cut(show_name(field.hint), HINT_LENGTH), emoji=False)
        if field.hint
        else None,
        element=_element(field),
        optional=field.nullable or not field.required or field.value == "",
    )


def _element(field: ParameterField) -> InputInteractiveElement:
    if field.kind == "date":
        day = field.value if isinstance(field.value, str) else None
        return DatePickerElement(action_id=TYPED, initial_date=day)
    options = [_option(one) for one in field.choices]
    if field.kind == "choices":
        return StaticMultiSelectElement(action_id=TYPED, options=options)
    if field.kind == "choice":
        now = _option(json.dumps(field.value, ensure_ascii=False)) if field.is_set else None
        return StaticSelectElement(action_id=TYPED, options=options, initial_option=now)
    shown = (
        (field.value if isinstance(field.value, str) else json.dumps(field.value)) if field.is_set else None
    )
    if field.kind == "text":
        long = field.long or (shown is not None and ("\n" in shown or len(shown) > ONE_LINE))
        return PlainTextInputElement(
            action_id=TYPED, initial_value=shown, multiline=long, max_length=TEXT_LENGTH
        )
    return NumberInputElement(action_id=TYPED, initial_value=shown, is_decimal_allowed=field.kind == "number")


def _option(choice: str) -> Option:
    return Option(value=choice, text=PlainTextObject(text=_show_choice(choice), emoji=False))


def _show_choice(choice: str) -> str:
    """A text without its quotes, unless it could be taken for something else then."""
    value = json.loads(choice)
    bare = isinstance(value, str) and value.isprintable() and value[:1].isalpha() and value == value.strip()
    return show_name(value if bare and value not in _WORDS else choice)


def read_field(field: ParameterField, typed: str | None) -> JsonValue:
    """The argument as it was typed; `typed` is a choice's value (of several a list, as JSON) or a text, None where nothing was given.

    Raises:
        FieldError: it is not what the field takes.
    """
    if typed is None or not typed.strip():
        return "" if field.value == "" else None
    if field.kind in ("text", "date"):
        return typed if typed == field.value else typed.strip()
    try:
        value = cast(JsonValue, json.loads(typed))
    except ValueError:
        raise FieldError(NO_NUMBER) from None
    if field.choices:
        return value
    if not _is_number(value):
        raise FieldError(NO_NUMBER)
    if field.kind == "integer" and not isinstance(value, int):
        raise FieldError("This takes a whole number.")
    return value
