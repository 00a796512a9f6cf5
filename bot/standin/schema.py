"""A small language for what Slack accepts: checks that yield one problem after another."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from bot.standin.trees import is_list, is_object

Check = Callable[[Any, str], Iterator[str]]


def problem(what: str, at: str) -> str:
    """A problem in Slack's wording, with the place."""
    return f"{what} [json-pointer:{at}]"


def string(most: int, least: int = 1) -> Check:
    """A string of so many characters."""

    def check(value: Any, at: str) -> Iterator[str]:
        if not isinstance(value, str):
            yield problem("must be a string", at)
        elif len(value) < least:
            yield problem(f"must be more than {least - 1} characters", at)
        elif len(value) > most:
            yield problem(f"must be less than {most + 1} characters", at)

    return check


def flag(value: Any, at: str) -> Iterator[str]:
    """A boolean."""
    if not isinstance(value, bool):
        yield problem("must be a boolean", at)


def whole(least: int, most: int) -> Check:
    """An integer in a range."""

    def check(value: Any, at: str) -> Iterator[str]:
        if isinstance(value, bool) or not isinstance(value, int):
            yield problem("must be an integer", at)
        elif not least <= value <= most:
            yield problem(f"must be between {least} and {most}", at)

    return check


def choice(*names: str) -> Check:
    """One of these strings."""

    def check(value: Any, at: str) -> Iterator[str]:
        if value not in names:
            yield problem(f"must be one of: {', '.join(names)}", at)

    return check


def listing(item: Check, most: int, least: int = 1) -> Check:
    """A list of so many items."""

    def check(value: Any, at: str) -> Iterator[str]:
        if not is_list(value):
            yield problem("must be an array", at)
            return
        if len(value) < least:
            yield problem(f"no less than {least} items allowed", at)
        if len(value) > most:
            yield problem(f"no more than {most} items allowed", at)
        for index, entry in enumerate(value):
            yield from item(entry, f"{at}/{index}")

    return check


def record(required: Mapping[str, Check], optional: Mapping[str, Check] | None = None) -> Check:
    """An object with these fields and no others; `type` is looked at by `variant`."""
    fields = {**required, **(optional or {})}

    def check(value: Any, at: str) -> Iterator[str]:
        if not is_object(value):
            yield problem("must be an object", at)
            return
        for name in required:
            if value.get(name) is None:
                yield problem(f"missing required field: {name}", at)
        for name, entry in value.items():
            if name in fields:
                yield from fields[name](entry, f"{at}/{name}") if entry is not None else ()
            elif name != "type":
                yield problem(f"invalid additional property: {name}", at)

    return check


def variant(kinds: Mapping[str, Check]) -> Check:
    """An object whose `type` says which check it must pass."""

    def check(value: Any, at: str) -> Iterator[str]:
        if not is_object(value):
            yield problem("must be an object", at)
            return
        kind = value.get("type")
        if kind is None:
            yield problem("missing required field: type", at)
        elif kind not in kinds:
            yield problem(f"unsupported type: {kind}", f"{at}/type")
        else:
            yield from kinds[kind](value, at)

    return check
