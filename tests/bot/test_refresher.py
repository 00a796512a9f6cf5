"""Home tabs drawn in the background: for whom, how often, and without harm to anything else when Slack or Temporal fails."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import pytest
from temporalio.client import Client

from activities.webapi import WebApi
from bot.agenda import Agenda
from bot.catalog import Catalog
from bot.clients import build_client
from bot.gateway import Gateway
from bot.homes import Homes
from bot.readers import Reader, Readers, Voice
from bot.refresher import AUDIENCE, Refresher, list_audience, run_refresher
from bot.settings import Settings
from bot.standin.server import Standin
from bot.visitors import Visitors
from tests.cable import open_cable
from tests.doors import connect
from tests.factories import (
    APPROVER,
    CARD_CHANNEL,
    REQUESTER,
    SECOND,
    build_decision,
    build_person,
    build_request,
    build_state,
)
from tests.harness import ALICE, BOB, eventually
from workflows.contracts import ApprovalState, Person, Roster

LAG, PAUSE = 0.05, 0.4
REQUEST = build_state(request=build_request(requester=build_person(ALICE)))


class Faulty(Homes):
    """Tabs of which one cannot be drawn."""

    async def refresh(self, person: Person) -> bool:
        if person.user_id == BOB:
            raise ZeroDivisionError
        return await super().refresh(person)


@asynccontextmanager
async def open_refresher(
    settings: Settings,
    client: Client,
    pause: float = PAUSE,
    homes: type[Homes] = Homes,
    visitors: Visitors | None = None,
) -> AsyncGenerator[Refresher]:
    """A refresher in a hurry."""
    api, visitors = WebApi(build_client(settings)), visitors or Visitors()
    gateway = Gateway(client, settings.countersign_task_queue)
    made = homes(gateway, Catalog(client), api, Readers(api, gateway, patience=5), visitors)
    async with run_refresher(Refresher(made, visitors, Agenda(LAG, pause), LAG)) as refresher:
        yield refresher


def drawn(slack: Standin, user: str = ALICE) -> int:
    """How often somebody's tab has been published."""
    calls = (call for call in slack.calls if call.method == "views.publish" and call.ok)
    return sum(call.args["user_id"] == user for call in calls)


def concerned(state: ApprovalState, visitors: Visitors | None = None) -> list[str]:
    return [one.user_id for one in list_audience(state, visitors or Visitors())]


def test_a_change_concerns_who_asked_who_decided_who_looked_and_who_is_named() -> None:
    visitors = Visitors()
    visitors.note(Reader(SECOND, "T1", Voice("USECOND", ("USECOND", CARD_CHANNEL))))
    state = build_state(
        decisions=(build_decision(on_behalf_of=build_person("UPRINCIPAL")),),
        roster=Roster(people=(build_person("UNAMED"), APPROVER)),
    )
    assert concerned(state, visitors) == ["UREQUESTER", "UAPPROVER", "UPRINCIPAL", "USECOND", "UNAMED"]


def test_nobody_is_concerned_twice_though_slack_names_them_by_two_teams() -> None:
    elsewhere = REQUESTER.model_copy(update={"team_id": "T2"})
    assert concerned(build_state(roster=Roster(people=(elsewhere,)))) == ["UREQUESTER"]


def test_what_concerns_very_many_is_drawn_for_some() -> None:
    roster = Roster(people=tuple(build_person(f"U{number}") for number in range(100)))
    assert len(concerned(build_state(roster=roster))) == AUDIENCE


async def test_many_changes_are_drawn_at_once_and_again_after_a_while(
    slack: Standin, settings: Settings, client: Client
) -> None:
    async with open_refresher(settings, client, pause=60) as refresher:
        for _ in range(20):
            refresher.mark(REQUEST)
        await eventually(lambda: drawn(slack))
        refresher.mark(REQUEST)  # is drawn after the pause, in a minute
        other = build_state(request=build_request(requester=build_person(BOB)))
        refresher.mark(other)
        await eventually(lambda: drawn(slack, BOB))
        assert drawn(slack) == 1


async def test_the_last_change_is_drawn_in_any_case(
    slack: Standin, settings: Settings, client: Client
) -> None:
    async with open_refresher(settings, client) as refresher:
        refresher.mark(REQUEST)
        await eventually(lambda: drawn(slack))
        refresher.mark(REQUEST)
        await eventually(lambda: drawn(slack) == 2 or None)


async def test_a_rate_limit_is_kept_and_everybody_drawn_after_it(
    slack: Standin, settings: Settings, client: Client
) -> None:
    slack.faults.add("views.publish", "ratelimited", seconds=1)
    loop = asyncio.get_running_loop()
    async with open_refresher(settings, client) as refresher:
        refresher.mark(REQUEST)
        await eventually(lambda: any(call.method == "views.publish" for call in slack.calls) or None)
        begun = loop.time()
        await eventually(lambda: drawn(slack))
        assert loop.time() - begun > 0.8


@pytest.mark.parametrize("error", ["not_enabled", "user_not_found"])
async def test_what_cannot_heal_is_not_tried_again_and_others_are_drawn(
    slack: Standin, settings: Settings, client: Client, error: str
) -> None:
    slack.faults.add("views.publish", "error", error=error)
    async with open_refresher(settings, client) as refresher:
        refresher.mark(REQUEST)
        await eventually(lambda: slack.faults.left("views.publish") == 0 or None)
        refresher.mark(build_state(request=build_request(requester=build_person(BOB))))
        await eventually(lambda: drawn(slack, BOB))
        assert drawn(slack) == 0


async def test_while_temporal_is_away_a_tab_stays_as_it_is(
    slack: Standin, settings: Settings, client: Client, temporal_address: str
) -> None:
    async with open_cable(temporal_address) as cable:
        near = await connect(cable.address, settings)
        await cable.cut()
        async with open_refresher(settings, near) as refresher:
            refresher.mark(REQUEST)
            await eventually(lambda: any(call.method == "users.info" for call in slack.calls) or None)
            assert drawn(slack) == 0
            await cable.mend()
            await eventually(lambda: drawn(slack))


async def test_a_tab_is_not_drawn_while_it_cannot_be_told_what_somebody_is_in(
    slack: Standin, settings: Settings, client: Client
) -> None:
    slack.faults.add("users.conversations", "error", times=2)
    visitors = Visitors()
    visitors.note(Reader(build_person(ALICE), "T1", Voice(ALICE, (ALICE,))))
    async with open_refresher(settings, client, visitors=visitors) as refresher:
        refresher.mark(build_state(request=build_request(requester=build_person("U0NOBODY"))))
        refresher.mark(REQUEST)
        await eventually(lambda: drawn(slack))
        assert slack.faults.left("users.conversations") == 0
        assert drawn(slack, "U0NOBODY") == 0


async def test_a_fault_of_our_own_stops_nobody_elses_tab(
    slack: Standin, settings: Settings, client: Client
) -> None:
    async with open_refresher(settings, client, homes=Faulty) as refresher:
        refresher.mark(build_state(request=build_request(requester=build_person(BOB))))
        refresher.mark(REQUEST)
        await eventually(lambda: drawn(slack))
        assert drawn(slack, BOB) == 0
