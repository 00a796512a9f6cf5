"""One way to call Slack's Web API: form-encoded, as every method takes it, with errors as Temporal understands them."""

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, NamedTuple, cast
from urllib.parse import urlsplit

from aiohttp import ClientError, ClientSession, ClientTimeout
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse
from temporalio.exceptions import ApplicationError

from activities.errors import translate, unreachable, withheld

Answer = dict[str, Any]


class Identity(NamedTuple):
    """The bot in its workspace; `url` ends in a slash, `enterprise_id` is empty outside Enterprise Grid."""

    team_id: str
    enterprise_id: str
    bot_id: str
    bot_user_id: str
    url: str


class Download(NamedTuple):
    """A file as it came, and which kind of content the answer says it is."""

    kind: str
    content: bytes


class WebApi:
    """The Web API of one workspace.

    The client must have no retry handlers: Temporal owns the retries.
    """

    def __init__(self, client: AsyncWebClient) -> None:
        self._client = client
        self._identity: Identity | None = None

    async def call(self, method: str, **arguments: object) -> Answer:
        """Call a method; arguments that are None are left out.

        Raises:
            ApplicationError: Slack refused (the type is Slack's name for the error) or did not answer.
        """
        return cast(Answer, (await self._send(method, arguments)).data)

    async def identity(self) -> Identity:
        """Which workspace this is and who the bot is in it; asked of Slack once.

        Raises:
            ApplicationError: as `call`.
        """
        if self._identity is None:
            own = await self.call("auth.test")
            enterprise = own.get("enterprise_id") or ""
            self._identity = Identity(own["team_id"], enterprise, own["bot_id"], own["user_id"], own["url"])
        return self._identity

    async def read_scopes(self) -> frozenset[str]:
        """The scopes that the token has.

        Raises:
            ApplicationError: as `call`.
        """
        headers = cast(Mapping[str, str], (await self._send("auth.test", {})).headers)
        return frozenset(headers.get("x-oauth-scopes", "").replace(" ", "").split(","))

    async def upload(self, url: str, content: bytes) -> None:
        """Send a file to the address that Slack has given for it.

        Raises:
            ApplicationError: Slack did not take it.
        """
        limit = ClientTimeout(total=self._client.timeout)
        try:
            async with ClientSession(timeout=limit) as session, session.post(url, data=content) as response:
                response.raise_for_status()
        except (TimeoutError, ClientError, OSError) as error:
            raise unreachable(error) from None

    async def download(self, url: str, most: int) -> Download:
        """A file of at most so many bytes, from the address that Slack has given for it.

        The token goes to Slack's own addresses only, and follows no redirection: what asks for a login is no file.

        Raises:
            ApplicationError: Slack does not give it out, it is too large (both non-retryable), or Slack did not answer.
        """
        if not self._is_slacks(url):
            raise withheld("its address is not Slack's")
        limit, token = ClientTimeout(total=self._client.timeout), self._client.token
        head = {"Authorization": f"Bearer {token}"}
        try:
            async with (
                ClientSession(timeout=limit) as session,
                session.get(url, headers=head, allow_redirects=False) as response,
            ):
                if response.status != HTTPStatus.OK:
                    raise _refuse_file(response.status)
                content = await response.content.read(most + 1)
                while len(content) <= most and (more := await response.content.read(most + 1 - len(content))):
                    content += more
                kind = response.content_type
        except (TimeoutError, ClientError, OSError) as error:
            raise unreachable(error) from None
        if len(content) > most:
            raise withheld("it is larger than Slack said")
        return Download(kind, content)

    def _is_slacks(self, url: str) -> bool:
        given, own = urlsplit(url), urlsplit(self._client.base_url)
        same = (given.scheme, given.netloc) == (own.scheme, own.netloc)
        return same or (given.scheme == "https" and (given.hostname or "").endswith(".slack.com"))

    async def _send(self, method: str, arguments: dict[str, object]) -> AsyncSlackResponse:
        form = {name: _encode(value) for name, value in arguments.items() if value is not None}
        try:
            return await self._client.api_call(method, data=form)
        except SlackApiError as error:
            raise translate(error) from None
        except (TimeoutError, ClientError, OSError) as error:
            raise unreachable(error) from None

    async def pages(self, method: str, field: str, **arguments: object) -> list[Any]:
        """All items of a method that answers in pages.

        Raises:
            ApplicationError: as `call`.
        """
        items: list[Any] = []
        cursor: str | None = None
        while cursor != "":
            answer = await self.call(method, cursor=cursor, **arguments)
            items += answer[field]
            cursor = _next_cursor(answer)
        return items


def _refuse_file(status: int) -> ApplicationError:
    """A file that was not given out: by a Slack in trouble for now, else for good."""
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status == HTTPStatus.TOO_MANY_REQUESTS:
        return unreachable(ConnectionError(f"status {status}"))
    return withheld("Slack does not give it out to me")


def _next_cursor(answer: Answer) -> str:
    metadata: Answer = answer.get("response_metadata") or {}
    return str(metadata.get("next_cursor") or "")


def _encode(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)
