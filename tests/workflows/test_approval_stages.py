"""Quorums and stages: who counts once, what the card shows in between, and when the time runs."""

import asyncio
from datetime import timedelta

import pytest

from tests.factories import APPROVER, SECOND, build_person
from tests.harness import eventually
from tests.workflows.bench import Bench
from tests.workflows.ports import DAY
from workflows.policy import Refusal

THIRD = build_person("UTHIRD")
HOUR = timedelta(hours=1)


async def test_a_quorum_of_two_needs_two_people_and_the_card_follows(live: Bench) -> None:
    live.policy.plan = live.policy.quorum(2)
    approval = await live.ask()
    await approval.click()
    await eventually(lambda: len(live.slack.cards[0].states) == 2 or None)
    await approval.click()
    await live.told()
    await approval.click(SECOND)
    outcome = await approval.outcome()
    assert (outcome.status, [one.decided_by for one in outcome.decisions]) == ("approved", [APPROVER, SECOND])
    assert [(one.person, one.sentence) for one in live.slack.whispers] == [(APPROVER, Refusal.COUNTED)]
    (card,) = live.slack.cards
    assert [(one.status, len(one.decisions)) for one in card.states] == [
        ("pending", 0),
        ("pending", 1),
        ("approved", 2),
    ]


async def test_one_rejection_ends_a_request_that_needs_two(live: Bench) -> None:
    live.policy.plan = live.policy.quorum(2)
    approval = await live.ask()
    await approval.call()
    await approval.click(SECOND, "reject", comment="No.")
    outcome = await approval.outcome()
    assert (outcome.status, outcome.reason) == ("rejected", "No.")


async def test_stages_follow_one_another_on_one_card(live: Bench) -> None:
    live.policy.plan = live.policy.quorum(1, 1)
    approval = await live.ask()
    first = await approval.call()
    assert (first.status, first.stage) == ("pending", 1)
    await approval.click(SECOND)
    await live.told()
    await approval.click(APPROVER, stage=1)
    await live.told(2)
    await approval.click(SECOND, stage=1)
    outcome = await approval.outcome()
    assert [(one.decided_by, one.stage) for one in outcome.decisions] == [(APPROVER, 0), (SECOND, 1)]
    assert [(one.person, one.sentence) for one in live.slack.whispers] == [
        (SECOND, Refusal.STALE),
        (APPROVER, Refusal.COUNTED),
    ]
    (card,) = live.slack.cards
    assert [(one.status, one.stage) for one in card.states] == [
        ("pending", 0),
        ("pending", 1),
        ("approved", 1),
    ]


async def test_a_stage_s_time_runs_from_its_start(clock: Bench) -> None:
    clock.policy.plan = clock.policy.quorum(1, 1)
    approval = await clock.ask()
    opened = await approval.state()
    await clock.skip(23 * HOUR)
    await approval.call()
    await eventually(lambda: len(clock.slack.cards[0].states) == 2 or None)
    await clock.skip(23 * HOUR)
    state = await approval.state()
    assert (state.status, state.stage) == ("pending", 1)
    assert opened.deadline
    assert state.deadline
    assert timedelta(hours=22) < state.deadline - opened.deadline < DAY
    await clock.skip(2 * HOUR)
    outcome = await approval.outcome()
    assert (outcome.status, len(outcome.decisions)) == ("expired", 1)


async def test_two_of_three_at_once_do_not_count_twice(live: Bench) -> None:
    live.slack.standings[THIRD.user_id] = "member"
    live.policy.plan = live.policy.quorum(2)
    approval = await live.ask()
    live.slack.checks.clear()
    for person in (APPROVER, APPROVER, SECOND, THIRD):
        await approval.click(person)
    live.slack.checks.set()
    outcome = await approval.outcome()
    assert outcome.approved
    one, other = outcome.decisions
    assert one.decided_by != other.decided_by
    assert len(live.slack.told) == 2


@pytest.mark.parametrize("_", range(3))
async def test_what_is_decided_while_others_read_it_can_be_replayed(live: Bench, _: int) -> None:
    """A query in the middle of a workflow task would show what local activities leave behind; the bench replays it all."""
    live.policy.plan = live.policy.quorum(2)
    approval = await live.ask()

    async def keep_reading() -> None:
        while True:
            await approval.state()

    reading = asyncio.create_task(keep_reading())
    await approval.click()
    await approval.click(SECOND)
    outcome = await approval.outcome()
    reading.cancel()
    assert (outcome.status, len(outcome.decisions)) == ("approved", 2)
