"""The docket: what people say about a request, each looked into once, and answered where it does not count."""

import asyncio
from collections.abc import Iterable
from functools import partial
from typing import TypeGuard

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from workflows import amendments, calls, elicitation, errands, grants, notices, policy, questions, tasks
    from workflows.case import Case
    from workflows.contracts import (
        Answer,
        ApprovalState,
        ArgumentsQuery,
        Decision,
        Membership,
        MembershipQuery,
        Question,
        Whisper,
    )
    from workflows.elicitation import AnswerQuery
    from workflows.policy import Refusal, Ruling

Word = Decision | Question | Answer

SEEN_EVENTS = 200
"""How many events are remembered, to tell a repeated delivery from a new click."""


class Docket:
    """The decisions, questions and answers of one case, by their event ids."""

    def __init__(self, case: Case, seen: Iterable[str]) -> None:
        self._case = case
        self._seen = list(seen)
        self._unanswered: dict[str, Word] = {}
        self._answers: dict[str, asyncio.Task[Refusal | None]] = {}
        self._whispers: list[asyncio.Task[None]] = []

    @property
    def seen(self) -> tuple[str, ...]:
        """The events that were answered lately."""
        return tuple(self._seen)

    @property
    def is_clear(self) -> bool:
        """Whether all have their answer."""
        return not self._unanswered and not self._whispers

    def knows(self, event_id: str) -> bool:
        """Whether an event is being looked into, or was lately."""
        return event_id in self._answers

    def look_into(self, word: Word) -> "asyncio.Task[Refusal | None]":
        """Why it does not count, if it does not; looked into once, however often it is delivered."""
        known = self._answers.get(word.event_id)
        if known:
            return known
        task = asyncio.create_task(self._answer(word))
        task.add_done_callback(partial(self._conclude, word.event_id))
        self._answers[word.event_id] = task
        self._unanswered[word.event_id] = word
        return task

    def screen(self, word: Decision | Question) -> Refusal | None:
        """What can be said of it at once."""
        return _screen(self._case.state, _settle(self._case.state, word))

    def tell(self, whisper: Whisper | None) -> None:
        """Whisper to somebody; only the request's end waits for that."""
        if whisper:
            task = asyncio.create_task(calls.whisper_refusal(whisper))
            self._whispers.append(task)
            task.add_done_callback(self._whispers.remove)

    async def settle(self) -> None:
        """Let whispers under way be heard, for a moment."""
        await tasks.wait_briefly(self._whispers, calls.ATTEMPT)

    def call_off(self) -> None:
        """Stop looking into what has no answer yet; `take_unanswered` has it afterwards."""
        for event_id in self._unanswered:
            self._answers.pop(event_id).cancel()

    def take_unanswered(self) -> tuple[Word, ...]:
        """What has no answer yet; from here on it is somebody else's to look into."""
        unanswered, self._unanswered = tuple(self._unanswered.values()), {}
        return unanswered

    async def _answer(self, word: Word) -> Refusal | None:
        refusal = None if word.event_id in self._seen else await self._consider(word)
        if refusal:
            await self._refuse(word, refusal)
        return refusal

    def _conclude(self, event_id: str, task: "asyncio.Task[Refusal | None]") -> None:
        """However looking into it ended, it must not keep the request open; what was called off is carried on."""
        if task.cancelled():
            return
        if task.exception():
            workflow.logger.error("It could not be looked into what somebody said", exc_info=task.exception())
        self._unanswered.pop(event_id, None)
        self._seen.append(event_id)
        if len(self._seen) > SEEN_EVENTS:
            self._answers.pop(self._seen.pop(0), None)

    async def _consider(self, word: Word) -> Refusal | None:
        case = self._case
        await workflow.wait_condition(lambda: case.closed or case.state.plan is not None)
        if isinstance(word, Answer):
            case.state, refusal = questions.answer(case.state, word, workflow.now())
            return refusal
        word = _settle(case.state, word)
        while True:
            case.tick()
            refusal = _screen(case.state, word)
            query = _member_query(case.state, word)
            if refusal or query is None:
                return refusal
            membership = await case.unless_closed(calls.check_member(query))
            if membership is None:
                return _screen(case.state, word)
            misfit = await self._find_misfit(word, membership)
            if query.approvers == policy.approvers(case.state) or word.stage != case.state.stage:
                break  # else it has escalated meanwhile, and others decide now
        if membership.detail:
            workflow.logger.warning("Membership is %s: %s", membership.standing, membership.detail)
        if misfit:
            return misfit
        case.state, refusal = _judge(case.state, word, membership)
        if refusal is None:
            await self._follow(word)
        return refusal

    async def _follow(self, word: Decision | Question) -> None:
        """What lists and the agent have to know of a word that counts."""
        case = self._case
        if isinstance(word, Decision):
            if not policy.is_opening(case.state) and not case.closed:
                case.note_all()  # who has decided is no longer waited for
            await self._remember(word)
            return
        if case.state.paused_at:
            case.note()  # its time is not up while it waits for an answer
        if case.state.request.agent:
            asked = questions.find_question(case.state, word.event_id) or word
            await calls.ask_parent(case.state.approval_id, asked)

    async def _remember(self, word: Decision) -> None:
        """Have a rule made of an approval that counts, and tell its owner what came of it."""
        making = grants.draft(self._case.state, word, workflow.now())
        if making is None:
            return
        sentence = await errands.make_grant(making)
        if whisper := notices.answer_word(self._case.state, word, sentence):
            await calls.whisper_refusal(whisper)

    async def _find_misfit(self, word: Decision | Question, membership: Membership) -> Refusal | None:
        """Asked of an activity, so that a new library, or another policy file, replays as the old one."""
        state = self._case.state
        if policy.standing_refusal(membership):
            return None
        if isinstance(word, Decision) and word.answer is not None:
            answered = AnswerQuery(request=state.request, answer=word.answer)
            found = await self._case.unless_closed(calls.check_answer(answered))
            return Refusal.ILL_ANSWERED if found and found.problems else None
        if not _changes(word, state):
            return None
        query = ArgumentsQuery(request=amendments.change_request(state.request, word.arguments or {}))
        check = await self._case.unless_closed(calls.check_arguments(query))
        return amendments.find_misfit(state, check) if check else None

    async def _refuse(self, word: Word, refusal: Refusal) -> None:
        workflow.logger.info("It does not count: %s", refusal.name)
        if whisper := notices.answer_word(self._case.state, word, refusal):
            await calls.whisper_refusal(whisper)


def _settle(state: ApprovalState, word: Decision | Question) -> Decision | Question:
    """What is said, with an option in the place of its number."""
    return elicitation.choose(state.request, word) if isinstance(word, Decision) else word


def _changes(word: Decision | Question, state: ApprovalState) -> TypeGuard[Decision]:
    return isinstance(word, Decision) and amendments.is_change(state, word)


def _screen(state: ApprovalState, word: Decision | Question) -> Refusal | None:
    if isinstance(word, Question):
        return questions.screen(state, word)
    if _changes(word, state):
        return amendments.screen(state, word, workflow.now())
    return policy.screen(state, word, workflow.now())


def _judge(state: ApprovalState, word: Decision | Question, membership: Membership) -> Ruling:
    if isinstance(word, Question):
        return questions.ask(state, word, membership, workflow.now())
    if _changes(word, state):
        return amendments.amend(state, word, membership, workflow.now())
    return policy.judge(state, word, membership, workflow.now())


def _member_query(state: ApprovalState, word: Decision | Question) -> MembershipQuery | None:
    stage = policy.current_stage(state)
    if stage is None or word.person is None:
        return None
    return MembershipQuery(person=word.person, approvers=policy.approvers(state), delegates=stage.delegates)
