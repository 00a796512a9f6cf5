"""The bench: this path beside the bare pattern, on one dev server, in one run.

The bare pattern is parent, child and one signal, without activities: the least that durable approval can cost.
The stand-in for Slack runs in a process of its own; the worker is one and the same for both patterns.

    make bench ARGS="--approvals 300 --clicks 200 --concurrency 20"
    make bench ARGS="--pending 10000"
"""

import argparse
import asyncio
import json
import logging
import multiprocessing
import os
import platform
import statistics
import time
import urllib.parse
from collections.abc import AsyncGenerator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, NamedTuple

import aiohttp
from slack_sdk.signature import SignatureVerifier
from temporalio.client import Client, WorkflowHandle
from temporalio.envconfig import ClientConfigProfile

from activities.rules.explain import explain
from activities.rules.rulebook import load_rulebook
from bot.gateway import Gateway
from bot.logs import configure_logs
from bot.models import build_provider
from bot.roles import run_bot, run_worker
from bot.server import embedded_server
from bot.settings import Settings
from bot.standin.server import Standin
from bot.temporal import connect_server
from bot.visitors import Visitors
from bot.worker import build_plugin
from tests.crowds import delegate_something, fill, measure_crowd
from tests.folders import quick_folder
from tests.measures import Watch, measured_worker
from tests.patterns import Case
from tests.ports import free_port
from workflows.contracts import ApprovalRequest, Decision, Person, Thread
from workflows.digest import digest

ALICE, BOB = "U0ALICE", "U0BOB"
TEAM = "T0COUNTER"
SECRET = "bench-signing-secret"
EXAMPLE = Path(__file__).parents[1] / "countersign.example.yaml"
ROUNDS = 3
BILLABLE = {
    "workflow_execution_started_event_attributes": 2,  # a child's start counts twice: asked for, and started
    "marker_recorded_event_attributes": 1,  # the local activities of one workflow task
    "upsert_workflow_search_attributes_event_attributes": 1,
    "timer_started_event_attributes": 1,
    "activity_task_scheduled_event_attributes": 1,
    "workflow_execution_signaled_event_attributes": 1,
}
"""What Temporal Cloud bills of a history's events; the parent's own start comes on top."""


class Pattern(NamedTuple):
    """One of the two ways to have something approved: its parent, and what its click carries."""

    parent: str
    click: Callable[[str], object]


class Figures(NamedTuple):
    """What was measured of one pattern; times in milliseconds."""

    signal: list[float]
    seen: list[float]
    told: list[float]
    closed: list[float]


def run_standin(pipe: Connection, request_url: str) -> None:
    """The stand-in, in a process of its own, until the pipe is closed."""

    async def serve() -> None:
        async with Standin(signing_secret=SECRET, request_url=request_url) as slack:
            ts = await slack.say(ALICE, "C0GENERAL", "the thread of the bench", mention=False)
            pipe.send((slack.url, slack.bot_token, ts))
            await asyncio.to_thread(pipe.recv)

    asyncio.run(serve())


@asynccontextmanager
async def standin_process(request_url: str) -> AsyncGenerator[tuple[str, str, str]]:
    """A stand-in in another process: its address, its bot token, and the thread from which is asked."""
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(
        target=run_standin, args=(theirs, request_url), daemon=True
    )
    process.start()
    try:
        yield await asyncio.to_thread(ours.recv)
    finally:
        ours.send(None)
        process.join(5)


def build_request(thread_ts: str) -> ApprovalRequest:
    """What is asked in the bench."""
    return ApprovalRequest(
        action="transfer_money",
        title="Transfer money",
        arguments={"amount": 250, "source": "checking", "target": "savings"},
        requester=Person(team_id=TEAM, user_id=ALICE),
        reason="transfer 250 from checking to savings",
        agent="Assistant",
        origin=Thread(team_id=TEAM, channel_id="C0GENERAL", thread_ts=thread_ts),
    )


class Bench:
    """Both patterns on one client and worker."""

    def __init__(self, client: Client, settings: Settings, watch: Watch, request: ApprovalRequest) -> None:
        self._client = client
        self._queue = settings.countersign_task_queue
        self._watch = watch
        self._request = request
        self._digest = digest(request.action, request.arguments)
        self._number = 0
        self.bare = Pattern("BareParent", always_true)
        self.full = Pattern("FullParent", self._decision)

    def _decision(self, approval_id: str) -> Decision:
        return Decision(
            verdict="approve",
            decided_by=Person(team_id=TEAM, user_id=BOB),
            digest=self._digest,
            event_id=f"click-{approval_id}",
            via="slack",
        )

    def next_id(self) -> str:
        """An approval id of this bench."""
        self._number += 1
        return f"approval-bench-{self._number}"

    async def start(self, pattern: Pattern, approval_id: str) -> WorkflowHandle[Any, Any]:
        """Start the parent of one approval, and wait until it can be clicked."""
        case = Case(approval_id=approval_id, request=self._request)
        self._watch.expect(approval_id)
        handle = await self._client.start_workflow(
            pattern.parent, case, id=f"parent-{approval_id}", task_queue=self._queue
        )
        await self._watch.ready(approval_id)
        return handle

    async def click(self, pattern: Pattern, approval_id: str) -> None:
        """The click, as the gateway sends it: one signal."""
        await self._client.get_workflow_handle(approval_id).signal("decide", pattern.click(approval_id))

    async def calm(self, pattern: Pattern, count: int) -> Figures:
        """One approval after the other."""
        signal: list[float] = []
        told: list[float] = []
        ids: list[str] = []
        for _ in range(count):
            approval_id = self.next_id()
            handle = await self.start(pattern, approval_id)
            begun = self._watch.clicked(approval_id)
            await self.click(pattern, approval_id)
            signal.append((time.perf_counter() - begun) * 1000)
            await handle.result()
            told.append((time.perf_counter() - begun) * 1000)
            ids.append(approval_id)
        seen = [self._watch.seen(one) for one in ids]
        closed = [self._watch.closed(one) for one in ids] if pattern is self.full else []
        return Figures(signal, seen, told, closed)

    async def loaded(self, pattern: Pattern, count: int, concurrency: int) -> float:
        """Many approvals at once, each clicked as soon as it can be; answers with approvals a second."""
        gate = asyncio.Semaphore(concurrency)

        async def one() -> None:
            async with gate:
                approval_id = self.next_id()
                handle = await self.start(pattern, approval_id)
                self._watch.clicked(approval_id)
                await self.click(pattern, approval_id)
                await handle.result()

        begun = time.perf_counter()
        await asyncio.gather(*(one() for _ in range(count)))
        return count / (time.perf_counter() - begun)

    async def http_clicks(self, address: str, count: int) -> list[float]:
        """Signed clicks over HTTP, each on a request of its own, in milliseconds from request to status 200."""
        times: list[float] = []
        async with aiohttp.ClientSession() as session:
            for _ in range(count):
                approval_id = self.next_id()
                handle = await self.start(self.full, approval_id)
                body, headers = sign_click(approval_id, self._digest)
                begun = time.perf_counter()
                async with session.post(address, data=body, headers=headers) as answer:
                    if answer.status != 200:
                        raise RuntimeError(f"A click was answered with {answer.status}")
                times.append((time.perf_counter() - begun) * 1000)
                await handle.result()
        return times

    async def history(self) -> tuple[int, int]:
        """Events and billable actions of one calm approval, the parent's start counted."""
        approval_id = self.next_id()
        handle = await self.start(self.full, approval_id)
        self._watch.clicked(approval_id)
        await self.click(self.full, approval_id)
        await handle.result()
        history = await self._client.get_workflow_handle(approval_id).fetch_history()
        kinds = [str(event.WhichOneof("attributes")) for event in history.events]
        return len(kinds), 1 + sum(BILLABLE.get(kind, 0) for kind in kinds)


def always_true(_: str) -> bool:
    """What the bare pattern's click says."""
    return True


def sign_click(approval_id: str, proof: str) -> tuple[str, dict[str, str]]:
    """A press on Approve as Slack posts it: form body and signed headers."""
    payload = {
        "type": "block_actions",
        "user": {"id": BOB, "team_id": TEAM},
        "team": {"id": TEAM, "domain": "acme"},
        "channel": {"id": "C0APPROVALS", "name": "approvals"},
        "trigger_id": "bench",
        "actions": [
            {
                "type": "button",
                "action_id": "countersign_approve",
                "block_id": "b",
                "value": f"{approval_id}|0|{proof}",
                "action_ts": f"{time.time():.6f}",
            }
        ],
    }
    body = urllib.parse.urlencode({"payload": json.dumps(payload)})
    stamp = str(int(time.time()))
    signature = SignatureVerifier(SECRET).generate_signature(timestamp=stamp, body=body)
    return body, {
        "Content-Type": "application/x-www-form-urlencoded",
        "X-Slack-Request-Timestamp": stamp,
        "X-Slack-Signature": str(signature),
    }


def spread(times: list[float]) -> str:
    """Median and 99th percentile."""
    return f"p50 {statistics.median(times):7.1f} ms   p99 {percentile(times):7.1f} ms"


def percentile(times: list[float]) -> float:
    """The 99th percentile."""
    return sorted(times)[max(0, round(len(times) * 0.99) - 1)]


def compare(name: str, ours: list[float], bare: list[float], target: str) -> None:
    """A row: ours, the bare pattern's, and the ratios."""
    middle = statistics.median(ours) / statistics.median(bare)
    tail = percentile(ours) / percentile(bare)
    print(
        f"{name:<34} ours {spread(ours)}   bare {spread(bare)}   ratio p50 {middle:.2f}, p99 {tail:.2f}   {target}"
    )


async def measure(args: argparse.Namespace) -> None:
    """Run everything and print it."""
    port = free_port()
    async with AsyncExitStack() as stack:
        folder = stack.enter_context(quick_folder())
        url = f"http://127.0.0.1:{port}/slack/events"
        slack_url, token, thread = await stack.enter_async_context(standin_process(url))
        address = await stack.enter_async_context(embedded_server(folder, free_port(), None))
        settings = Settings.model_validate(
            {
                "slack_bot_token": token,
                "slack_signing_secret": SECRET,
                "slack_api_url": f"{slack_url}/api/",
                "countersign_slack_mode": "http",
                "countersign_http_port": port,
                "countersign_model": "demo",
                "countersign_approvals_channel": "C0APPROVALS",
                "countersign_outcomes_channel": "C0OUTCOMES",
                "countersign_ledger": folder / "ledger.db",
            }
        )
        client = await connect_server(
            ClientConfigProfile(address=address), [build_plugin(build_provider(settings))]
        )
        if args.pending:
            visitors = Visitors()
            await stack.enter_async_context(run_worker(client, settings, visitors))
            await stack.enter_async_context(run_bot(client, settings, visitors))
            await report_lists(client, settings, args, url)
            return
        watch = Watch()
        await stack.enter_async_context(measured_worker(client, settings, watch))
        await stack.enter_async_context(run_bot(client, settings))
        await report(
            Bench(client, settings, watch, build_request(thread)),
            args,
            f"http://127.0.0.1:{port}/slack/events",
        )


async def report_lists(client: Client, settings: Settings, args: argparse.Namespace, address: str) -> None:
    """Measure and print what lists cost among many pending requests."""
    print(f"{platform.platform()}, Python {platform.python_version()}, {os.cpu_count()} cores")
    await fill(client, TEAM, args.pending)
    await delegate_something(Gateway(client, settings.countersign_task_queue), TEAM)
    costs = await measure_crowd(client, address, SignatureVerifier(SECRET), TEAM, args.clicks)
    print(
        f"{args.pending:,} pending   bare list of 10: {spread(costs.listing)}   bare count: {spread(costs.counting)}"
    )
    for command, times in costs.commands.items():
        compare(f"/approvals {command}", times, costs.bare, "(bare: list of 10, then count; target p50 ≤ 3)")
    for name, times in costs.homes.items():
        bare = costs.bare_homes[name]
        compare(f"Home tab of the {name}", times, bare, "(bare: three lists, a count; target p50 ≤ 3)")


def explain_rate(seconds: float = 2.0) -> float:
    """How often a second a request can be explained: its policy, why not the others, and every moment of its stages."""
    book = load_rulebook(EXAMPLE, "C0APPROVALS", "C0OUTCOMES")
    request = ApprovalRequest(
        action="purchase",
        title="Purchase",
        arguments={"total": 12_000},
        requester=Person(team_id="T0COUNTER", user_id="U0ALICE"),
    )
    now, count, start = datetime(2026, 11, 27, 15, 0, tzinfo=UTC), 0, time.perf_counter()
    while (passed := time.perf_counter() - start) < seconds:
        stages = explain(book, request, frozenset(), now).stages
        moments = [(stage.deadline, stage.reminders, stage.escalates_at) for stage in stages]
        count += bool(moments)
    return count / passed


async def report(bench: Bench, args: argparse.Namespace, address: str) -> None:
    """Measure and print each figure; patterns take turns, so that neither has the quieter machine."""
    print(f"{platform.platform()}, Python {platform.python_version()}, {os.cpu_count()} cores")
    patterns = (bench.bare, bench.full)
    for pattern in patterns:
        await bench.loaded(pattern, args.concurrency * 2, args.concurrency)  # warm up
    rates: dict[str, list[float]] = {pattern.parent: [] for pattern in patterns}
    for _ in range(ROUNDS):
        for pattern in patterns:
            rates[pattern.parent].append(
                await bench.loaded(pattern, args.approvals // ROUNDS, args.concurrency)
            )
    bare, ours = (statistics.median(rates[pattern.parent]) for pattern in patterns)
    print(
        f"{'approvals a second':<34} ours {ours:.1f}   bare {bare:.1f}   ratio {ours / bare:.2f}   (target ≥ 0.8)"
    )
    calm_bare, calm_ours = (
        await bench.calm(bench.bare, args.clicks),
        await bench.calm(bench.full, args.clicks),
    )
    compare("click → decision seen", calm_ours.seen, calm_bare.seen, "(target p50 ≤ 1.2)")
    compare("click → parent has the outcome", calm_ours.told, calm_bare.told, "")
    compare("click → card rewritten", calm_ours.closed, calm_bare.told, "(bare: parent has the outcome)")
    http = await bench.http_clicks(address, args.clicks)
    compare("signed HTTP click → 200", http, calm_bare.signal, "(bare: one signal call; target p50 ≤ 2)")
    print(
        f"{'policies explained a second':<34} {explain_rate():,.0f} on one core, of {EXAMPLE.name} (target ≥ 10,000)"
    )
    events, actions = await bench.history()
    print(
        f"{'history of one approval':<34} {events} events (target ≤ 28), {actions} billable actions (target ≤ 10)"
    )


def main() -> None:
    """Parse the command line and measure."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--approvals", type=int, default=300, help="approvals under load, of each pattern")
    parser.add_argument("--clicks", type=int, default=200, help="calm clicks, of each pattern")
    parser.add_argument(
        "--pending", type=int, default=0, help="measure only lists, among so many pending approvals"
    )
    parser.add_argument("--concurrency", type=int, default=20, help="approvals under way at once")
    args = parser.parse_args()
    configure_logs(logging.ERROR)
    asyncio.run(measure(args))


if __name__ == "__main__":
    main()
