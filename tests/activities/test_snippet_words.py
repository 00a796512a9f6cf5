"""What is said of files: which argument each is, how large, and what it is recognised by."""

import hashlib

import pytest
from pydantic import JsonValue

from activities.blocks import render
from activities.snippets import describe_file, file_name, render_comment
from bot.standin.limits import check_message
from tests.readers import INTERPRETED, walk_objects
from workflows.snippets import find_snippet


def said(name: str, value: JsonValue) -> str:
    blocks = render(render_comment(find_snippet({name: value}, name)))
    check_message("", blocks)
    assert not {node.get("type") for node in walk_objects(blocks)} & INTERPRETED
    return "".join(node["text"] for node in walk_objects(blocks) if node.get("type") == "text")


def test_the_comment_says_name_size_and_hash() -> None:
    digest = hashlib.sha256(b"x" * 20_000).hexdigest()
    assert said("memo", "x" * 20_000) == f"The argument memo as a file of 20,000 bytes. Its SHA-256:{digest}"


def test_characters_that_do_not_show_in_a_file_are_counted() -> None:
    assert "2 of its characters do not show here; Details writes them out" in said("memo", "a\u202e\n\u200b")


@pytest.mark.parametrize(
    "name", ["", "n" * 100_000, "<!channel> *x*", "\u202e\n", "../../etc/passwd", "中文"]
)
def test_any_name_is_said_and_becomes_a_harmless_file_name(name: str) -> None:
    assert said(name, "x")
    file = file_name(find_snippet({name: "x"}, name))
    assert len(file) <= 80
    assert not set(file) & set("/\\<>*: \n\u202e")


@pytest.mark.parametrize(("value", "ending"), [("x", "txt"), ({"a": 1}, "json")])
def test_a_file_is_named_after_its_argument_its_content_and_its_kind(value: JsonValue, ending: str) -> None:
    snippet = find_snippet({"memo": value}, "memo")
    assert file_name(snippet) == f"memo-{snippet.sha256[:8]}.{ending}"
    assert describe_file(snippet).endswith(f" bytes, SHA-256\n{snippet.sha256}")
