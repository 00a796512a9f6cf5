"""The bench of lists: what `/approvals` and the Home tab cost among very many pending requests, beside the bare calls they need."""

import asyncio
import json
import time
import urllib.parse
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import NamedTuple

import aiohttp
from slack_sdk.signature import SignatureVerifier
from temporalio.client import Client

from bot import lists
from bot.gateway import Gateway
from tests.factories import build_stage
from tests.harness import eventually_read
from tests.shelf import build_pending, put_approval
from workflows.contracts import Approvers, Delegation, Person

AT_ONCE = 40
FILL_SECONDS = 300.0
COMMANDS = (
    "",
    "all",
    "history",
    "all search request 77",
    "all policy built-in from <@U0ALICE>",
)
"""What is typed; by the second person of the workspace, who can decide all of it."""
HOMES = {"approver": "U0BOB", "requester": "U0ALICE"}
"""Whose Home tabs are opened: of who can decide all of it, and of who asked for all of it."""
SPREAD_MINUTES = 14 * 24 * 60


class Costs(NamedTuple):
    """Milliseconds: of the bare calls, and of each command and Home tab from the request in to the answer out."""

    listing: list[float]
    counting: list[float]
    commands: dict[str, list[float]]
    homes: dict[str, list[float]]
    bare_homes: dict[str, list[float]]

    @property
    def bare(self) -> list[float]:
        """One list and one count, one after the other."""
        return [one + other for one, other in zip(self.listing, self.counting, strict=True)]


async def fill(client: Client, team: str, count: int) -> None:
    """Start so many pending approvals, which anybody in the approvals channel can decide, due within two weeks."""
    stage = build_stage(approvers=(Approvers(id="C0APPROVALS"),))
    gate, now = asyncio.Semaphore(AT_ONCE), datetime.now(UTC)

    async def put(number: int) -> None:
        async with gate:
            plan = {"stages": (stage,), "card_channel": "C0APPROVALS"}
            due = now + timedelta(minutes=30 + number * 7_919 % SPREAD_MINUTES)
            state = build_pending(team, f"Request {number}", requester="U0ALICE", plan=plan, deadline=due)
            await put_approval(client, state)

    await asyncio.gather(*(put(number) for number in range(count)))

    async def complete() -> bool:
        return (await client.count_workflows(pending_query(team))).count >= count

    await eventually_read(complete, FILL_SECONDS)


def pending_query(team: str) -> str:
    """The least that a list asks for: what is pending in a workspace, whoever may see it."""
    return f"WorkflowType = 'ApprovalWorkflow' AND ExecutionStatus = 'Running' AND CountersignTeam = '{team}'"


async def read_bare_home(client: Client, team: str, user: str) -> None:
    """The least that a Home tab asks for, whoever may see it: what is pending and how much, what one person asked, what ended."""
    pending = pending_query(team)
    ended = pending.replace("ExecutionStatus = 'Running'", "ExecutionStatus != 'Running'")
    for query in (pending, f"{pending} AND CountersignRequester = '{team}/{user}'", ended):
        assert len([one async for one in client.list_workflows(query, limit=10, page_size=10)]) <= 10
    await client.count_workflows(pending)


async def delegate_something(gateway: Gateway, team: str) -> None:
    """Somebody decides for somebody, so that who decides for whom is asked of a workflow that there is."""
    one, other = (Person(team_id=team, user_id=user) for user in ("U0CAROL", "U0DAVE"))
    until = datetime.now(UTC) + timedelta(days=1)
    await gateway.delegate(Delegation(principal=one, delegate=other, until=until))


async def measure_crowd(
    client: Client, address: str, sign: SignatureVerifier, team: str, samples: int
) -> Costs:
    """The bare calls, the commands and the Home tabs, taking turns."""
    query = pending_query(team)
    costs = Costs(
        [], [], {name: [] for name in COMMANDS}, {name: [] for name in HOMES}, {name: [] for name in HOMES}
    )

    async def list_bare() -> None:
        assert len([one async for one in client.list_workflows(query, limit=10, page_size=10)]) == 10

    async with aiohttp.ClientSession() as session:
        for _ in range(samples):
            costs.listing.append(await clock(list_bare))
            costs.counting.append(await clock(lambda: client.count_workflows(query)))
            for command, times in costs.commands.items():
                times.append(await clock(partial(type_command, session, address, sign, team, command)))
            for name, user in HOMES.items():
                costs.bare_homes[name].append(await clock(partial(read_bare_home, client, team, user)))
                costs.homes[name].append(await clock(partial(open_home, session, address, sign, team, user)))
    return costs


async def clock(call: Callable[[], Awaitable[object]]) -> float:
    """How long a call takes, in milliseconds."""
    begun = time.perf_counter()
    await call()
    return (time.perf_counter() - begun) * 1000


async def type_command(
    session: aiohttp.ClientSession, address: str, sign: SignatureVerifier, team: str, text: str
) -> None:
    """A command as Slack posts it: form body and signed headers, from request to answer."""
    values = {
        "command": "/approvals",
        "text": text,
        "team_id": team,
        "user_id": "U0BOB",
        "channel_id": "C0GENERAL",
    }
    body = urllib.parse.urlencode(values)
    headers = sign_body(sign, body, "application/x-www-form-urlencoded")
    async with session.post(address, data=body, headers=headers) as answer:
        shown = await answer.json()
        if answer.status != 200:
            raise RuntimeError(f"{text!r} was answered with {answer.status}: {shown}")
        if shown["text"] == lists.AWAY:
            print(f"/approvals {text} was not answered in time, by a machine that is too busy")


async def open_home(
    session: aiohttp.ClientSession, address: str, sign: SignatureVerifier, team: str, user: str
) -> None:
    """Somebody opens their Home tab, as Slack posts it, until it is published and the event acknowledged."""
    event = {"type": "app_home_opened", "user": user, "channel": "D0BENCH", "tab": "home"}
    body = json.dumps({"type": "event_callback", "team_id": team, "api_app_id": "A0COUNTER", "event": event})
    headers = sign_body(sign, body, "application/json")
    async with session.post(address, data=body, headers=headers) as answer:
        if answer.status != 200:
            raise RuntimeError(f"An opened Home tab was answered with {answer.status}")


def sign_body(sign: SignatureVerifier, body: str, kind: str) -> dict[str, str]:
    """The headers with which Slack posts a body."""
    stamp = str(int(time.time()))
    signature = str(sign.generate_signature(timestamp=stamp, body=body))
    return {"Content-Type": kind, "X-Slack-Request-Timestamp": stamp, "X-Slack-Signature": signature}
