"""What asyncio and Temporal leave to be done about tasks: see them through, read their ends, put failures into words."""

import asyncio
from collections.abc import Coroutine, Sequence
from datetime import timedelta
from typing import Any

from temporalio import workflow
from temporalio.exceptions import ApplicationError, FailureError


async def see_through(work: Coroutine[None, None, None]) -> None:
    """Finish what must be finished even while the workflow is being cancelled."""
    task = asyncio.create_task(work)
    while not task.done():
        try:
            await asyncio.shield(task)
        except asyncio.CancelledError:
            continue


async def wait_briefly(work: "Sequence[asyncio.Task[None]]", span: timedelta) -> None:
    """Wait for what is under way, but no longer than this."""
    if work:
        await workflow.wait(work, timeout=span.total_seconds())


def read_end(task: "asyncio.Task[Any]") -> None:
    """Nobody waits any more for what was called off, and an end that nobody reads is logged as if it were a fault."""
    if not task.cancelled():
        task.exception()


def explain(error: FailureError) -> str:
    """The sentence in a failure; an activity's is one level down, where a local one's may be bare."""
    cause = error.cause or error
    return cause.message if isinstance(cause, ApplicationError) else str(cause)
