"""The catalog: pages of what a reader may see, as visibility has it, and quick to fail."""

import asyncio
import itertools
import time
import uuid
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from temporalio.client import Client

from bot.catalog import LIST_SECONDS, PAGE_SIZE, Catalog, Page
from bot.deadlines import MOST, WANTED
from bot.filters import Filter
from bot.gateway import TemporalAwayError
from bot.readers import Reader, Voice
from bot.settings import Settings
from tests.cable import open_cable
from tests.doors import connect
from tests.factories import build_decision, build_person, build_stage
from tests.harness import eventually_read
from tests.shelf import build_pending, put_approval
from workflows.contracts import ApprovalState, Approvers, Person
from workflows.visibility import list_deciders

ALL, MINE, HISTORY = Filter(scope="all"), Filter(), Filter(scope="history")


@pytest.fixture
def team() -> str:
    return f"T{uuid.uuid4().hex.upper()}"


@pytest.fixture
def catalog(client: Client) -> Catalog:
    return Catalog(client)


def build_reader(team: str, user: str = "UAPPROVER", *tokens: str, **changes: Any) -> Reader:
    reader = Reader(Person(team_id=team, user_id=user), team, Voice(user, (user, *tokens)), everybody=True)
    return reader._replace(**changes)


async def read(catalog: Catalog, reader: Reader, count: int, wanted: Filter = ALL, number: int = 0) -> Page:
    """A page, as soon as visibility has caught up with so many."""

    async def look() -> Page | None:
        page = await catalog.read_page(reader, wanted, number)
        return page if page.total == count else None

    return await eventually_read(look)


async def test_a_page_has_its_rows_newest_first_and_the_count_of_all(
    client: Client, catalog: Catalog, team: str
) -> None:
    for number in range(12):
        await put_approval(client, build_pending(team, f"Request {number}"))
    reader = build_reader(team)
    first, second, beyond = [await read(catalog, reader, 12, number=number) for number in (0, 1, 999)]
    titles = [row.summary.title for page in (first, second) for row in page.rows]
    assert titles == [f"Request {number}" for number in reversed(range(12))]
    assert [(page.number, len(page.rows)) for page in (first, second, beyond)] == [
        (0, PAGE_SIZE),
        (1, 2),
        (1, 2),
    ]


async def put_due(client: Client, team: str, minutes: Iterable[int]) -> None:
    """Pending approvals that are due in so many minutes, started in that order."""
    now = datetime.now(UTC)
    for number in minutes:
        due = now + timedelta(minutes=number)
        await put_approval(client, build_pending(team, f"In {number}", deadline=due))


@pytest.mark.parametrize("count", [12, MOST, 3 * MOST])
async def test_the_soonest_of_what_waits_are_found_and_all_of_it_is_counted(
    client: Client, catalog: Catalog, team: str, count: int
) -> None:
    await put_due(client, team, [17 * number % (10 * count + 1) + 1 for number in range(count)])
    reader = build_reader(team, "UAPPROVER", "CAPPROVALS")
    await read(catalog, reader, count, MINE)
    found = await catalog.read_soonest(reader)
    due = sorted(17 * number % (10 * count + 1) + 1 for number in range(count))
    assert [row.summary.title for row in found.rows] == [f"In {number}" for number in due[:WANTED]]
    assert (found.total, found.exact) == (count, True)
    assert all(row.decidable for row in found.rows)


async def test_very_many_that_are_due_at_once_are_not_said_to_be_in_order(
    client: Client, catalog: Catalog, team: str
) -> None:
    await put_due(client, team, [60] * (MOST + 1))
    reader = build_reader(team, "UAPPROVER", "CAPPROVALS")
    await read(catalog, reader, MOST + 1, MINE)
    found = await catalog.read_soonest(reader)
    assert (len(found.rows), found.total, found.exact) == (WANTED, MOST + 1, False)


async def test_what_others_can_decide_is_not_among_the_soonest(
    client: Client, catalog: Catalog, team: str
) -> None:
    await put_due(client, team, [1])
    await read(catalog, build_reader(team), 1)
    assert await catalog.read_soonest(build_reader(team)) == ([], 0, True)


async def test_the_latest_are_read_without_the_rest(client: Client, catalog: Catalog, team: str) -> None:
    await put_due(client, team, range(4))
    reader = build_reader(team)
    await read(catalog, reader, 4)
    found = await catalog.read_latest(reader, ALL, 2)
    assert [row.summary.title for row in found] == ["In 3", "In 2"]


async def test_an_empty_list_has_one_empty_page(catalog: Catalog, team: str) -> None:
    for number in (0, 3):
        page = await catalog.read_page(build_reader(team), ALL, number)
        assert (page.rows, page.total, page.last) == ([], 0, 0)


@pytest.mark.parametrize("name", ["T' OR '1' = '1", "'", "\\", "T\\' OR true --", ""])
async def test_no_name_of_a_team_a_person_or_a_policy_widens_a_list(
    client: Client, catalog: Catalog, team: str, name: str
) -> None:
    await put_approval(client, build_pending(team))
    await read(catalog, build_reader(team), 1)
    hostile = Filter(scope="all", policy=f"x{name}")
    assert (await catalog.read_page(build_reader(team), hostile)).total == 0
    for reader in (build_reader(name or "T"), build_reader(team, f"U{name}", everybody=False)):
        assert (await catalog.read_page(reader, ALL)).total == 0
        assert (await catalog.read_page(reader, MINE)).total == 0
    assert await catalog.find_approvals(build_reader(team), f"approval-{name}x") == []


async def test_a_policys_name_may_have_an_apostrophe(client: Client, catalog: Catalog, team: str) -> None:
    await put_approval(client, build_pending(team, plan={"policy": "the boss's own"}))
    page = await read(catalog, build_reader(team), 1, Filter(scope="all", policy="the boss's own"))
    assert [row.summary.policy for row in page.rows] == ["the boss's own"]


async def test_whoever_is_in_very_many_channels_has_lists_too(
    client: Client, catalog: Catalog, team: str
) -> None:
    await put_approval(client, build_pending(team))
    many = (f"C{number:010}" for number in range(2_000))
    page = await read(catalog, build_reader(team, "UAPPROVER", *many, "CAPPROVALS"), 1, MINE)
    assert page.rows[0].decidable


async def test_what_was_ended_from_outside_has_no_outcome(
    client: Client, catalog: Catalog, team: str
) -> None:
    handle = await put_approval(client, build_pending(team))
    await handle.terminate()
    page = await read(catalog, build_reader(team), 1, HISTORY)
    (row,) = page.rows
    assert (row.outcome, row.ended_at is None, row.decidable) == (None, False, False)
    assert (await catalog.read_page(build_reader(team), ALL)).total == 0


async def test_an_approval_is_found_by_the_beginning_of_its_id_by_those_who_may_see_it(
    client: Client, catalog: Catalog, team: str
) -> None:
    state = build_pending(team, plan={"visible": "involved"})
    await put_approval(client, state)
    involved = build_reader(team, "UAPPROVER", "CAPPROVALS")
    await read(catalog, involved, 1)
    found = await catalog.find_approvals(involved, state.approval_id[:20])
    assert [(one.approval_id, one.decidable) for one in found] == [(state.approval_id, True)]
    assert await catalog.find_approvals(build_reader(team), state.approval_id) == []


# What the query lets through and what the row says have to be the same


GROUP, PERSON = Approvers(kind="usergroup", id="SFINANCE"), Approvers(kind="user", id="UHEAD")


def build_states(team: str) -> list[ApprovalState]:
    """Approvals of every kind that there is for lists."""
    stages = [
        build_stage(approvers=approvers, delegates=delegates, quorum=2)
        for approvers, delegates in itertools.product([(GROUP,), (PERSON,), (GROUP, PERSON)], [True, False])
    ]
    states = [
        build_pending(team, requester=requester, plan={"stages": (stage,), "visible": visible})
        for stage, visible, requester in itertools.product(stages, ["everybody", "involved"], ["UREQUESTER", "UHEAD"])
    ]  # fmt: skip
    done = [build_decision(state, decided_by=build_person("UDELEGATE", team)) for state in states[::3]]
    decided = [
        state.model_copy(update={"approval_id": f"{state.approval_id}-d", "decisions": (decision,)})
        for state, decision in zip(states[::3], done, strict=True)
    ]
    return [*states, *decided]


def build_readers(team: str) -> list[Reader]:
    head, clerk = Voice("UHEAD", ("UHEAD",)), Voice("UCLERK", ("UCLERK", "SFINANCE"))
    return [
        build_reader(team, "UHEAD"),
        build_reader(team, "UCLERK", "SFINANCE"),
        build_reader(team, "UREQUESTER", "SFINANCE"),
        build_reader(team, "UDELEGATE", "SFINANCE"),
        build_reader(team, "UDELEGATE", principals=(head,)),
        build_reader(team, "UDEPUTY", principals=(head,)),
        build_reader(team, "UDEPUTY", principals=(head, clerk)),
        build_reader(team, "UDEPUTY", "SFINANCE", principals=(clerk,), everybody=False),
        build_reader(team, "UOUTSIDER"),
    ]


async def list_ids(catalog: Catalog, reader: Reader, wanted: Filter) -> set[str]:
    pages = [await catalog.read_page(reader, wanted, number) for number in range(4)]
    return {row.approval_id for page in pages for row in page.rows}


async def test_rows_say_that_they_can_be_decided_exactly_where_the_list_of_ones_own_has_them(
    client: Client, catalog: Catalog, team: str
) -> None:
    states = build_states(team)
    await asyncio.gather(*(put_approval(client, state) for state in states))
    everything = build_reader(team, "UREQUESTER", "SFINANCE", "UHEAD")
    await read(catalog, everything, len(states))
    for reader in build_readers(team):
        mine = {state.approval_id for state in states if reader.can_decide(list_deciders(state))}
        assert await list_ids(catalog, reader, MINE) == mine
        assert mine <= await list_ids(catalog, reader, ALL)


async def test_lists_fail_in_time_while_temporal_is_away(
    settings: Settings, temporal_address: str, team: str
) -> None:
    async with open_cable(temporal_address) as cable:
        catalog = Catalog(await connect(cable.address, settings))
        await cable.cut()
        reader = build_reader(team)
        calls = [catalog.read_page(reader, ALL), catalog.find_approvals(reader, "approval-1")]
        start = time.monotonic()
        results = await asyncio.gather(*calls, return_exceptions=True)
        assert time.monotonic() - start < LIST_SECONDS + 1
        assert [type(one) for one in results] == [TemporalAwayError] * 2
