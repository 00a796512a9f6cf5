"""What was asked a moment ago and need not be asked again, for things that are only shown."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Generic, NamedTuple, TypeVar, cast

Value = TypeVar("Value")
MOST_KEPT = 1_000
"""So many answers are kept before old ones are let go of."""


class _Kept(NamedTuple):
    asked_at: float
    answer: asyncio.Future[Any]


class Recall(Generic[Value]):
    """Answers kept for some seconds by their key; who asks while one is on its way waits for it. Failures are not kept."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._kept: dict[object, _Kept] = {}

    async def ask(self, key: object, question: Callable[[], Awaitable[Value]]) -> Value:
        """The answer of a moment ago, or a new one."""
        now = asyncio.get_running_loop().time()
        kept = self._kept.get(key)
        if kept is None or now - kept.asked_at >= self._seconds or _has_failed(kept.answer):
            self._forget(now)
            kept = self._kept[key] = _Kept(now, asyncio.ensure_future(question()))
            # all who asked may have given up by then: that a failure is seen by nobody is none of its own
            kept.answer.add_done_callback(_has_failed)
        # others may wait for the same answer: whoever gives up must not take it from them
        return cast(Value, await asyncio.shield(kept.answer))

    def _forget(self, now: float) -> None:
        """Let go of what is too old, once there is much of it."""
        if len(self._kept) >= MOST_KEPT:
            fresh = {key: kept for key, kept in self._kept.items() if now - kept.asked_at < self._seconds}
            self._kept = fresh


def _has_failed(answer: asyncio.Future[Any]) -> bool:
    return answer.done() and (answer.cancelled() or answer.exception() is not None)
