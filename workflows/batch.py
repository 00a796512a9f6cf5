"""The batch: what Slack shows of a burst, one message in each channel, while its requests are decided one by one.

It decides nothing and holds nothing up: without a word from it each request's card goes to its channel by itself.
"""

import asyncio
from datetime import timedelta
from typing import Any

from temporalio import workflow
from temporalio.exceptions import ActivityError, FailureError, is_cancelled_exception
from temporalio.workflow import ChildWorkflowHandle, ParentClosePolicy

with workflow.unsafe.imports_passed_through():
    from workflows import burst, calls, ids, tasks
    from workflows.burst import Batch, BatchPost, Room, Row

COLLECT = timedelta(seconds=3)
"""How long requests are waited for that are part of a burst, before it is shown without them."""
SETTLE = timedelta(seconds=5)
"""How long the ends of requests are waited for, once nobody waits for them any more."""
BATCHES = "batches"
"""The change since which bursts have a message of their own; runs begun before it go on as they were."""

Handle = ChildWorkflowHandle[Any, Any]


@workflow.defn
class BatchWorkflow:
    """One burst, from its first request to the end of its last. A child of whoever asks."""

    @workflow.init
    def __init__(self, start: Batch) -> None:
        begins = {"batch_id": workflow.info().workflow_id, "opened_at": workflow.now()}
        self._batch = start if start.batch_id else start.model_copy(update=begins)
        self._shown: dict[str, tuple[Row, ...]] = {}

    @workflow.run
    async def run(self, start: Batch) -> None:  # noqa: ARG002 - read in __init__, as @workflow.init asks
        """Show the burst, and follow its requests to their ends."""
        try:
            await self._collect()
            while not self._ends:
                await self._show()
                await workflow.wait_condition(lambda: self._ends or self._long or self._moved)
                if self._long and not self._ends:
                    workflow.continue_as_new(self._batch)
        except (asyncio.CancelledError, FailureError) as error:
            if isinstance(error, FailureError) and not is_cancelled_exception(error):
                raise  # a message that is called off while Slack is away fails as an activity does
            self.close()
        await tasks.see_through(self._finish())

    @workflow.signal
    def report(self, row: Row | None = None) -> None:
        """What has become of one request; a signal without its input is ignored."""
        if row:
            self._batch = burst.take(self._batch, row)

    @workflow.signal
    def close(self) -> None:
        """Nobody waits for any of these requests any more."""
        self._batch = self._batch.model_copy(update={"over": True})

    @workflow.query
    def state(self) -> Batch:
        """Everything about this burst."""
        return self._batch

    @property
    def _ends(self) -> bool:
        return self._batch.over or burst.is_decided(self._batch)

    @property
    def _long(self) -> bool:
        return workflow.info().is_continue_as_new_suggested()

    @property
    def _moved(self) -> bool:
        """Whether there is something to show or to tell."""
        return bool(burst.untold(self._batch)) or any(map(self._differs, self._batch.rooms or ()))

    def _differs(self, room: Room) -> bool:
        return not room.refused and self._shown.get(room.channel_id) != burst.members(self._batch, room)

    async def _collect(self) -> None:
        if self._batch.rooms is not None:
            return
        try:
            await workflow.wait_condition(
                lambda: self._ends or burst.is_complete(self._batch), timeout=COLLECT
            )
        except TimeoutError:
            workflow.logger.info("Not all requests of a burst were heard of in time")
        self._batch = burst.group(self._batch)

    async def _show(self, *, again: bool = False) -> None:
        rooms = [room for room in self._batch.rooms or () if self._differs(room)]
        await asyncio.gather(*(self._publish(room, again=again) for room in rooms))
        names = burst.untold(self._batch)
        self._batch = self._batch.model_copy(update={"told": (*self._batch.told, *names)})
        await asyncio.gather(*(calls.file_card(name, burst.file(self._batch, name)) for name in names))

    async def _publish(self, room: Room, *, again: bool) -> None:
        rows = burst.members(self._batch, room)
        try:
            message = await calls.publish_batch(BatchPost(batch=self._batch, room=room, again=again))
            known = room.model_copy(update={"ts": message.ts})
        except ActivityError as error:
            if is_cancelled_exception(error):
                raise
            workflow.logger.error("Slack will not have the message of a burst: %s", error.cause)
            known = room.model_copy(update={"refused": True})
        self._shown[room.channel_id] = rows
        self._batch = burst.put_room(self._batch, known)

    async def _finish(self) -> None:
        """The message without buttons; an attempt that was cut off may have posted one, which is looked for."""
        try:
            await workflow.wait_condition(lambda: burst.is_decided(self._batch), timeout=SETTLE)
        except TimeoutError:
            workflow.logger.info("Not all requests of a burst have said how they ended")
        self.close()
        self._shown = {}
        await self._show(again=any(room.ts is None for room in self._batch.rooms or ()))
        await workflow.wait_condition(workflow.all_handlers_finished)


async def open_batch(batch: Batch) -> Handle | None:
    """Begin to show a burst, where it is one; without it each card is shown by itself."""
    if batch.size < 2 or not workflow.patched(BATCHES):  # noqa: PLR2004 - one request is no burst
        return None
    try:
        handle = await workflow.start_child_workflow(
            BatchWorkflow.run, batch, id=ids.new_batch(), parent_close_policy=ParentClosePolicy.REQUEST_CANCEL
        )
    except FailureError as error:
        if is_cancelled_exception(error):
            raise
        workflow.logger.warning("A burst is shown card by card: %s", error)
        return None
    handle.add_done_callback(tasks.read_end)
    return handle


async def close_batch(batch: Handle | None) -> None:
    """Say that nobody waits for these requests any more: one that was terminated never says that it has ended."""
    if batch is None or batch.done():
        return
    try:
        await batch.signal(BatchWorkflow.close)
    except FailureError as error:
        if is_cancelled_exception(error):
            raise
        workflow.logger.info("A burst had ended: %s", error)
