"""The HTTP side: Slack's requests with their signatures checked, and the health of the process."""

from collections.abc import Awaitable, Callable, Generator
from contextlib import contextmanager
from http import HTTPStatus

import structlog
import uvicorn
from slack_bolt.adapter.starlette.async_handler import AsyncSlackRequestHandler
from slack_bolt.async_app import AsyncApp
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

EVENTS_PATH = "/slack/events"
Check = Callable[[], Awaitable[None]]
log = structlog.stdlib.get_logger("countersign.http")


def build_http(app: AsyncApp, check: Check) -> Starlette:
    """The endpoints; `check` raises when the process cannot do its work."""
    handler = AsyncSlackRequestHandler(app)

    async def receive(request: Request) -> Response:
        try:
            return await handler.handle(request)
        except ValueError as error:  # Bolt parses before it checks the signature
            log.warning("Refused a body that cannot be read", problem=type(error).__name__)
            return PlainTextResponse("malformed", HTTPStatus.BAD_REQUEST)

    async def live(_: Request) -> Response:
        return PlainTextResponse("ok")

    async def ready(_: Request) -> Response:
        try:
            await check()
        except Exception as error:  # noqa: BLE001 - whatever is wrong, the answer is: not ready
            return JSONResponse({"ready": False, "problem": str(error)}, HTTPStatus.SERVICE_UNAVAILABLE)
        return JSONResponse({"ready": True})

    return Starlette(
        routes=[
            Route(EVENTS_PATH, receive, methods=["POST"]),
            Route("/healthz", live),
            Route("/readyz", ready),
        ]
    )


class QuietServer(uvicorn.Server):
    """A server that leaves signals to the process it is part of."""

    @contextmanager
    def capture_signals(self) -> Generator[None]:
        """Capture none."""
        yield


def build_server(app: Starlette, host: str, port: int) -> QuietServer:
    """A server for the endpoints that finishes running requests when it stops."""
    return QuietServer(
        uvicorn.Config(
            app, host=host, port=port, log_config=None, access_log=False, timeout_graceful_shutdown=5
        )
    )
