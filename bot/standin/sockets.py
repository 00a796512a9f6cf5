"""Socket Mode, seen from Slack: connections, envelopes, acks and refreshes."""

import asyncio
import contextlib
import json
import time
import uuid
from typing import Any

from starlette.websockets import WebSocket, WebSocketDisconnect

from bot.standin.delivery import Delivery, Retry, timed_out, unreachable
from bot.standin.trees import Json

MOST = 10
GRACE_SECONDS = 2.0


class Link:
    """One connection: what was sent over it and waits for its ack."""

    def __init__(self, websocket: WebSocket) -> None:
        self.retired = False
        self.closed = asyncio.Event()
        self._websocket = websocket
        self._waiting: dict[str, asyncio.Future[Json | None]] = {}

    async def send(self, frame: Json) -> None:
        """One frame; a connection that is already gone is no error."""
        with contextlib.suppress(WebSocketDisconnect, RuntimeError, OSError):
            await self._websocket.send_text(json.dumps(frame))

    async def ask(self, envelope: Json, seconds: float) -> Json | None:
        """Send an envelope and wait for its ack; None when none comes in time, or the line goes dead."""
        answer: asyncio.Future[Json | None] = asyncio.get_running_loop().create_future()
        self._waiting[envelope["envelope_id"]] = answer
        try:
            async with asyncio.timeout(seconds):
                await self.send(envelope)
                return await answer
        except TimeoutError:
            return None
        finally:
            del self._waiting[envelope["envelope_id"]]

    async def listen(self) -> None:
        """Take acks until the client is gone."""
        try:
            while True:
                self._take(await self._websocket.receive_text())
        except WebSocketDisconnect:
            self.closed.set()
            for answer in self._waiting.values():
                settle(answer, None)

    async def close(self) -> None:
        """Hang up."""
        with contextlib.suppress(WebSocketDisconnect, RuntimeError, OSError):
            await self._websocket.close()

    def _take(self, text: str) -> None:
        with contextlib.suppress(ValueError, AttributeError):
            ack: Any = json.loads(text)
            answer = self._waiting.get(ack.get("envelope_id"))
            if answer is not None:
                settle(answer, ack)


class Switchboard:
    """All connections of the app; each envelope goes to one of them, in turn."""

    def __init__(self, app_id: str) -> None:
        self.links: list[Link] = []
        self.joined = asyncio.Event()
        self._app_id = app_id
        self._turn = 0

    async def serve(self, websocket: WebSocket) -> None:
        """A connection, from hello to its end."""
        await websocket.accept()
        link = Link(websocket)
        if len(self.links) >= MOST:
            await link.send({"type": "disconnect", "reason": "too_many_websockets", "debug_info": {}})
            await link.close()
            return
        self.links.append(link)
        await link.send(self._hello())
        self.joined.set()
        try:
            await link.listen()
        finally:
            self.links.remove(link)
            if not self.links:
                self.joined.clear()

    async def send(self, kind: str, payload: Json, retry: Retry | None, seconds: float) -> Delivery:
        """Deliver an envelope over the next connection."""
        link = self._next()
        if link is None:
            return unreachable()
        envelope = enveloped(kind, payload, retry)
        start = time.monotonic()
        ack = await link.ask(envelope, seconds)
        if ack is None:
            return timed_out(time.monotonic() - start)
        return Delivery(acked=True, seconds=time.monotonic() - start, body=ack.get("payload"))

    async def refresh(self) -> None:
        """Ask every connection to be replaced, as Slack does every few hours; return when they are gone."""
        old = list(self.links)
        for reason in ("warning", "refresh_requested"):
            for link in old:
                link.retired = True
                await link.send({"type": "disconnect", "reason": reason, "debug_info": {"host": "standin"}})
            await asyncio.gather(*(hung_up(link) for link in old))
            old = [link for link in old if not link.closed.is_set()]
        for link in old:
            await link.close()

    def _next(self) -> Link | None:
        links = [link for link in self.links if not link.retired] or self.links
        self._turn += 1
        return links[self._turn % len(links)] if links else None

    def _hello(self) -> Json:
        return {
            "type": "hello",
            "num_connections": len(self.links),
            "debug_info": {"host": "standin", "build_number": 1, "approximate_connection_time": 18060},
            "connection_info": {"app_id": self._app_id},
        }


def settle(answer: asyncio.Future[Json | None], ack: Json | None) -> None:
    """The first ack counts; a second one, or one after the deadline, is nothing."""
    if not answer.done():
        answer.set_result(ack)


async def hung_up(link: Link) -> None:
    """Wait for the client to hang up, but not for ever."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(GRACE_SECONDS):
            await link.closed.wait()


def enveloped(kind: str, payload: Json, retry: Retry | None) -> Json:
    """An envelope as Socket Mode sends it."""
    frame: Json = {
        "envelope_id": str(uuid.uuid4()),
        "type": kind,
        "payload": payload,
        "accepts_response_payload": kind != "events_api",
    }
    if kind == "events_api":
        reason = {"http_timeout": "timeout"}.get(retry.reason, retry.reason) if retry else ""
        frame |= {"retry_attempt": retry.number if retry else 0, "retry_reason": reason}
    return frame
