"""Questions before a decision: who may ask, who may answer, and what that does to the clocks; pure functions.

A question never decides anything. Their number is bounded, and each halts the clocks for a bounded time at most, so a
request ends however much is asked about it.
"""

from datetime import datetime

from workflows import policy
from workflows.contracts import Answer, ApprovalState, Membership, Question
from workflows.policy import Refusal, Ruling

MOST_QUESTIONS = 20
"""How many questions may be asked about one request."""
MOST_ANSWERS = 3
"""How many answers one question takes: its agent's, the requester's, and a correction."""


def screen(state: ApprovalState, question: Question) -> Refusal | None:
    """What can be said of a question before asking who belongs to the approvers."""
    refusal = policy.closed_refusal(state)
    if refusal:
        return refusal
    if question.digest != state.digest or question.stage != state.stage:
        return Refusal.STALE
    if len(state.questions) >= MOST_QUESTIONS:
        return Refusal.QUESTIONS
    return policy.bar_asker(state, question.asked_by)


def ask(state: ApprovalState, question: Question, membership: Membership, now: datetime) -> Ruling:
    """Take in a question of somebody who may decide; where the plan says so, the clocks stand still meanwhile."""
    if find_question(state, question.event_id):  # counted already, when the request continued as new
        return Ruling(state)
    refusal = screen(state, question) or _screen_member(state, membership, now)
    if refusal:
        return Ruling(state, refusal)
    asked = question.model_copy(update={"asked_at": now, "number": len(state.questions)})
    heard = state.model_copy(update={"questions": (*state.questions, asked)})
    return Ruling(policy.pause(heard, now))


def _screen_member(state: ApprovalState, membership: Membership, now: datetime) -> Refusal | None:
    """A question that comes too late must not halt the clocks; nor may whoever decides only for those who may not."""
    if policy.is_late(state, now):
        return Refusal.LATE
    if membership.standing == "delegate" and all(
        policy.took_part(state, one) for one in membership.principals
    ):
        return Refusal.PRINCIPAL
    return policy.standing_refusal(membership)


def answer(state: ApprovalState, given: Answer, now: datetime) -> Ruling:
    """Take in an answer: of those who took part in the conversation, or without a person, of the agent that asked."""
    refusal = policy.closed_refusal(state) or _screen_answer(state, given)
    if refusal:
        return Ruling(state, refusal)
    told = given.model_copy(update={"answered_at": now})
    answered = state.model_copy(update={"answers": (*state.answers, told)})
    return Ruling(answered if open_questions(answered) else policy.resume(answered))


def _screen_answer(state: ApprovalState, given: Answer) -> Refusal | None:
    if given.question >= len(state.questions):
        return Refusal.STALE
    if given.answered_by and not policy.took_part(state, given.answered_by):
        return Refusal.NOT_ASKED
    return Refusal.ANSWERED if len(answers_to(state, given.question)) >= MOST_ANSWERS else None


def find_question(state: ApprovalState, event_id: str) -> Question | None:
    """The question that came with this event, if it was taken in."""
    return next((one for one in state.questions if one.event_id == event_id), None)


def answers_to(state: ApprovalState, number: int) -> tuple[Answer, ...]:
    """The answers to the question with this number."""
    return tuple(one for one in state.answers if one.question == number)


def awaits_person(state: ApprovalState, number: int) -> bool:
    """Whether people may still answer by its message; what an agent has answered, they may put right."""
    return all(one.answered_by is None for one in answers_to(state, number))


def open_questions(state: ApprovalState) -> tuple[Question, ...]:
    """The current stage's questions that have no answer yet."""
    return tuple(
        one for one in state.questions if one.stage == state.stage and not answers_to(state, one.number)
    )
