"""The digest is the same for the same call, and for no other."""

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue

from workflows.digest import UndigestibleError, canonical, digest

SAFE = 2**53 - 1
Arguments = dict[str, JsonValue]
words = st.text(st.characters(codec="utf-8"))
scalars = (
    st.none()
    | st.booleans()
    | st.integers(-SAFE, SAFE)
    | st.floats(allow_nan=False, allow_infinity=False)
    | words
)
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3)
)
arguments = st.dictionaries(words, values, max_size=4)


def tagged(value: JsonValue) -> object:
    """The value such that equal means the same JSON: True is not 1, but 1 is 1.0."""
    if isinstance(value, dict):
        return "object", frozenset((key, tagged(inner)) for key, inner in value.items())
    if isinstance(value, list):
        return "array", tuple(tagged(inner) for inner in value)
    return isinstance(value, bool), value


def reordered(value: JsonValue) -> JsonValue:
    if isinstance(value, dict):
        return {key: reordered(value[key]) for key in reversed(value)}
    if isinstance(value, list):
        return [reordered(inner) for inner in value]
    return value


def nested(depth: int) -> JsonValue:
    value: JsonValue = []
    for _ in range(depth):
        value = [value]
    return value


@given(arguments)
def test_the_order_of_keys_does_not_matter(given_arguments: Arguments) -> None:
    turned = {key: reordered(given_arguments[key]) for key in reversed(given_arguments)}
    assert digest("act", turned) == digest("act", given_arguments)


@given(words, arguments, words, arguments)
def test_two_calls_share_a_digest_only_when_they_are_the_same(
    action: str, mine: Arguments, other: str, theirs: Arguments
) -> None:
    same = (action, tagged(mine)) == (other, tagged(theirs))
    assert (digest(action, mine) == digest(other, theirs)) == same


@given(arguments, words, values, values)
def test_changing_one_argument_changes_the_digest(
    others: Arguments, name: str, one: JsonValue, another: JsonValue
) -> None:
    same = tagged(one) == tagged(another)
    assert (digest("act", {**others, name: one}) == digest("act", {**others, name: another})) == same


@given(arguments, words, values)
def test_one_more_argument_changes_the_digest(others: Arguments, name: str, value: JsonValue) -> None:
    without = {key: inner for key, inner in others.items() if key != name}
    assert digest("act", without) != digest("act", {**without, name: value})


@given(words, words)
def test_another_action_has_another_digest(one: str, other: str) -> None:
    assert (digest(one, {}) == digest(other, {})) == (one == other)


@given(words, arguments)
def test_the_canonical_form_says_what_will_be_executed(action: str, given_arguments: Arguments) -> None:
    read = json.loads(canonical(action, given_arguments), parse_int=float)
    assert tagged(read) == tagged({"action": action, "arguments": given_arguments})


def test_the_canonical_form_is_that_of_the_standard() -> None:
    assert canonical("é", {"b": [1.0, 1e21, 1e-7], "a": "\u20ac\n"}) == (
        '{"action":"é","arguments":{"a":"€\\n","b":[1,1e+21,1e-7]}}'.encode()
    )


@pytest.mark.parametrize("whole", [0, 250, -3, 2**53 - 1])
def test_a_whole_float_is_its_integer(whole: int) -> None:
    assert digest("act", {"amount": float(whole)}) == digest("act", {"amount": whole})


@pytest.mark.parametrize(
    ("one", "another"),
    [(True, 1), (False, 0), (None, ""), ("1", 1), ([], {}), ("é", "e\u0301"), (["a", "b"], ["b", "a"])],
)
def test_values_that_look_alike_differ(one: JsonValue, another: JsonValue) -> None:
    assert digest("act", {"x": one}) != digest("act", {"x": another})


@pytest.mark.parametrize(
    "bad",
    [
        {"x": math.nan},
        {"x": math.inf},
        {"x": -math.inf},
        {"x": 2**53 + 1},
        {"x": -(2**53) - 1},
        {"x": [{"deep": 2**60}]},
        {"x": "\ud800"},
        {"x": {"\udfff": 1}},
        {"\ud800": 1},
        {"x": nested(100_000)},
    ],
    ids=["nan", "inf", "-inf", "big", "-big", "inside", "surrogate", "inner key", "key", "deep"],
)
def test_what_has_no_exact_form_is_refused_in_a_sentence(bad: Arguments) -> None:
    with pytest.raises(UndigestibleError) as refused:
        digest("act", bad)
    sentence = str(refused.value)
    assert sentence.startswith("The arguments of act cannot be written down exactly (")
    assert sentence.endswith("so nobody can approve them. Send such values as strings.")
    assert len(sentence) < 400
    assert sentence.encode()


def test_a_number_too_long_to_print_is_refused_like_any_other() -> None:
    with pytest.raises(UndigestibleError, match="nobody can approve them"):
        digest("act", {"x": 10**5_000})


def test_the_refusal_of_a_broken_action_can_be_sent_on() -> None:
    """A sentence that holds the lone surrogate itself could go on no card and into no history."""
    with pytest.raises(UndigestibleError) as refused:
        digest("act\ud800", {})
    assert str(refused.value).encode()
