"""What changes: arguments that say how something is now and how it is to be, compared line by line."""

import re
from collections.abc import Iterator, Mapping
from difflib import unified_diff
from typing import NamedTuple

from pydantic import JsonValue

from activities.layout.values import is_scalar, outline, show_text

PAIRS = (("before", "after"), ("old", "new"), ("from", "to"))
MOST_LINES = 1_000
"""Up to how many lines each side is compared; a comparison of many more could take longer than Slack waits."""
SAME = "There is no difference."


class Change(NamedTuple):
    """Two arguments that belong together, by their names."""

    before: str
    after: str


def find_changes(values: Mapping[str, JsonValue]) -> Iterator[Change]:
    """The arguments that are two states of one thing, each worth a comparison."""
    for name, value in values.items():
        other = next((one for one in _counterparts(name) if one in values), None)
        if other is not None and _is_worth(value, values[other]):
            yield Change(name, other)


def _counterparts(name: str) -> Iterator[str]:
    """What an argument's counterpart would be called: `new_text` for `old_text`."""
    for before, after in PAIRS:
        snake = re.sub(rf"(?<![a-zA-Z]){before}(?![a-z])", after, name)
        camel = re.sub(rf"{before.capitalize()}(?![a-z])", after.capitalize(), name)
        yield from (other for other in (snake, camel) if other != name)


def _is_worth(one: JsonValue, other: JsonValue) -> bool:
    texts = [value for value in (one, other) if isinstance(value, str)]
    if len(texts) == 2:  # noqa: PLR2004 - both
        return any("\n" in text for text in texts)
    return not texts and not is_scalar(one) and not is_scalar(other)


def write_diff(before: JsonValue, after: JsonValue) -> str | None:
    """What goes and what comes, with some lines around it; None where that is too much to compare.

    It leaves out lines that stay, and is therefore only ever shown besides both states in full.
    """
    old, new = _lines(before), _lines(after)
    if max(len(old), len(new)) > MOST_LINES:
        return None
    diff = list(unified_diff(old, new, lineterm=""))[2:]
    return "\n".join(diff) or SAME


def _lines(value: JsonValue) -> list[str]:
    return show_text(value).split("\n") if isinstance(value, str) else outline(value)
