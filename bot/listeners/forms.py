"""The form of a decision that needs words: opened from the card, checked once it is submitted, then handed on."""

import asyncio
from typing import Any

import structlog
from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncRespond

from activities.cards import APPROVE_FORM, REJECT_FORM
from activities.webapi import WebApi
from bot import forms, modals
from bot.gateway import ApprovalGoneError, Gateway, TemporalAwayError
from bot.listeners.approvals import GONE, answer_foreign, close_card
from bot.payloads import MalformedError, Target, parse_press, parse_target
from bot.submissions import Submission, parse_submission
from workflows.contracts import Decision, Verdict

CHECK_SECONDS = 0.8
"""How long a form is checked before it is handed on unchecked: the workflow checks it too, and Slack waits 3 s in all."""
log = structlog.stdlib.get_logger("countersign.forms")


def register(app: AsyncApp, gateway: Gateway, api: WebApi) -> None:
    """Listen to the buttons that open a form, and to the form."""

    async def open_form(verdict: Verdict, ack: AsyncAck, body: dict[str, Any], respond: AsyncRespond) -> None:
        press = parse_press(body)
        try:
            target = parse_target(press.value)
        except MalformedError:
            await answer_foreign(ack, respond)
            return
        try:
            state = await gateway.read_state(target.approval_id)
        except ApprovalGoneError:
            state = None
        if state is None or state.status != "pending":
            await ack()
            await close_card(gateway, target.approval_id, respond)
            return
        view = forms.dump_view(forms.render_form(state, verdict))
        await api.call("views.open", trigger_id=press.trigger_id, view=view)
        await ack()
        log.info("A form was opened", approval=target.approval_id, verdict=verdict, user=press.user.id)

    async def open_approve(ack: AsyncAck, body: dict[str, Any], respond: AsyncRespond) -> None:
        await open_form("approve", ack, body, respond)

    async def open_reject(ack: AsyncAck, body: dict[str, Any], respond: AsyncRespond) -> None:
        await open_form("reject", ack, body, respond)

    async def approve(ack: AsyncAck, body: dict[str, Any]) -> None:
        submission = parse_submission(body)
        await submit(gateway, ack, "approve", submission, parse_target(submission.view.private_metadata))

    async def reject(ack: AsyncAck, body: dict[str, Any]) -> None:
        submission = parse_submission(body)
        await submit(gateway, ack, "reject", submission, parse_target(submission.view.private_metadata))

    app.block_action(APPROVE_FORM)(open_approve)
    app.block_action(REJECT_FORM)(open_reject)
    app.view(forms.CALLBACKS["approve"])(approve)
    app.view(forms.CALLBACKS["reject"])(reject)


async def submit(
    gateway: Gateway, ack: AsyncAck, verdict: Verdict, submission: Submission, target: Target
) -> None:
    """Hand on the decision of a modal that was submitted, or show what is wrong with what was typed.

    Raises:
        TemporalAwayError: Temporal did not take it.
    """
    decision = submission.decision(verdict, target)
    await hand_on(gateway, ack, submission, target.approval_id, decision)


async def hand_on(
    gateway: Gateway, ack: AsyncAck, submission: Submission, approval_id: str, decision: Decision
) -> None:
    """The same for a decision that says more than the form does. Whatever the form was opened from closes with it."""
    errors = await _check(gateway, approval_id, decision) if submission.has_inputs else {}
    if errors:
        await ack(response_action="errors", errors=errors)
        return
    try:
        await gateway.decide(approval_id, decision)
    except ApprovalGoneError:
        await ack(response_action="update", view=modals.render_notice(GONE))
        return
    await ack(response_action="clear")
    log.info(
        "A decision was handed on",
        approval=approval_id,
        verdict=decision.verdict,
        user=submission.user.id,
    )


async def _check(gateway: Gateway, approval_id: str, decision: Decision) -> dict[str, str]:
    """What is wrong with a form, where that can be told at once; whether it counts the workflow says."""
    try:
        async with asyncio.timeout(CHECK_SECONDS):
            state = await gateway.read_state(approval_id)
    except (ApprovalGoneError, TemporalAwayError, TimeoutError) as error:
        log.warning("A form is handed on unchecked", approval=approval_id, problem=str(error))
        return {}
    return forms.find_errors(state, decision) if state.status == "pending" else {}
