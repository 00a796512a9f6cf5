"""The writer: shows what a model says while it says it, and leaves either what becomes the reply behind or nothing.

It is only for show: it fails no model call and holds none up for long, and where it is in doubt it leaves the thread as if
it had never been there.
"""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from typing import Any

from temporalio import activity
from temporalio.exceptions import ApplicationError

from activities.messages import MessageBoard
from activities.pens import DRAFT, SHOWN, EditPen, Pen, StreamPen
from activities.text import clean_words
from activities.webapi import WebApi
from workflows.contracts import MessageRef
from workflows.talk import Draft

PATIENCE = 1.0
"""Seconds for which a model must have been speaking before it is shown: what is said by then is there at once anyway."""
GRACE = 3.0
"""Seconds for which a model's answer waits for what is under way in Slack."""
UNCERTAIN = frozenset(
    {"unreachable", "fatal_error", "internal_error", "request_timeout", "service_unavailable"}
)
"""Errors after which something may have been posted all the same."""

IsWanted = Callable[[], Awaitable[bool]]


class Desk:
    """What the writers of one worker share: the pens, and where Slack has no streaming."""

    def __init__(self, api: WebApi) -> None:
        self.board = MessageBoard(api)
        self._streams, self._edits = StreamPen(api, self.board), EditPen(self.board)
        self._without: set[str] = set()
        self._readable: set[str] = set()
        self._late: set[asyncio.Task[None]] = set()

    def take_pen(self, channel_id: str) -> Pen:
        """The best pen for a channel."""
        return self._edits if channel_id in self._without else self._streams

    def take_other(self, channel_id: str, pen: Pen) -> Pen | None:
        """The pen for where that one does not write at all, from now on; None where there is none."""
        self._without.add(channel_id)
        return self._edits if pen is self._streams else None

    async def can_read(self, draft: Draft) -> bool:
        """Whether what is shown there can be found again; where it cannot, nothing must be shown."""
        thread = draft.thread
        if thread.channel_id not in self._readable:
            try:
                await self.board.find_keys(thread.channel_id, thread.thread_ts, draft.key, draft.asked_at)
            except ApplicationError:
                return False
            self._readable.add(thread.channel_id)
        return True

    def await_late(self, coming: Coroutine[Any, Any, None]) -> None:
        """Let what nobody waits for any more come to its end."""
        task = asyncio.create_task(coming)
        self._late.add(task)
        task.add_done_callback(self._late.discard)

    async def sweep(self, draft: Draft, is_wanted: IsWanted | None = None) -> None:
        """Take away drafts that nobody will finish; with `is_wanted`, and if it is, finished ones that became no reply, too.

        Raises:
            ApplicationError: Slack refused it or is away.
        """
        thread = draft.thread
        found = await self.board.find_keys(thread.channel_id, thread.thread_ts, draft.key, draft.asked_at)
        keys = {DRAFT, SHOWN} if is_wanted and await is_wanted() else {DRAFT}
        for key, message in found:
            if key in keys:
                await self.board.erase(message)


class Writer:
    """Writes one draft. `is_wanted` says whether what it is written for is still under way."""

    def __init__(self, desk: Desk, draft: Draft, is_wanted: IsWanted, patience: float = PATIENCE) -> None:
        self._desk = desk
        self._draft = draft
        self._is_wanted = is_wanted
        self._patience = patience
        self._pen = desk.take_pen(draft.thread.channel_id)
        self._place: MessageRef | None = None
        self._text = self._shown = ""
        self._writes = 0
        self._is_lost = False
        self._grown = asyncio.Event()
        self._keeping: asyncio.Task[None] | None = None
        self._step: asyncio.Task[bool] | None = None

    async def clear(self) -> None:
        """Take away what an attempt that was cut off may have left behind; the reply itself is not there yet."""
        async with _for_show():
            await self._desk.sweep(self._draft, self._is_wanted)

    def add(self, said: str) -> None:
        """More of what the model says."""
        self._text += clean_words(said)
        self._grown.set()
        if self._keeping is None:
            self._keeping = asyncio.create_task(self._keep())

    async def finish(self) -> None:
        """The model has said it, and it is the reply."""
        late = await self._stop()
        if self._place is None:
            return
        async with _for_show():
            if not late and await self._is_wanted():
                await self._pen.finish(self._place, self._draft, self._text)
            else:
                await self._desk.board.erase(self._place)

    async def take_back(self) -> None:
        """It was no reply after all."""
        await self._stop()
        async with _for_show():
            if self._place:
                await self._desk.board.erase(self._place)
            elif self._is_lost:
                await self._desk.sweep(self._draft)

    async def _keep(self) -> None:
        await asyncio.sleep(self._patience)
        more = True
        while more and self._writes < self._pen.most:
            await self._wait_for_more()
            await (self._pen.pace if self._place else self._pen.starts).take_turn()
            self._step = asyncio.create_task(self._write())
            more = await asyncio.shield(self._step)  # whoever stops this has to know where the draft is

    async def _wait_for_more(self) -> None:
        while self._pen.cut(self._shown, self._text) == self._shown:
            self._grown.clear()
            await self._grown.wait()

    async def _write(self) -> bool:
        """Show what there is; whether there is any use in going on."""
        if not await self._is_wanted():
            return False
        text = self._pen.cut(self._shown, self._text)
        if text == self._shown:  # it has come to a second message meanwhile
            return True
        if self._place is None and not await self._desk.can_read(self._draft):
            return False
        try:
            if self._place:
                await self._pen.go_on(self._place, self._draft, self._shown, text)
            else:
                self._place = await self._pen.begin(self._draft, text)
        except ApplicationError as error:
            activity.logger.debug("A draft could not be written: %s", error)
            return self._bear(error)
        self._shown, self._writes = text, self._writes + 1
        return True

    def _bear(self, error: ApplicationError) -> bool:
        """Make the best of a refusal; whether there is any use in going on."""
        if error.next_retry_delay:  # nothing was written
            (self._pen.pace if self._place else self._pen.starts).hold(error.next_retry_delay)
            return True
        if self._place:
            return not error.non_retryable
        if error.type in UNCERTAIN or str(error.type).startswith("http_"):
            self._is_lost = True  # it may be there, and must not be there twice
            return False
        other = self._desk.take_other(self._draft.thread.channel_id, self._pen)
        self._pen = other or self._pen
        return other is not None

    async def _stop(self) -> bool:
        """Write no more; whether what was under way may still come, as it did not come in time."""
        if self._keeping:
            self._keeping.cancel()
        if self._step is None or self._step.done():
            return False
        _, late = await asyncio.wait({self._step}, timeout=GRACE)
        if late:
            self._is_lost = self._place is None
            self._desk.await_late(self._undo(self._step))
        return bool(late)

    async def _undo(self, step: "asyncio.Task[bool]") -> None:
        """What comes too late goes when it has come."""
        await asyncio.wait({step})
        async with _for_show():
            if self._place:
                await self._desk.board.erase(self._place)


@asynccontextmanager
async def _for_show() -> AsyncGenerator[None]:
    """What may fail in whatever way, and must not take long."""
    with suppress(Exception):
        async with asyncio.timeout(GRACE):
            yield
