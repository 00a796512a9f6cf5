"""Titles of requests: the action and its short arguments in a line, so that requests can be told apart in lists."""

from collections.abc import Mapping

from pydantic import JsonValue

TITLE_LENGTH = 140


def make_title(action: str, arguments: Mapping[str, JsonValue]) -> str:
    """The title of a request that has none of its own."""
    short = [f"{name} {value}" for name, value in arguments.items() if isinstance(value, str | int | float)]
    words = action.replace("_", " ").capitalize()
    return (f"{words}: {', '.join(short)}" if short else words)[:TITLE_LENGTH]
