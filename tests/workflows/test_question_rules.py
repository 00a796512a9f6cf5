"""Questions: who may ask and answer, how many, and what that does to the clocks."""

from datetime import UTC, datetime, timedelta
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.factories import (
    APPROVER,
    HOUR,
    MEMBER,
    NOW,
    REQUESTER,
    SECOND,
    SPEAKER,
    build_answer,
    build_decision,
    build_opening,
    build_person,
    build_plan,
    build_question,
    build_request,
    build_stage,
    build_state,
)
from workflows import policy, questions
from workflows.contracts import (
    Answer,
    ApprovalState,
    Halt,
    Membership,
    Question,
    Roster,
    Status,
)
from workflows.policy import Refusal
from workflows.questions import MOST_ANSWERS, MOST_QUESTIONS

MINUTE = timedelta(minutes=1)
PAUSE = 2 * HOUR
PATIENT = build_plan(question_pause=PAUSE)
OUTSIDER = build_person("UOUTSIDER")
USERS = [REQUESTER, SPEAKER, APPROVER, SECOND, OUTSIDER]


def spoken(**changes: Any) -> ApprovalState:
    """A request in whose conversation somebody else spoke, too."""
    return build_state(**({"request": build_request(speakers=(SPEAKER,))} | changes))


def ask(state: ApprovalState, now: datetime = NOW, **changes: Any) -> ApprovalState:
    """The state after a question that counts."""
    number = f"question-{len(state.questions)}"
    ruling = questions.ask(state, build_question(state, **({"event_id": number} | changes)), MEMBER, now)
    assert ruling.refusal is None
    return ruling.state


def answer(state: ApprovalState, now: datetime = NOW, **changes: Any) -> ApprovalState:
    """The state after an answer that counts."""
    ruling = questions.answer(state, build_answer(**changes), now)
    assert ruling.refusal is None
    return ruling.state


def reopen(state: ApprovalState, now: datetime) -> ApprovalState:
    """The clocks set anew without a calendar: each moment put off by as long as they stood still."""
    stage = policy.current_stage(state)
    assert stage
    halt = policy.stage_query(state, stage, now).halt
    assert halt
    opening = build_opening(
        deadline=halt.deadline + (now - halt.since),
        reminders=tuple(one + (now - halt.since) for one in halt.reminders),
        escalates_at=halt.escalates_at and halt.escalates_at + (now - halt.since),
    )
    return policy.open_stage(state, opening, now)


# Asking


def test_a_question_is_kept_with_its_number_and_time_and_decides_nothing() -> None:
    before = spoken()
    state = ask(ask(before), NOW + MINUTE, text="And who gets it?", asked_by=SECOND)
    assert [(one.number, one.asked_by, one.asked_at) for one in state.questions] == [
        (0, APPROVER, NOW),
        (1, SECOND, NOW + MINUTE),
    ]
    assert state.model_copy(update={"questions": ()}) == before


def test_what_a_sender_says_of_number_and_time_is_overwritten() -> None:
    state = ask(spoken(), number=7, asked_at=NOW - HOUR)
    assert [(one.number, one.asked_at) for one in state.questions] == [(0, NOW)]


@pytest.mark.parametrize(
    ("who", "refusal"),
    [
        (REQUESTER, Refusal.REQUESTER),
        (SPEAKER, Refusal.SPEAKER),
        (build_person(REQUESTER.user_id, "T2"), Refusal.REQUESTER),
        (build_person(SPEAKER.user_id, "T2"), Refusal.SPEAKER),
    ],
)
def test_those_who_answer_may_not_ask(who: Any, refusal: Refusal) -> None:
    state = spoken()
    assert questions.ask(state, build_question(state, asked_by=who), MEMBER, NOW) == (state, refusal)


@pytest.mark.parametrize(
    ("standing", "refusal"),
    [("outsider", Refusal.OUTSIDER), ("bot", Refusal.BOT), ("unknown", Refusal.UNKNOWN)],
)
def test_those_who_may_not_decide_may_not_ask(standing: Any, refusal: Refusal) -> None:
    state = spoken()
    ruling = questions.ask(state, build_question(state), Membership(standing=standing), NOW)
    assert ruling == (state, refusal)


@pytest.mark.parametrize(
    ("principals", "refusal"),
    [
        ((SECOND,), None),
        ((REQUESTER, SECOND), None),
        ((REQUESTER, SPEAKER), Refusal.PRINCIPAL),
    ],
)
def test_a_delegate_asks_for_somebody_who_may(principals: Any, refusal: Refusal | None) -> None:
    """Or a requester could have a friend of theirs halt the clocks."""
    state = spoken(plan=PATIENT)
    standing = Membership(standing="delegate", principals=principals)
    ruling = questions.ask(state, build_question(state), standing, NOW)
    assert ruling.refusal is refusal
    assert bool(ruling.state.paused_at) == (refusal is None)


def test_who_has_decided_already_may_still_ask() -> None:
    plan = build_plan(stages=(build_stage(quorum=2),))
    state = spoken(plan=plan, decisions=(build_decision(decided_by=APPROVER),))
    assert ask(state).questions


@pytest.mark.parametrize("changes", [{"digest": "0" * 64}, {"stage": 1}], ids=["digest", "stage"])
def test_a_question_about_something_else_is_stale(changes: dict[str, Any]) -> None:
    state = spoken()
    ruling = questions.ask(state, build_question(state, **changes), MEMBER, NOW)
    assert ruling == (state, Refusal.STALE)


@pytest.mark.parametrize("status", [one for one in get_args(Status) if one != "pending"])
def test_about_what_has_ended_nobody_asks_or_answers(status: Status) -> None:
    state = policy.close(ask(spoken()), status, NOW)
    assert questions.ask(state, build_question(state, event_id="b"), MEMBER, NOW) == (
        state,
        policy.closed_refusal(state),
    )
    assert questions.answer(state, build_answer(), NOW) == (state, policy.closed_refusal(state))


def test_so_many_questions_are_taken_and_no_more() -> None:
    state = spoken()
    for _ in range(MOST_QUESTIONS):
        state = ask(state)
    assert questions.ask(state, build_question(state, event_id="more"), MEMBER, NOW) == (
        state,
        Refusal.QUESTIONS,
    )


def test_a_question_that_comes_twice_is_taken_once() -> None:
    """As when the request continued as new between taking it in and passing it on."""
    state = ask(spoken(plan=PATIENT))
    again = questions.ask(state, build_question(state, event_id="question-0"), MEMBER, NOW + MINUTE)
    assert again == (state, None)


def test_a_question_that_comes_too_late_halts_no_clock() -> None:
    state = spoken(plan=PATIENT)
    ruling = questions.ask(state, build_question(state), MEMBER, NOW + HOUR)
    assert ruling == (state, Refusal.LATE)


# Answering


@pytest.mark.parametrize("who", [REQUESTER, SPEAKER, build_person(REQUESTER.user_id, "T2"), None])
def test_those_of_the_conversation_and_the_agent_answer(who: Any) -> None:
    state = answer(ask(spoken()), NOW + MINUTE, answered_by=who)
    assert [(one.answered_by, one.answered_at) for one in state.answers] == [(who, NOW + MINUTE)]
    assert state.status == "pending"


@pytest.mark.parametrize("who", [APPROVER, SECOND, OUTSIDER])
def test_nobody_else_answers(who: Any) -> None:
    state = ask(spoken())
    assert questions.answer(state, build_answer(answered_by=who), NOW) == (state, Refusal.NOT_ASKED)


def test_a_question_that_was_not_asked_cannot_be_answered() -> None:
    state = ask(spoken())
    assert questions.answer(state, build_answer(question=1), NOW) == (state, Refusal.STALE)


def test_a_question_takes_so_many_answers_and_another_one_as_many() -> None:
    state = ask(ask(spoken()))
    for _ in range(MOST_ANSWERS):
        state = answer(state)
    assert questions.answer(state, build_answer(), NOW) == (state, Refusal.ANSWERED)
    assert len(answer(state, question=1).answers) == MOST_ANSWERS + 1


def test_people_may_put_right_what_the_agent_has_answered() -> None:
    state = ask(spoken())
    assert questions.awaits_person(state, 0)
    told = answer(state, answered_by=None)
    assert questions.awaits_person(told, 0)
    assert questions.open_questions(told) == ()
    assert not questions.awaits_person(answer(told), 0)


def test_questions_of_an_earlier_stage_are_not_open_any_more() -> None:
    plan = build_plan(stages=(build_stage(), build_stage()))
    state = ask(spoken(plan=plan))
    later = state.model_copy(update={"stage": 1})
    assert [one.number for one in questions.open_questions(state)] == [0]
    assert questions.open_questions(later) == ()
    assert answer(later).answers, "late answers are welcome"


# Clocks


def test_where_the_plan_does_not_say_so_no_clock_stands_still() -> None:
    state = ask(spoken())
    assert state.paused_at is None
    assert answer(state).roster == Roster()
    assert policy.tick(state, NOW + HOUR).status == "expired"


def test_while_the_clocks_stand_still_nothing_becomes_due() -> None:
    moments = {"reminders": (NOW + MINUTE, NOW + 2 * MINUTE), "escalates_at": NOW + 3 * MINUTE}
    state = ask(spoken(plan=PATIENT, **moments))
    assert state.paused_at == NOW
    assert policy.next_moment(state) == NOW + PAUSE
    assert policy.tick(state, NOW + PAUSE - MINUTE) == state
    assert not policy.is_late(state, NOW + PAUSE)


def test_a_pause_ends_by_itself_answer_or_not() -> None:
    state = ask(spoken(plan=PATIENT))
    over = policy.tick(state, NOW + PAUSE)
    assert (over.status, over.roster, policy.is_opening(over)) == ("pending", None, True)
    running = reopen(over, NOW + PAUSE)
    assert (running.paused_at, running.deadline) == (None, NOW + PAUSE + HOUR)
    assert policy.tick(running, NOW + PAUSE + HOUR).status == "expired"


def test_after_an_answer_there_is_as_much_time_left_as_before() -> None:
    asked, answered = NOW + 20 * MINUTE, NOW + 50 * MINUTE
    moments = {"reminders": (NOW + 30 * MINUTE,), "escalates_at": NOW + 40 * MINUTE}
    before = spoken(plan=PATIENT, **moments)
    state = answer(ask(before, asked), answered)
    assert policy.is_opening(state)
    running = reopen(state, answered)
    assert running.deadline
    assert before.deadline
    assert running.deadline - answered == before.deadline - asked
    assert running.reminders == (answered + 10 * MINUTE,)
    assert running.escalates_at == answered + 20 * MINUTE
    assert running.paused_at is None


def test_the_clocks_go_on_when_the_last_question_has_its_answer() -> None:
    state = answer(ask(ask(spoken(plan=PATIENT)), NOW + MINUTE))
    assert (state.paused_at, policy.is_opening(state)) == (NOW, False)
    assert policy.is_opening(answer(state, question=1))


def test_a_second_question_does_not_make_the_pause_longer() -> None:
    state = ask(ask(spoken(plan=PATIENT)), NOW + HOUR)
    assert (state.paused_at, policy.pause_end(state)) == (NOW, NOW + PAUSE)


def test_clocks_that_are_just_being_set_are_not_halted() -> None:
    state = ask(spoken(plan=PATIENT, roster=None))
    assert (len(state.questions), state.paused_at) == (1, None)
    resuming = answer(ask(spoken(plan=PATIENT)))
    assert ask(resuming, NOW + MINUTE).paused_at == NOW, "as it was, until they are set"


def test_nothing_becomes_due_while_halted_clocks_are_being_set() -> None:
    state = answer(ask(spoken(plan=PATIENT)))
    assert policy.next_moment(state) is None
    assert policy.tick(state, NOW + 9 * HOUR) == state


def test_a_decision_counts_while_the_clocks_stand_still() -> None:
    state = ask(spoken(plan=PATIENT))
    ruling = policy.judge(state, build_decision(state), MEMBER, NOW + HOUR + MINUTE)
    assert (ruling.refusal, ruling.state.status) == (None, "approved")


def test_an_approval_that_does_not_suffice_ends_no_pause() -> None:
    plan = build_plan(stages=(build_stage(quorum=2),), question_pause=PAUSE)
    state = ask(spoken(plan=plan))
    counted = policy.judge(state, build_decision(state), MEMBER, NOW + MINUTE).state
    assert (counted.paused_at, policy.pause_end(counted)) == (NOW, NOW + PAUSE)
    assert not policy.is_opening(counted)
    running = counted.model_copy(update={"paused_at": None, "decisions": ()})
    again = policy.judge(running, build_decision(state), MEMBER, NOW + MINUTE).state
    assert policy.is_opening(again), "without a pause it is found out anew who can still decide"


def test_the_next_stage_is_not_paused() -> None:
    plan = build_plan(stages=(build_stage(), build_stage()), question_pause=PAUSE)
    state = ask(spoken(plan=plan))
    later = policy.judge(state, build_decision(state), MEMBER, NOW).state
    assert (later.stage, later.paused_at, policy.is_opening(later)) == (1, None, True)
    stage = policy.current_stage(later)
    assert stage
    assert policy.stage_query(later, stage, NOW).halt is None


def test_a_stage_that_goes_on_says_since_when_it_stood_still() -> None:
    moments: dict[str, Any] = {"reminders": (NOW + MINUTE,), "escalates_at": NOW + 3 * MINUTE}
    state = ask(spoken(plan=PATIENT, **moments))
    stage = policy.current_stage(state)
    assert stage
    query = policy.stage_query(state, stage, NOW + MINUTE)
    assert query.halt == Halt(since=NOW, deadline=NOW + HOUR, **moments)
    assert query.clocked


def test_those_it_escalates_to_because_nobody_else_can_be_found_have_clocks_of_their_own() -> None:
    """Found out as the stage goes on after a pause."""
    plan = build_plan(
        stages=(build_stage(escalation={"approvers": ({"kind": "user", "id": "UHEAD"},)}),),
        question_pause=PAUSE,
    )
    state = answer(ask(spoken(plan=plan)))
    blocked = policy.open_stage(state, build_opening(problem="Nobody is left"), NOW)
    assert (blocked.escalated, blocked.paused_at, blocked.deadline) == ("replaced", None, None)


# Any number of words in any order

PEOPLE = st.sampled_from(USERS)
ASKED = st.builds(
    Question,
    text=st.text(min_size=1, max_size=20),
    asked_by=PEOPLE,
    digest=st.just(build_state().digest),
    stage=st.sampled_from([0, 0, 0, 1]),
    event_id=st.uuids().map(str),
)
GIVEN = st.builds(
    Answer,
    text=st.text(min_size=1, max_size=20),
    question=st.integers(0, 3),
    answered_by=PEOPLE | st.none(),
    event_id=st.uuids().map(str),
)
STANDINGS = st.sampled_from(["member", "member", "member", "outsider", "bot", "unknown"])


@given(st.lists(st.tuples(ASKED | GIVEN, STANDINGS, st.integers(0, 40)), max_size=60))
def test_however_much_is_said_nothing_is_decided_and_all_of_it_is_bounded(
    said: list[tuple[Question | Answer, Any, int]],
) -> None:
    state, now = spoken(plan=PATIENT), NOW
    for word, standing, minutes in said:
        now += timedelta(minutes=minutes)
        if isinstance(word, Question):
            ruling = questions.ask(state, word, Membership(standing=standing), now)
        else:
            ruling = questions.answer(state, word, now)
        assert ruling.refusal is None or ruling.state == state
        state = ruling.state
    assert (state.status, state.decisions, state.stage) == ("pending", (), 0)
    assert all(one.asked_by in (APPROVER, SECOND, OUTSIDER) for one in state.questions)
    assert all(one.answered_by in (REQUESTER, SPEAKER, None) for one in state.answers)
    assert len(state.questions) <= MOST_QUESTIONS
    assert all(len(questions.answers_to(state, one.number)) <= MOST_ANSWERS for one in state.questions)
    assert [one.number for one in state.questions] == list(range(len(state.questions)))


@given(st.lists(st.integers(0, 200), max_size=100))
def test_a_request_ends_however_often_somebody_asks_and_nobody_answers(waits: list[int]) -> None:
    """Each question halts the clocks once at most, and for so long at most."""
    state, now = spoken(plan=PATIENT), datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
    for number, minutes in enumerate([*waits, *[100] * 200]):
        now += timedelta(minutes=minutes)
        state = policy.tick(state, now)
        if policy.is_opening(state):
            state = reopen(state, now)
        if state.status != "pending":
            break
        question = build_question(state, event_id=str(number))
        state = questions.ask(state, question, MEMBER, now).state
    assert state.status == "expired"
    assert now - NOW <= MOST_QUESTIONS * (PAUSE + timedelta(minutes=200)) + 2 * HOUR + timedelta(minutes=400)
