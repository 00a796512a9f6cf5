"""Signed HTTP, seen from Slack: requests to the app's request URL."""

import hashlib
import hmac
import json
import time
from collections.abc import Callable
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

import aiohttp

from bot.standin.delivery import Delivery, Retry, timed_out, unreachable
from bot.standin.trees import Json, is_object


class Caller:
    """Posts to one URL with Slack's signature."""

    def __init__(self, url: str, secret: str, clock: Callable[[], float]) -> None:
        self._url = url
        self._secret = secret
        self._clock = clock

    async def send(self, kind: str, payload: Json, retry: Retry | None, seconds: float) -> Delivery:
        """Deliver once; anything but a 2xx answer in time is no ack."""
        body, headers = encoded(kind, payload)
        headers |= self._signed(body) | repeated(retry)
        start = time.monotonic()
        try:
            timeout = aiohttp.ClientTimeout(total=seconds)
            async with (
                aiohttp.ClientSession(timeout=timeout) as session,
                session.post(self._url, data=body, headers=headers, allow_redirects=False) as response,
            ):
                text = await response.text()
        except TimeoutError:
            return timed_out(time.monotonic() - start)
        except aiohttp.ClientError:
            return unreachable(time.monotonic() - start)
        return judged(response, text, time.monotonic() - start)

    def _signed(self, body: bytes) -> dict[str, str]:
        stamp = str(int(self._clock()))
        signed = hmac.new(self._secret.encode(), f"v0:{stamp}:".encode() + body, hashlib.sha256)
        return {"X-Slack-Request-Timestamp": stamp, "X-Slack-Signature": f"v0={signed.hexdigest()}"}


def encoded(kind: str, payload: Json) -> tuple[bytes, dict[str, str]]:
    """The body and its content type: events as JSON, the rest as forms."""
    if kind == "events_api":
        return json.dumps(payload).encode(), {"Content-Type": "application/json"}
    fields = {"payload": json.dumps(payload)} if kind == "interactive" else payload
    return urlencode(fields).encode(), {"Content-Type": "application/x-www-form-urlencoded"}


def repeated(retry: Retry | None) -> dict[str, str]:
    """The headers of a repeated event."""
    if retry is None:
        return {}
    return {"X-Slack-Retry-Num": str(retry.number), "X-Slack-Retry-Reason": retry.reason}


def judged(response: aiohttp.ClientResponse, text: str, seconds: float) -> Delivery:
    """What an HTTP answer means."""
    acked = HTTPStatus.OK <= response.status < HTTPStatus.MULTIPLE_CHOICES
    return Delivery(
        acked=acked,
        status=response.status,
        seconds=seconds,
        body=answered(text, response.content_type) if acked else None,
        error="" if acked else "dispatch_failed",
        reason="" if acked else "http_error",
        final=response.headers.get("X-Slack-No-Retry") == "1",
    )


def answered(text: str, content_type: str) -> Json | None:
    """The body of an ack: a JSON object, or words for the user."""
    if not text.strip():
        return None
    if content_type != "application/json":
        return {"text": text}
    try:
        tree: Any = json.loads(text)
    except ValueError:
        return {"text": text}
    return tree if is_object(tree) else None
