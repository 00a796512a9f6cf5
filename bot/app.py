"""The Bolt app: built from settings and a gateway, with every listener registered."""

import logging
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Any

import structlog
from slack_bolt.async_app import AsyncApp, AsyncBoltContext
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.error import BoltUnhandledRequestError
from slack_bolt.response import BoltResponse

from activities.webapi import WebApi
from bot.catalog import Catalog
from bot.clients import build_client
from bot.desk import Desk
from bot.formbook import Formbook
from bot.gateway import Gateway, TemporalAwayError
from bot.grants import Grants
from bot.homes import Homes
from bot.listeners import (
    approvals,
    bulk,
    cancellations,
    changes,
    commands,
    details,
    elicitations,
    forms,
    home,
    messages,
    notifications,
    questions,
    quotes,
    remember,
    requests,
    rows,
    rules,
    withdrawals,
)
from bot.listeners.home import HomeTab
from bot.payloads import MalformedError
from bot.readers import Readers
from bot.settings import Settings
from bot.visitors import Visitors

log = structlog.stdlib.get_logger("countersign.bot")


def build_app(settings: Settings, gateway: Gateway, catalog: Catalog, visitors: Visitors) -> AsyncApp:
    """The app with its listeners. A request is answered when its listener is done: signal first, ack second.

    Raises:
        LoadError: the policy file, whose forms people file, has faults.
    """
    client = build_client(settings)
    api = WebApi(client)

    async def authorize() -> AuthorizeResult:  # a plain function: Bolt takes a method's self for an argument
        own = await api.identity()
        return AuthorizeResult(
            enterprise_id=own.enterprise_id or None,
            team_id=own.team_id,
            bot_id=own.bot_id,
            bot_user_id=own.bot_user_id,
            bot_token=settings.bot_token,
        )

    bolt_log = logging.getLogger("countersign.bolt")
    bolt_log.setLevel(logging.ERROR)  # what it warns of is either reported by us or meant as it is
    app = AsyncApp(
        logger=bolt_log,
        client=client,
        signing_secret=settings.signing_secret,
        authorize=authorize,
        process_before_response=True,
        raise_error_for_unhandled_request=True,
    )
    app.use(refuse_strangers)
    app.error(report_error)
    homes = Homes(gateway, catalog, api, Readers(api, gateway), visitors)
    listen(app, settings, gateway, Desk(gateway, catalog, api), HomeTab(gateway, api, homes), api)
    return app


def listen(  # noqa: PLR0913, PLR0917 - what listeners are made of
    app: AsyncApp, settings: Settings, gateway: Gateway, desk: Desk, tab: HomeTab, api: WebApi
) -> None:
    """Register all listeners; those of buttons within rows before those of cards, whose action ids are the same."""
    messages.register(app, gateway, list(settings.agents), settings.agent_channels, settings.allowance)
    rows.register(app, gateway, api, desk)
    home.register(app, gateway, api, tab)
    approvals.register(app, gateway)
    details.register(app, gateway, api)
    forms.register(app, gateway, api)
    questions.register(app, gateway, api)
    elicitations.register(app, gateway, api)
    changes.register(app, gateway, api)
    remember.register(app, gateway, api)
    rules.register(app, Grants(gateway), desk, tab)
    commands.register(app, desk)
    requests.register(app, gateway, api, Formbook(settings))
    quotes.register(app, gateway, api)
    withdrawals.register(app, gateway)
    cancellations.register(app, gateway)
    bulk.register(app, gateway, api)
    notifications.register(app, gateway, api, tab)


async def refuse_strangers(
    context: AsyncBoltContext, next_: Callable[[], Awaitable[None]]
) -> BoltResponse | None:
    """Refuse what comes from a workspace that is not the token's own."""
    own = context.authorize_result.team_id if context.authorize_result else None
    if own is None or context.team_id != own:
        log.warning("Refused a request from an unknown workspace", team=context.team_id)
        return BoltResponse(status=HTTPStatus.FORBIDDEN, body="unknown workspace")
    await next_()
    return None


async def report_error(error: Exception, body: dict[str, Any]) -> BoltResponse:
    """Answer with a status that makes Slack warn the user or deliver again, and say why in the log."""
    kind = str(body.get("type") or body.get("command"))
    if isinstance(error, BoltUnhandledRequestError):
        log.warning("Refused a request that nothing handles", kind=kind)
        return BoltResponse(status=HTTPStatus.NOT_FOUND, body="unhandled")
    if isinstance(error, MalformedError):
        log.warning("Refused a malformed request", kind=kind, problem=str(error))
        return BoltResponse(status=HTTPStatus.BAD_REQUEST, body="malformed")
    if isinstance(error, TemporalAwayError):
        log.error(
            "Temporal is away: not acknowledged, so that Slack's user can try again",
            kind=kind,
            problem=str(error),
        )
        return BoltResponse(status=HTTPStatus.SERVICE_UNAVAILABLE, body="try again")
    log.error("A request failed", kind=kind, exc_info=error)
    return BoltResponse(status=HTTPStatus.INTERNAL_SERVER_ERROR, body="failed")
