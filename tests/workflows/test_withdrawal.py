"""Withdrawing: the requester's alone; whoever else presses the button is told so, and nothing waits for that."""

from datetime import timedelta

import pytest

from tests.factories import APPROVER, REQUESTER, THREAD
from tests.harness import eventually
from tests.workflows.bench import Bench
from tests.workflows.ports import transfer
from workflows.policy import Refusal

HOUR = timedelta(hours=1)


async def test_whoever_may_not_withdraw_is_told_where_they_pressed(bench: Bench) -> None:
    approval = await bench.ask()
    await approval.cancel(APPROVER, via="slack")
    await bench.told()
    await approval.click()
    assert (await approval.outcome()).approved
    [whisper] = bench.slack.whispers
    assert (whisper.person, whisper.channel_id, whisper.sentence) == (
        APPROVER,
        THREAD.channel_id,
        Refusal.NOT_YOURS,
    )


@pytest.mark.parametrize("via", ["api", "operator"])
async def test_through_another_door_nobody_is_whispered_to(bench: Bench, via: str) -> None:
    approval = await bench.ask()
    await approval.cancel(APPROVER, via=via)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType] - a parameter
    await approval.click()
    assert (await approval.outcome()).approved
    assert bench.slack.told == []


async def test_before_the_policy_is_known_nobody_can_be_told(live: Bench) -> None:
    live.policy.resolved.clear()
    approval = await live.start()
    await approval.cancel(APPROVER, via="slack")
    await approval.cancel(REQUESTER, via="slack")
    assert (await approval.outcome()).status == "cancelled"
    live.policy.resolved.set()
    assert live.slack.told == []


async def test_the_word_to_the_requester_says_how_it_ended(bench: Bench) -> None:
    approval = await bench.ask()
    await approval.cancel(REQUESTER, via="slack")
    assert (await approval.outcome()).status == "cancelled"
    [asked] = bench.slack.shown("asked")
    assert [state.status for state in asked.states] == ["pending", "cancelled"]
    assert bench.slack.told == []


async def test_a_parent_does_not_wait_until_somebody_else_has_been_answered(talks: Bench) -> None:
    """Slack takes everything but this one sentence."""
    talks.model.tape = [[transfer(250)], "Done."]
    await talks.hear("go")
    approval = await talks.find()
    await approval.until(lambda state: state.cards)
    talks.slack.whispering.clear()
    await approval.cancel(APPROVER, via="slack")
    await approval.click()
    assert await talks.reply() == "Done."
    assert talks.ledger.amounts == [250]
    assert talks.slack.told == []
    talks.slack.whispering.set()
    assert (await approval.outcome()).approved
    assert talks.slack.told == [APPROVER.user_id]


async def test_a_sentence_that_slack_does_not_take_is_given_up_and_the_end_comes(clock: Bench) -> None:
    approval = await clock.ask()
    clock.slack.away = True
    await approval.cancel(APPROVER, via="slack")
    await clock.skip(HOUR)
    clock.slack.away = False
    await approval.cancel(REQUESTER, via="slack")
    assert (await approval.outcome()).status == "cancelled"
    assert clock.slack.told == []


async def test_the_end_is_told_once_the_late_are_answered(bench: Bench) -> None:
    approval = await bench.ask()
    bench.slack.posts.clear()
    await approval.cancel(REQUESTER, via="slack")
    await approval.cancel(REQUESTER, via="slack")
    await eventually(lambda: bench.slack.told == [REQUESTER.user_id] or None)
    bench.slack.posts.set()
    assert (await approval.outcome()).status == "cancelled"
    assert [one.sentence for one in bench.slack.whispers] == [Refusal.CANCELLED]
