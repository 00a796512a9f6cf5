"""Bursts at work: one message for many requests, each decided on its own, and none held back or lost by it."""

from datetime import timedelta
from typing import Any

import pytest
from temporalio.client import WorkflowHandle

from tests.factories import APPROVER, CARD_CHANNEL, build_plan, build_stage
from tests.harness import eventually
from tests.workflows.bench import Approval, Bench
from tests.workflows.ports import BatchMessage, transfer
from tests.workflows.test_burst import build_batch, build_row
from workflows.approval import ApprovalWorkflow
from workflows.batch import BatchWorkflow
from workflows.contracts import Limits

SECOND = timedelta(seconds=1)


async def ask_for(bench: Bench, *amounts: int) -> WorkflowHandle[Any, None]:
    """Have the agent ask for so many transfers at once."""
    bench.model.tape = [[transfer(amount) for amount in amounts], "Done."]
    return await bench.hear("go")


async def find_all(bench: Bench, count: int) -> list[Approval]:
    return [await bench.find(number) for number in range(count)]


async def batch_of(bench: Bench) -> BatchMessage:
    """The burst's message, as soon as it is there."""
    return await eventually(lambda: bench.slack.batches[0] if bench.slack.batches else None)


async def says(bench: Bench, *statuses: str) -> BatchMessage:
    """The burst's message, once it says that of its requests and nobody can press anything there any more."""

    def look() -> BatchMessage | None:
        over = [one for one in bench.slack.batches if one.states[-1].over and one.statuses == list(statuses)]
        return over[0] if over else None

    return await eventually(look)


def watch(bench: Bench, message: BatchMessage) -> WorkflowHandle[Any, None]:
    handle = bench.client.get_workflow_handle_for(BatchWorkflow.run, message.states[-1].batch_id)
    bench.handles.append(handle)
    return handle


async def test_requests_that_come_together_are_one_message_with_their_cards_in_its_thread(
    talks: Bench,
) -> None:
    await ask_for(talks, 1, 2, 3)
    approvals = await find_all(talks, 3)
    message = await batch_of(talks)
    assert {card.thread_ts for card in talks.slack.cards} == {message.ref.ts}
    assert [row.arguments and row.arguments["amount"] for row in message.states[-1].rows] == [1, 2, 3]
    for approval, verdict in zip(approvals, ("approve", "reject", "approve"), strict=True):
        await approval.click(verdict=verdict)
    await talks.reply()
    await watch(talks, message).result()
    said = {row.arguments["amount"]: row.status for row in message.states[-1].rows if row.arguments}
    assert sorted(talks.ledger.amounts, key=str) == [
        one for one, status in said.items() if status == "approved"
    ]
    assert sorted(said.values()) == ["approved", "approved", "rejected"]
    assert (message.states[-1].over, len(talks.slack.batches)) == (True, 1)


async def test_one_request_is_no_burst(talks: Bench) -> None:
    await ask_for(talks, 1)
    await (await talks.find()).click()
    await talks.reply()
    assert talks.slack.batches == []
    assert talks.slack.cards[0].thread_ts is None


async def test_requests_that_nobody_is_asked_about_are_no_burst(talks: Bench) -> None:
    talks.policy.plan = talks.policy.plan.model_copy(update={"limits": Limits(per_run=1)})
    await ask_for(talks, 1, 2, 3)
    await (await talks.find()).click()
    await talks.reply()
    assert talks.slack.batches == []
    assert talks.slack.cards[0].thread_ts is None


async def test_cards_in_direct_messages_stay_as_they_are(talks: Bench) -> None:
    plan = build_plan(stages=(build_stage(card="direct", deadline=timedelta(hours=24)),))
    talks.policy.plan, talks.policy.people = plan, {CARD_CHANNEL: (APPROVER,)}
    await ask_for(talks, 1, 2)
    key = "card-UAPPROVER"
    cards = await eventually(lambda: talks.slack.shown(key) if len(talks.slack.shown(key)) == 2 else None)
    assert [card.thread_ts for card in cards] == [None, None]
    assert talks.slack.batches == []
    for card in cards:
        handle = talks.client.get_workflow_handle_for(ApprovalWorkflow.run, card.approval_id)
        await Approval(handle, card.state.request).click()
    await talks.reply()


async def test_words_about_a_card_go_to_the_thread_that_it_is_in(talks: Bench) -> None:
    talks.policy.plan = talks.policy.quorum(2)
    await ask_for(talks, 1, 2)
    approvals, message = await find_all(talks, 2), await batch_of(talks)
    await approvals[0].click()
    news = await eventually(lambda: talks.slack.shown("news-0-card") or None)
    assert news[0].thread_ts == message.ref.ts
    for approval in approvals:
        await approval.cancel()
    await talks.reply()


async def test_a_burst_whose_parent_is_cancelled_loses_its_buttons(talks: Bench) -> None:
    parent = await ask_for(talks, 1, 2)
    await find_all(talks, 2)
    message = await batch_of(talks)
    await parent.cancel()
    assert (await says(talks, "cancelled", "cancelled")) is message
    await watch(talks, message).result()


async def test_a_burst_whose_request_was_terminated_loses_its_buttons(live: Bench) -> None:
    await ask_for(live, 1, 2)
    for approval in await find_all(live, 2):
        if approval.request.arguments["amount"] == 1:
            await approval.handle.terminate()
        else:
            await approval.click()
    await live.reply()
    await says(live, "pending", "approved")


@pytest.mark.parametrize("problem", ["refused", "away"])
async def test_cards_do_not_wait_for_a_message_that_does_not_come(clock: Bench, problem: str) -> None:
    clock.slack.refuses = frozenset({"batch"} if problem == "refused" else ())
    clock.slack.away = problem == "away"
    await ask_for(clock, 1, 2)
    await clock.published()
    await clock.skip(10 * SECOND)
    clock.slack.away = False
    await clock.skip(timedelta(minutes=2))
    approvals = await find_all(clock, 2)
    assert [card.thread_ts for card in clock.slack.cards] == [None, None]
    for approval in approvals:
        await approval.click()
    await clock.reply()
    assert sorted(clock.ledger.amounts, key=str) == [1, 2]
    assert len(clock.slack.cards) == 2
    assert len(clock.slack.batches) == (problem == "away")


async def test_a_lost_answer_leaves_one_message(clock: Bench) -> None:
    clock.slack.loses = 1
    await ask_for(clock, 1, 2)
    await clock.published(2)
    await clock.skip(2 * SECOND)
    for approval in await find_all(clock, 2):
        await approval.click()
    await clock.reply()
    assert len(clock.slack.batches) == 1


async def test_requests_that_are_late_get_their_cards_in_time_and_join_the_others(clock: Bench) -> None:
    start = build_batch(size=3)
    handle = await clock.client.start_workflow(
        BatchWorkflow.run, start, id=f"batch-{clock.queue}", task_queue=clock.queue
    )
    clock.handles.append(handle)
    for number in (1, 2):
        await handle.signal(BatchWorkflow.report, build_row(number))
    await clock.skip(4 * SECOND)
    message = await batch_of(clock)
    assert message.statuses == ["pending", "pending"]
    await handle.signal(BatchWorkflow.report, build_row(3))
    await eventually(lambda: len(message.statuses) == 3 or None)
    for number in (1, 2, 3):
        await handle.signal(BatchWorkflow.report, build_row(number, status="approved"))
    await handle.result()
    assert (message.states[-1].over, len(clock.slack.batches)) == (True, 1)


async def test_requests_of_which_nothing_is_known_in_time_have_their_cards_in_the_channel(
    clock: Bench,
) -> None:
    clock.policy.resolved.clear()
    await ask_for(clock, 1, 2)
    await clock.skip(8 * SECOND)
    clock.policy.resolved.set()
    approvals = await find_all(clock, 2)
    assert clock.slack.batches == []
    for approval in approvals:
        await approval.click()
    await clock.reply()


async def test_signals_without_their_input_are_ignored(talks: Bench) -> None:
    await ask_for(talks, 1, 2)
    approvals, message = await find_all(talks, 2), await batch_of(talks)
    await watch(talks, message).signal("report")
    for approval in approvals:
        await approval.handle.signal("file")
        await approval.click()
    await talks.reply()
    await says(talks, "approved", "approved")


async def test_a_burst_that_is_called_off_while_slack_is_away_is_closed_when_it_is_back(live: Bench) -> None:
    parent = await ask_for(live, 1, 2)
    approvals = await find_all(live, 2)
    message = await batch_of(live)
    await eventually(lambda: len(live.slack.cards) == 2 or None)
    live.slack.away = True
    before = live.slack.attempts
    await approvals[0].handle.signal(ApprovalWorkflow.approve, arg=False)
    await eventually(lambda: live.slack.attempts > before or None)
    await parent.cancel()
    live.slack.away = False
    await eventually(lambda: message.states[-1].over or None)
