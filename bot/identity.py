"""Which workspace this is, and who the bot is in it: asked of Slack once."""

import asyncio
from typing import NamedTuple

from slack_bolt.authorization import AuthorizeResult

from activities.webapi import WebApi


class Identity(NamedTuple):
    """The bot in its workspace; `url` ends in a slash."""

    team_id: str
    bot_id: str
    bot_user_id: str
    url: str


class IdentityCard:
    """The identity, fetched when it is first needed."""

    def __init__(self, api: WebApi, bot_token: str) -> None:
        self._api = api
        self._token = bot_token
        self._lock = asyncio.Lock()
        self._identity: Identity | None = None

    async def read(self) -> Identity:
        """Who we are.

        Raises:
            ApplicationError: Slack refuses the token or does not answer.
        """
        async with self._lock:
            if self._identity is None:
                answer = await self._api.call("auth.test")
                self._identity = Identity(
                    answer["team_id"], answer["bot_id"], answer["user_id"], answer["url"]
                )
        return self._identity

    async def authorize(self) -> AuthorizeResult:
        """What Bolt asks before each request; one token serves one workspace."""
        identity = await self.read()
        return AuthorizeResult(
            enterprise_id=None,
            team_id=identity.team_id,
            bot_id=identity.bot_id,
            bot_user_id=identity.bot_user_id,
            bot_token=self._token,
        )
