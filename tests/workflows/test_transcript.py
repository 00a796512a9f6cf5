"""What is dropped of a transcript: the oldest, whole tool calls only, and never without saying so."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from workflows.transcript import DROPPED, MOST_ITEMS, is_long, measure, trim

Json = dict[str, Any]
LENGTHS = st.sampled_from([0, 1, 20, 300])


def say(role: str, length: int, number: int) -> list[Json]:
    return [{"role": role, "content": f"{number} {'x' * length}"}]


def call(count: int, length: int, number: int, *, thinks: bool) -> list[Json]:
    """Calls that a model makes at once, perhaps after having thought, and what they answered."""
    ids = [f"call-{number}-{one}" for one in range(count)]
    thought: list[Json] = [{"type": "reasoning", "id": f"r-{number}", "summary": []}] if thinks else []
    calls = [{"type": "function_call", "call_id": one, "name": "f", "arguments": "{}"} for one in ids]
    outputs = [{"type": "function_call_output", "call_id": one, "output": "y" * length} for one in ids]
    return [*thought, *calls, *outputs]


def consent(number: int) -> list[Json]:
    asked = {"type": "mcp_approval_request", "id": f"mcp-{number}", "name": "f", "arguments": "{}"}
    return [asked, {"type": "mcp_approval_response", "approval_request_id": asked["id"], "approve": True}]


@st.composite
def transcripts(draw: st.DrawFn) -> list[list[Json]]:
    """Steps, of which none may be torn apart."""
    steps: list[list[Json]] = []
    for number in range(draw(st.integers(1, 30))):
        kind, length = draw(st.sampled_from(["user", "assistant", "call", "mcp"])), draw(LENGTHS)
        match kind:
            case "call":
                steps.append(call(draw(st.integers(1, 3)), length, number, thinks=draw(st.booleans())))
            case "mcp":
                steps.append(consent(number))
            case _:
                steps.append(say(kind, length, number))
    return steps


def flat(steps: list[list[Json]]) -> list[Json]:
    return [item for step in steps for item in step]


@given(transcripts(), st.integers(2, 40), st.integers(400, 3_000))
def test_it_is_bounded_keeps_the_newest_and_tears_nothing_apart(
    steps: list[list[Json]], most_items: int, most_bytes: int
) -> None:
    items = flat(steps)
    kept = trim(items, most_items, most_bytes)
    assert len(kept) <= most_items
    assert measure(kept) <= most_bytes
    if kept == items:
        return
    assert kept[0] == DROPPED
    rest = kept[1:]
    assert rest == (items[-len(rest) :] if rest else [])
    endings = [flat(steps[start:]) for start in range(len(steps) + 1)]
    assert rest in endings


@given(transcripts(), st.integers(2, 40), st.integers(400, 3_000))
def test_trimming_again_changes_nothing(steps: list[list[Json]], most_items: int, most_bytes: int) -> None:
    once = trim(flat(steps), most_items, most_bytes)
    assert trim(once, most_items, most_bytes) == once


@given(transcripts())
def test_the_newest_step_stays_where_it_fits(steps: list[list[Json]]) -> None:
    newest = steps[-1]
    kept = trim(flat(steps), len(newest) + 1, measure([DROPPED, *newest]))
    assert kept[-len(newest) :] == newest


def test_what_is_within_the_bounds_stays_as_it_is() -> None:
    items = flat([say("user", 5, 1), call(2, 5, 2, thinks=True), say("assistant", 5, 3)])
    assert trim(items) == items
    assert not is_long(items)


def test_it_begins_with_what_a_person_said_where_that_fits() -> None:
    roles = ("user", "assistant", "assistant", "user", "assistant")
    items = flat([say(role, 5, number) for number, role in enumerate(roles)])
    assert trim(items, most_items=4) == [DROPPED, *items[3:]]


def test_of_one_long_turn_the_last_steps_stay() -> None:
    items = flat([say("user", 5, 1), *(call(1, 5, number, thinks=False) for number in range(2, 6))])
    assert trim(items, most_items=4) == [DROPPED, *items[-2:]]


def test_a_call_that_was_never_answered_holds_nothing_together() -> None:
    lost: Json = {"type": "function_call", "call_id": "lost", "name": "f", "arguments": "{}"}
    items = [lost, *flat([say("user", 5, 1), say("assistant", 5, 2)])]
    assert trim(items, most_items=3 - 1) == [DROPPED, items[-1]]


def test_many_items_are_long_and_so_are_large_ones() -> None:
    assert is_long(say("user", 0, 1) * (MOST_ITEMS + 1))
    assert is_long(say("user", 500_000, 1))


def test_a_single_message_larger_than_all_is_dropped_with_a_note() -> None:
    assert trim(say("user", 5_000, 1), most_bytes=1_000) == [DROPPED]
