"""Withdraw, on the word to the requester: signal the workflow, which says whether it counts, then acknowledge."""

from typing import Any

import structlog
from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncRespond

from activities.cards import WITHDRAW, render_asked
from bot.gateway import ApprovalGoneError, Gateway
from bot.listeners.approvals import answer_foreign, close_card
from bot.payloads import MalformedError, parse_press, parse_target
from workflows.contracts import Cancellation

log = structlog.stdlib.get_logger("countersign.withdrawals")


def register(app: AsyncApp, gateway: Gateway) -> None:
    """Listen to the button."""

    async def withdraw(ack: AsyncAck, body: dict[str, Any], respond: AsyncRespond) -> None:
        press = parse_press(body)
        try:
            target = parse_target(press.value)
        except MalformedError as error:
            log.warning("Refused an edited button", user=press.person.user_id, problem=str(error))
            await answer_foreign(ack, respond)
            return
        try:
            await gateway.cancel(target.approval_id, Cancellation(cancelled_by=press.person, via="slack"))
        except ApprovalGoneError:
            await ack()
            await close_card(gateway, target.approval_id, respond, render_asked)
            return
        await ack()
        log.info("A withdrawal was handed on", approval=target.approval_id, user=press.person.user_id)

    app.block_action(WITHDRAW)(withdraw)
