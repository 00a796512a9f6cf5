"""The doctor: checks everything that a first approval needs, and says of each what is wrong and what to do."""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import NamedTuple

from temporalio.envconfig import ClientConfigProfile
from temporalio.exceptions import ApplicationError

from activities.errors import TOKEN_ERRORS
from activities.webapi import Answer, WebApi
from bot.settings import Settings
from bot.temporal import TemporalError, connect_server, missing_attributes

SCOPES = frozenset(
    {
        "app_mentions:read",
        "channels:history",
        "channels:read",
        "chat:write",
        "commands",
        "files:read",
        "files:write",
        "groups:history",
        "groups:read",
        "im:history",
        "im:write",
        "usergroups:read",
        "users:read",
        "users:read.email",
    }
)
"""What manifest.yml asks for."""


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
    missing = sorted(SCOPES - await api.read_scopes())
    if missing:
        raise ApplicationError(
            f"The app lacks scopes: reinstall it with the scopes of manifest.yml ({', '.join(missing)})."
        )
    return f"{answer['user']} in {answer['team']}"


async def _check_socket(api: WebApi) -> str:
    try:
        await api.call("apps.connections.open")
    except ApplicationError as error:
        if error.type not in TOKEN_ERRORS:
            raise
        raise ApplicationError(
            f"Slack refuses the app token: check SLACK_APP_TOKEN ({error.type})."
        ) from None
    return "a connection can be opened"


async def _check_channel(api: WebApi, channel: str) -> str:
    """Everything that the bot will do there needs membership and these scopes."""
    info: Answer = (await api.call("conversations.info", channel=channel))["channel"]
    if info.get("is_archived"):
        raise ApplicationError(f"#{info['name']} is archived: unarchive it or choose another channel.")
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
    missing = await missing_attributes(client)
    if missing is None:
        return f"{profile.address}, which does not say whether it has the search attributes"
    if missing:
        raise TemporalError(
            "Search attributes are missing. Create them:\n" + "\n".join(f"  {line}" for line in missing)
        )
    return f"{profile.address}, namespace {client.namespace}"
