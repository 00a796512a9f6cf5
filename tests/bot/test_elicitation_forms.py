"""The form of an answer, as pure data: whatever can be asked fits Slack's limits, and what is answered comes back as it was."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue

from activities.elicitations import find_problem, find_problems
from bot.elicitations import list_fields, read_response, render_response
from bot.forms import dump_view
from bot.parameters import field_block
from bot.standin import forms
from bot.standin.limits import check_view
from bot.standin.trees import Json
from bot.submissions import COMMENT_BLOCK, TYPED, parse_typed
from tests.factories import build_plan, build_request, build_state
from workflows.contracts import ApprovalState, JsonObject
from workflows.elicitation import (
    ANSWER_LENGTH,
    ASK_HUMAN,
    MOST_FIELDS,
    MOST_OPTIONS,
    OPTION_LENGTH,
    read_elicitation,
)

BAIT = "<!channel> *b* <https://x|y>"
letters = st.characters(codec="utf-8", categories=("L", "N", "P", "S"))
choices = st.text(letters, min_size=1, max_size=OPTION_LENGTH // 2 - 1)
names = st.text(letters, min_size=1, max_size=20)
words = st.text(letters, min_size=1, max_size=50)


def optional(shape: JsonObject) -> JsonObject:
    return {"anyOf": [shape, {"type": "null"}], "default": None}


def enum(values: list[Any]) -> JsonObject:
    return {"enum": values}


def sized(most: int) -> JsonObject:
    return {"type": "string", "maxLength": most}


def several_of(values: list[Any]) -> JsonObject:
    return {"type": "array", "items": enum(values)}


SIMPLE: list[JsonObject] = [
    {"type": "string"},
    {"type": ["string", "null"]},
    {"type": "string", "format": "date"},
    {"type": "integer", "default": 7},
    {"type": "number", "description": BAIT * 20},
    {"type": "boolean", "default": True},
]
several = st.lists(choices, min_size=1, max_size=12, unique=True)
shapes: st.SearchStrategy[JsonObject] = st.one_of(
    st.builds(sized, st.integers(60, ANSWER_LENGTH)),
    st.sampled_from(SIMPLE),
    st.builds(enum, several),
    st.builds(enum, st.lists(st.integers(-99, 99) | choices, min_size=1, max_size=9, unique_by=repr)),
    st.builds(several_of, several),
)
properties = st.dictionaries(names, shapes | st.builds(optional, shapes), min_size=1, max_size=MOST_FIELDS)


@st.composite
def questions(draw: st.DrawFn) -> JsonObject:
    """The arguments of a question of any kind."""
    question: JsonObject = {"question": draw(words) * draw(st.integers(1, 60))}
    match draw(st.sampled_from(["words", "options", "form"])):
        case "options":
            options: list[JsonValue] = [
                *draw(st.lists(choices, min_size=1, max_size=MOST_OPTIONS, unique=True))
            ]
            question["options"] = options
        case "form":
            fields: JsonObject = {**draw(properties)}
            required: list[JsonValue] = [*list(fields)[::2]]
            question["schema"] = {"type": "object", "properties": fields, "required": required}
        case _:
            pass
    return question


def can_be_asked(question: JsonObject) -> bool:
    return not find_problem(build_request(action=ASK_HUMAN, arguments=question))


askable = questions().filter(can_be_asked)


def state_of(question: JsonObject, **changes: Any) -> ApprovalState:
    return build_state(request=build_request(action=ASK_HUMAN, arguments=question, **changes))


def view_of(state: ApprovalState) -> Json:
    view: Json = json.loads(json.dumps(dump_view(render_response(state))))
    check_view(view, "modal")
    return view


@given(question=askable, reason=st.text(letters, max_size=2_000))
def test_whatever_can_be_asked_has_a_form_that_slack_takes(question: JsonObject, reason: str) -> None:
    asked = read_elicitation(question)
    view = view_of(state_of(question, reason=reason))
    inputs = [block["block_id"] for block in view["blocks"] if block["type"] == "input"]
    wanted = asked.parameters["properties"]
    assert isinstance(wanted, dict)
    assert [field.name for field in list_fields(asked)] == list(wanted), (
        "nothing that is asked for is missing"
    )
    assert inputs == [*map(field_block, range(len(wanted))), COMMENT_BLOCK]


def inputs_of(view: Json) -> list[Json]:
    return [block for block in view["blocks"] if block["type"] == "input"]


def element_of(view: Json, number: int) -> Json:
    return forms.find(inputs_of(view), TYPED, field_block(number))[1]


def pick(data: st.DataObject, element: Json) -> tuple[Any, JsonValue]:
    """What a person may enter in a field, and what that means."""
    values = [one["value"] for one in element.get("options", ())]
    match element["type"]:
        case "static_select":
            chosen = data.draw(st.sampled_from(values))
            return chosen, json.loads(chosen)
        case "multi_static_select":
            several = data.draw(st.lists(st.sampled_from(values), min_size=1, unique=True))
            return several, list(map(json.loads, several))
        case "datepicker":
            day = data.draw(st.dates()).isoformat()
            return day, day
        case "number_input":
            number = data.draw(st.integers(-(10**6), 10**6))
            return str(number), number
        case _:
            text = data.draw(st.text(letters, min_size=1, max_size=60))
            return text, text


@given(data=st.data(), question=askable)
def test_whatever_is_filled_in_comes_back_as_it_was(data: st.DataObject, question: JsonObject) -> None:
    asked, state = read_elicitation(question), state_of(question)
    view, entered, meant = view_of(state), Json(), JsonObject()
    for number, field in enumerate(list_fields(asked)):
        element = element_of(view, number)
        typed, meant[field.name] = pick(data, element)
        entered[field_block(number)] = {TYPED: typed}
    values = forms.state(inputs_of(view), {}, entered)
    assert not forms.complaints(inputs_of(view), values)
    answering = read_response(asked, parse_typed({"view": {"id": "V1", "state": {"values": values}}}))
    assert answering.errors == {}
    assert json.dumps(asked.spread(answering.answer)) == json.dumps(meant)
    assert find_problems(state.request, answering.answer) == ()


def test_what_is_asked_stands_in_the_form_in_full() -> None:
    question: JsonObject = {"question": "Why?\n" * 500}
    view = view_of(state_of(question))
    assert "Why?\\n" * 500 in json.dumps(view, ensure_ascii=False)


def test_a_comment_is_demanded_where_the_policy_does() -> None:
    request = build_request(action=ASK_HUMAN, arguments={"question": "Why?"})
    view = view_of(build_state(request=request, plan=build_plan(comment_on=("approve",))))
    assert not next(block for block in view["blocks"] if block.get("block_id") == COMMENT_BLOCK)["optional"]


def test_free_words_have_room_for_several_lines() -> None:
    view = view_of(state_of({"question": "Why?"}))
    element = element_of(view, 0)
    assert (element["multiline"], element["max_length"]) == (True, ANSWER_LENGTH)
