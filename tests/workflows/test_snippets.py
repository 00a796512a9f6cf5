"""Which arguments are as large as files, and what their files hold."""

import hashlib

import pytest
from pydantic import JsonValue

from workflows.digest import canonical
from workflows.snippets import FILE_SIZE, find_snippet, find_snippets


@pytest.mark.parametrize(
    ("value", "large"),
    [
        ("x" * FILE_SIZE, True),
        ("x" * (FILE_SIZE - 1), False),
        ("é" * (FILE_SIZE // 2), True),
        (["x" * 10] * 2_000, True),
        ({"a": "x" * FILE_SIZE}, True),
        (250, False),
        (None, False),
    ],
)
def test_an_argument_is_as_large_as_a_file_by_its_bytes(value: JsonValue, *, large: bool) -> None:
    found = find_snippets({"small": 1, "value": value})
    assert [one.argument for one in found] == (["value"] if large else [])


def test_a_text_is_its_own_file_and_its_hash_can_be_worked_out_by_anybody() -> None:
    snippet = find_snippet({"memo": "für alle\n"}, "memo")
    assert snippet.content == "für alle\n".encode()
    assert snippet.sha256 == hashlib.sha256("für alle\n".encode()).hexdigest()


def test_anything_else_is_in_its_file_as_the_digest_sees_it() -> None:
    value: JsonValue = {"b": [1.0, True], "a": "x"}
    assert find_snippet({"job": value}, "job").content in canonical("x", {"job": value})


@pytest.mark.parametrize("value", ["\ud800" * FILE_SIZE, [float("nan")] * FILE_SIZE, 2**99])
def test_what_has_no_exact_form_makes_no_file(value: JsonValue) -> None:
    assert find_snippets({"value": value}) == ()
