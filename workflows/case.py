"""The case: one approval's state, shared by those who work on it within its workflow.

While somebody awaits an activity, other events arrive. State therefore changes only in the synchronous steps of
`policy`, each against the state as it is at that moment: the first valid decision stands.
"""

import asyncio
from collections.abc import Callable, Coroutine
from datetime import datetime
from typing import Any, TypeVar

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from workflows import attributes, notices, policy, tasks
    from workflows.contracts import ApprovalState, MessageRef, Status, Verdict

T = TypeVar("T")
SUMMARY_MEMO = "summary"


class Case:
    """The state of one approval, what time and operators do to it, and how to wait for it."""

    def __init__(self, state: ApprovalState, *, placed: bool = True) -> None:
        self.state = state
        self.placed = placed
        """Whether it is settled where its card belongs; from then on that does not change."""
        self._alarm: tuple[datetime, asyncio.Task[None]] | None = None

    @property
    def closed(self) -> bool:
        """Whether it has ended."""
        return self.state.status != "pending"

    def end(self, status: Status, reason: str) -> None:
        """End it, if it has not ended yet."""
        self.state = policy.close(self.state, status, workflow.now(), reason)

    def override(self, verdict: Verdict) -> None:
        """End it by an operator's word, if that can."""
        self.state = policy.override(self.state, verdict, str(workflow.uuid4()), workflow.now())
        if not self.closed:
            workflow.logger.warning("An override was ignored: it answers no question; false would decline it")

    def tick(self) -> None:
        """Let time do its part."""
        self.state = policy.tick(self.state, workflow.now())

    def place(self, thread: MessageRef | None) -> None:
        """Settle where its card belongs, unless that is settled."""
        if not self.placed:
            self.state = self.state.model_copy(update={"thread": thread})
        self.placed = True

    async def unless_closed(self, work: Coroutine[Any, Any, T]) -> T | None:
        """The result of work that Slack may hold up, or None as soon as the request has ended."""
        task = asyncio.create_task(work)
        task.add_done_callback(tasks.read_end)
        try:
            await workflow.wait_condition(lambda: task.done() or self.closed)
            return task.result() if task.done() else None
        finally:
            task.cancel()

    async def await_until(self, moment: datetime | None, happened: Callable[[], bool]) -> None:
        """Until something has happened, or a moment has come: then time does its part."""
        alarm = self._set_alarm(moment)
        await workflow.wait_condition(lambda: happened() or (alarm is not None and alarm.done()))
        if not happened():
            self.tick()

    def _set_alarm(self, moment: datetime | None) -> "asyncio.Task[None] | None":
        """A timer is kept from one wait to the next, and left alone at the end: calling one off is an event, too."""
        if self._alarm and (self._alarm[0] != moment or self._alarm[1].done()):
            self._alarm[1].cancel()
            self._alarm = None
        if moment and not self._alarm:
            left = (moment - workflow.now()).total_seconds()
            self._alarm = moment, asyncio.create_task(asyncio.sleep(max(0, left)))
        return self._alarm and self._alarm[1]

    def note_all(self) -> None:
        """Keep what lists search by, and what they show."""
        workflow.upsert_search_attributes(attributes.describe(self.state))
        self.note()

    def note(self) -> None:
        """Keep what lists show."""
        workflow.upsert_memo({SUMMARY_MEMO: notices.summary(self.state)})
