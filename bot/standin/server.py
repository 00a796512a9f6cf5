"""The stand-in as a whole: what looks to an app like Slack, and to a test like the people in it."""

import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Self

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route, WebSocketRoute
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket

from bot.standin import control
from bot.standin.acts import Acts
from bot.standin.delivery import ACK_SECONDS, RETRY_DELAYS, Courier, Sent
from bot.standin.faults import Faults
from bot.standin.hooks import Caller
from bot.standin.seed import Seed
from bot.standin.sockets import Switchboard
from bot.standin.webapi import Called, Dropped, WebApi
from bot.standin.wires import HOST, Wires
from bot.standin.workspace import Workspace

Endpoint = Callable[[Request], Awaitable[Response]]


class Standin(Acts):
    """A small local Slack.

    With a `request_url` it delivers by signed HTTP, else by Socket Mode. It can be stopped and started again on the
    same port with the same state; what was still to be delivered then is retried.

    Args:
        port: 0 for a free one.
        request_url: Where the app listens; may also be set later, by assignment.
        signing_secret: What HTTP deliveries are signed with.
        bot_token: The token of all methods but apps.connections.open.
        app_token: The token of apps.connections.open.
        data: Who and what is there.
        limits: Messages per second in one channel; None for no limit.
        ack_seconds: How long the app has to acknowledge.
        retry_delays: Seconds before each repetition of an event.
        clock: The time; a test may turn it.
    """

    def __init__(  # noqa: PLR0913 - each is one fact about the workspace, and all have defaults
        self,
        port: int = 0,
        request_url: str | None = None,
        *,
        signing_secret: str = "standin-signing-secret",  # noqa: S107 - guards nothing, all is local
        bot_token: str = "xoxb-standin",  # noqa: S107 - guards nothing, all is local
        app_token: str = "xapp-standin",  # noqa: S107 - guards nothing, all is local
        data: Seed | None = None,
        limits: float | None = None,
        ack_seconds: float = ACK_SECONDS,
        retry_delays: Sequence[float] = RETRY_DELAYS,
        clock: Callable[[], float] = time.time,
    ) -> None:
        super().__init__(Workspace(data or Seed(), clock), Courier(ack_seconds, retry_delays))
        self.signing_secret = signing_secret
        self.bot_token = bot_token
        self.app_token = app_token
        self.faults = Faults(per_second=limits)
        self.sockets = Switchboard(self.workspace.seed.app_id)
        self._api = WebApi(self.workspace, self.faults, bot_token, app_token)
        self._wires = Wires(self._application(), port)
        self.request_url = request_url

    @property
    def url(self) -> str:
        """Where it is; the Web API is below /api/."""
        return self.workspace.url

    @property
    def request_url(self) -> str | None:
        """Where the app listens; None for Socket Mode."""
        return self._request_url

    @request_url.setter
    def request_url(self, url: str | None) -> None:
        self._request_url = url
        self.courier.line = Caller(url, self.signing_secret, self.workspace.clock) if url else self.sockets

    @property
    def calls(self) -> list[Called]:
        """Every call of the Web API so far."""
        return self._api.calls

    @property
    def deliveries(self) -> list[Sent]:
        """Every delivery to the app so far."""
        return self.courier.sent

    async def start(self) -> None:
        """Listen, on the same port as before."""
        self._api.stopping.clear()
        await self._wires.start()
        self.workspace.url = f"http://{HOST}:{self._wires.port}"

    async def stop(self) -> None:
        """Be gone, as after a crash: connections are cut, the state stays."""
        self._api.stopping.set()
        self.workspace.touch()
        await self._wires.stop()

    async def refresh(self) -> None:
        """Have every Socket Mode connection replaced."""
        await self.sockets.refresh()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.courier.close()
        await self.stop()

    def _application(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/api/{method}", self._wired(self._api.answer), methods=["GET", "POST"]),
                Route("/upload/v1/{secret}", self._wired(self._api.receive), methods=["POST"]),
                Route("/files-pri/{file}/download", self._wired(self._api.give), methods=["GET"]),
                Route("/actions/{team}/{secret}", self._wired(self._api.respond), methods=["POST"]),
                Route("/commands/{team}/{secret}", self._wired(self._api.respond), methods=["POST"]),
                WebSocketRoute("/link/", self._link),
                *control.routes(self),
            ]
        )

    def _wired(self, endpoint: Endpoint) -> Endpoint:
        async def answer(request: Request) -> Response:
            try:
                return await endpoint(request)
            except Dropped:
                self._wires.cut(request.scope)
                return Silence()

        return answer

    async def _link(self, websocket: WebSocket) -> None:
        if self.workspace.tickets.admit(websocket.query_params.get("ticket", "")):
            await self.sockets.serve(websocket)
        else:
            await websocket.close()


class Silence(Response):
    """No answer at all, on a connection that is cut."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Say nothing."""
