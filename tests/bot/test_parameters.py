"""Arguments as fields of a form: what is left alone stays as it was, and what no field can hold is not offered."""

import json
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue

from bot.parameters import (
    FIELDS_SHOWN,
    NO_NUMBER,
    OPTION_LENGTH,
    OPTIONS_SHOWN,
    TEXT_LENGTH,
    FieldError,
    ParameterField,
    find_fields,
    read_field,
    render_field,
)
from bot.standin import forms
from bot.standin.limits import check_view
from bot.submissions import TYPED

Schema = dict[str, Any]
NULL: Schema = {"type": "null"}
SIMPLE: tuple[Schema, ...] = (
    {"type": "string"},
    {"type": "integer"},
    {"type": "number"},
    {"type": "boolean"},
    {"enum": ["red", "", " x ", "\u202e", "true", "1", 1, True, None, 'say "no"']},
    {"type": "array"},
    {"type": "object"},
)

texts = st.text(max_size=30) | st.text("a \n\t\u202e\ufe0f", max_size=6)
LISTS: st.SearchStrategy[list[JsonValue]] = st.sampled_from([[], [1]])
values: st.SearchStrategy[JsonValue] = (
    texts
    | st.integers()
    | st.floats()
    | st.booleans()
    | st.none()
    | LISTS
    | st.sampled_from(["red", "true", "1", 'say "no"', 1.0, 5.5, 1e22, -0.0, 10**30])
)


def maybe(schema: Schema) -> st.SearchStrategy[Schema]:
    """The schema, or one by which it may be null, in both spellings of that."""
    wide = [schema, {"anyOf": [schema, NULL]}, {"anyOf": [NULL, schema]}]
    if "type" in schema:
        wide.append({"type": [schema["type"], "null"]})
    return st.sampled_from(wide)


schemas = st.sampled_from(SIMPLE).flatmap(maybe)
names = st.text(max_size=20) | st.sampled_from(["amount", "<!channel>", "\u202e", "x" * 300])


@st.composite
def offers(draw: st.DrawFn) -> tuple[Schema, dict[str, JsonValue]]:
    """Any schema of simple types, and any arguments, whether they follow it or not."""
    properties = draw(st.dictionaries(names, schemas, max_size=5))
    known = list(properties)
    arguments = {
        name: draw(values) for name in draw(st.sets(st.sampled_from(known)) if known else st.just([]))
    }
    required = draw(st.lists(st.sampled_from(known), max_size=3)) if known else []
    return {"type": "object", "properties": properties, "required": required}, arguments


def field_of(schema: Schema, *value: JsonValue, required: bool = True) -> ParameterField | None:
    """The field for one argument, which need not be there."""
    parameters: Schema = {"properties": {"x": schema}, "required": ["x"] if required else []}
    return next(iter(find_fields(parameters, {"x": value[0]} if value else {})), None)


def block(field: ParameterField) -> dict[str, Any]:
    return cast(dict[str, Any], render_field(0, field).to_dict())


def element(field: ParameterField) -> dict[str, Any]:
    return cast(dict[str, Any], block(field)["element"])


def left_alone(field: ParameterField) -> str | None:
    """What Slack sends of a field that nobody touched."""
    shown = element(field)
    filled = forms.filled(shown, None)
    chosen = filled.get("selected_option")
    return str(chosen["value"]) if chosen else filled.get("value")


@given(offers())
def test_what_is_left_alone_is_what_it_was(offer: tuple[Schema, dict[str, JsonValue]]) -> None:
    parameters, arguments = offer
    for field in find_fields(parameters, arguments):
        value = read_field(field, left_alone(field))
        assert json.dumps(value) == json.dumps(arguments.get(field.name))


@given(offers())
def test_every_form_is_one_that_slack_takes(offer: tuple[Schema, dict[str, JsonValue]]) -> None:
    fields = find_fields(*offer)
    view: dict[str, Any] = {
        "type": "modal",
        "callback_id": "x",
        "title": {"type": "plain_text", "text": "Change"},
        "submit": {"type": "plain_text", "text": "Send"},
        "blocks": [render_field(number, field).to_dict() for number, field in enumerate(fields)],
    }
    check_view(json.loads(json.dumps(view)) if fields else view | {"blocks": [{"type": "divider"}]}, "modal")


@pytest.mark.parametrize(
    ("schema", "value", "typed", "read"),
    [
        ({"type": "string"}, "a", "b", "b"),
        ({"type": "string"}, "a", "  b\n", "b"),
        ({"type": "string"}, "a", "250", "250"),
        ({"type": "string"}, "", None, ""),
        ({"type": "string"}, "a", "  ", None),
        ({"type": "integer"}, 1, "2", 2),
        ({"type": "integer"}, 1, "-2", -2),
        ({"type": "number"}, 1, "2.50", 2.5),
        ({"type": "number"}, 1, "2", 2),
        ({"type": "boolean"}, True, "false", False),
        ({"enum": ["a", "b"]}, "a", '"b"', "b"),
        ({"enum": [1, "1"]}, 1, '"1"', "1"),
        ({"type": ["string", "null"]}, "a", None, None),
        ({"anyOf": [{"type": "integer"}, NULL]}, 1, None, None),
    ],
)
def test_each_kind_reads_what_is_typed_as_what_it_is(
    schema: Schema, value: JsonValue, typed: str | None, read: JsonValue
) -> None:
    field = field_of(schema, value)
    assert field
    found = read_field(field, typed)
    assert (found, type(found)) == (read, type(read))


@pytest.mark.parametrize("kind", ["integer", "number"])
@pytest.mark.parametrize("typed", ["many", "1,5", "0x10", "true", "null", "[1]", '"5"', "1 000", "5.", "--1"])
def test_what_is_no_number_is_said_to_be_none(kind: str, typed: str) -> None:
    field = field_of({"type": kind}, 1)
    assert field
    with pytest.raises(FieldError, match=NO_NUMBER):
        read_field(field, typed)


def test_a_whole_number_has_no_point() -> None:
    field = field_of({"type": "integer"}, 1)
    assert field
    with pytest.raises(FieldError, match="whole number"):
        read_field(field, "1.0")


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({"type": "array"}, [1]),
        ({"type": "object"}, {"a": 1}),
        ({}, 1),
        ({"$ref": "#/$defs/x"}, 1),
        ({"type": ["string", "integer"]}, 1),
        ({"type": "string"}, "a" * (TEXT_LENGTH + 1)),
        ({"type": "string"}, " a"),
        ({"type": "string"}, "a\u202eb"),
        ({"type": "string"}, "a\tb"),
        ({"type": "string"}, 1),
        ({"type": "integer"}, 1.5),
        ({"type": "integer"}, 1.0),
        ({"type": "integer"}, "1"),
        ({"type": "integer"}, True),
        ({"type": "number"}, 1e22),
        ({"type": "number"}, float("nan")),
        ({"type": "boolean"}, 1),
        ({"enum": ["a"]}, "b"),
        ({"enum": [1]}, True),
        ({"enum": ["a" * OPTION_LENGTH]}, None),
        ({"enum": ["\u202e" * 30]}, None),
        ({"enum": list(range(OPTIONS_SHOWN + 1))}, 1),
    ],
)
def test_what_no_field_can_hold_as_it_is_is_not_offered(schema: Schema, value: JsonValue) -> None:
    assert field_of(schema, value) is None


def test_no_more_is_offered_than_a_form_holds() -> None:
    properties: Schema = {f"x{number}": {"type": "string"} for number in range(FIELDS_SHOWN + 1)}
    fields = find_fields({"properties": properties}, {})
    assert [field.name for field in fields] == list(properties)[:FIELDS_SHOWN]


@pytest.mark.parametrize(
    "parameters", [{}, {"properties": []}, {"properties": {"x": 7}}, {"properties": {"": {}}}]
)
def test_a_schema_that_says_nothing_offers_nothing(parameters: Schema) -> None:
    assert find_fields(parameters, {"x": 1}) == ()


def test_a_field_may_be_left_empty_where_the_argument_may_be() -> None:
    def optional(field: ParameterField | None) -> bool:
        assert field
        return bool(block(field)["optional"])

    text: Schema = {"type": "string"}
    assert not optional(field_of(text, "a"))
    assert optional(field_of(text, "a", required=False))
    assert optional(field_of({"type": ["string", "null"]}, "a"))
    assert optional(field_of(text, "")), "or nobody could leave it as it is"


def test_names_and_hints_from_outside_are_shown_with_what_they_hide() -> None:
    schema: Schema = {"type": "string", "description": "pay\u202ee " * 99}
    (field,) = find_fields({"properties": {"a\u200bb\n*c*": schema}}, {})
    shown = block(field)
    assert shown["label"]["text"] == "a⟨U+200B⟩b⟨U+000A⟩*c*"
    assert (shown["label"]["type"], shown["hint"]["type"]) == ("plain_text", "plain_text")
    assert "\u202e" not in json.dumps(shown, ensure_ascii=False)


def test_choices_can_be_told_apart() -> None:
    field = field_of({"enum": ["1", 1, "true", True, "", "red", " x", None]}, "red")
    assert field
    shown = [option["text"]["text"] for option in element(field)["options"]]
    assert shown == ['"1"', "1", '"true"', "true", '""', "red", '" x"', "null"]
    assert element(field)["initial_option"]["text"]["text"] == "red"
    assert element(field)["action_id"] == TYPED


def test_long_texts_have_room() -> None:
    short, long = field_of({"type": "string"}, "a"), field_of({"type": "string"}, "a\nb")
    assert short
    assert long
    assert (element(short).get("multiline"), element(long).get("multiline")) == (False, True)
