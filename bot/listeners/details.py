"""The Details modal: opened from the card, turned page by page, approved on its last page."""

from typing import Any

import structlog
from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncRespond
from slack_sdk.models.views import View

from activities.cards import DETAILS
from activities.webapi import WebApi
from bot import modals
from bot.forms import dump_view
from bot.gateway import ApprovalGoneError, Gateway
from bot.listeners.approvals import FOREIGN, GONE, close_card
from bot.listeners.forms import submit
from bot.payloads import MalformedError, Press, Target, parse_press, parse_submission, parse_target

log = structlog.stdlib.get_logger("countersign.details")


def register(app: AsyncApp, gateway: Gateway, api: WebApi) -> None:
    """Listen to the Details button, to the modal's pages and to its Approve."""

    async def open_details(ack: AsyncAck, body: dict[str, Any], respond: AsyncRespond) -> None:
        press = parse_press(body)
        try:
            target = parse_target(press.value)
        except MalformedError:
            await ack()
            await respond(text=FOREIGN, response_type="ephemeral", replace_original=False)
            return
        try:
            view = await read_view(target, 0)
        except ApprovalGoneError:
            await ack()
            await close_card(gateway, target.approval_id, respond)
            return
        await api.call("views.open", trigger_id=press.trigger_id, view=dump_view(view))
        await ack()
        log.info("Details were opened", approval=target.approval_id, user=press.person.user_id)

    async def turn_page(ack: AsyncAck, body: dict[str, Any]) -> None:
        press, place = parse_press(body), modals.read_place(str(body["view"].get("private_metadata", "")))
        try:
            view = await read_view(place.target, read_number(press))
        except ApprovalGoneError:
            view = modals.render_notice(GONE)
        await api.call(
            "views.update", view_id=body["view"]["id"], hash=body["view"].get("hash"), view=dump_view(view)
        )
        await ack()

    async def read_view(target: Target, number: int) -> View:
        state = await gateway.read_state(target.approval_id)
        return modals.render_details(state, number)

    async def approve(ack: AsyncAck, body: dict[str, Any]) -> None:
        submission = parse_submission(body)
        target = modals.read_place(submission.view.private_metadata).target
        await submit(gateway, ack, "approve", submission, target)

    app.block_action(DETAILS)(open_details)
    app.block_action(modals.PREVIOUS)(turn_page)
    app.block_action(modals.NEXT)(turn_page)
    app.view(modals.CALLBACK)(approve)


def read_number(press: Press) -> int:
    """The page that a button turns to.

    Raises:
        MalformedError: the button's value was edited.
    """
    if not press.value.isdecimal():
        raise MalformedError("A page's number is not a number.")
    return int(press.value)
