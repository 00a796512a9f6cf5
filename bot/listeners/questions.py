"""Ask on a card, Answer under a question: a modal each, whose submission is signalled before it is acknowledged."""

from collections.abc import Awaitable
from typing import Any

import structlog
from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncRespond

from activities.cards import ANSWER, ASK
from activities.webapi import WebApi
from bot import modals, questions
from bot.forms import dump_view
from bot.gateway import ApprovalGoneError, Gateway
from bot.listeners.approvals import GONE, answer_foreign, close_card
from bot.payloads import MalformedError, parse_inquiry, parse_press, parse_target
from bot.submissions import WORDS_BLOCK, Submission, parse_submission
from workflows.contracts import ApprovalState

OVER = "This request has ended, so there is nothing to answer any more."
log = structlog.stdlib.get_logger("countersign.questions")


def register(app: AsyncApp, gateway: Gateway, api: WebApi) -> None:
    """Listen to the buttons and to what they open."""
    _register_asking(app, gateway, api)
    _register_answering(app, gateway, api)


def _register_asking(app: AsyncApp, gateway: Gateway, api: WebApi) -> None:
    async def open_ask(ack: AsyncAck, body: dict[str, Any], respond: AsyncRespond) -> None:
        press = parse_press(body)
        try:
            target = parse_target(press.value)
        except MalformedError:
            await answer_foreign(ack, respond)
            return
        state = await _read_open(gateway, target.approval_id)
        if state is None:
            await ack()
            await close_card(gateway, target.approval_id, respond)
            return
        view = dump_view(questions.render_ask(state))
        await api.call("views.open", trigger_id=press.trigger_id, view=view)
        await ack()

    async def submit_question(ack: AsyncAck, body: dict[str, Any]) -> None:
        submission = parse_submission(body)
        target = parse_target(submission.view.private_metadata)
        if await _has_words(ack, submission):
            handed = gateway.ask(target.approval_id, submission.question(target))
            await _hand_on(ack, handed, GONE)

    app.block_action(ASK)(open_ask)
    app.view(questions.ASK_FORM)(submit_question)


def _register_answering(app: AsyncApp, gateway: Gateway, api: WebApi) -> None:
    async def open_answer(ack: AsyncAck, body: dict[str, Any], respond: AsyncRespond) -> None:
        press = parse_press(body)
        try:
            inquiry = parse_inquiry(press.value)
        except MalformedError:
            await answer_foreign(ack, respond)
            return
        state = await _read_open(gateway, inquiry.approval_id)
        if state is None or inquiry.number >= len(state.questions):
            await ack()
            await respond(text=OVER, response_type="ephemeral", replace_original=False)
            return
        view = dump_view(questions.render_answer(state, inquiry.number))
        await api.call("views.open", trigger_id=press.trigger_id, view=view)
        await ack()

    async def submit_answer(ack: AsyncAck, body: dict[str, Any]) -> None:
        submission = parse_submission(body)
        inquiry = parse_inquiry(submission.view.private_metadata)
        if await _has_words(ack, submission):
            handed = gateway.answer(inquiry.approval_id, submission.answer(inquiry))
            await _hand_on(ack, handed, OVER)

    app.block_action(ANSWER)(open_answer)
    app.view(questions.ANSWER_FORM)(submit_answer)


async def _read_open(gateway: Gateway, approval_id: str) -> ApprovalState | None:
    """The state of a request that is open; None where it has ended or is gone."""
    try:
        state = await gateway.read_state(approval_id)
    except ApprovalGoneError:
        return None
    return state if state.status == "pending" else None


async def _has_words(ack: AsyncAck, submission: Submission) -> bool:
    """Whether something was written; else the form says so and stays."""
    if submission.words:
        return True
    await ack(response_action="errors", errors={WORDS_BLOCK: questions.BLANK})
    return False


async def _hand_on(ack: AsyncAck, handed: Awaitable[None], over: str) -> None:
    """Acknowledge what was handed on; the form of a request that has ended says so."""
    try:
        await handed
    except ApprovalGoneError:
        await ack(response_action="update", view=modals.render_notice(over))
        return
    await ack()
    log.info("A question or an answer was handed on")
