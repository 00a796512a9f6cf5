"""YAML as plain values with lines: nothing is guessed, and nothing is too large or too clever."""

import pytest

from activities.rules.documents import LoadError, read_document


def problem(text: str) -> str:
    with pytest.raises(LoadError) as caught:
        read_document(text, "f")
    return str(caught.value)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("no", "no"), ("on", "on"), ("12:30", "12:30"), ("2026-12-24", "2026-12-24"), ("0x10", "0x10"), ("1e999", "1e999"),
        ("true", True), ("False", False), ("~", None), ("-3", -3), (".5", 0.5), ("1e3", 1000.0), ("'1'", "1"), ("''", ""),
    ],
)  # fmt: skip
def test_a_scalar_is_what_it_looks_like(text: str, value: object) -> None:
    found = read_document(f"a: {text}", "f").value["a"]
    assert (found, type(found)) == (value, type(value))


def test_everything_knows_its_line() -> None:
    document = read_document("a: 1\nb:\n  - x\n  - c: 2\n", "f")
    assert [document.find_line(path) for path in [("a",), ("b", 1), ("b", 1, "c"), ("b", 1, "d")]] == [
        1,
        4,
        4,
        4,
    ]


def test_aliases_are_followed() -> None:
    assert read_document("a: &x {c: 1}\nb: *x", "f").value == {"a": {"c": 1}, "b": {"c": 1}}


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("", 1, "empty"),
        ("# nothing", 1, "empty"),
        ("a: 1\n---\nb: 2", 2, "second document"),
        ("a:\n\t- b", 2, "tab"),
        ("a: b\nc: \x07", 2, "character"),
        ("a: [", 1, "no YAML"),
        ("a: 1\nb: *x", 2, "nothing above"),
        ("a: &x [*x]", 1, "nothing above"),
        ("[" * 60, 1, "deep"),
        ("? [a]\n: b", 1, "key"),
        ("a: " + "x" * 1_000_001, 1, "larger"),
    ],
)
def test_what_cannot_be_read_is_a_sentence(text: str, line: int, words: str) -> None:
    found = problem(text)
    assert found.startswith(f"f:{line}: ")
    assert words in found
    assert "\n" not in found


def test_aliases_that_multiply_are_refused() -> None:
    rows = ["a: &a [1,1,1,1,1,1,1,1,1,1]"]
    for last, name in zip("abcde", "bcdef", strict=True):
        rows.append(f"{name}: &{name} [{','.join([f'*{last}'] * 10)}]")
    assert "over 100,000 values" in problem("\n".join(rows))


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("a: 1\nb: 2\na: 3", 3, "twice"),
        ("a: !!python/object:os.system x", 1, "tag"),
        ("a: !own x", 1, "tag"),
        ('a: "\\ud800"', 1, "half a character"),
    ],
)
def test_what_can_be_read_past_is_a_complaint(text: str, line: int, words: str) -> None:
    [found] = [one for one in read_document(text, "f").complaints if words in one.sentence]
    assert found.line == line
