"""Arguments laid out by type: every character of them is there, nothing looks like something else."""

from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pydantic import JsonValue

from activities.layout.arguments import LONG_NAME, NONE, SHORT, lay_out
from activities.text import is_hidden
from tests.layouts import box, boxes, everything, missing, pages_of, titles
from workflows.digest import canonical

MARKS = "│┊⟨"
characters = st.characters(codec="utf-8", exclude_characters=MARKS)
texts = st.text(characters)
tricky = st.sampled_from('ab: -\n\t\u202e\u200b\u2028\u0301\ufeff\U000e0041\u0600#+@"{[<&>`*_~')
hostile = st.text(tricky | characters)
TELLING = ["before", "after", "old_text", "new_text", "from", "to", "sql", "code", "items", "x" * 3_000]
names = st.text(characters, max_size=30) | st.sampled_from(TELLING)


def repeated(text: str, times: int, end: str) -> str:
    return (text * times)[:100_000] + end


long_texts = st.builds(repeated, hostile, st.integers(1, 100_000), hostile)
numbers = st.integers(-(2**53) + 1, 2**53 - 1) | st.floats(allow_nan=False, allow_infinity=False)
scalars = texts | hostile | numbers | st.booleans() | st.none()


def cells() -> st.SearchStrategy[JsonValue]:
    return st.text("xyz—│ 1", max_size=12) | numbers | st.none()


def flat() -> st.SearchStrategy[JsonValue]:
    return st.dictionaries(st.sampled_from("abcdef"), cells(), max_size=6)


records: st.SearchStrategy[JsonValue] = st.lists(flat(), min_size=2, max_size=200)
trees: st.SearchStrategy[JsonValue] = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(names, inner, max_size=4),
    max_leaves=12,
)


def nest(value: JsonValue, depth: int, name: str) -> JsonValue:
    for level in range(depth):
        value = {name: value} if level % 2 else [value]
    return value


deep = st.builds(nest, trees, st.integers(1, 80), names)
arguments = st.dictionaries(names, scalars | long_texts | trees | deep | records, max_size=6)
wide = st.dictionaries(names, scalars, min_size=30, max_size=300)


@settings(max_examples=150)
@given(arguments)
@example({"": {"": None, "to": [""], "from": [""]}})
@example(
    {
        "a": {
            "b": {"old": ["x"], "new": ["y"], "c": {"from": ["1"], "to": ["2"]}},
            "after": ["x"],
            "before": [{"z": "q"}],
        }
    }
)
def test_every_character_of_the_arguments_is_there_and_in_order(values: dict[str, JsonValue]) -> None:
    assert missing(values) == []


@settings(max_examples=10)
@given(wide)
def test_of_many_arguments_none_is_missing(values: dict[str, JsonValue]) -> None:
    assert missing(values) == []


@settings(max_examples=100)
@given(arguments)
def test_nothing_that_is_shown_is_hidden(values: dict[str, JsonValue]) -> None:
    assert not [char for char in everything(pages_of(values)) if char != "\n" and is_hidden(char)]


ALIKE = st.text('ab:- │┊\n"{[1—', max_size=5) | st.sampled_from(
    ["a" * 100 + "b", "a" * 100 + "\nb", "null", "1"]
)
alike: st.SearchStrategy[JsonValue] = st.recursive(
    ALIKE | st.none() | st.just(1) | st.booleans(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(ALIKE, inner, max_size=2),
    max_leaves=4,
)


@settings(max_examples=200)
@given(st.lists(st.dictionaries(ALIKE, alike, max_size=3), min_size=2, max_size=40))
def test_different_arguments_look_different(several: list[dict[str, JsonValue]]) -> None:
    looks: dict[str, bytes] = {}
    for values in several:
        form = canonical("x", dict(sorted(values.items())))
        look = everything(pages_of(dict(sorted(values.items()))))
        assert looks.setdefault(look, form) == form


def test_without_arguments_that_is_said() -> None:
    assert everything(pages_of({})) == f"{SHORT}\n{NONE}"


def test_what_fits_on_a_line_comes_first_in_one_listing() -> None:
    pages = pages_of({"amount": 250.0, "memo": "one\ntwo", "target": "savings", "urgent": True, "note": None})
    assert boxes(pages) == ["amount: 250\ntarget: savings\nurgent: true\nnote: null", "one\ntwo"]
    assert titles(pages) == [SHORT, "memo  2 lines"]


@pytest.mark.parametrize(
    ("name", "text", "kind"),
    [
        ("sql", "select one\nand two", "rich_text_preformatted"),
        ("sqlQuery", "select one\nand two", "rich_text_preformatted"),
        ("run_command", "x" * 300, "rich_text_preformatted"),
        ("body", "def f(x):\n    return x\n", "rich_text_preformatted"),
        ("body", "[mysqld]\nport = 3306\nuser = x", "rich_text_preformatted"),
        ("body", "Dear Bob,\n\nwe are sorry for this.\n\nKind regards", "rich_text_quote"),
        ("body", "all work and no play " * 20, "rich_text_quote"),
        ("encoded", "all work and no play " * 20, "rich_text_quote"),
    ],
)
def test_code_is_shown_as_code_and_words_as_words(name: str, text: str, kind: str) -> None:
    (piece,) = [one for one in lay_out({name: text}) if one.title == name]
    assert piece.elements[0].to_dict()["type"] == kind


def test_records_become_a_table_with_their_number() -> None:
    payments: list[JsonValue] = [{"to": "A", "amount": 1}, {"to": "B", "amount": 20}]
    pages = pages_of({"payments": payments})
    assert titles(pages) == [SHORT, "payments  2 records"]
    assert boxes(pages)[0].split("\n")[0] == "# │ to │ amount"


def test_a_change_is_compared_before_both_are_shown_in_full() -> None:
    pages = pages_of({"old_text": "a\nb", "new_text": "a\nc"})
    assert [title.split("  ")[0] for title in titles(pages)] == [
        SHORT,
        "old_text → new_text",
        "old_text",
        "new_text",
    ]
    assert boxes(pages) == ["@@ -1,2 +1,2 @@\n a\n-b\n+c", "a\nb", "a\nc"]


def test_a_change_within_an_argument_is_compared_too() -> None:
    change: dict[str, Any] = {"before": "a\nb", "after": "a\nc", "why": "slow"}
    pages = pages_of({"edit": change})
    shown = [title.split("  ")[0] for title in titles(pages)]
    assert shown == [SHORT, "edit", "edit › before → after", "edit › before", "edit › after"]  # noqa: RUF001 - as shown
    assert boxes(pages)[0] == "why: slow"


def test_a_structure_is_outlined() -> None:
    pages = pages_of({"job": {"name": "x", "steps": ["a", {"run": "b", "env": {}}], "script": "one\ntwo"}})
    assert boxes(pages) == ["name: x\nsteps:\n  - a\n  - run: b\n    env: {}\nscript:\n  │ one\n  │ two"]


def test_a_name_that_is_no_title_is_shown_with_its_value() -> None:
    (piece,) = lay_out({"x" * 90: "one\ntwo"})[1:]
    assert (piece.title, box(piece)) == (LONG_NAME, f"{'x' * 90}:\n  │ one\n  │ two")


def test_no_argument_can_have_the_title_of_a_section_of_ours() -> None:
    """Ours are several words, and a name of several words is in quotes."""
    assert titles(pages_of({"The plan": "one\ntwo"}))[1] == '"The plan"  2 lines'
