"""The buttons in rows: as on the cards, but what is drawn anew is where the row stands, for its one reader."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

import structlog
from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncRespond
from slack_sdk.models.views import View

from activities.cards import APPROVE, APPROVE_FORM, DETAILS, REJECT, REJECT_FORM
from activities.elicitations import CHOOSE, RESPOND
from activities.webapi import WebApi
from bot import elicitations, forms, modals
from bot.commands import parse_view
from bot.desk import Desk
from bot.elicitations import choose_option
from bot.gateway import ApprovalGoneError, Gateway
from bot.listeners.approvals import GONE, replace_message
from bot.payloads import Press, parse_press, parse_target
from bot.rows import BLOCK, read_spot
from workflows import policy
from workflows.contracts import ApprovalState, Decision, Verdict

Draw = Callable[[ApprovalState], View | None]
"""A modal for a request; None where it has ended and there is nothing to fill in."""
Tell = Callable[[str, str], Awaitable[None]]
"""Says what came of a press, and to which request something was sent, if it was."""
REFRESH_SECONDS = 0.7
"""How long a list is drawn anew before the press is answered without: signal, ack and this together stay under 3 s."""
SENT: dict[Verdict, str] = {
    "approve": "Your approval was handed on; the request's card says what came of it.",
    "reject": "Your rejection was handed on; the request's card says what came of it.",
}
ANSWER_SENT = "Your answer was handed on; the question's card says what came of it."
log = structlog.stdlib.get_logger("countersign.rows")


def register(app: AsyncApp, gateway: Gateway, api: WebApi, desk: Desk) -> None:
    """Listen to the rows' buttons; to be registered before the cards', whose action ids are the same."""
    Rows(gateway, api, partial(answer_list, desk)).listen(app, BLOCK)


class Rows:
    """Answers presses in rows, wherever these are: `prepare` makes the way in which that is told there.

    It is called before anything is decided, and raises MalformedError where the row is none of ours.
    """

    def __init__(self, gateway: Gateway, api: WebApi, prepare: Callable[[Press, AsyncRespond], Tell]) -> None:
        self._gateway = gateway
        self._api = api
        self._prepare = prepare

    def listen(self, app: AsyncApp, block: str) -> None:
        """Listen to the buttons in blocks whose ids begin so; those of cards have the same action ids."""
        within = re.compile(rf"{block}\|")
        app.block_action({"action_id": APPROVE, "block_id": within})(self.approve)
        app.block_action({"action_id": REJECT, "block_id": within})(self.reject)
        app.block_action({"action_id": APPROVE_FORM, "block_id": within})(self.open_approve)
        app.block_action({"action_id": REJECT_FORM, "block_id": within})(self.open_reject)
        app.block_action({"action_id": DETAILS, "block_id": within})(self.open_details)
        app.block_action({"action_id": RESPOND, "block_id": within})(self.open_response)
        app.block_action({"action_id": re.compile(CHOOSE), "block_id": within})(self.answer)

    async def approve(self, ack: AsyncAck, body: dict[str, Any], respond: AsyncRespond) -> None:
        """Approve was pressed."""
        await self._decide("approve", ack, body, respond)

    async def reject(self, ack: AsyncAck, body: dict[str, Any], respond: AsyncRespond) -> None:
        """Reject was pressed."""
        await self._decide("reject", ack, body, respond)

    async def open_approve(self, ack: AsyncAck, body: dict[str, Any], respond: AsyncRespond) -> None:
        """Approve was pressed where that asks for more than a click."""
        await self._open(ack, body, respond, partial(draw_form, verdict="approve"))

    async def open_reject(self, ack: AsyncAck, body: dict[str, Any], respond: AsyncRespond) -> None:
        """Reject was pressed where that asks for words."""
        await self._open(ack, body, respond, partial(draw_form, verdict="reject"))

    async def open_details(self, ack: AsyncAck, body: dict[str, Any], respond: AsyncRespond) -> None:
        """Details was pressed."""
        await self._open(ack, body, respond, draw_details)

    async def open_response(self, ack: AsyncAck, body: dict[str, Any], respond: AsyncRespond) -> None:
        """Answer was pressed, of a question."""
        await self._open(ack, body, respond, draw_response)

    async def answer(self, ack: AsyncAck, body: dict[str, Any], respond: AsyncRespond) -> None:
        """One of a question's options was pressed."""
        press = parse_press(body)
        await self._hand_on(ack, press, respond, choose_option(press), ANSWER_SENT)

    async def _decide(
        self, verdict: Verdict, ack: AsyncAck, body: dict[str, Any], respond: AsyncRespond
    ) -> None:
        press = parse_press(body)
        await self._hand_on(ack, press, respond, press.decision(verdict), SENT[verdict])

    async def _hand_on(
        self, ack: AsyncAck, press: Press, respond: AsyncRespond, decision: Decision, sent: str
    ) -> None:
        tell, target = self._prepare(press, respond), parse_target(press.value)
        try:
            await self._gateway.decide(target.approval_id, decision)
        except ApprovalGoneError:
            await ack()
            await tell(GONE, "")
            return
        await ack()
        log.info(
            "A decision was handed on",
            approval=target.approval_id,
            verdict=decision.verdict,
            user=press.user.id,
        )
        await tell(sent, target.approval_id)

    async def _open(self, ack: AsyncAck, body: dict[str, Any], respond: AsyncRespond, draw: Draw) -> None:
        press = parse_press(body)
        tell, target = self._prepare(press, respond), parse_target(press.value)
        try:
            state = await self._gateway.read_state(target.approval_id)
            view, sentence = draw(state), policy.closed_refusal(state) or GONE
        except ApprovalGoneError:
            view, sentence = None, GONE
        if view is None:
            await ack()
            await tell(sentence, "")
            return
        await self._api.call("views.open", trigger_id=press.trigger_id, view=forms.dump_view(view))
        await ack()
        log.info("A view was opened from a row", approval=target.approval_id, user=press.user.id)


def answer_list(desk: Desk, press: Press, respond: AsyncRespond) -> Tell:
    """How a press in a list is told: above the list, which is drawn anew where it stands."""
    spot = read_spot(press.block_id)

    async def tell(notice: str, sent: str) -> None:
        try:
            async with asyncio.timeout(REFRESH_SECONDS):
                rendered = await desk.look(parse_view(spot.words), press.person, spot.page, notice, sent)
        except TimeoutError:
            await respond(text=notice, response_type="ephemeral", replace_original=False)
            return
        await replace_message(respond, rendered)

    return tell


def draw_form(state: ApprovalState, verdict: Verdict) -> View | None:
    """The form of a decision; there is none for what has ended."""
    return forms.render_form(state, verdict) if state.status == "pending" else None


def draw_response(state: ApprovalState) -> View | None:
    """The form of an answer; there is none for what has ended, or is no question."""
    return elicitations.render_response(state) if elicitations.can_answer(state) else None


def draw_details(state: ApprovalState) -> View:
    """The first page of everything, also of what has ended."""
    return modals.render_details(state, 0)
