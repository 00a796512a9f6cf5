"""What is wrong with arguments by their JSON Schema, said so that people can read it, and without asking anybody."""

import json
import math
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue

from activities.parameters import MISFIT_LENGTH, NO_SCHEMA, find_misfits

PARAMETERS: dict[str, JsonValue] = {
    "type": "object",
    "properties": {
        "amount": {"type": "number", "minimum": 1},
        "rows": {"type": "array", "items": {"type": "string"}},
    },
    "required": ["amount"],
    "additionalProperties": False,
}
NESTED: JsonValue = json.loads("[" * 90 + "]" * 90)


def test_what_fits_has_nothing_wrong_with_it() -> None:
    assert find_misfits({"amount": 1, "rows": ["a"]}, PARAMETERS) == {}


@pytest.mark.parametrize(
    ("arguments", "name", "part"),
    [
        ({"amount": 0}, "amount", "less than the minimum"),
        ({"amount": "1"}, "amount", "not of type 'number'"),
        ({"amount": True}, "amount", "not of type 'number'"),
        ({"amount": 1, "rows": ["a", 2]}, "rows", "2 is not of type 'string'"),
        ({}, "", "'amount' is a required property"),
        ({"amount": 1, "more": 2}, "", "Additional properties are not allowed"),
    ],
)
def test_what_does_not_fit_is_said_of_its_argument(
    arguments: dict[str, JsonValue], name: str, part: str
) -> None:
    misfits = find_misfits(arguments, PARAMETERS)
    assert list(misfits) == [name]
    assert part in misfits[name]


@pytest.mark.parametrize(
    "parameters",
    [
        None,
        {"type": "nonsense"},
        {"properties": 7},
        {"properties": {"amount": {"pattern": "("}}},
        {"$ref": "#/nowhere"},
        {"$ref": "#"},
        {"$ref": "file:///etc/hostname"},
        {"properties": {"amount": {"$ref": "http://127.0.0.1:9/schema"}}},
    ],
)
def test_without_a_schema_of_its_own_that_can_be_read_nothing_fits(
    parameters: dict[str, JsonValue] | None,
) -> None:
    """References are never followed to other places."""
    assert find_misfits({"amount": 1}, parameters) == {"": NO_SCHEMA}


def test_references_within_the_schema_are_followed() -> None:
    parameters: dict[str, JsonValue] = {
        "$defs": {"money": {"type": "integer"}},
        "properties": {"amount": {"$ref": "#/$defs/money"}},
    }
    assert find_misfits({"amount": 1}, parameters) == {}
    assert list(find_misfits({"amount": "1"}, parameters)) == ["amount"]


@given(
    st.dictionaries(
        st.sampled_from(["amount", "\u202e", "x" * 999]), st.text() | st.just("<!channel>\u202e\n")
    )
)
def test_sentences_are_short_and_hide_nothing(arguments: dict[str, JsonValue]) -> None:
    for sentence in find_misfits(arguments, PARAMETERS).values():
        assert len(sentence) <= MISFIT_LENGTH + 1
        assert not set("\u202e\n") & set(sentence)


@pytest.mark.parametrize("value", [math.nan, math.inf, NESTED])
def test_whatever_the_value_there_is_an_answer(value: JsonValue) -> None:
    assert isinstance(find_misfits({"amount": value}, PARAMETERS), dict)


def test_a_pattern_is_matched_in_time_that_grows_with_the_text_alone() -> None:
    parameters: dict[str, JsonValue] = {"properties": {"memo": {"type": "string", "pattern": "^(a+)+$"}}}
    began = time.monotonic()
    assert list(find_misfits({"memo": "a" * 5_000 + "!"}, parameters)) == ["memo"]
    assert find_misfits({"memo": "a" * 5_000}, parameters) == {}
    assert time.monotonic() - began < 1


@pytest.mark.parametrize(
    "part", [{"pattern": "(?=x)x"}, {"pattern": "("}, {"patternProperties": {"(a+)+$": True}}], ids=str
)
def test_a_pattern_that_cannot_be_matched_so_is_no_schema(part: dict[str, JsonValue]) -> None:
    assert find_misfits({}, {"properties": {"memo": part}}) == {"": NO_SCHEMA}
