"""The approval: shows a card, waits for those who may decide, and tells what came of it.

While a membership check awaits Slack, other events arrive. State therefore changes only in the synchronous steps of
`policy`, each against the state as it is at that moment: the first valid decision stands.
"""

import asyncio
from collections.abc import Callable, Coroutine
from datetime import datetime
from functools import partial
from typing import Any, TypeVar

from temporalio import workflow
from temporalio.exceptions import ActivityError, ApplicationError, FailureError, is_cancelled_exception

with workflow.unsafe.imports_passed_through():
    from pydantic import ValidationError

    from workflows import attributes, calls, ids, notices, policy, tasks
    from workflows.contracts import (
        ApprovalRequest,
        ApprovalState,
        Cancellation,
        Carried,
        Decision,
        MembershipQuery,
        Outcome,
        PlanQuery,
        Publication,
        Published,
        Status,
        Verdict,
        Whisper,
    )
    from workflows.digest import UndigestibleError, digest
    from workflows.policy import Refusal

T = TypeVar("T")
SUMMARY_MEMO = "summary"
SEEN_EVENTS = 200
"""How many events are remembered, to tell a repeated delivery from a new click."""


@workflow.defn(failure_exception_types=[ValidationError])  # an unreadable request ends at once, not never
class ApprovalWorkflow:
    """One request, from its card to its outcome. A child of whoever asks, or started on its own."""

    @workflow.init
    def __init__(self, start: ApprovalRequest | Carried) -> None:
        carried = start if isinstance(start, Carried) else Carried(state=_first_state(start))
        self._state = carried.state
        self._seen = list(carried.seen)
        self._carried = carried.unanswered
        self._again = isinstance(start, Carried)
        self._unanswered: dict[str, Decision] = {}
        self._answers: dict[str, asyncio.Task[Refusal | None]] = {}
        self._shown = carried.shown
        self._card: asyncio.Task[None] | None = None
        self._stopping = False
        self._approved_early = False

    @workflow.run
    async def run(self, start: ApprovalRequest | Carried) -> Outcome:  # noqa: ARG002 - read in __init__, as @workflow.init asks
        """Wait for the outcome; only an approval that continues as new starts with what it has carried along."""
        try:
            await self._await_end()
        except asyncio.CancelledError:
            self._end("cancelled", "Whoever asked for this is gone or no longer wants it")
        await tasks.see_through(self._finish())
        return policy.outcome(self._state)

    @workflow.signal
    def decide(self, decision: Decision | None = None) -> None:
        """A click, or any other decision whose sender does not wait for the answer.

        A signal without its input is ignored, here as below; without the default it would fail every task from then on.
        """
        if decision:
            self._look_into(decision)

    @workflow.signal
    def approve(self, approved: Any = None) -> None:
        """An operator's override, without a person: `temporal workflow signal --name approve --input true`.

        The hint is open because a bool would be made of "no", too. An approval waits until the policy is known, which
        may be one that nobody can approve.
        """
        if not isinstance(approved, bool):
            workflow.logger.warning("An override was ignored: it is neither true nor false")
            return
        if approved and self._state.plan is None:
            self._approved_early = True
        else:
            self._override("approve" if approved else "reject")

    @workflow.signal
    def cancel(self, wish: Cancellation | None = None) -> None:
        """The requester's or an operator's wish to withdraw the request."""
        if wish is None:
            return
        self._state, refusal = policy.cancel(self._state, wish, workflow.now())
        if refusal:
            workflow.logger.warning("A cancellation was refused: %s", refusal)

    @workflow.update
    async def decide_now(self, decision: Decision) -> ApprovalState:
        """Decide, and learn at once what came of it.

        Raises:
            ApplicationError: the decision does not count; the error's type is the refusal's name.
        """
        try:
            refusal = await self._look_into(decision)
        except asyncio.CancelledError:
            raise ApplicationError(
                "The approval is moving to a new run; send it again.", type="MOVED"
            ) from None
        if refusal:
            raise ApplicationError(refusal.value, type=refusal.name)
        return self._state

    @decide_now.validator
    def check_decision(self, decision: Decision) -> None:
        """Refuse, without a trace in history, what cannot count."""
        if decision.event_id in self._answers or self._state.plan is None:
            return
        refusal = policy.screen(self._state, decision, workflow.now())
        if refusal:
            raise ApplicationError(refusal.value, type=refusal.name)

    @workflow.query
    def state(self) -> ApprovalState:
        """Everything about this approval."""
        return self._state

    @property
    def _closed(self) -> bool:
        return self._state.status != "pending"

    def _long(self) -> bool:
        return workflow.info().is_continue_as_new_suggested()

    def _settled(self) -> bool:
        """Whether there is something to show: not while a stage is opening, which is about to change the card again."""
        opening = policy.is_opening(self._state)
        differs = self._shown is None or notices.differ(self._shown, self._state)
        return self._closed or self._stopping or (differs and not opening)

    def _overtaken(self, moment: datetime | None) -> bool:
        changed = policy.is_opening(self._state) or policy.next_moment(self._state) != moment
        return self._closed or self._long() or changed

    def _end(self, status: Status, reason: str) -> None:
        self._state = policy.close(self._state, status, workflow.now(), reason)

    def _override(self, verdict: Verdict) -> None:
        self._state = policy.override(self._state, verdict, str(workflow.uuid4()), workflow.now())

    def _tick(self) -> None:
        self._state = policy.tick(self._state, workflow.now())

    async def _await_end(self) -> None:
        if self._state.plan is None and not self._closed:
            await self._resolve()
        for decision in self._carried:
            self._look_into(decision)
        while not self._closed:
            self._stopping = False
            self._card = asyncio.create_task(self._keep_card())
            await self._await_event()
            if not self._closed:
                await self._move_on()

    async def _resolve(self) -> None:
        try:
            query = PlanQuery(request=self._state.request, now=workflow.now())
            resolution = await self._unless_closed(calls.resolve_plan(query))
        except FailureError as error:
            if is_cancelled_exception(error):
                raise
            self._end("failed", f"No policy could be applied: {tasks.explain(error)}")
            self._note_all()
            return
        if resolution is None:
            return
        self._state = policy.begin(self._state, resolution, workflow.now())
        if self._approved_early:
            self._override("approve")
        self._note_all()

    async def _open_stage(self) -> None:
        """Find out a stage's clocks and people; what has moved on meanwhile is looked at anew."""
        before, stage = self._state, policy.current_stage(self._state)
        if stage is None:
            return
        try:
            query = policy.stage_query(before, stage, workflow.now())
            task = asyncio.create_task(self._unless_closed(calls.open_stage(query)))
            while not task.done() and not self._long():
                moment = policy.next_moment(self._state)
                await self._await_until(moment, lambda: task.done() or self._long())
            if not task.done():
                task.cancel()  # the next run opens it
                return
            opening = task.result()
        except FailureError as error:
            if is_cancelled_exception(error):
                raise
            self._end("failed", f"A stage could not be opened: {tasks.explain(error)}")
            return
        if opening and (before.stage, before.escalated) == (self._state.stage, self._state.escalated):
            self._state = policy.open_stage(self._state, opening, workflow.now())
            self._note_all()

    async def _unless_closed(self, work: Coroutine[Any, Any, T]) -> T | None:
        """The result of work that Slack may hold up, or None as soon as the request has ended."""
        task = asyncio.create_task(work)
        task.add_done_callback(tasks.read_end)
        try:
            await workflow.wait_condition(lambda: task.done() or self._closed)
            return task.result() if task.done() else None
        finally:
            task.cancel()

    async def _await_until(self, moment: datetime | None, happened: Callable[[], bool]) -> None:
        """Until something has happened, or a moment has come: then time does its part."""
        try:
            left = moment - workflow.now() if moment else None
            await workflow.wait_condition(happened, timeout=left)
        except TimeoutError:
            self._tick()

    def _note_all(self) -> None:
        workflow.upsert_search_attributes(attributes.describe(self._state))
        self._note()

    def _note(self) -> None:
        workflow.upsert_memo({SUMMARY_MEMO: notices.summary(self._state)})

    async def _keep_card(self) -> None:
        """The card follows the state: posted first, rewritten after each change that matters."""
        while True:
            await workflow.wait_condition(self._settled)
            if self._closed or self._stopping:
                return
            await self._show()

    async def _show(self) -> None:
        state = self._state
        posts = notices.opening_posts(self._shown, state)
        published = await self._publish(Publication(state=state, posts=posts, again=self._again))
        _report(published)
        cards = self._state.cards
        self._state = notices.place_cards(self._state, posts, published)
        self._shown = state
        if cards != self._state.cards:
            self._note()
        if not notices.has_card(self._state) and state.stage == self._state.stage and not self._stopping:
            self._end(
                "failed", "; ".join(published.problems) or "There is nobody whom its card could be sent to"
            )

    async def _publish(self, publication: Publication) -> Published:
        try:
            return await calls.publish_state(publication)
        except ActivityError as error:
            if is_cancelled_exception(error):
                raise
            return Published(messages=(), problems=(f"Slack could not be written to: {error.cause}",))

    async def _stop_card(self) -> None:
        """The flag is for an attempt under way that succeeds: the SDK then forgets that it was cancelled."""
        self._stopping = True
        if self._card:
            self._card.cancel()
            await asyncio.gather(self._card, return_exceptions=True)

    async def _await_event(self) -> None:
        """Until the request has ended, or its history asks to continue as new; time does its part meanwhile."""
        while not self._closed and not self._long():
            if policy.is_opening(self._state):
                await self._open_stage()
                continue
            moment = policy.next_moment(self._state)
            await self._await_until(moment, partial(self._overtaken, moment))

    async def _move_on(self) -> None:
        """Continue as new; if the request ends meanwhile, stay and finish."""
        await self._stop_card()
        for event_id in self._unanswered:
            self._answers.pop(event_id).cancel()
        await workflow.wait_condition(workflow.all_handlers_finished)
        unanswered, self._unanswered = tuple(self._unanswered.values()), {}
        if not self._closed:
            workflow.continue_as_new(
                Carried(state=self._state, shown=self._shown, unanswered=unanswered, seen=tuple(self._seen)),
                memo={SUMMARY_MEMO: notices.summary(self._state)},  # an upserted memo is not carried on
            )
        for decision in unanswered:
            self._look_into(decision)

    async def _finish(self) -> None:
        await self._stop_card()
        if notices.closing_posts(self._state):
            published = await calls.publish_promptly(notices.closing_publication(self._state, again=False))
            if published is None:
                await calls.tell_parent(policy.outcome(self._state))
                await asyncio.sleep(
                    calls.ATTEMPT.total_seconds()
                )  # an attempt under way may still be posting
                published = await self._publish(notices.closing_publication(self._state, again=True))
            _report(published)
        if (
            self._unanswered
        ):  # whoever asked need not wait until others have been told why theirs did not count
            await calls.tell_parent(policy.outcome(self._state))
        await workflow.wait_condition(lambda: not self._unanswered and workflow.all_handlers_finished())

    def _look_into(self, decision: Decision) -> "asyncio.Task[Refusal | None]":
        known = self._answers.get(decision.event_id)
        if known:
            return known
        task = asyncio.create_task(self._answer(decision))
        task.add_done_callback(partial(self._conclude, decision.event_id))
        self._answers[decision.event_id] = task
        self._unanswered[decision.event_id] = decision
        return task

    async def _answer(self, decision: Decision) -> Refusal | None:
        refusal = None if decision.event_id in self._seen else await self._consider(decision)
        if refusal:
            await self._refuse(decision, refusal)
        return refusal

    def _conclude(self, event_id: str, task: "asyncio.Task[Refusal | None]") -> None:
        """However looking into a decision ended, it must not keep the request open; a cancelled one is carried on."""
        if task.cancelled():
            return
        if task.exception():
            workflow.logger.error("A decision could not be looked into", exc_info=task.exception())
        self._unanswered.pop(event_id, None)
        self._seen.append(event_id)
        if len(self._seen) > SEEN_EVENTS:
            self._answers.pop(self._seen.pop(0), None)

    async def _consider(self, decision: Decision) -> Refusal | None:
        await workflow.wait_condition(lambda: self._closed or self._state.plan is not None)
        while True:
            self._tick()
            refusal = policy.screen(self._state, decision, workflow.now())
            query = self._member_query(decision)
            if refusal or query is None:
                return refusal
            membership = await self._unless_closed(calls.check_member(query))
            if membership is None:
                return policy.screen(self._state, decision, workflow.now())
            if query.approvers == policy.approvers(self._state) or decision.stage != self._state.stage:
                break  # else it has escalated meanwhile, and others decide now
        if membership.detail:
            workflow.logger.warning("Membership is %s: %s", membership.standing, membership.detail)
        self._state, refusal = policy.judge(self._state, decision, membership, workflow.now())
        if refusal is None and not self._closed and not policy.is_opening(self._state):
            self._note_all()  # who has decided is no longer waited for
        return refusal

    def _member_query(self, decision: Decision) -> MembershipQuery | None:
        stage = policy.current_stage(self._state)
        if stage is None or decision.decided_by is None:
            return None
        approvers = policy.approvers(self._state)
        return MembershipQuery(person=decision.decided_by, approvers=approvers, delegates=stage.delegates)

    async def _refuse(self, decision: Decision, refusal: Refusal) -> None:
        workflow.logger.info("A decision was refused: %s", refusal.name)
        if decision.via != "slack" or decision.decided_by is None or self._state.plan is None:
            return
        whisper = Whisper(
            approval_id=self._state.approval_id,
            person=decision.decided_by,
            channel_id=notices.card_channel(self._state, policy.current_stage(self._state)),
            sentence=refusal.value,
        )
        await calls.whisper_refusal(whisper)


def _first_state(request: ApprovalRequest) -> ApprovalState:
    now = workflow.now()
    state = ApprovalState(
        approval_id=workflow.info().workflow_id, request=request, digest="", opened_at=now, status="pending"
    )
    if not ids.APPROVAL_ID.fullmatch(state.approval_id):
        return policy.close(
            state, "failed", now, "An approval's workflow id must be approval- and letters, digits, - or _"
        )
    try:
        return state.model_copy(update={"digest": digest(request.action, request.arguments)})
    except UndigestibleError as error:
        return policy.close(state, "failed", now, str(error))


def _report(published: Published) -> None:
    for problem in published.problems:
        workflow.logger.error("Slack will not have a message: %s", problem)
