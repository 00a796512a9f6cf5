"""The docket: what people say about a request, each looked into once, and answered where it does not count."""

import asyncio
from collections.abc import Iterable
from functools import partial

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from workflows import calls, notices, policy
    from workflows.case import Case
    from workflows.contracts import Decision, MembershipQuery, Whisper
    from workflows.policy import Refusal

SEEN_EVENTS = 200
"""How many events are remembered, to tell a repeated delivery from a new click."""


class Docket:
    """The decisions on one case, by their event ids."""

    def __init__(self, case: Case, seen: Iterable[str]) -> None:
        self._case = case
        self._seen = list(seen)
        self._unanswered: dict[str, Decision] = {}
        self._answers: dict[str, asyncio.Task[Refusal | None]] = {}

    @property
    def seen(self) -> tuple[str, ...]:
        """The events that were answered lately."""
        return tuple(self._seen)

    @property
    def is_clear(self) -> bool:
        """Whether all have their answer."""
        return not self._unanswered

    def knows(self, event_id: str) -> bool:
        """Whether an event is being looked into, or was lately."""
        return event_id in self._answers

    def look_into(self, decision: Decision) -> "asyncio.Task[Refusal | None]":
        """The answer to a decision; the same one, however often it is delivered."""
        known = self._answers.get(decision.event_id)
        if known:
            return known
        task = asyncio.create_task(self._answer(decision))
        task.add_done_callback(partial(self._conclude, decision.event_id))
        self._answers[decision.event_id] = task
        self._unanswered[decision.event_id] = decision
        return task

    def call_off(self) -> None:
        """Stop looking into what has no answer yet; `take_unanswered` has it afterwards."""
        for event_id in self._unanswered:
            self._answers.pop(event_id).cancel()

    def take_unanswered(self) -> tuple[Decision, ...]:
        """What has no answer yet; from here on it is somebody else's to look into."""
        unanswered, self._unanswered = tuple(self._unanswered.values()), {}
        return unanswered

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
        case = self._case
        await workflow.wait_condition(lambda: case.closed or case.state.plan is not None)
        while True:
            case.tick()
            refusal = policy.screen(case.state, decision, workflow.now())
            query = self._member_query(decision)
            if refusal or query is None:
                return refusal
            membership = await case.unless_closed(calls.check_member(query))
            if membership is None:
                return policy.screen(case.state, decision, workflow.now())
            if query.approvers == policy.approvers(case.state) or decision.stage != case.state.stage:
                break  # else it has escalated meanwhile, and others decide now
        if membership.detail:
            workflow.logger.warning("Membership is %s: %s", membership.standing, membership.detail)
        case.state, refusal = policy.judge(case.state, decision, membership, workflow.now())
        return refusal

    def _member_query(self, decision: Decision) -> MembershipQuery | None:
        state = self._case.state
        stage = policy.current_stage(state)
        if stage is None or decision.decided_by is None:
            return None
        return MembershipQuery(
            person=decision.decided_by, approvers=policy.approvers(state), delegates=stage.delegates
        )

    async def _refuse(self, decision: Decision, refusal: Refusal) -> None:
        state = self._case.state
        workflow.logger.info("A decision was refused: %s", refusal.name)
        if decision.via != "slack" or decision.decided_by is None or state.plan is None:
            return
        whisper = Whisper(
            approval_id=state.approval_id,
            person=decision.decided_by,
            channel_id=notices.card_channel(state, policy.current_stage(state)),
            sentence=refusal.value,
        )
        await calls.whisper_refusal(whisper)
