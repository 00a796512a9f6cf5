"""Limits written as CEL: what fits is of the same names and kinds, within them; nothing else ever does."""

import math
from typing import Any

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st
from pydantic import JsonValue

from activities.bounds import (
    BoundsError,
    check_condition,
    find_reaches,
    holds,
    is_rememberable,
    show_condition,
    write_condition,
)
from activities.rules.conditions import Facts
from tests.factories import build_plan, build_request, build_state
from workflows.contracts import Bound, Leeway
from workflows.digest import UndigestibleError, digest

NAMES = st.text(st.characters(codec="utf-8"), max_size=8)
NUMBERS = st.integers(-(2**53) + 1, 2**53 - 1) | st.floats(allow_nan=False, allow_infinity=False)
SCALARS = st.none() | st.booleans() | NUMBERS | st.text(st.characters(codec="utf-8"), max_size=8)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=5,
)
ARGUMENTS = st.dictionaries(NAMES, VALUES, max_size=4)
REACHES = st.sampled_from(["exact", "most", "any"])


def fits(condition: str, arguments: dict[str, Any]) -> bool:
    return holds(condition, Facts(build_request(arguments=arguments)))


def bounds(arguments: dict[str, Any], **reaches: Any) -> tuple[Bound, ...]:
    return tuple(Bound(name=name, reach=reaches.get(name, "exact")) for name in arguments)


def same(one: JsonValue, other: JsonValue) -> bool:
    """Whether two values are the same exact request."""
    return digest("a", {"v": one}) == digest("a", {"v": other})


def within(reach: str, value: JsonValue, other: JsonValue) -> bool:
    """What a limit means, in other words than the code's."""
    if reach == "any":
        return True
    if reach == "most":
        return type(other) in (int, float) and 0 <= other <= value  # type: ignore[operator]  # pyright: ignore[reportOperatorIssue]
    return same(value, other)


USUAL: dict[str, JsonValue] = {"amount": 250, "source": "checking", "note": "rent"}


def test_the_condition_says_each_limit_on_a_line() -> None:
    assert write_condition(USUAL, bounds(USUAL, amount="most", note="any")) == (
        'size(args) == 3 &&\nargs.amount >= 0 && args.amount <= 250 &&\nargs.source == "checking" &&\n"note" in args'
    )


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ({"amount": 250}, True),
        ({"amount": 0}, True),
        ({"amount": 249.99}, True),
        ({"amount": 250.0}, True),
        ({"amount": 250.01}, False),
        ({"amount": 251}, False),
        ({"amount": -1}, False),
        ({"amount": -0.01}, False),
        ({"amount": "250"}, False),
        ({"amount": True}, False),
        ({"amount": None}, False),
        ({"amount": [250]}, False),
        ({"amount": {}}, False),
        ({"amount": math.nan}, False),
        ({"amount": math.inf}, False),
        ({"amount": -math.inf}, False),
        ({"аmount": 1}, False),  # noqa: RUF001 - the Cyrillic letter is the point
        ({"Amount": 1}, False),
        ({}, False),
        ({"amount": 1, "more": None}, False),
    ],
    ids=str,
)
def test_at_most_is_a_number_from_zero_to_the_limit(arguments: dict[str, Any], *, expected: bool) -> None:
    condition = write_condition({"amount": 250}, (Bound(name="amount", reach="most"),))
    assert fits(condition, arguments) is expected


@pytest.mark.parametrize(
    ("value", "other"),
    [
        (1, "1"),
        (1, True),
        ("1", 1),
        (True, 1),
        (True, "true"),
        (None, ""),
        (None, False),
        (0, False),
        ("", []),
        ([1], [True]),
        ([1, 2], [2, 1]),
        ({"a": 1}, {"a": "1"}),
        ({"a": 1}, {"a": 1, "b": None}),
        ("savings", "sаvings"),  # noqa: RUF001 - the Cyrillic letter is the point
        ("savings", "savings\u200b"),
        ("é", "e\u0301"),
        (9_007_199_254_740_991, 9_007_199_254_740_990),
        (0.1, 0.10000000000000002),
    ],
    ids=repr,
)
def test_exactly_is_of_the_same_kind(value: Any, other: Any) -> None:
    condition = write_condition({"v": value}, (Bound(name="v"),))
    assert fits(condition, {"v": value})
    assert not fits(condition, {"v": other})


@given(arguments=ARGUMENTS, other=ARGUMENTS, data=st.data())
@example(arguments={"in": 1, "a b": '"\\\n'}, other={}, data=None)
@example(arguments={"size": "\U0001f600\u202e", "_": {"": [None]}}, other={"size": 1}, data=None)
def test_no_request_outside_of_its_limits_ever_fits(
    arguments: dict[str, JsonValue], other: dict[str, JsonValue], data: st.DataObject | None
) -> None:
    reaches = {name: data.draw(REACHES) if data else "exact" for name in arguments}
    reaches = {
        name: one if one in find_reaches(arguments[name]) else "exact" for name, one in reaches.items()
    }
    condition = write_condition(arguments, bounds(arguments, **reaches))
    assert fits(condition, arguments), "what was asked fits its own rule"
    mixed = {name: other.get(name, value) for name, value in arguments.items()}
    for tried in (other, mixed, {**arguments, **other}):
        meant = tried.keys() == arguments.keys() and all(
            within(reaches[name], value, tried[name]) for name, value in arguments.items()
        )
        assert fits(condition, tried) is meant


@given(value=NUMBERS, other=VALUES)
def test_a_number_s_limit_holds_for_any_value(value: float, other: JsonValue) -> None:
    assume(value >= 0)
    condition = write_condition({"v": value}, (Bound(name="v", reach="most"),))
    assert fits(condition, {"v": other}) is within("most", value, other)


@pytest.mark.parametrize("value", ["250", True, None, -1, -0.5, [1], {}], ids=repr)
def test_only_a_number_from_zero_on_can_be_a_limit(value: JsonValue) -> None:
    assert find_reaches(value) == ("exact", "any")
    with pytest.raises(BoundsError, match="Only a number"):
        write_condition({"v": value}, (Bound(name="v", reach="most"),))


@pytest.mark.parametrize("names", [(), ("b",), ("a", "b"), ("a", "a")], ids=str)
def test_limits_name_each_argument_once(names: tuple[str, ...]) -> None:
    with pytest.raises(BoundsError, match="not those"):
        write_condition({"a": 1}, tuple(Bound(name=one, reach="any") for one in names))


def test_a_request_without_arguments_stands_for_others_without_any() -> None:
    condition = write_condition({}, ())
    assert fits(condition, {})
    assert not fits(condition, {"amount": 1})


def test_what_cannot_be_seen_is_written_by_its_number() -> None:
    condition = write_condition({"to": "sav\u202eings"}, (Bound(name="to"),))
    assert show_condition(condition) == 'size(args) == 1 && args.to == "sav\\U0000202eings"'


@pytest.mark.parametrize(
    "text", ["", "args.", "true", "args.amount == 251", "args.other == 1", "args.amount"]
)
def test_a_condition_that_does_not_hold_for_its_own_request_makes_no_rule(text: str) -> None:
    with pytest.raises(BoundsError):
        check_condition(text, build_request())
    assert not holds(text, Facts(build_request()))


def test_what_is_too_long_or_too_much_or_not_allowed_is_not_offered() -> None:
    plan = build_plan(remember=Leeway(days=1, uses=1), team_id="T1")

    def offered(**changes: Any) -> bool:
        return is_rememberable(build_state(plan=plan, request=build_request(**changes)))

    assert offered()
    assert not offered(arguments={"text": "x" * 1_500})
    assert not offered(arguments={"text": "⟨" * 200}), "each is shown in eight characters"
    assert not offered(arguments={"text": "\N{GRINNING FACE}" * 370}), "each is kept in four bytes"
    assert not offered(arguments={f"a{number}": 1 for number in range(31)})
    assert not is_rememberable(build_state())
    assert not is_rememberable(build_state(plan=plan.model_copy(update={"team_id": ""})))


def test_deep_nesting_is_decided_or_does_not_fit() -> None:
    deep: Any = 1
    for _ in range(95):
        deep = [deep]
    with pytest.raises(UndigestibleError):
        digest("a", {"v": [[[[[[[deep]]]]]]]})
    condition = write_condition({"v": deep}, (Bound(name="v"),))
    assert not fits(condition, {"v": [deep]})
