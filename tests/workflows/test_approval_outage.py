"""What Slack's absence does to approvals: it decides nothing, blocks no other door, and loses no click."""

from datetime import timedelta

from temporalio.api.enums.v1 import EventType

from tests.factories import APPROVER, SECOND, build_person
from tests.harness import eventually, eventually_read
from tests.workflows.bench import Approval, Bench, happened
from tests.workflows.ports import transfer
from workflows import attributes
from workflows.approval import ApprovalWorkflow
from workflows.calls import ATTEMPT
from workflows.keeper import LISTED
from workflows.policy import Refusal

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
ALL_MESSAGES = ["card", "asked", "reply", "outcome-COUTCOMES"]


def shown(bench: Bench) -> list[tuple[str, str]]:
    """Every message in Slack and what it says last."""
    return [(message.key, message.state.status) for message in bench.slack.messages]


async def test_a_card_that_waited_for_hours_is_posted_once_and_decided(clock: Bench) -> None:
    clock.slack.away = True
    approval = await clock.start()
    await clock.published()
    await clock.skip(5 * HOUR)
    assert clock.slack.messages == []
    assert (await approval.state()).status == "pending"
    clock.slack.away = False
    await clock.skip(2 * MINUTE)
    await clock.settled(approval)
    await approval.click()
    assert (await approval.outcome()).approved
    assert shown(clock) == [
        ("card", "approved"),
        ("asked", "approved"),
        ("reply", "approved"),
        ("outcome-COUTCOMES", "approved"),
    ]


async def test_an_operator_decides_while_slack_is_away_and_slack_is_told_once_it_is_back(
    clock: Bench,
) -> None:
    clock.slack.away = True
    approval = await clock.start()
    await clock.published()
    await clock.skip(3 * HOUR)
    await approval.handle.signal(ApprovalWorkflow.approve, True)  # noqa: FBT003 - the signal's own argument
    await clock.skip(3 * HOUR)
    assert (await approval.state()).status == "approved"
    assert clock.slack.messages == []
    clock.slack.away = False
    await clock.skip(2 * MINUTE)
    assert (await approval.outcome()).approved
    assert shown(clock) == [("card", "approved"), ("reply", "approved"), ("outcome-COUTCOMES", "approved")]


async def test_a_parent_goes_on_while_slack_still_keeps_the_card_from_being_closed(clock: Bench) -> None:
    clock.model.tape = [[transfer(250)], "Done."]
    await clock.hear("go")
    approval = await clock.find()
    clock.slack.away = True
    await approval.handle.signal(ApprovalWorkflow.approve, True)  # noqa: FBT003 - the signal's own argument
    await clock.skip(HOUR)
    assert clock.ledger.amounts == [250]
    assert [card.state.status for card in clock.slack.cards] == ["pending"]
    clock.slack.away = False
    await clock.skip(2 * MINUTE)
    assert (await approval.outcome()).approved
    assert await clock.reply() == "Done."
    assert [card.state.status for card in clock.slack.cards] == ["approved"]
    assert [message.key for message in clock.slack.messages] == ALL_MESSAGES
    assert clock.ledger.amounts == [250]


async def test_a_call_is_answered_while_the_card_cannot_be_posted(live: Bench) -> None:
    live.slack.posts.clear()
    approval = await live.start()
    await live.published()
    assert (await approval.call()).status == "approved"
    live.slack.posts.set()
    assert (await approval.outcome()).approved
    assert [card.state.status for card in live.slack.cards] == ["approved"]


async def test_a_card_whose_answers_are_lost_again_and_again_is_there_once(clock: Bench) -> None:
    clock.slack.loses = 3
    approval = await clock.start()
    await clock.published()
    await clock.skip(MINUTE)
    await clock.settled(approval)
    clock.slack.loses = 2
    await approval.click()
    await clock.checked()
    await clock.skip(MINUTE)
    assert (await approval.outcome()).approved
    assert [message.key for message in clock.slack.messages] == ALL_MESSAGES
    assert clock.slack.cards[0].state.status == "approved"


async def test_a_click_during_an_outage_counts_when_slack_is_back(clock: Bench) -> None:
    approval = await clock.ask()
    clock.slack.away = True
    await approval.click()
    await clock.checked(2)
    await clock.skip(HOUR)
    assert (await approval.state()).status == "pending"
    clock.slack.away = False
    await clock.skip(2 * MINUTE)
    outcome = await approval.outcome()
    assert [(one.decided_by, one.via) for one in outcome.decisions] == [(APPROVER, "slack")]
    assert clock.slack.told == []


async def test_an_outage_writes_no_history(clock: Bench) -> None:
    clock.slack.away = True
    approval = await clock.start()
    await clock.published()
    await clock.skip(HOUR)
    before = len((await approval.handle.fetch_history()).events)
    await clock.skip(5 * HOUR)
    assert len((await approval.handle.fetch_history()).events) == before
    clock.slack.away = False
    await approval.cancel()
    await clock.skip(5 * MINUTE)
    assert (await approval.outcome()).status == "cancelled"


async def test_somebody_whose_check_hangs_is_told_when_the_request_is_overridden(live: Bench) -> None:
    approval = await live.ask()
    live.slack.checks.clear()
    await approval.click()
    await live.checked()
    await approval.handle.signal(ApprovalWorkflow.approve, False)  # noqa: FBT003 - the signal's own argument
    await live.told()
    live.slack.checks.set()
    outcome = await approval.outcome()
    assert (outcome.status, [one.decided_by for one in outcome.decisions]) == ("rejected", [None])
    assert [(one.person, one.sentence) for one in live.slack.whispers] == [(APPROVER, Refusal.REJECTED)]


async def test_a_check_that_hangs_does_not_hold_up_somebody_else(live: Bench) -> None:
    approval = await live.ask()
    live.slack.checks.clear()
    await approval.click()
    await live.checked()
    live.slack.checks.set()
    await approval.click(SECOND)
    outcome = await approval.outcome()
    assert outcome.approved
    assert len(outcome.decisions) == 1


async def test_the_first_try_to_check_somebody_may_fail(live: Bench) -> None:
    approval = await live.ask()
    live.slack.away = True
    await approval.click()
    await live.checked()
    live.slack.away = False
    assert (await approval.outcome()).approved


async def test_a_parent_that_is_told_early_does_not_hear_the_outcome_twice(clock: Bench) -> None:
    clock.model.tape = [[transfer(250)], "Done.", "Hello."]
    parent = await clock.hear("go")
    approval = await clock.find()
    clock.slack.away = True
    await approval.handle.signal(ApprovalWorkflow.approve, True)  # noqa: FBT003 - the signal's own argument
    await eventually(lambda: clock.slack.attempts > 1 or None)
    await clock.skip(HOUR)
    clock.slack.away = False
    await clock.skip(2 * MINUTE)
    await clock.reply()
    await clock.hear("hello")
    assert await clock.reply(1) == "Hello."
    assert clock.ledger.amounts == [250]
    assert (await approval.outcome()).approved
    assert await happened(parent, EventType.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED) == 3


async def _listed(approval: Approval) -> bool:
    """Whether lists can say who can decide it."""
    return bool((await approval.handle.describe()).typed_search_attributes.get(attributes.DECIDERS))


async def test_what_has_ended_is_on_no_list_while_somebody_is_still_to_be_told_why_theirs_did_not_count(
    live: Bench,
) -> None:
    approval = await live.ask()
    live.slack.whispering.clear()
    await approval.click(build_person("UOUTSIDER"))
    await live.checked()
    await eventually_read(lambda: _listed(approval))
    await approval.click()
    await eventually(lambda: live.slack.cards[0].state.status == "approved" or None)

    async def unlisted() -> bool:
        return not await _listed(approval)

    await eventually_read(unlisted)
    live.slack.whispering.set()
    assert (await approval.outcome()).approved


async def test_a_request_is_listed_though_one_of_its_messages_cannot_be_sent(clock: Bench) -> None:
    clock.slack.away = True
    approval = await clock.start()
    await clock.published(2)
    await clock.skip(LISTED)
    await eventually_read(lambda: _listed(approval))
    clock.slack.away = False
    await clock.skip(ATTEMPT)
    await eventually(lambda: clock.slack.cards or None)
    await approval.click()
    assert (await approval.outcome()).approved
    assert len(clock.slack.cards) == 1
