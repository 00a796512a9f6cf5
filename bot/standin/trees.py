"""JSON as it comes from outside: what it is, and a walk through it."""

from collections.abc import Iterator
from typing import Any, TypeGuard

Json = dict[str, Any]


def is_object(value: object) -> TypeGuard[Json]:
    """Whether it is a JSON object."""
    return isinstance(value, dict)


def is_list(value: object) -> TypeGuard[list[Any]]:
    """Whether it is a JSON array."""
    return isinstance(value, list)


def nodes(tree: object) -> Iterator[Json]:
    """Every object in a tree, from the top."""
    if is_object(tree):
        yield tree
        for value in tree.values():
            yield from nodes(value)
    elif is_list(tree):
        for value in tree:
            yield from nodes(value)
