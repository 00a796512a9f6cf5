"""Changes: which arguments are two states of one thing, and how they differ."""

import time

import pytest
from pydantic import JsonValue

from activities.layout.changes import MOST_LINES, SAME, Change, find_changes, write_diff

LINES = "one\ntwo"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("before", "after"),
        ("old", "new"),
        ("from", "to"),
        ("old_text", "new_text"),
        ("text_before", "text_after"),
        ("oldText", "newText"),
        ("configBefore", "configAfter"),
        ("Old", "New"),
    ],
)
def test_two_states_of_one_thing_are_known_by_their_names(before: str, after: str) -> None:
    assert list(find_changes({after: LINES, "x": 1, before: LINES})) == [Change(before, after)]


@pytest.mark.parametrize(
    "values",
    [
        {"from": "checking", "to": "savings"},
        {"old": 1, "new": 2},
        {"old": LINES, "new": 2},
        {"old": LINES, "news": LINES},
        {"threshold": LINES, "threshnew": LINES},
        {"old": LINES},
        {"old": {}, "new": {}},
        {"old": LINES, "new": {"a": 1}},
    ],
)
def test_others_are_not_compared(values: dict[str, JsonValue]) -> None:
    assert list(find_changes(values)) == []


def test_what_goes_and_what_comes_is_seen() -> None:
    assert write_diff("a\nb\nc", "a\nx\nc") == "@@ -1,3 +1,3 @@\n a\n-b\n+x\n c"


def test_structures_are_compared_by_their_outlines() -> None:
    assert (
        write_diff({"a": 1, "b": [1, 2]}, {"a": 1, "b": [1]}) == "@@ -1,4 +1,3 @@\n a: 1\n b:\n   - 1\n-  - 2"
    )


def test_a_difference_that_nobody_could_see_is_seen() -> None:
    assert "+b⟨U+200B⟩" in str(write_diff("a\nb\nc", "a\nb\u200b\nc"))
    assert "+c⟨U+000A⟩" in str(write_diff("a\nc", "a\nc\n"))


def test_that_there_is_no_difference_is_said() -> None:
    assert write_diff(LINES, LINES) == SAME


def test_what_is_too_long_is_not_compared() -> None:
    assert write_diff("a\n" * (MOST_LINES + 1), "b") is None


def test_the_longest_comparison_does_not_keep_slack_waiting() -> None:
    old = "\n".join(str(number % 100) for number in range(MOST_LINES))
    new = "\n".join(str(number * 31 % 100) for number in range(MOST_LINES))
    start = time.monotonic()
    assert write_diff(old, new)
    assert time.monotonic() - start < 1
