"""Approve and Reject on a card: signal the workflow, then acknowledge."""

from collections.abc import Callable
from typing import Any

import structlog
from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncRespond

from activities.blocks import render
from activities.cards import APPROVE, REJECT, Rendered, render_card, render_unknown
from bot.gateway import ApprovalGoneError, Gateway, TemporalAwayError
from bot.payloads import MalformedError, parse_press, parse_target
from workflows import policy
from workflows.contracts import ApprovalState, Verdict

FOREIGN = "This button does not belong to a request that I know; nothing was decided."
GONE = "This request has ended, so nothing was decided."
Draw = Callable[[ApprovalState], Rendered]
log = structlog.stdlib.get_logger("countersign.approvals")


def register(app: AsyncApp, gateway: Gateway) -> None:
    """Listen to the card's buttons."""

    async def decide(verdict: Verdict, ack: AsyncAck, body: dict[str, Any], respond: AsyncRespond) -> None:
        press = parse_press(body)
        try:
            target, decision = parse_target(press.value), press.decision(verdict)
        except MalformedError as error:
            log.warning("Refused an edited button", user=press.person.user_id, problem=str(error))
            await answer_foreign(ack, respond)
            return
        try:
            await gateway.decide(target.approval_id, decision)
        except ApprovalGoneError:
            await ack()
            await close_card(gateway, target.approval_id, respond)
            return
        await ack()
        log.info(
            "A decision was handed on",
            approval=target.approval_id,
            verdict=verdict,
            user=press.person.user_id,
        )

    async def approve(ack: AsyncAck, body: dict[str, Any], respond: AsyncRespond) -> None:
        await decide("approve", ack, body, respond)

    async def reject(ack: AsyncAck, body: dict[str, Any], respond: AsyncRespond) -> None:
        await decide("reject", ack, body, respond)

    app.block_action(APPROVE)(approve)
    app.block_action(REJECT)(reject)


async def answer_foreign(ack: AsyncAck, respond: AsyncRespond) -> None:
    """Answer a press on a button whose value was edited."""
    await ack()
    await respond(text=FOREIGN, response_type="ephemeral", replace_original=False)


async def close_card(
    gateway: Gateway, approval_id: str, respond: AsyncRespond, draw: Draw = render_card
) -> None:
    """Answer a press on a message of a request that has ended, and take the buttons away; `draw` is how it looks now."""
    log.info("A press on a dead card", approval=approval_id)
    rendered, sentence = render_unknown(), GONE
    try:
        state = await gateway.read_state(approval_id)
        rendered, sentence = draw(state), policy.closed_refusal(state) or GONE
    except (ApprovalGoneError, TemporalAwayError) as error:  # ended it has in any case: the signal said so
        log.warning("What became of it cannot be read", approval=approval_id, problem=str(error))
    await respond(text=sentence, response_type="ephemeral", replace_original=False)
    await replace_message(respond, rendered)


async def replace_message(respond: AsyncRespond, rendered: Rendered) -> None:
    """Put something else in the place of the message whose button was pressed."""
    await respond(
        text=rendered.text,
        blocks=render(rendered.blocks),
        replace_original=True,
        unfurl_links=False,
        unfurl_media=False,
    )
