"""The doctor: checks everything that a first approval needs, and says of each what is wrong and what to do."""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import NamedTuple

from temporalio.envconfig import ClientConfigProfile
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError

from activities.webapi import Answer, WebApi
from bot.settings import Settings
from bot.temporal import TemporalError, connect_server, missing_attributes


class Finding(NamedTuple):
    """One thing looked at."""

    name: str
    healthy: bool
    detail: str


async def examine(
    settings: Settings, profile: ClientConfigProfile, api: WebApi, app_api: WebApi
) -> list[Finding]:
    """Look at Slack, its channels and Temporal; `app_api` speaks with the app token."""
    findings = [await _look("Slack bot token", partial(_check_bot, api))]
    if settings.countersign_slack_mode == "socket":
        findings.append(await _look("Slack Socket Mode", partial(_check_socket, app_api)))
    for name, channel in (("Approvals", settings.approvals_channel), ("Outcomes", settings.outcomes_channel)):
        findings.append(await _look(f"{name} channel", partial(_check_channel, api, channel)))
    findings.append(await _look("Temporal", partial(_check_temporal, profile)))
    return findings


async def _look(name: str, check: Callable[[], Awaitable[str]]) -> Finding:
    try:
        return Finding(name, healthy=True, detail=await check())
    except ApplicationError as error:
        return Finding(name, healthy=False, detail=error.message)
    except TemporalError as error:
        return Finding(name, healthy=False, detail=str(error))


async def _check_bot(api: WebApi) -> str:
    answer = await api.call("auth.test")
    return f"{answer['user']} in {answer['team']}"


async def _check_socket(api: WebApi) -> str:
    await api.call("apps.connections.open")
    return "a connection can be opened"


async def _check_channel(api: WebApi, channel: str) -> str:
    """Everything that the bot will do there needs membership and these scopes."""
    info: Answer = (await api.call("conversations.info", channel=channel))["channel"]
    if not info.get("is_member"):
        raise ApplicationError(f"The bot is not in #{info['name']}: write /invite @countersign there.")
    await api.call("conversations.history", channel=channel, limit=1)
    members = await api.call("conversations.members", channel=channel, limit=1)
    await api.call("users.info", user=members["members"][0])
    return f"#{info['name']}"


async def _check_temporal(profile: ClientConfigProfile) -> str:
    if profile.address is None:
        return "no TEMPORAL_ADDRESS, so `countersign run` will use its embedded server"
    client = await connect_server(profile)
    try:
        missing = await missing_attributes(client)
    except RPCError as error:
        return f"{profile.address}, which does not say whether it has the search attributes ({error.status.name})"
    if missing:
        raise TemporalError(
            "Search attributes are missing. Create them:\n" + "\n".join(f"  {line}" for line in missing)
        )
    return f"{profile.address}, namespace {client.namespace}"
