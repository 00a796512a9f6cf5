"""What was filled in: of its kind, exactly as typed, or refused with a sentence."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from activities.rules.forms import FieldSource, FormSource, Kind
from bot.answers import (
    EMPTY,
    FIELD,
    INEXACT,
    LARGEST,
    NO_DATE,
    NO_NUMBER,
    NOT_OFFERED,
    AnswerError,
    Answers,
    parse_number,
    read_answers,
)
from bot.submissions import TYPED, Filing, parse_filing
from workflows.digest import canonical

PLACES: dict[Kind, str] = {
    "text": "value",
    "long_text": "value",
    "number": "value",
    "date": "selected_date",
    "user": "selected_user",
    "channel": "selected_conversation",
}
KINDS: dict[Kind, str] = {"choice": "Paris", "text": "x", "number": "5", "date": "2026-12-24", "user": "U01", "channel": "C01", "long_text": "x"}  # fmt: skip


def field(kind: Kind, **changes: Any) -> FieldSource:
    options: dict[str, Any] = {"options": ("Berlin", "Paris")} if kind == "choice" else {}
    return FieldSource.model_validate({"name": "a", "label": "A", "kind": kind} | options | changes)


def filing(kind: Kind, text: str | None) -> Filing:
    """A submission in which one field holds something, in the form that its element has."""
    option = {"text": {"type": "plain_text", "text": text}, "value": text}
    entry = {"selected_option": option if text else None} if kind == "choice" else {PLACES[kind]: text}
    values = {f"{FIELD}a": {TYPED: {"type": "any", **entry}}}
    body = {"user": {"id": "U01", "team_id": "T01"}, "view": {"id": "V1", "state": {"values": values}}}
    return parse_filing(body)


def read(kind: Kind, text: str | None, **changes: Any) -> Answers:
    form = FormSource(title="F", action="act", fields=(field(kind, **changes),))
    return read_answers(form, filing(kind, text))


@given(st.sampled_from(["text", "long_text"]), st.text(st.characters(codec="utf-8"), min_size=1))
def test_any_text_stays_what_it_is(kind: Kind, text: str) -> None:
    answers = read(kind, text)
    if text.strip():
        assert (answers.arguments, answers.errors) == ({"a": text.strip()}, {})
        assert json.loads(canonical("act", answers.arguments))["arguments"] == {"a": text.strip()}
    else:
        assert answers == ({}, {f"{FIELD}a": EMPTY})


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_given_is_an_argument(kind: Kind) -> None:
    answers = read(kind, KINDS[kind])
    assert answers == ({"a": 5 if kind == "number" else KINDS[kind]}, {})


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("text", [None, ""])
def test_what_may_be_left_empty_is_no_argument_then(kind: Kind, text: str | None) -> None:
    assert read(kind, text, required=False) == ({}, {})
    assert read(kind, text) == ({}, {f"{FIELD}a": EMPTY})


@pytest.mark.parametrize(
    ("kind", "text", "sentence"),
    [
        ("number", "12,50", NO_NUMBER),
        ("number", "about 5", NO_NUMBER),
        ("number", "1e5", NO_NUMBER),
        ("number", "NaN", NO_NUMBER),
        ("number", "\N{ARABIC-INDIC DIGIT FIVE}", NO_NUMBER),
        ("number", str(LARGEST + 1), INEXACT),
        ("number", "0.1000000000000000055", INEXACT),
        ("date", "2026-02-30", NO_DATE),
        ("date", "20261224", NO_DATE),
        ("date", "tomorrow", NO_DATE),
        ("choice", "Rome", NOT_OFFERED),
        ("user", "alice", NOT_OFFERED),
        ("channel", "#general", NOT_OFFERED),
    ],
)
def test_what_is_of_another_kind_is_refused(kind: Kind, text: str, sentence: str) -> None:
    assert read(kind, text) == ({}, {f"{FIELD}a": sentence})


@pytest.mark.parametrize(
    ("text", "number"),
    [("250", 250), ("250.00", 250), ("-0", 0), ("12.50", 12.5), ("007", 7), (str(LARGEST), LARGEST)],
)
def test_a_number_is_the_one_that_was_typed(text: str, number: float) -> None:
    found = parse_number(text)
    assert (found, type(found)) == (number, type(number))


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**18), max_value=10**18, places=4))
def test_a_number_is_kept_exactly_or_refused(number: Any) -> None:
    text = f"{number:f}"
    try:
        found = parse_number(text)
    except AnswerError:
        return
    assert type(number)(repr(found)) == number


def test_a_field_that_the_payload_lacks_is_empty() -> None:
    form = FormSource(title="F", action="act", fields=(field("text"), field("text", name="b", label="B")))
    assert read_answers(form, filing("text", "x")).errors == {f"{FIELD}b": EMPTY}


def test_only_forms_of_the_policy_are_read() -> None:
    """What else stands in the payload is no argument."""
    form = FormSource(title="F", action="act", fields=(field("text", name="b", label="B", required=False),))
    assert read_answers(form, filing("text", "x")) == ({}, {})
