"""The approval: shows a card, waits for those who may decide, and tells what came of it."""

import asyncio
from datetime import datetime
from functools import partial
from typing import Any

from temporalio import workflow
from temporalio.exceptions import ApplicationError, FailureError, is_cancelled_exception

with workflow.unsafe.imports_passed_through():
    from pydantic import ValidationError

    from workflows import calls, errands, grants, ids, notices, policy, tasks
    from workflows.burst import Filing
    from workflows.case import SUMMARY_MEMO, Case
    from workflows.contracts import (
        Answer,
        ApprovalRequest,
        ApprovalState,
        Cancellation,
        Carried,
        Decision,
        Outcome,
        Plan,
        PlanQuery,
        Question,
    )
    from workflows.digest import UndigestibleError, digest
    from workflows.docket import Docket
    from workflows.grants import GrantQuery
    from workflows.keeper import Keeper


@workflow.defn(failure_exception_types=[ValidationError])  # an unreadable request ends at once, not never
class ApprovalWorkflow:
    """One request, from its card to its outcome. A child of whoever asks, or started on its own."""

    @workflow.init
    def __init__(self, start: ApprovalRequest | Carried) -> None:
        carried = start if isinstance(start, Carried) else Carried(state=_first_state(start))
        in_burst = carried.state.request.batch is not None and not isinstance(start, Carried)
        self._case = Case(carried.state, placed=not in_burst)
        self._docket = Docket(self._case, carried.seen)
        self._keeper = Keeper(self._case, carried.shown, again=isinstance(start, Carried))
        self._carried = carried.unanswered
        self._approved_early = False

    @workflow.run
    async def run(self, start: ApprovalRequest | Carried) -> Outcome:  # noqa: ARG002 - read in __init__, as @workflow.init asks
        """Wait for the outcome; only an approval that continues as new starts with what it has carried along."""
        try:
            await self._await_end()
        except asyncio.CancelledError:
            self._case.end("cancelled", "Whoever asked for this is gone or no longer wants it")
        await tasks.see_through(self._finish())
        return policy.outcome(self._case.state)

    @workflow.signal
    def decide(self, decision: Decision | None = None) -> None:
        """A click, or any other decision whose sender does not wait for the answer.

        A signal without its input is ignored, here as below; without the default it would fail every task from then on.
        """
        if decision:
            self._docket.look_into(decision)

    @workflow.signal
    def ask(self, question: Question | None = None) -> None:
        """A question of somebody who may decide."""
        if question:
            self._docket.look_into(question)

    @workflow.signal
    def answer(self, given: Answer | None = None) -> None:
        """An answer to a question: the requester's, or without a person the agent's."""
        if given:
            self._docket.look_into(given)

    @workflow.signal
    def approve(self, approved: Any = None) -> None:
        """An operator's override, without a person: `temporal workflow signal --name approve --input true`.

        The hint is open because a bool would be made of "no", too. An approval waits until the policy is known, which
        may be one that nobody can approve.
        """
        if not isinstance(approved, bool):
            workflow.logger.warning("An override was ignored: it is neither true nor false")
            return
        if approved and self._case.state.plan is None:
            self._approved_early = True
        else:
            self._case.override("approve" if approved else "reject")

    @workflow.signal
    def cancel(self, wish: Cancellation | None = None) -> None:
        """The requester's or an operator's wish to withdraw the request."""
        if wish is None:
            return
        self._case.state, refusal = policy.cancel(self._case.state, wish, workflow.now())
        if refusal:
            workflow.logger.warning("A cancellation was refused: %s", refusal)
            self._docket.tell(notices.answer_cancellation(self._case.state, wish, refusal))

    @workflow.signal
    def file(self, filing: Filing | None = None) -> None:
        """Where its card belongs, of a request that is part of a burst."""
        if filing:
            self._case.place(filing.thread)

    @workflow.update
    async def decide_now(self, decision: Decision) -> ApprovalState:
        """Decide, and learn at once what came of it.

        Raises:
            ApplicationError: the decision does not count; the error's type is the refusal's name.
        """
        try:
            refusal = await self._docket.look_into(decision)
        except asyncio.CancelledError:
            raise ApplicationError("The approval moves to a new run; send it again.", type="MOVED") from None
        if refusal:
            raise ApplicationError(refusal.value, type=refusal.name)
        return self._case.state

    @decide_now.validator
    def check_decision(self, decision: Decision) -> None:
        """Refuse, without a trace in history, what cannot count."""
        if self._docket.knows(decision.event_id) or self._case.state.plan is None:
            return
        refusal = self._docket.screen(decision)
        if refusal:
            raise ApplicationError(refusal.value, type=refusal.name)

    @workflow.query
    def state(self) -> ApprovalState:
        """Everything about this approval."""
        return self._case.state

    def _long(self) -> bool:
        return workflow.info().is_continue_as_new_suggested()

    def _overtaken(self, moment: datetime | None) -> bool:
        state = self._case.state
        changed = policy.is_opening(state) or policy.next_moment(state) != moment
        return self._case.closed or self._long() or changed

    async def _await_end(self) -> None:
        case = self._case
        if case.state.plan is None and not case.closed:
            await self._resolve()
        for word in self._carried:
            self._docket.look_into(word)
        while not case.closed:
            self._keeper.start()
            await self._await_event()
            if not case.closed:
                await self._move_on()

    async def _resolve(self) -> None:
        case = self._case
        try:
            query = PlanQuery(request=case.state.request, now=workflow.now())
            resolution = await case.unless_closed(calls.resolve_plan(query))
        except FailureError as error:
            if is_cancelled_exception(error):
                raise
            case.end("failed", f"No policy could be applied: {tasks.explain(error)}")
            return
        if resolution is None:
            return
        case.state = policy.begin(case.state, resolution, workflow.now())
        if self._approved_early:
            case.override("approve")
        if case.state.plan and policy.may_remember(case.state) and not case.closed:
            await self._apply_grant(case.state.plan)

    async def _apply_grant(self, plan: Plan) -> None:
        """Let an earlier approval stand for this one, if one does; whatever keeps that from being known, people are asked."""
        case, now = self._case, workflow.now()
        query = GrantQuery(approval_id=case.state.approval_id, request=case.state.request, plan=plan, now=now)
        use = await case.unless_closed(errands.use_grant(query))
        if use:
            case.state = grants.accept(case.state, use, workflow.now())

    async def _open_stage(self) -> None:
        """Find out a stage's clocks and people; what has moved on meanwhile is looked at anew."""
        case, before = self._case, self._case.state
        stage = policy.current_stage(before)
        if stage is None:
            return
        try:
            query = policy.stage_query(before, stage, workflow.now())
            task = asyncio.create_task(case.unless_closed(calls.open_stage(query)))

            def overtaken() -> bool:
                return task.done() or self._long() or _moved_on(before, case.state)

            while not (overtaken() or case.closed):
                await case.await_until(policy.next_moment(case.state), overtaken)
            if not task.done():
                task.cancel()  # over, or opened by the next run, or by the next turn for those it escalated to
                return
            opening = task.result()
        except FailureError as error:
            if is_cancelled_exception(error):
                raise
            case.end("failed", f"A stage could not be opened: {tasks.explain(error)}")
            return
        if opening and not _moved_on(before, case.state):
            case.state = policy.open_stage(case.state, opening, workflow.now())
            case.note_all()

    async def _await_event(self) -> None:
        """Until the request has ended, or its history asks to continue as new; time does its part meanwhile."""
        case = self._case
        while not case.closed and not self._long():
            if policy.is_opening(case.state):
                await self._open_stage()
                continue
            moment = policy.next_moment(case.state)
            await case.await_until(moment, partial(self._overtaken, moment))

    async def _move_on(self) -> None:
        """Continue as new; if the request ends meanwhile, stay and finish."""
        await self._keeper.stop()
        await self._docket.settle()
        self._docket.call_off()
        await workflow.wait_condition(workflow.all_handlers_finished)
        unanswered, state = self._docket.take_unanswered(), self._case.state
        if not self._case.closed:
            workflow.continue_as_new(
                Carried(state=state, shown=self._keeper.shown, unanswered=unanswered, seen=self._docket.seen),
                memo={SUMMARY_MEMO: notices.summary(state)},  # an upserted memo is not carried on
            )
        for word in unanswered:
            self._docket.look_into(word)

    async def _finish(self) -> None:
        await self._keeper.stop()
        await self._keeper.close()
        if not self._docket.is_clear:
            # whoever asked need not wait until others have been told why theirs did not count; nor do lists
            self._case.note_all()
            await calls.tell_parent(policy.outcome(self._case.state))
        await workflow.wait_condition(lambda: self._docket.is_clear and workflow.all_handlers_finished())


def _moved_on(before: ApprovalState, state: ApprovalState) -> bool:
    """Whether other people decide now, or on something else."""
    parts = (before.stage, before.escalated, len(before.amendments))
    return parts != (state.stage, state.escalated, len(state.amendments))


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
