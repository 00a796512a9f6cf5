"""Questions through the workflow: whom they reach, who answers, what they do to the time, and that they decide nothing."""

from datetime import timedelta
from typing import Any

import pytest
from temporalio.exceptions import ApplicationError

from tests.factories import APPROVER, REQUESTER, SECOND, THREAD, build_person, build_plan, build_stage
from tests.harness import eventually, eventually_read
from tests.workflows.bench import ASKER, Approval, Bench, scheduled
from tests.workflows.ports import DAY, Message, transfer
from workflows.contracts import Plan
from workflows.policy import Refusal

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
OUTSIDER = build_person("UOUTSIDER")
BROKEN = ApplicationError("The model is gone.", non_retryable=True)
MODEL = "invoke_model_activity"


def patient(*quorums: int, **changes: Any) -> Plan:
    """A plan whose clocks stand still for two hours at most while a question has no answer."""
    stages = tuple(build_stage(**{"quorum": one, "deadline": DAY} | changes) for one in quorums or (1,))
    return build_plan(stages=stages, question_pause=2 * HOUR)


async def asked(bench: Bench, number: int = 0) -> Message:
    """The message with a question, as soon as it is there."""
    key = f"question-{number}"
    return (await eventually(lambda: bench.slack.shown(key) or None))[0]


def news(bench: Bench) -> list[str]:
    """What was said in the threads of cards, oldest first."""
    return [one.key for one in bench.slack.messages if one.key.startswith("news")]


# Whom it reaches


async def test_a_question_reaches_whoever_asked_and_its_answer_the_card(live: Bench) -> None:
    approval = await live.ask()
    await approval.question()
    message = await asked(live)
    assert (message.ref.channel_id, message.thread_ts) == (THREAD.channel_id, THREAD.thread_ts)
    card = live.slack.cards[0]
    assert [one.text for one in card.state.questions] == ["Which invoice is this for?"]
    await approval.answer()
    await eventually(lambda: card.state.answers or None)
    assert message.state.answers == card.state.answers
    assert (len(live.slack.shown("question-0")), len(message.states)) == (1, 2)
    assert news(live) == ["news-0-card", "news-1-card"]
    assert live.slack.shown("news-0-card")[0].thread_ts == card.ref.ts
    await approval.click()
    outcome = await approval.outcome()
    assert [one.decided_by for one in outcome.decisions] == [APPROVER]
    assert live.slack.told == []


async def test_without_a_thread_the_question_is_a_direct_message(live: Bench) -> None:
    approval = await live.ask(origin=None)
    await approval.question()
    message = await asked(live)
    assert (message.ref.channel_id, message.thread_ts) == (REQUESTER.user_id, None)


async def test_a_question_is_asked_once_however_often_it_is_delivered(live: Bench) -> None:
    approval = await live.ask()
    question = await approval.question()
    await asked(live)
    for _ in range(2):
        await approval.question(event_id=question.event_id)
    await approval.question(text="And who gets it?")
    await asked(live, 1)
    assert [one.number for one in (await approval.state()).questions] == [0, 1]


async def test_questions_decide_nothing_however_many(live: Bench) -> None:
    approval = await live.ask()
    for _ in range(21):
        await approval.question()
    await live.told()
    state = await approval.state()
    assert (state.status, state.decisions, len(state.questions)) == ("pending", (), 20)
    assert [(one.person, one.sentence) for one in live.slack.whispers] == [(APPROVER, Refusal.QUESTIONS)]


@pytest.mark.parametrize(("who", "refusal"), [(OUTSIDER, Refusal.OUTSIDER), (REQUESTER, Refusal.REQUESTER)])
async def test_who_may_not_ask_is_told_so_and_nobody_is_asked(
    live: Bench, who: Any, refusal: Refusal
) -> None:
    approval = await live.ask()
    await approval.question(who)
    await live.told()
    (whisper,) = live.slack.whispers
    assert (whisper.person, whisper.sentence, whisper.channel_id) == (who, refusal, "CAPPROVALS")
    assert (await approval.state()).questions == ()
    assert live.slack.shown("question-0") == []


@pytest.mark.parametrize("origin", [THREAD, None])
async def test_who_may_not_answer_is_told_so_where_the_question_is(live: Bench, origin: Any) -> None:
    approval = await live.ask(origin=origin)
    await approval.question()
    await asked(live)
    await approval.answer(SECOND)
    await live.told()
    (whisper,) = live.slack.whispers
    place = THREAD.channel_id if origin else SECOND.user_id
    assert (whisper.sentence, whisper.channel_id) == (Refusal.NOT_ASKED, place)
    assert (await approval.state()).answers == ()


async def test_an_answer_to_what_has_ended_changes_nothing_and_is_refused(live: Bench) -> None:
    """It came in while the last words were still being told."""
    approval = await live.ask()
    await approval.question()
    await asked(live)
    live.slack.posts.clear()
    await approval.click()
    await live.published(3)
    await approval.answer()
    await live.told()
    live.slack.posts.set()
    assert (await approval.outcome()).approved
    assert [(one.person, one.sentence) for one in live.slack.whispers] == [(REQUESTER, Refusal.APPROVED)]


@pytest.mark.parametrize("who", [None, "agent"])
async def test_at_the_end_no_question_keeps_its_button(live: Bench, who: str | None) -> None:
    """Also one that only the agent has answered, so that people still could."""
    approval = await live.ask()
    await approval.question()
    message = await asked(live)
    if who:
        await approval.answer(None)
        await eventually(lambda: message.state.answers or None)
    await approval.click()
    await approval.outcome()
    assert message.state.status == "approved"
    assert len(live.slack.shown("question-0")) == 1


async def test_a_question_that_a_person_has_answered_is_left_alone_at_the_end(live: Bench) -> None:
    approval = await live.ask()
    await approval.question()
    message = await asked(live)
    await approval.answer()
    await eventually(lambda: message.state.answers or None)
    await approval.click()
    await approval.outcome()
    assert message.state.status == "pending"


async def test_signals_without_a_question_or_an_answer_are_ignored(live: Bench) -> None:
    approval = await live.ask()
    await approval.handle.signal("ask")
    await approval.handle.signal("answer")
    await approval.click()
    assert (await approval.outcome()).approved


# The agent answers


async def test_the_agent_answers_from_the_conversation_and_can_call_nothing(live: Bench) -> None:
    live.model.tape = [[transfer(250)], "It is for invoice 4711.", "Done."]
    await live.hear("pay invoice 4711")
    approval = await live.find()
    question = await approval.question()
    state = await approval.until(lambda one: one.answers)
    (given,) = state.answers
    assert (given.text, given.answered_by, given.question) == ("It is for invoice 4711.", None, 0)
    assert given.event_id == f"agent:{question.event_id}"
    first, asking = live.model.heard[0], live.model.heard[1]
    assert asking[: len(first)] == first
    assert all(words in asking[-1]["content"] for words in (question.text, "transfer_money", '"amount": 250'))
    assert [bool(count) for count in live.model.tools] == [True, False]
    assert live.ledger.amounts == []
    await approval.click()
    assert await live.reply() == "Done."
    assert live.ledger.amounts == [250]
    assert question.text not in str(live.model.heard[2]), "it is between the approver and the agent"


async def test_an_agent_that_cannot_answer_leaves_it_to_people(live: Bench) -> None:
    live.model.tape = [[transfer(250)], BROKEN, "Done."]
    parent = await live.hear("go")
    approval = await live.find()
    await approval.question()
    await eventually(lambda: len(live.model.heard) == 2 or None)
    await approval.answer(ASKER)
    state = await approval.until(lambda one: one.answers)
    assert [one.answered_by for one in state.answers] == [ASKER]
    await approval.click()
    assert await live.reply() == "Done."
    assert await scheduled(parent, MODEL) == 3


async def test_an_agent_that_says_nothing_leaves_it_to_people(live: Bench) -> None:
    live.model.tape = [[transfer(250)], "", "Done."]
    await live.hear("go")
    approval = await live.find()
    await approval.question()
    await eventually(lambda: len(live.model.heard) == 2 or None)
    await approval.click()
    assert await live.reply() == "Done."
    assert (await approval.state()).answers == ()


async def test_a_question_that_is_refused_does_not_reach_the_agent(live: Bench) -> None:
    live.model.tape = [[transfer(250)], "Done."]
    await live.hear("go")
    approval = await live.find()
    await approval.question(OUTSIDER)
    await live.told()
    await approval.click()
    assert await live.reply() == "Done."


async def test_each_question_is_answered_about_its_own_call(live: Bench) -> None:
    live.model.tape = [[transfer(1), transfer(2)], "About the first.", "About the second.", "Done."]
    await live.hear("go")
    one, other = await live.find(0), await live.find(1)
    for approval, words in ((one, "About the first."), (other, "About the second.")):
        await approval.question()
        state = await approval.until(lambda state: state.answers)
        assert state.answers[0].text == words
        amount = f'"amount": {approval.request.arguments["amount"]}'
        assert amount in live.model.heard[-1][-1]["content"]
        await approval.click()
    assert await live.reply() == "Done."


async def test_what_is_decided_does_not_wait_for_an_agent_that_is_still_thinking(live: Bench) -> None:
    live.model.tape = [[transfer(250)], "Too late.", "Done."]
    parent = await live.hear("go")
    approval = await live.find()
    live.model.plays.clear()
    await approval.question()

    async def thinks() -> bool:
        return await scheduled(parent, MODEL) == 2

    await eventually_read(thinks)
    await approval.click()
    await approval.outcome()
    await eventually(lambda: live.ledger.amounts == [250] or None, 8)
    live.model.plays.set()


# Time


async def paused(bench: Bench, plan: Plan) -> Approval:
    """A request about which something was asked, so that its clocks stand still."""
    bench.policy.plan = plan
    approval = await bench.ask()
    await approval.question()
    await approval.until(lambda one: one.paused_at)
    return approval


async def test_while_a_question_is_open_the_time_stands_still_and_goes_on_with_the_answer(
    clock: Bench,
) -> None:
    approval = await paused(clock, patient(deadline=HOUR))
    before = await approval.state()
    await clock.skip(HOUR + MINUTE)
    assert (await approval.state()).status == "pending"
    await approval.answer()
    state = await approval.until(lambda one: one.paused_at is None and one.roster)
    assert before.deadline
    assert before.paused_at
    assert state.deadline
    assert state.deadline - before.deadline > HOUR
    await eventually(lambda: clock.slack.cards[0].state.deadline == state.deadline or None)
    await clock.skip(HOUR + MINUTE)
    assert (await approval.outcome()).status == "expired"


async def test_a_pause_ends_by_itself_and_the_request_then_expires(clock: Bench) -> None:
    approval = await paused(clock, patient(deadline=HOUR))
    before = await approval.state()
    await clock.skip(2 * HOUR + MINUTE)
    state = await approval.until(lambda one: one.paused_at is None and one.roster)
    assert (state.status, state.answers) == ("pending", ())
    assert state.deadline
    assert before.deadline
    assert timedelta(0) <= state.deadline - before.deadline - 2 * HOUR < MINUTE
    await clock.skip(HOUR)
    assert (await approval.outcome()).status == "expired"


async def test_a_decision_counts_while_the_time_stands_still(clock: Bench) -> None:
    approval = await paused(clock, patient(deadline=HOUR))
    await clock.skip(HOUR + MINUTE)
    await approval.click(SECOND)
    assert (await approval.outcome()).approved


async def test_an_approval_that_does_not_suffice_ends_no_pause(clock: Bench) -> None:
    approval = await paused(clock, patient(2))
    since = (await approval.state()).paused_at
    await approval.click()
    await eventually(lambda: clock.slack.cards[0].state.decisions or None)
    assert (await approval.state()).paused_at == since
    await clock.skip(2 * HOUR + MINUTE)
    await approval.until(lambda one: one.paused_at is None and one.roster)
    await approval.click(SECOND)
    assert (await approval.outcome()).approved


async def test_the_next_stage_s_time_runs(clock: Bench) -> None:
    approval = await paused(clock, patient(1, 1, deadline=HOUR))
    await approval.click()
    state = await approval.until(lambda one: one.stage == 1 and one.roster)
    assert state.paused_at is None
    await approval.answer()
    await approval.until(lambda one: one.answers)
    await clock.skip(HOUR + MINUTE)
    assert (await approval.outcome()).status == "expired"


async def test_where_the_policy_does_not_say_so_the_time_goes_on(clock: Bench) -> None:
    clock.policy.plan = build_plan(stages=(build_stage(deadline=HOUR),))
    approval = await clock.ask()
    await approval.question()
    await asked(clock)
    await clock.skip(HOUR + MINUTE)
    assert (await approval.outcome()).status == "expired"
