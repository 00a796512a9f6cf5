"""The Details modal: opened from the card, turned page by page, approved at its end, rejected from any page."""

from typing import Any

import structlog
from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncRespond
from slack_sdk.models.views import View

from activities.cards import DETAILS
from activities.webapi import WebApi
from bot import modals
from bot.forms import dump_view, render_form
from bot.gateway import ApprovalGoneError, Gateway
from bot.listeners.approvals import GONE, answer_foreign, close_card
from bot.listeners.forms import hand_on
from bot.payloads import MalformedError, Press, Target, parse_press, parse_target
from bot.submissions import parse_submission
from workflows.contracts import ApprovalState

log = structlog.stdlib.get_logger("countersign.details")


def register(app: AsyncApp, gateway: Gateway, api: WebApi) -> None:
    """Listen to the Details button, to the modal's pages, to its Approve and its Reject."""
    desk = Desk(gateway, api)

    async def open_details(ack: AsyncAck, body: dict[str, Any], respond: AsyncRespond) -> None:
        press = parse_press(body)
        try:
            target = parse_target(press.value)
        except MalformedError:
            await answer_foreign(ack, respond)
            return
        try:
            await desk.open(press, target)
        except ApprovalGoneError:
            await ack()
            await close_card(gateway, target.approval_id, respond)
            return
        await ack()
        log.info("Details were opened", approval=target.approval_id, user=press.person.user_id)

    async def turn_page(ack: AsyncAck, body: dict[str, Any]) -> None:
        await desk.turn(body)
        await ack()

    async def open_reject(ack: AsyncAck, body: dict[str, Any]) -> None:
        await desk.open_reject(body)
        await ack()

    async def approve(ack: AsyncAck, body: dict[str, Any]) -> None:
        submission = parse_submission(body)
        place = modals.read_place(submission.view.private_metadata)
        decision = submission.decision("approve", place.target).model_copy(update={"read": place.is_end})
        await hand_on(gateway, ack, submission, place.target.approval_id, decision)

    app.block_action(DETAILS)(open_details)
    app.block_action(modals.PREVIOUS)(turn_page)
    app.block_action(modals.NEXT)(turn_page)
    app.block_action(modals.REJECT)(open_reject)
    app.view(modals.CALLBACK)(approve)


class Desk:
    """Shows a reader what there is to read. A request that is gone is said in the place of the page."""

    def __init__(self, gateway: Gateway, api: WebApi) -> None:
        self._gateway = gateway
        self._api = api

    async def open(self, press: Press, target: Target) -> None:
        """Open the first page.

        Raises:
            ApprovalGoneError: there is nothing to read any more.
        """
        view = modals.render_details(await self._gateway.read_state(target.approval_id))
        await self._api.call("views.open", trigger_id=press.trigger_id, view=dump_view(view))

    async def turn(self, body: dict[str, Any]) -> None:
        """Show another page in the same view."""
        number, place = read_number(parse_press(body)), read_view(body)
        state = await self._read(place)
        await self._show(body, modals.render_details(state, number, place) if state else None)

    async def open_reject(self, body: dict[str, Any]) -> None:
        """Put the form on top; where there is nothing to reject any more, show how things are instead."""
        press, place = parse_press(body), read_view(body)
        state = await self._read(place)
        if state and state.status == "pending" and state.digest == place.target.digest:
            form = dump_view(render_form(state, "reject"))
            await self._api.call("views.push", trigger_id=press.trigger_id, view=form)
            return
        await self._show(body, modals.render_details(state, place.page, place) if state else None)

    async def _read(self, place: modals.Place) -> ApprovalState | None:
        try:
            return await self._gateway.read_state(place.target.approval_id)
        except ApprovalGoneError:
            return None

    async def _show(self, body: dict[str, Any], view: View | None) -> None:
        shown, view = body["view"], view or modals.render_notice(GONE)
        await self._api.call(
            "views.update", view_id=shown["id"], hash=shown.get("hash"), view=dump_view(view)
        )


def read_view(body: dict[str, Any]) -> modals.Place:
    """Where the reader is who pressed a button in the modal.

    Raises:
        MalformedError: the view is not ours.
    """
    return modals.read_place(str(body["view"].get("private_metadata", "")))


def read_number(press: Press) -> int:
    """The page that a button turns to.

    Raises:
        MalformedError: the button's value was edited.
    """
    if not press.value.isdecimal():
        raise MalformedError("A page's number is not a number.")
    return int(press.value)
