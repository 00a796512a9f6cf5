"""Change on a card: a form of what was asked, the difference, and the changed request approved in one signal."""

import asyncio
from collections.abc import Mapping
from typing import Any

import structlog
from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncRespond

from activities.cards import CHANGE, can_change
from activities.webapi import WebApi
from bot import changes
from bot.forms import dump_view, find_errors
from bot.gateway import ApprovalGoneError, Gateway, TemporalAwayError
from bot.listeners.approvals import GONE, answer_foreign
from bot.modals import render_notice
from bot.payloads import MalformedError, Press, Target, parse_press, parse_target
from bot.submissions import Submission, parse_submission, parse_typed
from workflows import policy
from workflows.contracts import ApprovalState
from workflows.policy import Refusal

READ_SECONDS = 0.8
"""How long a form waits for the request's state; with the signal after it, it has to stay under three seconds."""
log = structlog.stdlib.get_logger("countersign.changes")


class ChangeError(Exception):
    """There is nothing that could be changed; the message is the sentence that says why."""


def register(app: AsyncApp, gateway: Gateway, api: WebApi) -> None:
    """Listen to the button, to the form and to the difference."""
    desk = ChangeDesk(gateway, api)

    async def open_change(ack: AsyncAck, body: dict[str, Any], respond: AsyncRespond) -> None:
        await desk.open(ack, parse_press(body), respond)

    async def show_difference(ack: AsyncAck, body: dict[str, Any]) -> None:
        await ack(**await desk.answer_form(parse_submission(body), parse_typed(body)))

    async def approve_changed(ack: AsyncAck, body: dict[str, Any]) -> None:
        await ack(**await desk.approve(parse_submission(body)))

    app.block_action(CHANGE)(open_change)
    app.view(changes.CHANGE_FORM)(show_difference)
    app.view(changes.CHANGED_FORM)(approve_changed)


class ChangeDesk:
    """Answers each step of a change; nothing counts before the last, which the workflow judges."""

    def __init__(self, gateway: Gateway, api: WebApi) -> None:
        self._gateway = gateway
        self._api = api

    async def open(self, ack: AsyncAck, press: Press, respond: AsyncRespond) -> None:
        """Open the form, or say why there is nothing to change."""
        try:
            state = await self._read(parse_target(press.value))
        except MalformedError:
            await answer_foreign(ack, respond)
            return
        except ChangeError as refused:
            await ack()
            await respond(text=str(refused), response_type="ephemeral", replace_original=False)
            return
        view = dump_view(changes.render_change(state))
        await self._api.call("views.open", trigger_id=press.trigger_id, view=view)
        await ack()

    async def answer_form(self, submission: Submission, typed: Mapping[str, str | None]) -> dict[str, Any]:
        """The difference in place of the form, or what is wrong with what was typed."""
        try:
            state = await self._read(parse_target(submission.view.private_metadata))
        except ChangeError as refused:
            return _notice(str(refused))
        arguments, errors = changes.read_change(state, typed)
        if errors:
            return {"response_action": "errors", "errors": errors}
        view = changes.render_changed(state, changes.make_draft(state, arguments))
        return {"response_action": "update", "view": view}

    async def approve(self, submission: Submission) -> dict[str, Any]:
        """Hand on the approval of the changed request.

        Raises:
            TemporalAwayError: Temporal did not take it.
        """
        draft = changes.read_draft(submission.view.private_metadata)
        try:
            state = await self._read(draft.target)
        except ChangeError as refused:
            return _notice(str(refused))
        arguments = {"arguments": changes.put_changes(state, draft)}
        decision = submission.decision("approve", draft.target).model_copy(update=arguments)
        if errors := find_errors(changes.preview(state, draft), decision):
            return {"response_action": "errors", "errors": errors}
        try:
            await self._gateway.decide(draft.target.approval_id, decision)
        except ApprovalGoneError:
            return _notice(GONE)
        log.info("A change was handed on", approval=draft.target.approval_id, user=submission.user.id)
        return {}

    async def _read(self, target: Target) -> ApprovalState:
        """The request as it was when its card was read.

        Raises:
            ChangeError: it has ended, is another by now, or cannot be changed.
            TemporalAwayError: Temporal did not say.
        """
        try:
            async with asyncio.timeout(READ_SECONDS):
                state = await self._gateway.read_state(target.approval_id)
        except ApprovalGoneError:
            raise ChangeError(GONE) from None
        except TimeoutError:
            raise TemporalAwayError("Temporal did not answer in time.") from None
        if refusal := policy.closed_refusal(state):
            raise ChangeError(refusal)
        if (state.digest, state.stage) != (target.digest, target.stage):
            raise ChangeError(Refusal.STALE)
        if not can_change(state):
            raise ChangeError(Refusal.UNCHANGEABLE)
        if not changes.list_fields(state):
            raise ChangeError(changes.NO_FIELDS)
        return state


def _notice(sentence: str) -> dict[str, Any]:
    return {"response_action": "update", "view": render_notice(sentence)}
