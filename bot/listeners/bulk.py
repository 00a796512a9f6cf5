"""Several requests decided together: those of a burst's message, or those that somebody has picked."""

import asyncio
from collections.abc import Coroutine, Sequence
from typing import Any, TypeVar

import structlog
from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncRespond
from slack_sdk.models.views import View

from activities.bursts import APPROVE_ALL, REJECT_ALL, render_batch
from activities.cards import Rendered, render_unknown
from activities.webapi import WebApi
from bot import bulk
from bot.forms import dump_view
from bot.gateway import ApprovalGoneError, Gateway, TemporalAwayError
from bot.listeners.approvals import answer_foreign, replace_message
from bot.listeners.details import read_number
from bot.modals import render_notice
from bot.payloads import Bundle, MalformedError, Press, Target, parse_bundle, parse_press
from bot.submissions import Submission, parse_pick, parse_submission
from workflows import burst
from workflows.burst import Batch, Room
from workflows.contracts import ApprovalState, Verdict

READ_SECONDS = 2.0
"""How long reading all that is to be shown may take; with opening the modal it has to stay under three seconds."""
MOST_READ = 40
"""Of more requests the first are looked at; the modal takes fewer still."""
OVER = "All of these requests have ended, so there is nothing more to decide here."
T = TypeVar("T")
log = structlog.stdlib.get_logger("countersign.bulk")


def register(app: AsyncApp, gateway: Gateway, api: WebApi) -> None:
    """Listen to a burst's buttons, to the buttons beside picked requests, and to the modal."""
    desk = BulkDesk(gateway, api)

    async def approve_burst(ack: AsyncAck, body: dict[str, Any], respond: AsyncRespond) -> None:
        await desk.open_burst("approve", ack, parse_press(body), respond)

    async def reject_burst(ack: AsyncAck, body: dict[str, Any], respond: AsyncRespond) -> None:
        await desk.open_burst("reject", ack, parse_press(body), respond)

    async def approve_picked(ack: AsyncAck, body: dict[str, Any]) -> None:
        await desk.open_picked("approve", ack, body)

    async def reject_picked(ack: AsyncAck, body: dict[str, Any]) -> None:
        await desk.open_picked("reject", ack, body)

    async def note_pick(ack: AsyncAck) -> None:
        await ack()  # what is ticked comes along with the button

    async def turn_page(ack: AsyncAck, body: dict[str, Any]) -> None:
        await desk.turn_page(ack, body)

    async def submit(ack: AsyncAck, body: dict[str, Any]) -> None:
        await ack(**await desk.submit(parse_submission(body)))

    app.block_action(APPROVE_ALL)(approve_burst)
    app.block_action(REJECT_ALL)(reject_burst)
    app.block_action(bulk.PICK["approve"])(approve_picked)
    app.block_action(bulk.PICK["reject"])(reject_picked)
    app.block_action(bulk.PICKED)(note_pick)
    app.block_action(bulk.PREVIOUS)(turn_page)
    app.block_action(bulk.NEXT)(turn_page)
    app.view(bulk.FORM)(submit)


class BulkDesk:
    """Opens the modal for several requests, turns its pages, and hands their decisions on."""

    def __init__(self, gateway: Gateway, api: WebApi) -> None:
        self._gateway = gateway
        self._api = api

    async def open_burst(self, verdict: Verdict, ack: AsyncAck, press: Press, respond: AsyncRespond) -> None:
        """Show what of a burst is open in that channel; where nothing is, take the message's buttons away."""
        try:
            bundle = parse_bundle(press.value)
        except MalformedError as error:
            log.warning("Refused an edited button", user=press.user.id, problem=str(error))
            await answer_foreign(ack, respond)
            return
        batch, states, more = await _in_time(self._read_burst(bundle))
        if not any(state.status == "pending" for state in states):
            await ack()
            await respond(text=OVER, response_type="ephemeral", replace_original=False)
            await replace_message(respond, await self._render_over(batch, bundle))
            return
        selection = bulk.select(states, verdict, more)
        await self._open("views.open", press.trigger_id, bulk.render(selection, states))
        await ack()
        log.info("A burst was opened", batch=bundle.batch_id, verdict=verdict, user=press.user.id)

    async def _read_burst(self, bundle: Bundle) -> tuple[Batch | None, list[ApprovalState], int]:
        """The burst, its open requests, and how many more of them there are; None where there is no such burst any more."""
        try:
            batch = await self._gateway.read_batch(bundle.batch_id)
        except ApprovalGoneError:
            return None, [], 0
        ids = _open_ids(batch, bundle)
        return batch, await self._gateway.read_states(ids[:MOST_READ]), max(len(ids) - MOST_READ, 0)

    async def open_picked(self, verdict: Verdict, ack: AsyncAck, body: dict[str, Any]) -> None:
        """Show the requests that have been ticked, where they are of one kind."""
        press, pick = parse_press(body), parse_pick(body)
        view = await self._render_picked(verdict, pick.targets)
        await self._open("views.push" if pick.in_modal else "views.open", press.trigger_id, view)
        await ack()

    async def _render_picked(self, verdict: Verdict, picked: Sequence[Target]) -> View:
        if not picked:
            return render_notice(bulk.NONE_PICKED)
        states = await _in_time(self._gateway.read_states(one.approval_id for one in picked[:MOST_READ]))
        if difference := bulk.find_difference(states):
            return render_notice(difference)
        return bulk.render(bulk.select(states, verdict, max(len(picked) - MOST_READ, 0)), states)

    async def turn_page(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        """Show another page, without what has ended or changed meanwhile."""
        press, view = parse_press(body), body["view"]
        selection = bulk.read_selection(str(view.get("private_metadata", ""))).turn(read_number(press))
        ids = [one.approval_id for one in selection.targets]
        states = await _in_time(self._gateway.read_states(ids))
        shown = dump_view(bulk.render(bulk.renew(selection, states), states))
        await self._api.call("views.update", view_id=view["id"], hash=view["hash"], view=shown)
        await ack()

    async def submit(self, submission: Submission) -> dict[str, Any]:
        """Hand on a decision on each request; what was not taken in is said.

        Raises:
            TemporalAwayError: Temporal took none of them.
        """
        selection = bulk.read_selection(submission.view.private_metadata)
        decisions = submission.decisions(selection.verdict, selection.targets)
        tally = await self._gateway.decide_all(decisions)
        log.info(
            "Decisions were handed on", verdict=selection.verdict, user=submission.user.id, **tally._asdict()
        )
        if tally.away == len(decisions):
            raise TemporalAwayError("Temporal took none of several decisions.")
        if tally.handed == len(decisions):
            return {}
        return {"response_action": "update", "view": render_notice(bulk.explain_tally(*tally))}

    async def _open(self, method: str, trigger_id: str, view: View) -> None:
        await self._api.call(method, trigger_id=trigger_id, view=dump_view(view))

    async def _render_over(self, batch: Batch | None, bundle: Bundle) -> Rendered:
        room = _find_room(batch, bundle)
        if batch is None or room is None:
            return render_unknown()
        over = batch.model_copy(update={"over": True})
        return render_batch(over, room, (await self._api.identity()).url)


def _find_room(batch: Batch | None, bundle: Bundle) -> Room | None:
    rooms = batch.rooms or () if batch else ()
    return next((room for room in rooms if room.channel_id == bundle.channel_id), None)


def _open_ids(batch: Batch, bundle: Bundle) -> list[str]:
    """The requests that can be decided in that channel, in the order in which they were asked for."""
    room = _find_room(batch, bundle)
    rows = burst.members(batch, room) if room else ()
    return [row.approval_id for row in rows if room and burst.is_open(row, room)]


async def _in_time(reading: Coroutine[Any, Any, T]) -> T:
    try:
        async with asyncio.timeout(READ_SECONDS):
            return await reading
    except TimeoutError:
        raise TemporalAwayError("Temporal did not answer in time.") from None
