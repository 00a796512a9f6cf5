"""Which channels are private: what is asked or decided there is shown to their members, not to everybody."""

import asyncio
import logging
from collections.abc import Iterable

from temporalio.exceptions import ApplicationError

from activities.recall import Recall
from activities.webapi import Answer, WebApi

logger = logging.getLogger(__name__)


class Rooms:
    """The channels of one workspace; what they are is remembered for some seconds."""

    def __init__(self, api: WebApi, freshness: float, patience: float) -> None:
        self._api = api
        self._patience = patience
        self._public = Recall[bool](freshness)

    async def find_private(self, channels: Iterable[str]) -> tuple[str, ...]:
        """Those of these channels that are not known to be public; never fails, and takes no longer than its patience."""
        asked = tuple(dict.fromkeys(channels))
        known = await asyncio.gather(*(self._is_public(one) for one in asked))
        return tuple(channel for channel, public in zip(asked, known, strict=True) if not public)

    async def _is_public(self, channel: str) -> bool:
        if channel.startswith("D"):  # somebody's direct messages, which Slack need not be asked about
            return False
        try:
            async with asyncio.timeout(self._patience):
                return await self._public.ask(channel, lambda: self._ask(channel))
        except (ApplicationError, TimeoutError) as error:
            logger.warning("The channel %s is taken for private, as Slack does not say: %s", channel, error)
            return False

    async def _ask(self, channel: str) -> bool:
        found: Answer = (await self._api.call("conversations.info", channel=channel))["channel"]
        closed = (found.get("is_private", True), found.get("is_im"), found.get("is_mpim"))
        return not any(closed)
