"""Daily digests: scheduled as people want them, and sent with what is waiting by then."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress

import structlog
from temporalio import activity
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError, RPCStatusCode

from activities.cards import Rendered
from activities.messages import MessageBoard
from activities.plans import Shelf
from activities.webapi import WebApi
from bot import dailies
from bot.catalog import Catalog
from bot.filters import Filter
from bot.gateway import Gateway
from bot.lists import current_time
from bot.readers import Reader, Readers, Voice
from bot.schedules import Schedules
from workflows.contracts import Person
from workflows.notices import is_person
from workflows.ports import RoundupPort
from workflows.preferences import Preferences, find_preferences
from workflows.roundup import RoomRoundup, Roundup, RoundupQuery

PAUSE = 1.0
"""Seconds between looks at which digests the policies in force want."""
RETRY = 10.0
"""Seconds until the next try where Slack or Temporal is away."""
PATIENCE = 10.0
"""How long Slack has to say what a person is in, in seconds; nobody waits for a digest."""
log = structlog.stdlib.get_logger("countersign.roundups")


@asynccontextmanager
async def follow_rooms(shelf: Shelf, schedules: Schedules, api: WebApi) -> AsyncGenerator[None]:
    """While the block runs, channels have the digests that the policy file in force says, and no others."""
    task = asyncio.create_task(_follow(shelf, schedules, api))
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def _follow(shelf: Shelf, schedules: Schedules, api: WebApi) -> None:
    """What is there is compared with what should be, again and again, so nothing has to be told at the right moment."""
    kept: tuple[RoomRoundup, ...] | None = None
    while True:
        wanted = shelf.rulebook.digests
        if wanted != kept and await _plan_rooms(wanted, schedules, api):
            kept = wanted
        await asyncio.sleep(PAUSE if wanted == kept else RETRY)


async def _plan_rooms(wanted: tuple[RoomRoundup, ...], schedules: Schedules, api: WebApi) -> bool:
    """Whether the digests of channels are as they should be now."""
    try:
        await schedules.plan_rooms((await api.identity()).team_id, wanted)
    except (ApplicationError, RPCError) as error:
        log.warning("The digests of channels cannot be scheduled yet", problem=str(error))
        return False
    if wanted:
        log.info("The digests of channels are scheduled", channels=[room.channel for room in wanted])
    return True


class RoundupActivities(RoundupPort):
    """The port of digests, over one workspace."""

    def __init__(self, api: WebApi, gateway: Gateway, catalog: Catalog, schedules: Schedules) -> None:
        self._api = api
        self._gateway = gateway
        self._catalog = catalog
        self._schedules = schedules
        self._readers = Readers(api, gateway, patience=PATIENCE)
        self._board = MessageBoard(api)

    @activity.defn
    async def plan_roundup(self, preferences: Preferences) -> None:
        """Have a person's digest come when they want it, or no more.

        Raises:
            ApplicationError: Temporal knows no such time (non-retryable).
        """
        try:
            await self._schedules.plan(preferences)
        except RPCError as error:
            if error.status != RPCStatusCode.INVALID_ARGUMENT:
                raise
            raise ApplicationError(error.message, type="timing", non_retryable=True) from None

    @activity.defn
    async def send_roundup(self, query: RoundupQuery) -> None:
        """Send a digest that is due, once, if it is still wanted and there is anything to tell.

        Raises:
            ApplicationError: Slack refuses it or is away.
            TemporalAwayError: Temporal did not answer.
        """
        roundup = query.roundup
        tell = self._tell_person if is_person(roundup.place) else self._tell_room
        rendered = await tell(roundup)
        if rendered:
            since = query.due_at if activity.info().attempt > 1 else None
            label = {"id": query.key, "key": "digest"}
            await self._board.post_once(roundup.place, None, rendered, label, since)

    async def _tell_person(self, roundup: Roundup) -> Rendered | None:
        """What waits for a person. One who wants none any more has none again, whatever became of that wish on its way."""
        person = Person(team_id=roundup.team_id, user_id=roundup.place)
        known = await self._gateway.read_preferences(roundup.team_id)
        if find_preferences(known, person).told_at is None:
            await self._schedules.drop(roundup.team_id, roundup.place)
            return None
        reader = await self._readers.find(person)
        if not reader.complete:
            raise ApplicationError("Slack does not say now what the person is in.", type="unreachable")
        rows = await self._catalog.read_all(reader, Filter(scope="mine"))
        own = await self._api.identity()
        return dailies.render_waiting(rows, own.url, current_time()) if rows else None

    async def _tell_room(self, roundup: Roundup) -> Rendered | None:
        """What has waited too long of that whose card is in a channel, as far as its members may see it in any list."""
        room, own = roundup.place, await self._api.identity()
        person = Person(team_id=roundup.team_id, user_id=room)
        reader = Reader(person, roundup.team_id, Voice(room, (room,)), everybody=True)
        found = await self._catalog.read_all(reader, Filter(scope="all", older=roundup.older))
        rows = [row for row in found if row.summary.card and row.summary.card.channel_id == room]
        return dailies.render_stale(rows, roundup.older, own.url, current_time()) if rows else None
