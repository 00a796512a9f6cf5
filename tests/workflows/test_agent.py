"""Conversations: one answer for each message, in order, whatever happens in between."""

from datetime import timedelta
from typing import Any

import pytest
from agents import Agent
from temporalio.client import WorkflowExecutionStatus, WorkflowFailureError
from temporalio.exceptions import ApplicationError

from tests.factories import APPROVER, THREAD, build_person
from tests.harness import eventually
from tests.workflows.bench import ASKER, Bench, scheduled
from tests.workflows.ports import Call, transfer
from tests.workflows.refunds import build_desk
from workflows.agent import AgentWorkflow
from workflows.approval import ApprovalWorkflow
from workflows.builders import UnknownAgentError, build_agent, register_builders
from workflows.contracts import Conversation
from workflows.failures import APOLOGY
from workflows.policy import Refusal

OTHER = build_person("UOTHER")
BROKEN = ApplicationError("The model is gone.", non_retryable=True)


def words(bench: Bench) -> list[str]:
    """What people had said when the model was asked last."""
    return [item["content"] for item in bench.model.heard[-1] if item.get("role") == "user"]


async def test_messages_are_answered_in_order_and_once(talks: Bench) -> None:
    talks.model.tape = ["One.", "Two.", "Three."]
    talks.model.plays.clear()
    for number in (1, 2, 1, 3, 2):
        await talks.hear(f"message {number}", event_id=f"event-{number}")
    talks.model.plays.set()
    assert await talks.reply(2) == "Three."
    assert [reply.text for reply in talks.slack.replies] == ["One.", "Two.", "Three."]
    assert [reply.key for reply in talks.slack.replies] == ["event-1", "event-2", "event-3"]
    assert words(talks) == ["message 1", "message 2", "message 3"]


async def test_a_message_redelivered_after_its_answer_is_not_answered_again(talks: Bench) -> None:
    talks.model.tape = ["One.", "Two."]
    await talks.hear("message", event_id="event-1")
    await talks.reply()
    await talks.hear("message", event_id="event-1")
    await talks.hear("more", event_id="event-2")
    assert await talks.reply(1) == "Two."
    assert len(talks.model.heard) == 2


async def test_a_message_during_an_approval_is_answered_after_it(talks: Bench) -> None:
    talks.model.tape = [[transfer(250)], "Moved.", "Hello."]
    await talks.hear("transfer")
    approval = await talks.find()
    await talks.hear("hello")
    assert len(talks.model.heard) == 1
    await approval.click()
    await talks.reply(1)
    assert [reply.text for reply in talks.slack.replies] == ["Moved.", "Hello."]
    assert talks.ledger.amounts == [250]


async def test_everybody_who_spoke_may_not_decide(talks: Bench) -> None:
    talks.slack.standings |= {OTHER.user_id: "member", ASKER.user_id: "member"}
    talks.model.tape = ["Hello.", [transfer(250)], "Rejected."]
    await talks.hear("hello", OTHER)
    await talks.reply()
    await talks.hear("transfer")
    approval = await talks.find()
    assert (approval.request.requester, approval.request.speakers) == (ASKER, (OTHER,))
    await approval.click(OTHER)
    await approval.click(ASKER)
    await talks.told(2)
    await approval.click(APPROVER, "reject")
    assert await talks.reply(1) == "Rejected."
    assert {one.person.user_id: one.sentence for one in talks.slack.whispers} == {
        OTHER.user_id: Refusal.SPEAKER,
        ASKER.user_id: Refusal.REQUESTER,
    }
    assert talks.ledger.transfers == []


async def test_an_approval_knows_who_asked_where_and_in_which_words(talks: Bench) -> None:
    talks.model.tape = [[transfer(250)]]
    await talks.hear("please move 250")
    request = (await talks.find()).request
    assert (request.requester, request.origin, request.reason) == (ASKER, THREAD, "please move 250")
    assert (request.action, request.agent) == ("transfer_money", "Assistant")
    assert request.title.startswith("Transfer money")
    assert request.arguments == {"amount": 250, "source": "checking", "target": "savings"}


async def test_a_model_that_fails_is_apologised_for_and_the_next_message_is_answered(talks: Bench) -> None:
    talks.model.tape = [BROKEN, "Hello."]
    await talks.hear("first")
    assert (await talks.reply()).startswith(APOLOGY)
    await talks.hear("second")
    assert await talks.reply(1) == "Hello."
    assert words(talks) == ["first", "second"]


async def test_a_model_that_fails_after_a_transfer_was_approved_keeps_the_conversation_alive(
    talks: Bench,
) -> None:
    talks.model.tape = [[transfer(250)], BROKEN, "Hello."]
    await talks.hear("first")
    await (await talks.find()).click()
    told = await talks.reply()
    assert told.startswith(APOLOGY)
    assert "do not ask for it again:\nMoved 250" in told
    await talks.hear("second")
    assert await talks.reply(1) == "Hello."
    assert talks.ledger.amounts == [250]


async def test_a_model_that_stumbles_is_asked_again(clock: Bench) -> None:
    clock.model.tape = [RuntimeError("try again"), "Hello."]
    await clock.hear("hello")
    await eventually(lambda: clock.model.heard or None)
    await clock.skip(timedelta(minutes=1))
    assert await clock.reply() == "Hello."


async def test_a_model_that_never_stops_calling_tools_is_stopped(talks: Bench) -> None:
    talks.model.tape = [[Call("get_balance", '{"account": "checking"}')] for _ in range(30)]
    await talks.hear("go")
    assert (await talks.reply()).startswith(APOLOGY)
    talks.model.tape = ["Hello."]
    await talks.hear("hello")
    assert await talks.reply(1) == "Hello."


async def test_a_silent_conversation_ends_after_a_week(clock: Bench) -> None:
    handle = await clock.hear("hello")
    await clock.reply()
    await clock.skip(timedelta(days=6))
    assert (await handle.describe()).status == WorkflowExecutionStatus.RUNNING
    await clock.skip(timedelta(days=2))
    await handle.result()


async def test_a_conversation_that_ended_begins_anew(clock: Bench) -> None:
    clock.model.tape = ["One.", "Two."]
    handle = await clock.hear("hello")
    await clock.reply()
    await clock.skip(timedelta(days=8))
    await handle.result()
    await clock.hear("hello again")
    assert await clock.reply(1) == "Two."
    assert words(clock) == ["hello again"]


async def test_a_cancelled_conversation_withdraws_its_approvals(talks: Bench) -> None:
    talks.model.tape = [[transfer(1), transfer(2)]]
    handle = await talks.hear("go")
    one, other = await talks.find(0), await talks.find(1)
    await handle.cancel()
    assert {(await one.outcome()).status, (await other.outcome()).status} == {"cancelled"}
    with pytest.raises(WorkflowFailureError):
        await handle.result()
    assert [card.state.status for card in talks.slack.cards] == ["cancelled", "cancelled"]
    assert await scheduled(handle, "transfer_money") == 0
    assert talks.slack.replies == []


async def test_a_reply_waits_until_slack_is_back(live: Bench) -> None:
    live.model.tape = ["One.", "Two."]
    live.slack.away = True
    await live.hear("hello")
    await live.hear("hello again")
    await eventually(lambda: live.slack.tries or None)
    live.slack.away = False
    await live.reply(1)
    assert [reply.text for reply in live.slack.replies] == ["One.", "Two."]
    assert live.slack.tries == 3


async def test_an_operator_s_override_reaches_the_conversation(talks: Bench) -> None:
    talks.model.tape = [[transfer(250)], "Moved."]
    await talks.hear("go")
    approval = await talks.find()
    await approval.handle.signal(ApprovalWorkflow.approve, True)  # noqa: FBT003 - the signal's own argument
    assert await talks.reply() == "Moved."
    assert talks.ledger.transfers[0].receipt.approval_id == approval.handle.id


async def test_a_thread_keeps_its_agent_until_another_is_named(talks: Bench) -> None:
    register_builders({"mute": lambda: Agent[Any](name="Mute"), "desk": build_desk})
    talks.model.tape = ["One.", "Two.", "Three."]
    await talks.hear("hello", agent="mute")
    await talks.reply()
    await talks.hear("hello", named="desk")
    await talks.reply(1)
    await talks.hear("hello")
    await talks.reply(2)
    assert talks.model.tools == [0, 5, 5]


def test_an_agent_is_carried_along_when_its_conversation_continues_as_new() -> None:
    carried = AgentWorkflow(Conversation(thread=THREAD, agent="desk"))._carry()  # pyright: ignore[reportPrivateUsage] - it shows nowhere else
    assert carried.agent == "desk"


def test_an_agent_that_a_worker_lacks_is_named() -> None:
    with pytest.raises(UnknownAgentError, match="no agent named gone: name it in COUNTERSIGN_AGENT again"):
        build_agent("gone")
