"""Single values: exact, and never to be taken for something else."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue

from activities.layout.values import (
    DEEPEST,
    is_short,
    outline,
    outline_field,
    show_scalar,
    show_text,
    write_canonical,
)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (1.0, "1"),
        (1e16, "10000000000000000"),
        (1e22, "1e+22"),
        (-0.0, "0"),
        (True, "true"),
        (None, "null"),
        ([], "[]"),
        ({}, "{}"),
        ("true", '"true"'),
        ("1.0", '"1.0"'),
        (" padded", '" padded"'),
        ("plain words", "plain words"),
    ],
)
def test_what_has_nothing_inside_is_written_as_the_digest_sees_it(value: JsonValue, shown: str) -> None:
    assert show_scalar(value) == shown


@pytest.mark.parametrize("value", [float("nan"), 2**60, "\ud800", {"a": [float("inf")]}])
def test_what_nobody_can_approve_can_still_be_read(value: JsonValue) -> None:
    assert write_canonical(value)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\nb", "a\nb"),
        ("a\n", "a⟨U+000A⟩"),
        ("\n a", "⟨U+000A⟩⟨U+0020⟩a"),
        ("\n\n", "⟨U+000A⟩⟨U+000A⟩"),
        ("a\tb\u202e", "a⟨U+0009⟩b⟨U+202E⟩"),
    ],
)
def test_blanks_at_the_ends_of_a_text_are_seen(text: str, shown: str) -> None:
    assert show_text(text) == shown


@given(st.text(st.sampled_from("ab \n\t\u200b") | st.characters(exclude_characters="⟨")))
def test_a_text_can_be_read_back_exactly(text: str) -> None:
    shown = show_text(text)
    assert re.sub(r"⟨U\+([0-9A-F]+)⟩", lambda code: chr(int(code[1], 16)), shown) == text


@pytest.mark.parametrize(
    ("value", "short"), [("a" * 100, True), ("a" * 101, False), ("a\nb", False), ([1], False), ({}, True)]
)
def test_a_value_has_its_place_on_a_line_or_not(value: JsonValue, *, short: bool) -> None:
    assert is_short(value) is short


@pytest.mark.parametrize(
    ("text", "line"),
    [("a: b", '- "a: b"'), ("a:", '- "a:"'), ("-x", '- "-x"'), ("│ x", '- "│ x"'), ("a:b", "- a:b")],
)
def test_an_item_that_looks_like_an_outline_is_in_quotes(text: str, line: str) -> None:
    assert outline([text]) == [line]


def test_a_line_that_is_broken_differs_from_two_lines() -> None:
    assert outline("a" * 100 + "b") == ["│ " + "a" * 100, "┊ b"]
    assert outline("a" * 100 + "\nb") == ["│ " + "a" * 100, "│ b"]


def test_a_long_name_is_broken_too_and_its_value_stands_beneath() -> None:
    assert outline_field("n" * 120, 1) == ["n" * 100, f"  ┊ {'n' * 20}:", "  1"]


def test_what_is_nested_deeply_is_written_on_one_line() -> None:
    value: JsonValue = {"b": 1, "a": [True]}
    for _ in range(DEEPEST):
        value = {"x": value}
    assert outline(value)[-1].strip() == '{"a":[true],"b":1}'
