"""Text that people may rely on."""

import json
import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue

from activities.text import (
    INDENT,
    cut,
    cut_bytes,
    cut_words,
    escape,
    is_hidden,
    list_arguments,
    show_hidden,
    split_pages,
    strip_hidden,
)

UNSEEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
DEFAULT_IGNORABLE = [
    (0x00AD, 0x00AD), (0x034F, 0x034F), (0x061C, 0x061C), (0x115F, 0x1160), (0x17B4, 0x17B5),
    (0x180B, 0x180F), (0x200B, 0x200F), (0x202A, 0x202E), (0x2060, 0x206F), (0x3164, 0x3164),
    (0xFE00, 0xFE0F), (0xFEFF, 0xFEFF), (0xFFA0, 0xFFA0), (0xFFF0, 0xFFF8), (0x1BCA0, 0x1BCA3),
    (0x1D173, 0x1D17A), (0xE0000, 0xE0FFF),
]  # fmt: skip
"""Unicode's property of that name (DerivedCoreProperties.txt): what a renderer shows nothing for."""
IGNORABLE = {chr(code) for first, last in DEFAULT_IGNORABLE for code in range(first, last + 1)}
BLANK = "\u2800"
"""The empty Braille pattern is a symbol by its category, and shows nothing."""

anything = st.text(st.characters(codec=None))
hostile = st.text(
    st.sampled_from("ab: \n\r\t\u202e\u200b\u2028\u0085\ufeff\U000e0041│⟨") | st.characters(codec=None)
)
plain_names = st.from_regex(r"\A[a-z_]{1,8}\Z")


def shows_nothing(char: str) -> bool:
    return unicodedata.category(char) in UNSEEN or char in IGNORABLE or char == BLANK


@given(anything | hostile)
def test_no_hidden_character_survives_in_a_title(text: str) -> None:
    assert not [char for char in strip_hidden(text) if shows_nothing(char)]


@given(anything | hostile)
def test_no_hidden_character_survives_unsaid_in_a_value(text: str) -> None:
    assert not [char for char in show_hidden(text) if shows_nothing(char) and char != "\n"]


def test_what_unicode_calls_ignorable_is_hidden() -> None:
    assert not [f"U+{ord(char):04X}" for char in sorted(IGNORABLE | {BLANK}) if not is_hidden(char)]


def test_every_control_format_surrogate_and_unassigned_character_is_hidden() -> None:
    every = map(chr, range(0x110000))
    assert not [char for char in every if unicodedata.category(char) in UNSEEN and not is_hidden(char)]


@pytest.mark.parametrize("char", "aé中\u0627 9€😀\u00a0\u0301")
def test_what_can_be_seen_stays(char: str) -> None:
    assert show_hidden(char) == char
    assert not is_hidden(char)


@given(anything | hostile)
def test_a_title_is_one_trimmed_line(text: str) -> None:
    line = strip_hidden(text)
    assert len(line.splitlines()) <= 1
    assert line == line.strip()
    assert strip_hidden(line) == line


@given(anything | hostile)
def test_a_title_keeps_all_that_can_be_seen(text: str) -> None:
    def visible(one: str) -> str:
        return "".join(char for char in one if not is_hidden(char) and not char.isspace())

    assert visible(strip_hidden(text)) == visible(text)


def test_words_on_two_lines_stay_two_words() -> None:
    assert strip_hidden(" two\r\n\twords ") == "two words"


@given(anything | hostile)
def test_what_was_hidden_can_be_read_back(text: str) -> None:
    """Nothing is lost: where the text holds no such marks itself, they stand for exactly what was there."""
    original = text.replace("⟨", "")
    shown = show_hidden(original)
    assert re.sub(r"⟨U\+([0-9A-F]+)⟩", lambda code: chr(int(code[1], 16)), shown) == original


@given(anything | hostile)
def test_nothing_in_escaped_text_means_anything_to_slack(text: str) -> None:
    escaped = escape(text)
    assert not set("<>") & set(escaped)
    assert escaped.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&") == text


@given(anything, st.integers(1, 50))
def test_a_cut_says_that_something_is_left_out(text: str, limit: int) -> None:
    short = cut(text, limit)
    assert len(short) <= limit
    assert short == text or (short.endswith("…") and text.startswith(short[:-1]))


@given(st.text(st.characters(codec="utf-8")), st.integers(3, 60))
def test_a_cut_by_bytes_splits_no_character(text: str, limit: int) -> None:
    short = cut_bytes(text, limit)
    assert len(short.encode()) <= limit
    assert short == text or (short.endswith("…") and text.startswith(short[:-1]))
    assert short == text or len(short.encode()) > limit - 4


@given(st.dictionaries(plain_names, hostile, min_size=1, max_size=4))
def test_no_value_passes_for_another_argument(arguments: dict[str, JsonValue]) -> None:
    """Every line at column 0 is an argument's own; all others are indented beneath it."""
    lines = list_arguments(arguments).split("\n")
    own = [line for line in lines if not line.startswith(INDENT)]
    assert [line.split(":")[0] for line in own] == list(arguments)


@given(st.dictionaries(plain_names, hostile, min_size=1, max_size=4))
def test_no_line_ends_where_slack_or_a_terminal_sees_it_and_we_do_not(
    arguments: dict[str, JsonValue],
) -> None:
    listing = list_arguments(arguments)
    assert listing.splitlines() == listing.split("\n")


@given(hostile)
def test_a_name_is_one_line(name: str) -> None:
    assert "\n" not in list_arguments({name: 1})


def test_no_name_passes_for_a_line_of_the_value_above() -> None:
    honest: dict[str, JsonValue] = {"note": "one\ntwo\namount: 9"}
    hiding: dict[str, JsonValue] = {"note": "one\ntwo", f"{INDENT}amount": 9}
    assert list_arguments(honest) != list_arguments(hiding)


def test_no_name_passes_for_a_name_and_a_value() -> None:
    assert list_arguments({"to: alice": "x"}) != list_arguments({"to": "alice: x"})


@given(hostile, hostile)
def test_different_texts_look_different(one: str, another: str) -> None:
    one, another = one.replace("⟨", ""), another.replace("⟨", "")
    assert (list_arguments({"x": one}) == list_arguments({"x": another})) == (one == another)


@pytest.mark.parametrize(
    "text",
    ["", " ", "null", "true", "false", "1", "-1.50", "1e3", "NaN", "Infinity", '"quoted"', "[1]", "[", "{}", "{",
     " padded", "padded ", "\nline", "line\n", "0"],
)  # fmt: skip
def test_a_string_that_looks_like_something_else_is_quoted(text: str) -> None:
    line = list_arguments({"x": text})
    assert line.startswith('x: "')
    assert json.loads(line.removeprefix("x: ")) == text


@pytest.mark.parametrize("value", [None, True, False, 0, -7, 1.5, 1e22, [], {}])
def test_other_values_are_shown_as_json(value: JsonValue) -> None:
    assert list_arguments({"x": value}) == f"x: {json.dumps(value)}"


@pytest.mark.parametrize(
    "value", [{"a": [1, "two\nlines", None]}, [["deep", {"é": 0.5}]], ["\u202e", "\u2028"]]
)
def test_structures_are_shown_in_full_beneath_their_name(value: JsonValue) -> None:
    name, *lines = list_arguments({"x": value}).split("\n")
    body = "\n".join(line.removeprefix(INDENT) for line in lines)
    assert name == "x:"
    assert all(line.startswith(INDENT) for line in lines)
    assert json.loads(re.sub(r"⟨U\+([0-9A-F]+)⟩", lambda code: chr(int(code[1], 16)), body)) == value


def test_arguments_are_listed_one_below_the_other() -> None:
    listing = list_arguments({"amount": 250, "note": "one\ntwo", "target": "savings"})
    assert listing == "amount: 250\nnote:\n  │ one\n  │ two\ntarget: savings"


def test_that_there_are_no_arguments_is_said() -> None:
    assert list_arguments({}) == "(no arguments)"


@given(anything, st.integers(1, 20))
def test_pages_joined_are_the_text(text: str, size: int) -> None:
    pages = split_pages(text, size)
    assert "".join(pages) == text
    assert pages
    assert max(map(len, pages)) <= size
    assert all(len(page) == size or page.endswith("\n") for page in pages[:-1])


def test_a_long_value_cannot_begin_a_page_like_another_argument() -> None:
    """Padded so that without breaks a page would begin with its text at column 0."""
    for padding in (2_880, 2_900, 7_980, 8_000):
        listing = list_arguments({"note": "a" * padding + "amount: 9000", "amount": 1})
        for size in (2_900, 8_000):
            starts = [page.split("\n")[0] for page in split_pages(listing, size)]
            assert all(start.startswith((INDENT, "note:", "amount: 1")) for start in starts)


@pytest.mark.parametrize(
    ("text", "limit", "shown"),
    [
        ("pay 4,800 EUR", 13, "pay 4,800 EUR"),
        ("pay 4,800 EUR", 12, "pay 4,800 …"),
        ("pay 4,800 EUR", 9, "pay …"),
        ("pay  4,800", 8, "pay …"),
        ("4800000000", 5, "4800…"),
    ],
)
def test_a_line_is_cut_between_its_words(text: str, limit: int, shown: str) -> None:
    assert cut_words(text, limit) == shown
    assert len(shown) <= limit
