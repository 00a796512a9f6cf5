"""Cancel all, on the word to the requester: signal the conversation, which says whether it counts, then acknowledge."""

from typing import Any

import structlog
from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncRespond

from activities.cards import CANCEL
from bot.gateway import ApprovalGoneError, Gateway
from bot.listeners.approvals import answer_foreign
from bot.payloads import MalformedError, parse_press, parse_turn
from workflows.agent import OVER
from workflows.talk import TurnCancellation

log = structlog.stdlib.get_logger("countersign.cancellations")


def register(app: AsyncApp, gateway: Gateway) -> None:
    """Listen to the button."""

    async def cancel(ack: AsyncAck, body: dict[str, Any], respond: AsyncRespond) -> None:
        press = parse_press(body)
        try:
            target = parse_turn(press.value)
        except MalformedError as error:
            log.warning("Refused an edited button", user=press.person.user_id, problem=str(error))
            await answer_foreign(ack, respond)
            return
        wish = TurnCancellation(cancelled_by=press.person, approval_id=target.approval_id)
        try:
            await gateway.cancel_turn(target.conversation, wish)
        except ApprovalGoneError:
            await ack()
            await respond(text=OVER, response_type="ephemeral", replace_original=False)
            return
        await ack()
        log.info("A cancellation was handed on", conversation=target.conversation, user=press.person.user_id)

    app.block_action(CANCEL)(cancel)
