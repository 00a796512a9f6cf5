"""Digests as Temporal's schedules, on a real server: there when they are wanted, and not otherwise."""

import uuid
from dataclasses import replace
from datetime import time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from temporalio.client import Client, ScheduleActionStartWorkflow, ScheduleDescription
from temporalio.service import RPCError, RPCStatusCode

from bot.schedules import Schedules, build_spec
from tests.factories import build_person
from tests.harness import eventually_read
from workflows.courier import WORTHWHILE
from workflows.preferences import Preferences
from workflows.roundup import RoomRoundup, Timing

TEAM, BOB = "T1", build_person("UBOB")
WISH = Preferences(
    person=BOB, direct="digest", digest_at=time(8, 30), days=(0, 1, 2, 3, 4), zone="Europe/Berlin"
)
TIMING = Timing(at=time(9), days=(5, 6), zone="America/New_York")


@pytest.fixture
def schedules(client: Client) -> Schedules:
    return Schedules(client, f"queue-{uuid.uuid4()}")


def room(channel: str, days: int = 1) -> RoomRoundup:
    return RoomRoundup(channel=channel, older=timedelta(days=days), timing=TIMING)


async def find(client: Client, schedules: Schedules, place: str) -> ScheduleDescription | None:
    try:
        return await client.get_schedule_handle(schedules.name(TEAM, place)).describe()
    except RPCError as error:
        if error.status != RPCStatusCode.NOT_FOUND:
            raise
        return None


async def listed(client: Client, prefix: str) -> list[str]:
    names = [one.id async for one in await client.list_schedules() if one.id.startswith(prefix)]
    return sorted(name.removeprefix(prefix) for name in names)


async def until_listed(client: Client, schedules: Schedules, places: list[str]) -> None:
    """Lists follow within a moment."""

    async def look() -> bool:
        return await listed(client, schedules.name(TEAM, "")) == places

    await eventually_read(look)


async def test_a_digest_comes_at_the_persons_own_time_on_their_days(
    client: Client, schedules: Schedules
) -> None:
    await schedules.plan(WISH)
    found = await find(client, schedules, BOB.user_id)
    assert found
    local = [one.astimezone(ZoneInfo("Europe/Berlin")) for one in found.info.next_action_times]
    assert {one.time() for one in local} == {time(8, 30)}
    assert [one.weekday() for one in local[:5]] != []
    assert not {one.weekday() for one in local} & {5, 6}


async def test_a_digest_that_no_worker_sends_in_time_is_none(client: Client, schedules: Schedules) -> None:
    await schedules.plan(WISH)
    found = await find(client, schedules, BOB.user_id)
    assert found
    action = found.schedule.action
    assert isinstance(action, ScheduleActionStartWorkflow)
    assert action.execution_timeout == WORTHWHILE


async def test_a_change_moves_it_and_who_wants_none_has_none(client: Client, schedules: Schedules) -> None:
    await schedules.plan(WISH)
    await schedules.plan(WISH.model_copy(update={"digest_at": time(17)}))
    found = await find(client, schedules, BOB.user_id)
    assert found
    assert {one.astimezone(ZoneInfo("Europe/Berlin")).hour for one in found.info.next_action_times} == {17}
    await schedules.plan(Preferences(person=BOB))
    await schedules.plan(Preferences(person=BOB))
    assert await find(client, schedules, BOB.user_id) is None


async def test_one_that_an_operator_has_paused_stays_paused(client: Client, schedules: Schedules) -> None:
    await schedules.plan(WISH)
    await client.get_schedule_handle(schedules.name(TEAM, BOB.user_id)).pause(note="Holidays")
    await schedules.plan(WISH.model_copy(update={"digest_at": time(17)}))
    found = await find(client, schedules, BOB.user_id)
    assert found
    assert (found.schedule.state.paused, found.schedule.state.note) == (True, "Holidays")


async def test_channels_have_the_digests_that_are_wanted_now_and_no_others(
    client: Client, schedules: Schedules
) -> None:
    await schedules.plan(WISH)
    await schedules.plan_rooms(TEAM, [room("C0ONE"), room("C0TWO")])
    await until_listed(client, schedules, ["C0ONE", "C0TWO", BOB.user_id])
    await schedules.plan_rooms(TEAM, [room("C0TWO", days=3)])
    await until_listed(client, schedules, ["C0TWO", BOB.user_id])


async def test_the_digests_of_a_queue_whose_name_begins_alike_are_left_alone(
    client: Client, schedules: Schedules
) -> None:
    other = Schedules(client, f"{schedules.name(TEAM, '').removeprefix('digest-')}more")
    await other.plan_rooms(TEAM, [room("C0ONE")])
    await until_listed(client, other, ["C0ONE"])
    await schedules.plan_rooms(TEAM, [])
    assert await listed(client, other.name(TEAM, "")) == ["C0ONE"]


async def test_a_zone_that_temporal_does_not_know_is_refused(schedules: Schedules) -> None:
    with pytest.raises(RPCError) as caught:
        await schedules.plan(WISH.model_copy(update={"zone": "Mars/Olympus"}))
    assert caught.value.status == RPCStatusCode.INVALID_ARGUMENT


@given(st.times(), st.lists(st.integers(0, 6), min_size=1, unique=True))
def test_temporals_weeks_begin_on_sunday(at: time, days: list[int]) -> None:
    spec = build_spec(Timing(at=at, days=tuple(days), zone="Etc/UTC"))
    (calendar,) = spec.calendars
    assert sorted((one.start - 1) % 7 for one in calendar.day_of_week) == sorted(days)
    assert (calendar.hour[0].start, calendar.minute[0].start) == (at.hour, at.minute)
    assert replace(spec, calendars=()).time_zone_name == "Etc/UTC"
