"""Context variables that hold for a block only."""

from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TypeVar

T = TypeVar("T")


@contextmanager
def put(variable: ContextVar[T], value: T) -> Generator[None]:
    """While the block runs, the variable has that value."""
    token = variable.set(value)
    try:
        yield
    finally:
        variable.reset(token)
