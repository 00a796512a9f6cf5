"""Answers to questions: an option pressed on a card, or a form that is opened from it and submitted."""

import asyncio
import re
from typing import Any

import structlog
from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncRespond

from activities.elicitations import CHOOSE, RESPOND
from activities.webapi import WebApi
from bot import elicitations
from bot.elicitations import choose_option
from bot.forms import dump_view, find_errors
from bot.gateway import ApprovalGoneError, Gateway, TemporalAwayError
from bot.listeners.approvals import GONE, answer_foreign, close_card
from bot.modals import render_notice
from bot.payloads import MalformedError, Target, parse_press, parse_target
from bot.submissions import parse_submission, parse_typed
from workflows import policy
from workflows.contracts import ApprovalState
from workflows.elicitation import ElicitationError, read_elicitation

READ_SECONDS = 0.8
"""How long a form waits for the question; with the signal after it, it has to stay under three seconds."""
log = structlog.stdlib.get_logger("countersign.elicitations")


def register(app: AsyncApp, gateway: Gateway, api: WebApi) -> None:
    """Listen to a question's buttons, and to the form."""

    async def choose(ack: AsyncAck, body: dict[str, Any], respond: AsyncRespond) -> None:
        press = parse_press(body)
        try:
            target, decision = parse_target(press.value), choose_option(press)
        except MalformedError:
            await answer_foreign(ack, respond)
            return
        try:
            await gateway.decide(target.approval_id, decision)
        except ApprovalGoneError:
            await ack()
            await close_card(gateway, target.approval_id, respond)
            return
        await ack()
        log.info("An answer was handed on", approval=target.approval_id, user=press.user.id)

    async def open_response(ack: AsyncAck, body: dict[str, Any], respond: AsyncRespond) -> None:
        press = parse_press(body)
        try:
            target = parse_target(press.value)
        except MalformedError:
            await answer_foreign(ack, respond)
            return
        state = await _read(gateway, target)
        if state is None or not elicitations.can_answer(state):
            await ack()
            await close_card(gateway, target.approval_id, respond)
            return
        view = dump_view(elicitations.render_response(state))
        await api.call("views.open", trigger_id=press.trigger_id, view=view)
        await ack()

    async def submit(ack: AsyncAck, body: dict[str, Any]) -> None:
        await ack(**await submit_response(gateway, body))

    app.block_action(re.compile(rf"{CHOOSE}_"))(choose)
    app.block_action(RESPOND)(open_response)
    app.view(elicitations.FORM)(submit)


async def submit_response(gateway: Gateway, body: dict[str, Any]) -> dict[str, Any]:
    """Hand on an answer, or show what is wrong with it; whether it counts the workflow says.

    Raises:
        TemporalAwayError: Temporal did not take it.
    """
    submission = parse_submission(body)
    target = parse_target(submission.view.private_metadata)
    state = await _read(gateway, target)
    if state is None or state.status != "pending":
        return _notice((state and policy.closed_refusal(state)) or GONE)
    try:
        answering = elicitations.read_response(read_elicitation(state.request.arguments), parse_typed(body))
    except ElicitationError as error:
        return _notice(str(error))
    decision = submission.decision("approve", target).model_copy(update={"answer": answering.answer})
    if errors := answering.errors or find_errors(state, decision):
        return {"response_action": "errors", "errors": errors}
    try:
        await gateway.decide(target.approval_id, decision)
    except ApprovalGoneError:
        return _notice(GONE)
    log.info("An answer was handed on", approval=target.approval_id, user=submission.user.id)
    return {"response_action": "clear"}


async def _read(gateway: Gateway, target: Target) -> ApprovalState | None:
    """The question as it is; None where it is gone.

    Raises:
        TemporalAwayError: Temporal did not say.
    """
    try:
        async with asyncio.timeout(READ_SECONDS):
            return await gateway.read_state(target.approval_id)
    except ApprovalGoneError:
        return None
    except TimeoutError:
        raise TemporalAwayError("Temporal did not answer in time.") from None


def _notice(sentence: str) -> dict[str, Any]:
    return {"response_action": "update", "view": render_notice(sentence)}
