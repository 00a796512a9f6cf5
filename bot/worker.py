"""The worker: the only place where activities meet Temporal."""

from collections.abc import AsyncGenerator, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import partial
from typing import Any

from agents import ModelProvider
from aiohttp import ClientSession
from temporalio.client import Client
from temporalio.common import RetryPolicy
from temporalio.openai_agents import ModelActivityParameters, OpenAIAgentsPlugin
from temporalio.worker import Worker
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner, SandboxRestrictions

from activities.directory import Directory
from activities.grants import GrantActivities
from activities.guard import Guard
from activities.ledger import Ledger, LedgerActivities
from activities.plans import PlanActivities
from activities.pulse import Pulse
from activities.slack import SlackActivities
from activities.streams import StreamedProvider, Streams
from activities.talk import TalkActivities
from activities.webapi import WebApi
from bot.agenda import Agenda
from bot.agents import check_crew, load_crew
from bot.catalog import Catalog
from bot.clients import build_client
from bot.gateway import Gateway
from bot.grants import Grants
from bot.homes import Homes
from bot.mcp import Factory
from bot.readers import Readers
from bot.refresher import Refresher, run_refresher
from bot.reload import follow_policies
from bot.roundups import RoundupActivities, follow_rooms
from bot.schedules import Schedules
from bot.settings import Settings
from bot.visitors import Visitors
from workflows.agent import AgentWorkflow
from workflows.approval import ApprovalWorkflow
from workflows.batch import BatchWorkflow
from workflows.builders import register_builders
from workflows.courier import RoundupWorkflow
from workflows.grantbook import GrantWorkflow
from workflows.ports import SlackPort, TalkPort
from workflows.profiles import PreferenceWorkflow
from workflows.registry import DelegationWorkflow

DRAIN = timedelta(seconds=6)
"""How long running activities may take to finish when the worker is asked to stop."""
MODEL_SECONDS = timedelta(seconds=90)
MODEL_SILENCE = timedelta(seconds=15)
"""After which a model call whose worker has died is made again; one that is called off hears of it within that, too."""
MODEL_ATTEMPTS = 6
LEDGER_THREADS = 8
READERS_FRESHNESS, READERS_PATIENCE = 120.0, 5.0
"""Seconds: nobody waits for a Home tab that is drawn in the background, and Slack's rates are for those who do."""

SILENT = frozenset(name for port in (SlackPort, TalkPort) for name in vars(port) if not name.startswith("_"))
"""Activities that write to Slack, which takes a status away."""

WORKFLOWS = (
    AgentWorkflow,
    ApprovalWorkflow,
    BatchWorkflow,
    DelegationWorkflow,
    GrantWorkflow,
    PreferenceWorkflow,
    RoundupWorkflow,
)
RUNNER = SandboxedWorkflowRunner(restrictions=SandboxRestrictions.default.with_passthrough_all_modules())
"""The sandbox stays on, but all modules pass through it: reloading slack_sdk alone costs 205 ms a workflow."""


def build_plugin(provider: ModelProvider, servers: Mapping[str, Factory] | None = None) -> OpenAIAgentsPlugin:
    """The agents plugin: model calls become activities, tried again for a minute or two, and so do MCP servers' calls."""
    return OpenAIAgentsPlugin(
        model_params=ModelActivityParameters(
            start_to_close_timeout=MODEL_SECONDS,
            heartbeat_timeout=MODEL_SILENCE,
            retry_policy=RetryPolicy(maximum_attempts=MODEL_ATTEMPTS, maximum_interval=timedelta(minutes=1)),
        ),
        model_provider=StreamedProvider(provider),
        mcp_servers=servers,
    )


@asynccontextmanager
async def open_worker(
    client: Client, settings: Settings, max_cached_workflows: int = 1000, visitors: Visitors | None = None
) -> AsyncGenerator[Worker]:
    """A worker ready to run, with the connections that its activities share; the client must have the plugin.

    `visitors` are those of the bot in the same process, if there is one: their Home tabs are kept up to date, too.

    Raises:
        LoadError: the policy file has faults.
        AgentError: an agent of the settings cannot be used.
    """
    crew = load_crew(settings.agents)
    slack = build_client(settings)
    slack_session = ClientSession()
    slack.session = slack_session
    ledger = LedgerActivities(Ledger(settings.countersign_ledger))
    api, gateway = WebApi(slack), Gateway(client, settings.countersign_task_queue)
    directory = Directory(api, gateway.read_delegations, read_preferences=gateway.read_preferences)
    catalog, visitors = Catalog(client), visitors or Visitors()
    readers = Readers(api, gateway, READERS_FRESHNESS, READERS_PATIENCE)
    refresher = Refresher(Homes(gateway, catalog, api, readers, visitors), visitors, Agenda())
    speaker = SlackActivities(api, refresher.mark)
    schedules = Schedules(client, settings.countersign_task_queue)
    courier = RoundupActivities(api, gateway, catalog, schedules)
    with ThreadPoolExecutor(LEDGER_THREADS) as threads:
        async with (
            slack_session,
            follow_policies(settings, partial(check_crew, crew)) as shelf,
            follow_rooms(shelf, schedules, api),
            run_refresher(refresher),
        ):
            plans = PlanActivities(shelf, directory)
            register_builders(crew.builders)
            yield Worker(
                client,
                task_queue=settings.countersign_task_queue,
                workflows=WORKFLOWS,
                activities=[
                    *_list_activities(plans, directory, speaker, courier, ledger),
                    *_list_talk(TalkActivities(api, gateway.read_states)),
                    *_list_rules(GrantActivities(shelf, directory, Grants(gateway))),
                    *crew.activities,
                ],
                activity_executor=threads,
                interceptors=[Guard(crew.gated), Pulse(api, SILENT), Streams(api)],
                workflow_runner=RUNNER,
                graceful_shutdown_timeout=DRAIN,
                max_cached_workflows=max_cached_workflows,
            )


def _list_activities(
    plans: PlanActivities,
    directory: Directory,
    speaker: SlackActivities,
    courier: RoundupActivities,
    ledger: LedgerActivities,
) -> list[Callable[..., Any]]:
    """All that ports name, as it is implemented."""
    return [
        plans.resolve_plan,
        plans.open_stage,
        plans.check_arguments,
        plans.check_answer,
        directory.check_member,
        speaker.publish_state,
        speaker.publish_batch,
        speaker.whisper_refusal,
        speaker.post_reply,
        courier.plan_roundup,
        courier.send_roundup,
        ledger.get_balance,
        ledger.transfer_money,
    ]


def _list_rules(rules: GrantActivities) -> list[Callable[..., Any]]:
    return [rules.use_grant, rules.make_grant]


def _list_talk(talk: TalkActivities) -> list[Callable[..., Any]]:
    """What conversations need."""
    return [talk.tell_aside, talk.read_files]
