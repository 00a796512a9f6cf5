"""Notifications: a button that opens the modal, and the modal, whose choice is kept before it is acknowledged."""

import asyncio
from typing import Any

import structlog
from slack_bolt.async_app import AsyncAck, AsyncApp

from activities.webapi import WebApi
from bot import notifications
from bot.forms import dump_view
from bot.gateway import Gateway, PreferencesRefusedError, TemporalAwayError
from bot.listeners.home import HomeTab
from bot.modals import render_notice
from bot.payloads import parse_press
from bot.submissions import parse_filing
from bot.zones import ask_zone
from workflows.preferences import find_preferences

log = structlog.stdlib.get_logger("countersign.notifications")


def register(app: AsyncApp, gateway: Gateway, api: WebApi, tab: HomeTab) -> None:
    """Listen to the button and to the modal, and show in the Home tab what has been chosen."""

    async def open_form(ack: AsyncAck, body: dict[str, Any]) -> None:
        press = parse_press(body)
        known, zone = await asyncio.gather(
            gateway.read_preferences(press.person.team_id), ask_zone(api, press.person)
        )
        if zone is None:
            view = render_notice(notifications.UNKNOWN_ZONE)
        else:
            chosen = find_preferences(known, press.person)
            view = notifications.render_form(chosen.model_copy(update={"zone": zone}))
        await api.call("views.open", trigger_id=press.trigger_id, view=dump_view(view))
        await ack()

    async def submit_form(ack: AsyncAck, body: dict[str, Any]) -> None:
        filled = notifications.read_form(parse_filing(body))
        if filled.preferences is None:
            await ack(response_action="errors", errors=filled.errors)
            return
        try:
            await gateway.prefer(filled.preferences)
        except (
            TemporalAwayError
        ) as error:  # no traceback: writing one takes some of the time that Slack waits
            log.warning("Preferences could not be handed on", problem=str(error))
            await ack(response_action="errors", errors={notifications.DIRECT_BLOCK: notifications.UNCERTAIN})
            return
        except PreferencesRefusedError as refused:
            await ack(response_action="update", view=render_notice(str(refused)))
            return
        await ack(response_action="update", view=notifications.render_kept(filled.preferences))
        log.info("Preferences were kept", user=filled.preferences.person.user_id)
        await tab.redraw(filled.preferences.person)

    app.block_action(notifications.OPEN)(open_form)
    app.view(notifications.CALLBACK)(submit_form)
