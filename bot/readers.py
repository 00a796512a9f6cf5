"""Who reads a list, and by which tokens requests are theirs to see and to decide; for showing only, so some seconds old."""

import asyncio
from collections.abc import Collection
from datetime import UTC, datetime
from typing import Any, NamedTuple

import structlog
from temporalio.exceptions import ApplicationError

from activities.recall import Recall
from activities.webapi import Answer, Identity, WebApi
from bot.gateway import Gateway, TemporalAwayError
from workflows.contracts import Person
from workflows.delegation import principals_of
from workflows.visibility import EVERYBODY, NO_DELEGATES, bar

FRESHNESS = 15.0
PATIENCE = 0.6
"""How long a list waits to know what its reader is in, in seconds; with the list itself it has to stay under three."""
CHANNELS_PAGE = 999
NO_GROUPS = "plan_upgrade_required"
"""What Slack answers where a workspace has no user groups because it does not pay for them."""
log = structlog.stdlib.get_logger("countersign.readers")


class Voice(NamedTuple):
    """A person by whom a request may be decided: their id, and the ids of their channels and user groups."""

    user_id: str
    tokens: tuple[str, ...]


class Reader(NamedTuple):
    """Somebody who reads a list: in their own name, and for their principals where they decide for others.

    Without `complete` it could not be found out what they are in, so that they see only what names them.
    """

    person: Person
    team_id: str
    own: Voice
    everybody: bool = False
    principals: tuple[Voice, ...] = ()
    complete: bool = True

    @property
    def viewer_tokens(self) -> tuple[str, ...]:
        """The tokens of which one is enough to see a request."""
        return (EVERYBODY, *self.own.tokens) if self.everybody else self.own.tokens

    def can_decide(self, deciders: Collection[str]) -> bool:
        """Whether the tokens of a request let this reader decide it, as far as lists know."""
        if bar(self.own.user_id) in deciders:
            return False
        if any(token in deciders for token in self.own.tokens):
            return True
        return NO_DELEGATES not in deciders and any(_speaks(voice, deciders) for voice in self.principals)


def _speaks(voice: Voice, deciders: Collection[str]) -> bool:
    return bar(voice.user_id) not in deciders and any(token in deciders for token in voice.tokens)


class Readers:
    """Finds out who reads."""

    def __init__(
        self, api: WebApi, gateway: Gateway, freshness: float = FRESHNESS, patience: float = PATIENCE
    ) -> None:
        self._api = api
        self._gateway = gateway
        self._patience = patience
        self._users = Recall[Answer](freshness)
        self._channels = Recall[tuple[str, ...]](freshness)
        self._usergroups = Recall[dict[str, tuple[str, ...]]](freshness)

    async def find(self, person: Person) -> Reader:
        """A reader, as far as that can be told within a moment.

        Raises:
            ApplicationError: Slack has not yet said which workspace this is.
        """
        own = await self._api.identity()
        try:
            async with asyncio.timeout(self._patience):
                return await self._find(person, own)
        except (ApplicationError, TemporalAwayError, TimeoutError) as error:
            log.warning("It cannot be told what a reader is in", user=person.user_id, problem=str(error))
            return Reader(person, own.team_id, Voice(person.user_id, (person.user_id,)), complete=False)

    async def _find(self, person: Person, own: Identity) -> Reader:
        user, voice, principals = await asyncio.gather(
            self._users.ask(person.user_id, lambda: self._api.call("users.info", user=person.user_id)),
            self._hear(person.user_id),
            self._find_principals(person, own),
        )
        return Reader(person, own.team_id, voice, not _is_guest(user["user"], own), principals)

    async def _find_principals(self, person: Person, own: Identity) -> tuple[Voice, ...]:
        handed = await self._gateway.read_delegations(own.team_id)
        principals = principals_of(handed, person, datetime.now(UTC))
        return tuple(await asyncio.gather(*(self._hear(one.user_id) for one in principals)))

    async def _hear(self, user_id: str) -> Voice:
        channels, usergroups = await asyncio.gather(
            self._channels.ask(user_id, lambda: self._read_channels(user_id)),
            self._usergroups.ask("all", self._read_usergroups),
        )
        inside = (group for group, members in usergroups.items() if user_id in members)
        return Voice(user_id, (user_id, *inside, *channels))

    async def _read_channels(self, user_id: str) -> tuple[str, ...]:
        """Public channels, and those private ones that the bot is in, too: of others it shows nothing anyway."""
        kinds = "public_channel,private_channel"
        found = await self._api.pages(
            "users.conversations",
            "channels",
            user=user_id,
            types=kinds,
            limit=CHANNELS_PAGE,
            exclude_archived=True,
        )
        return tuple(str(channel["id"]) for channel in found)

    async def _read_usergroups(self) -> dict[str, tuple[str, ...]]:
        try:
            answer = await self._api.call("usergroups.list", include_users=True)
        except ApplicationError as error:
            if error.type == NO_GROUPS:
                return {}
            raise
        return {group["id"]: tuple(group.get("users") or ()) for group in answer["usergroups"]}


def _is_guest(user: dict[str, Any], own: Identity) -> bool:
    """Whether somebody may see only what they are in: the workspace's guests, and other organisations' people."""
    grid: dict[str, Any] = user.get("enterprise_user") or {}
    at_home = user.get("team_id") == own.team_id or (
        bool(own.enterprise_id) and grid.get("enterprise_id") == own.enterprise_id
    )
    return not at_home or any(
        user.get(key) for key in ("is_restricted", "is_ultra_restricted", "is_stranger")
    )
