"""Conversations are bounded: in what the model hears, in what it may cost, and in what a failure leaves behind."""

from datetime import timedelta

import pytest
from temporalio.exceptions import ApplicationError

from bot.testing.model import Refusal
from tests.factories import THREAD
from tests.workflows.bench import Bench
from tests.workflows.ports import Call, transfer
from workflows import failures, transcript
from workflows.agent import AgentWorkflow
from workflows.allowance import Allowance, Spent
from workflows.contracts import Conversation, JsonObject
from workflows.transcript import DROPPED

TOO_LONG = ApplicationError(
    "Non retryable OpenAI status code: 400 context_length_exceeded", non_retryable=True
)


def carried(*texts: str) -> Conversation:
    """What a conversation takes along after these messages."""
    items: tuple[JsonObject, ...] = tuple({"role": "user", "content": text} for text in texts)
    flow = AgentWorkflow(Conversation(thread=THREAD, items=items, spent=Spent(tokens=7)))
    return flow._carry()  # pyright: ignore[reportPrivateUsage] - it shows nowhere else


def test_a_long_conversation_takes_its_newest_part_along() -> None:
    long = carried("x" * transcript.MOST_BYTES, "hello")
    assert long.items == (DROPPED, {"role": "user", "content": "hello"})
    assert len(carried("one", "two").items) == 2
    assert long.spent.tokens == 7


async def test_a_model_hears_the_newest_part_of_a_long_conversation(talks: Bench) -> None:
    talks.model.tape = ["Long.", "Hello."]
    await talks.hear("x" * (transcript.MOST_BYTES - 100))
    await talks.reply()
    await talks.hear("hello")
    await talks.reply(1)
    assert talks.model.heard[-1][0] == DROPPED
    assert talks.model.heard[-1][-1]["content"] == "hello"


async def test_a_model_that_has_heard_too_much_hears_less_the_next_time(talks: Bench) -> None:
    talks.model.tape = ["One.", TOO_LONG, "Hello."]
    await talks.hear("x" * 1_000)
    await talks.reply()
    await talks.hear("y" * 100)
    assert failures.TOO_LONG.cause in await talks.reply(1)
    await talks.hear("hello")
    assert await talks.reply(2) == "Hello."
    assert talks.model.heard[-1][0] == DROPPED
    assert "x" * 1_000 not in str(talks.model.heard[-1])


async def test_a_refusal_is_told_in_the_model_s_words(talks: Bench) -> None:
    talks.model.tape = [Refusal("I would rather not."), "Hello."]
    await talks.hear("go")
    assert "It says: I would rather not." in await talks.reply()
    await talks.hear("hello")
    assert await talks.reply(1) == "Hello."


async def test_only_so_many_messages_a_day_are_answered(clock: Bench) -> None:
    clock.model.tape = ["One.", "Two.", "Three."]
    limits = Allowance(messages_a_day=2)
    for number in range(3):
        await clock.hear(f"message {number}", allowance=limits)
        await clock.reply(number)
    assert "2 messages answered in a day" in await clock.reply(2)
    assert len(clock.model.heard) == 2
    await clock.skip(timedelta(days=1))
    await clock.hear("hello")
    assert await clock.reply(3) == "Three."


async def test_only_so_many_tokens_are_used(talks: Bench) -> None:
    talks.model.tape, talks.model.tokens = [[Call("get_balance", '{"account": "a"}')], "One.", "Two."], 60
    await talks.hear("hello", allowance=Allowance(tokens=100))
    assert await talks.reply() == "One."
    await talks.hear("hello")
    assert "used up its 100 tokens" in await talks.reply(1)
    assert len(talks.model.heard) == 2


async def test_only_so_many_calls_of_the_model_answer_one_message(talks: Bench) -> None:
    talks.model.tape = [[transfer(1)], [transfer(2)], "Done.", "Hello."]
    await talks.hear("go", allowance=Allowance(model_calls=2))
    await (await talks.find()).click()
    await (await talks.find(1)).click()
    told = await talks.reply()
    assert failures.STEPS.cause in told
    assert "do not ask for it again:\nMoved 1.0\nMoved 2.0" in told
    talks.model.tape = ["Hello."]
    await talks.hear("hello")
    assert await talks.reply(1) == "Hello."


@pytest.mark.parametrize("code", [401, 429, 503])
async def test_what_the_model_s_server_says_reaches_people_as_a_sentence(talks: Bench, code: int) -> None:
    error = ApplicationError(f"Non retryable OpenAI status code: {code}", non_retryable=True)
    talks.model.tape = [error]
    await talks.hear("go")
    fault = {401: failures.LOCKED, 429: failures.RATE, 503: failures.AWAY}[code]
    assert await talks.reply() == failures.explain_failure(fault, [])


async def test_tokens_of_an_answer_to_an_approver_count_too(talks: Bench) -> None:
    talks.model.tape, talks.model.tokens = [[transfer(1)], "Because.", "Moved.", "Two."], 60
    await talks.hear("go", allowance=Allowance(tokens=180))
    approval = await talks.find()
    await approval.question(recipient="agent")
    await approval.until(lambda state: state.answers)
    await approval.click()
    assert await talks.reply() == "Moved."
    await talks.hear("hello")
    assert "used up its 180 tokens" in await talks.reply(1)
