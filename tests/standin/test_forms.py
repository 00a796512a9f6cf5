"""What is filled in and chosen: the state and the actions the app gets, and what Slack itself refuses."""

from typing import Any

import pytest

from bot.standin.forms import action, complaints, find, state
from bot.standin.limits import settled
from tests.standin.ends import Json


def option(value: str) -> Json:
    return {"text": {"type": "plain_text", "text": value}, "value": value}


def asking(kind: str, **fields: Any) -> list[Json]:
    optional = fields.pop("optional", False)
    label = {"type": "plain_text", "text": "Label"}
    element = {"type": kind, "action_id": "a", **fields}
    return settled(
        [{"type": "input", "block_id": "b", "label": label, "element": element, "optional": optional}]
    )


CHOICES = [option("x"), option("y")]
STATES: list[tuple[str, Json, Any, Json]] = [
    ("plain_text_input", {}, "words", {"value": "words"}),
    ("plain_text_input", {}, None, {"value": None}),
    ("plain_text_input", {"initial_value": "first"}, None, {"value": "first"}),
    ("plain_text_input", {}, {"value": "as Slack has it"}, {"value": "as Slack has it"}),
    ("static_select", {"options": CHOICES}, "y", {"selected_option": CHOICES[1]}),
    ("static_select", {"option_groups": [{"options": CHOICES}]}, "y", {"selected_option": CHOICES[1]}),
    (
        "radio_buttons",
        {"options": CHOICES, "initial_option": CHOICES[0]},
        None,
        {"selected_option": CHOICES[0]},
    ),
    ("checkboxes", {"options": CHOICES}, ["x", "y"], {"selected_options": CHOICES}),
    ("checkboxes", {"options": CHOICES}, None, {"selected_options": []}),
    ("users_select", {}, "U0BOB", {"selected_user": "U0BOB"}),
    ("multi_users_select", {}, None, {"selected_users": []}),
    ("datepicker", {}, "2026-11-23", {"selected_date": "2026-11-23"}),
]


@pytest.mark.parametrize(("kind", "fields", "raw", "expected"), STATES)
def test_a_plain_value_becomes_slacks_form(kind: str, fields: Json, raw: Any, expected: Json) -> None:
    values = state(asking(kind, **fields), {}, {} if raw is None else {"b": {"a": raw}})
    assert values == {"b": {"a": {"type": kind} | expected}}


def test_an_option_that_is_not_offered_cannot_be_chosen() -> None:
    with pytest.raises(LookupError, match="'a' offers no option 'z'"):
        state(asking("static_select", options=CHOICES), {}, {"b": {"a": "z"}})


@pytest.mark.parametrize(
    ("fields", "value", "complaint"),
    [
        ({}, None, "Please complete this required field."),
        ({}, "", "Please complete this required field."),
        ({"optional": True}, None, ""),
        ({}, "x", ""),
        ({"min_length": 3}, "xx", "Enter at least 3 characters."),
        ({"max_length": 3}, "xxxx", "Enter at most 3 characters."),
        ({}, "x" * 3001, "Enter at most 3000 characters."),
    ],
)
def test_an_input_is_complained_about(fields: Json, value: str | None, complaint: str) -> None:
    blocks = asking("plain_text_input", **fields)
    values = state(blocks, {}, {"b": {"a": value}})
    assert complaints(blocks, values) == ({"b": complaint} if complaint else {})


@pytest.mark.parametrize(
    ("fields", "value", "complaint"),
    [
        ({"is_decimal_allowed": True}, "12.50", ""),
        ({"is_decimal_allowed": True}, "-3", ""),
        ({"is_decimal_allowed": True}, "12,50", "Enter a number."),
        ({"is_decimal_allowed": True}, "1e5", "Enter a number."),
        ({"is_decimal_allowed": False}, "12", ""),
        ({"is_decimal_allowed": False}, "12.5", "Enter a whole number."),
        ({"is_decimal_allowed": True, "min_value": "5"}, "4.99", "Enter at least 5."),
        ({"is_decimal_allowed": True, "max_value": "5"}, "5.01", "Enter at most 5."),
    ],
)
def test_a_number_has_to_be_one(fields: Json, value: str, complaint: str) -> None:
    blocks = asking("number_input", **fields)
    values = state(blocks, {}, {"b": {"a": value}})
    assert complaints(blocks, values) == ({"b": complaint} if complaint else {})


@pytest.mark.parametrize(
    ("value", "complaint"),
    [("2026-12-24", ""), ("2026-02-30", "Enter a date."), ("20261224", "Enter a date.")],
)
def test_a_date_has_to_be_one(value: str, complaint: str) -> None:
    blocks = asking("datepicker")
    values = state(blocks, {}, {"b": {"a": value}})
    assert complaints(blocks, values) == ({"b": complaint} if complaint else {})


def test_only_inputs_are_complained_about() -> None:
    assert complaints([{"type": "divider", "block_id": "d"}], {}) == {}


def test_the_action_of_a_button_carries_its_value() -> None:
    button = {
        "type": "button",
        "action_id": "go",
        "text": {"type": "plain_text", "text": "Go"},
        "value": "v",
        "style": "primary",
        "confirm": {"title": "not sent"},
    }
    sent = action(button, "b", None, "1.0")
    assert sent == {
        "type": "button",
        "action_id": "go",
        "block_id": "b",
        "action_ts": "1.0",
        "text": {"type": "plain_text", "text": "Go"},
        "value": "v",
        "style": "primary",
    }
    assert action(button, "b", "forged", "1.0")["value"] == "forged"


def test_the_action_of_a_menu_carries_the_option() -> None:
    menu = {"type": "overflow", "action_id": "more", "options": CHOICES}
    assert action(menu, "b", "y", "1.0")["selected_option"] == CHOICES[1]


def test_an_element_is_found_by_action_and_block() -> None:
    button = {"type": "button", "action_id": "go"}
    blocks: list[Json] = [
        {"type": "divider", "block_id": "0"},
        {"type": "section", "block_id": "1", "accessory": {"type": "image"}},
        {"type": "section", "block_id": "2", "accessory": button},
        {"type": "actions", "block_id": "3", "elements": [{"type": "button", "action_id": "no"}, button]},
    ]
    assert find(blocks, "go", None)[0]["block_id"] == "2"
    assert find(blocks, "go", "3")[0]["block_id"] == "3"
    with pytest.raises(LookupError, match="Nothing here has the action_id 'stop'"):
        find(blocks, "stop", None)
