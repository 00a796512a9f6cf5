"""The HTTP side: Slack's requests with their signatures checked, and the health of the process."""

import json
from collections.abc import Awaitable, Callable, Generator, Mapping
from contextlib import contextmanager
from http import HTTPStatus
from typing import cast
from urllib.parse import parse_qs

import structlog
import uvicorn
from slack_bolt.adapter.starlette.async_handler import AsyncSlackRequestHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.signature import SignatureVerifier
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

EVENTS_PATH = "/slack/events"
Check = Callable[[], Awaitable[None]]
log = structlog.stdlib.get_logger("countersign.http")


def build_http(app: AsyncApp, signing_secret: str, check: Check) -> Starlette:
    """The endpoints; `check` raises when the process cannot do its work."""
    handler, verifier = AsyncSlackRequestHandler(app), SignatureVerifier(signing_secret)

    async def receive(request: Request) -> Response:
        """Bolt parses before it checks the signature, and takes any form of body for one of its own."""
        body = await request.body()
        if not is_signed(verifier, body, request.headers):
            return refuse("not signed by Slack", HTTPStatus.UNAUTHORIZED)
        kind = request.headers.get("content-type", "").split(";")[0].strip().lower()
        if kind not in READERS:
            return refuse("content type", HTTPStatus.UNSUPPORTED_MEDIA_TYPE)
        try:
            READERS[kind](body)
            return await handler.handle(request)
        except Exception as error:  # noqa: BLE001 - Bolt meets odd shapes with all kinds of errors; none may be a 500
            return refuse(type(error).__name__, HTTPStatus.BAD_REQUEST)

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


def is_signed(verifier: SignatureVerifier, body: bytes, headers: Mapping[str, str]) -> bool:
    """Whether Slack signed exactly this, in the last five minutes; headers that cannot be read sign nothing."""
    try:
        return verifier.is_valid_request(body, dict(headers))
    except (TypeError, ValueError):
        return False


def refuse(problem: str, status: HTTPStatus) -> Response:
    """Refuse a request, and say so in the log."""
    log.warning("Refused a request over HTTP", problem=problem, status=int(status))
    return PlainTextResponse(problem, status)


def read_json(body: bytes) -> None:
    """Make sure that a body is a JSON object, and so is the event in it, if there is one.

    Raises:
        ValueError: it is not.
    """
    data: object = json.loads(body)
    if not isinstance(data, dict) or not isinstance(cast(dict[str, object], data).get("event", {}), dict):
        raise ValueError("not an object")  # noqa: TRY004 - the caller knows one kind of error


def read_form(body: bytes) -> None:
    """Make sure that a body is a form, and that its `payload`, if it has one, is a JSON object.

    Raises:
        ValueError: it is not.
    """
    text = body.decode()
    if text.lstrip().startswith("{"):
        raise ValueError("not a form")  # Bolt would take it for JSON all the same
    for payload in parse_qs(text).get("payload", []):
        read_json(payload.encode())


READERS: Mapping[str, Callable[[bytes], None]] = {
    "application/json": read_json,
    "application/x-www-form-urlencoded": read_form,
}


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
