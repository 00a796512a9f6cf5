"""Daily digests as Temporal's schedules: one for each person who wants one, one for each channel of the policy file."""

import re
from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta

from temporalio.client import (
    Client,
    Schedule,
    ScheduleActionStartWorkflow,
    ScheduleAlreadyRunningError,
    ScheduleCalendarSpec,
    SchedulePolicy,
    ScheduleRange,
    ScheduleSpec,
    ScheduleUpdate,
    ScheduleUpdateInput,
)
from temporalio.service import RPCError, RPCStatusCode

from workflows.courier import WORTHWHILE, RoundupWorkflow
from workflows.preferences import Preferences
from workflows.roundup import RoomRoundup, Roundup, Timing

CATCH_UP = timedelta(hours=1)
"""A digest that was due while Temporal was away is made up for within this; later it would be no morning's digest any more."""
_CHANNEL = re.compile("[CG][A-Z0-9]+")


class Schedules:
    """The schedules of one task queue. Every method raises RPCError where Temporal refuses or is away."""

    def __init__(self, client: Client, task_queue: str) -> None:
        self._client = client
        self._task_queue = task_queue

    async def plan(self, preferences: Preferences) -> None:
        """Have a person's digest come as they want it, or no more."""
        person, timing = preferences.person, find_timing(preferences)
        roundup = Roundup(team_id=person.team_id, place=person.user_id)
        await (self._keep(roundup, timing) if timing else self.drop(person.team_id, person.user_id))

    async def plan_rooms(self, team_id: str, rooms: Iterable[RoomRoundup]) -> None:
        """Have the digests of channels come as given here, and no others."""
        wanted = {room.channel: room for room in rooms}
        for place in await self._list_rooms(team_id):
            if place not in wanted:
                await self.drop(team_id, place)
        for place, room in wanted.items():
            await self._keep(Roundup(team_id=team_id, place=place, older=room.older), room.timing)

    async def drop(self, team_id: str, place: str) -> None:
        """Have a digest come no more; there need be none."""
        try:
            await self._client.get_schedule_handle(self.name(team_id, place)).delete()
        except RPCError as error:
            if error.status != RPCStatusCode.NOT_FOUND:
                raise

    def name(self, team_id: str, place: str) -> str:
        """The id of the schedule of a person's or a channel's digest."""
        return f"digest-{self._task_queue}-{team_id}-{place}"

    async def _list_rooms(self, team_id: str) -> list[str]:
        """The channels that have a digest now; the ids of other queues may begin alike, but end in no channel's."""
        prefix = self.name(team_id, "")
        found = [one.id async for one in await self._client.list_schedules() if one.id.startswith(prefix)]
        return [name.removeprefix(prefix) for name in found if _CHANNEL.fullmatch(name.removeprefix(prefix))]

    async def _keep(self, roundup: Roundup, timing: Timing) -> None:
        name = self.name(roundup.team_id, roundup.place)
        action = ScheduleActionStartWorkflow(
            RoundupWorkflow.run,
            roundup,
            id=name,
            task_queue=self._task_queue,
            execution_timeout=WORTHWHILE,  # with no worker until tonight, it would come when nobody wants it
        )
        schedule = Schedule(
            action=action, spec=build_spec(timing), policy=SchedulePolicy(catchup_window=CATCH_UP)
        )

        def change(known: ScheduleUpdateInput) -> ScheduleUpdate:  # an operator may have paused it
            return ScheduleUpdate(schedule=replace(schedule, state=known.description.schedule.state))

        try:
            await self._client.create_schedule(name, schedule)
        except ScheduleAlreadyRunningError:
            await self._client.get_schedule_handle(name).update(change)


def find_timing(preferences: Preferences) -> Timing | None:
    """When a person's digest comes; None where they want none."""
    at = preferences.told_at
    return Timing(at=at, days=preferences.days, zone=preferences.zone) if at else None


def build_spec(timing: Timing) -> ScheduleSpec:
    """A timing as Temporal counts it, whose weeks begin on Sunday."""
    days = sorted((day + 1) % 7 for day in timing.days)
    calendar = ScheduleCalendarSpec(
        hour=[ScheduleRange(timing.at.hour)],
        minute=[ScheduleRange(timing.at.minute)],
        day_of_week=[ScheduleRange(day) for day in days],
    )
    return ScheduleSpec(calendars=[calendar], time_zone_name=timing.zone)
