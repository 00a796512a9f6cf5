"""The transcript: what a model is told of its conversation, bounded. The oldest goes first, and never half of a tool call."""

import json
from collections.abc import Mapping, Sequence
from itertools import accumulate
from typing import Any

Item = Mapping[str, Any]
MOST_ITEMS = 400
MOST_BYTES = 400_000
"""Some 100,000 tokens; a payload of Temporal's may have two megabytes, and each model call is one."""
DROPPED: dict[str, Any] = {
    "role": "system",
    "content": "Earlier messages of this conversation were dropped, because it has become long. Ask for what you need of them.",
}


def is_long(items: Sequence[Item]) -> bool:
    """Whether a transcript is over its bounds."""
    return len(items) > MOST_ITEMS or measure(items) > MOST_BYTES


def measure(items: Sequence[Item]) -> int:
    """How many bytes it takes as JSON, about."""
    return sum(len(json.dumps(item, ensure_ascii=False, default=str).encode()) for item in items)


def trim(
    items: Sequence[Item], most_items: int = MOST_ITEMS, most_bytes: int = MOST_BYTES
) -> list[dict[str, Any]]:
    """The newest part of a transcript within these bounds, with a note in front of it that the rest was dropped.

    It begins with what a person has said where that fits, else between two steps of the agent's; a call stays with what it has
    answered, and a model's reasoning with what it led to.
    """
    if len(items) <= most_items and measure(items) <= most_bytes:
        return [dict(item) for item in items]
    kept = _fit(_split(items), most_items - 1, most_bytes - measure([DROPPED]))
    turns = (number for number, step in enumerate(kept) if step[0].get("role") == "user")
    start = next(turns, 0)
    return [dict(DROPPED), *(dict(item) for step in kept[start:] for item in step)]


def _fit(steps: Sequence[Sequence[Item]], most_items: int, most_bytes: int) -> list[Sequence[Item]]:
    """As many of the last steps as fit."""
    newest = list(reversed(steps))
    counts, sizes = accumulate(map(len, newest)), accumulate(map(measure, newest))
    fitting = sum(
        count <= most_items and size <= most_bytes for count, size in zip(counts, sizes, strict=True)
    )
    return list(reversed(newest[:fitting]))


def _split(items: Sequence[Item]) -> list[list[Item]]:
    """The steps of a transcript: what must not be torn apart."""
    answered = {_answers(item) for item in items}
    steps: list[list[Item]] = [[]]
    waiting: set[str] = set()
    for item in items:
        steps[-1].append(item)
        waiting |= {_asks(item)} & answered - {""}
        waiting -= {_answers(item)}
        if not waiting and item.get("type") != "reasoning":
            steps.append([])
    return [step for step in steps if step]


def _asks(item: Item) -> str:
    """The id of a call that waits for its output; empty for anything else."""
    kind = str(item.get("type", ""))
    if kind == "mcp_approval_request":
        return str(item.get("id", ""))
    return str(item.get("call_id") or "") if kind.endswith("_call") else ""


def _answers(item: Item) -> str:
    """The id of the call that an item answers; empty for anything else."""
    kind = str(item.get("type", ""))
    if kind == "mcp_approval_response":
        return str(item.get("approval_request_id", ""))
    return str(item.get("call_id") or "") if kind.endswith("_output") else ""
