"""Approve and remember on a card: a form of limits, the rule that they come to, and both sent in one signal."""

import asyncio
from typing import Any, NamedTuple

import structlog
from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncRespond

from activities.bounds import BoundsError
from activities.cards import REMEMBER, offers_rule
from activities.webapi import WebApi
from bot import remember
from bot.forms import dump_view, find_errors
from bot.gateway import ApprovalGoneError, Gateway, TemporalAwayError
from bot.listeners.approvals import GONE, answer_foreign
from bot.modals import render_notice
from bot.payloads import MalformedError, Press, Target, parse_press, parse_target
from bot.submissions import Filing, Submission, parse_filing, parse_submission
from workflows import policy
from workflows.contracts import ApprovalState, Leeway
from workflows.policy import Refusal

READ_SECONDS = 0.8
"""How long a form waits for the request's state; with the signal after it, it has to stay under three seconds."""
log = structlog.stdlib.get_logger("countersign.remember")


class RuleError(Exception):
    """No rule can be made of it; the message is the sentence that says why."""


class Subject(NamedTuple):
    """A request as its card was read, and how far an approval of it may stand for others."""

    state: ApprovalState
    allowed: Leeway


def register(app: AsyncApp, gateway: Gateway, api: WebApi) -> None:
    """Listen to the button, to the form and to the rule."""
    desk = RuleDesk(gateway, api)

    async def open_form(ack: AsyncAck, body: dict[str, Any], respond: AsyncRespond) -> None:
        await desk.open(ack, parse_press(body), respond)

    async def show_rule(ack: AsyncAck, body: dict[str, Any]) -> None:
        await ack(**await desk.answer_form(parse_filing(body)))

    async def approve_and_remember(ack: AsyncAck, body: dict[str, Any]) -> None:
        await ack(**await desk.approve(parse_submission(body)))

    app.block_action(REMEMBER)(open_form)
    app.view(remember.RULE_FORM)(show_rule)
    app.view(remember.RULE_SHOWN)(approve_and_remember)


class RuleDesk:
    """Answers each step; nothing counts before the last, which the workflow judges."""

    def __init__(self, gateway: Gateway, api: WebApi) -> None:
        self._gateway = gateway
        self._api = api

    async def open(self, ack: AsyncAck, press: Press, respond: AsyncRespond) -> None:
        """Open the form, or say why no rule can be made."""
        try:
            state, allowed = await self._read(parse_target(press.value))
        except MalformedError:
            await answer_foreign(ack, respond)
            return
        except RuleError as refused:
            await ack()
            await respond(text=str(refused), response_type="ephemeral", replace_original=False)
            return
        view = dump_view(remember.render_rule_form(state, allowed))
        await self._api.call("views.open", trigger_id=press.trigger_id, view=view)
        await ack()

    async def answer_form(self, filing: Filing) -> dict[str, Any]:
        """The rule in place of the form, or what is wrong with what was chosen."""
        try:
            state, allowed = await self._read(parse_target(filing.view.private_metadata))
            chosen = remember.read_choices(state, allowed, filing)
            if chosen.draft is None:
                return {"response_action": "errors", "errors": chosen.errors}
            wish = remember.build_wish(state, chosen.draft)
        except (RuleError, BoundsError) as refused:
            return _notice(str(refused))
        return {
            "response_action": "update",
            "view": dump_view(remember.render_rule(state, chosen.draft, wish)),
        }

    async def approve(self, submission: Submission) -> dict[str, Any]:
        """Hand on the approval, and the rule that is to be made of it.

        Raises:
            TemporalAwayError: Temporal did not take it.
        """
        draft = remember.read_draft(submission.view.private_metadata)
        try:
            state, _ = await self._read(draft.target)
            wish = remember.build_wish(state, draft)
        except (RuleError, BoundsError) as refused:
            return _notice(str(refused))
        decision = submission.decision("approve", draft.target).model_copy(update={"remember": wish})
        if errors := find_errors(state, decision):
            return {"response_action": "errors", "errors": errors}
        try:
            await self._gateway.decide(draft.target.approval_id, decision)
        except ApprovalGoneError:
            return _notice(GONE)
        log.info("A rule was handed on", approval=draft.target.approval_id, user=submission.user.id)
        return {}

    async def _read(self, target: Target) -> Subject:
        """The request as it was when its card was read.

        Raises:
            RuleError: it has ended, is another by now, or no rule can be made of it.
            TemporalAwayError: Temporal did not say.
        """
        try:
            async with asyncio.timeout(READ_SECONDS):
                state = await self._gateway.read_state(target.approval_id)
        except ApprovalGoneError:
            raise RuleError(GONE) from None
        except TimeoutError:
            raise TemporalAwayError("Temporal did not answer in time.") from None
        if refusal := policy.closed_refusal(state):
            raise RuleError(refusal)
        if (state.digest, state.stage) != (target.digest, target.stage):
            raise RuleError(Refusal.STALE)
        if state.plan is None or state.plan.remember is None or not offers_rule(state):
            raise RuleError(Refusal.UNREMEMBERED)
        return Subject(state, state.plan.remember)


def _notice(sentence: str) -> dict[str, Any]:
    return {"response_action": "update", "view": render_notice(sentence)}
