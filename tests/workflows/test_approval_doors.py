"""Who may decide an approval, through which door, and what they are told."""

import asyncio
from dataclasses import dataclass, field
from typing import Any

import pytest
from temporalio.api.enums.v1 import EventType
from temporalio.client import WorkflowUpdateFailedError
from temporalio.exceptions import ApplicationError

from tests.factories import APPROVER, REQUESTER, SECOND, SPEAKER, build_person
from tests.workflows.bench import Approval, Bench, happened
from workflows.approval import ApprovalWorkflow
from workflows.contracts import Outcome, Person
from workflows.policy import Refusal

OUTSIDER, ROBOT, STRANGER = build_person("UOUTSIDER"), build_person("UROBOT"), build_person("USTRANGER")


@dataclass(frozen=True)
class Case:
    """A decision that does not count, and why not."""

    refusal: Refusal
    person: Person = APPROVER
    changes: dict[str, Any] = field(default_factory=dict[str, Any])


CASES = [
    Case(Refusal.REQUESTER, REQUESTER),
    Case(Refusal.REQUESTER, REQUESTER.model_copy(update={"team_id": "T2"})),
    Case(Refusal.SPEAKER, SPEAKER),
    Case(Refusal.OUTSIDER, OUTSIDER),
    Case(Refusal.BOT, ROBOT),
    Case(Refusal.UNKNOWN, STRANGER),
    Case(Refusal.STALE, changes={"digest": "0" * 64}),
    Case(Refusal.STALE, changes={"digest": ""}),
    Case(Refusal.STALE, changes={"stage": 1}),
    Case(Refusal.STALE, changes={"stage": -1}),
]
each_case = pytest.mark.parametrize(
    "case", CASES, ids=lambda case: f"{case.refusal.name}-{case.person.user_id}-{case.changes}"
)
each_verdict = pytest.mark.parametrize("verdict", ["approve", "reject"])


async def ask(bench: Bench) -> Approval:
    bench.slack.standings |= {ROBOT.user_id: "bot", STRANGER.user_id: "unknown"}
    return await bench.ask(speakers=(SPEAKER,))


async def override(approval: Approval, *, approved: bool = True) -> Outcome:
    """The end of an approval by its operator; after it nobody is told anything any more."""
    await approval.handle.signal(ApprovalWorkflow.approve, approved)
    return await approval.outcome()


async def refused(approval: Approval, person: Person | None, **changes: Any) -> ApplicationError:
    """The error with which a call is answered."""
    with pytest.raises(WorkflowUpdateFailedError) as caught:
        await approval.call(person, **changes)
    assert isinstance(caught.value.cause, ApplicationError)
    return caught.value.cause


@pytest.mark.parametrize(("verdict", "status"), [("approve", "approved"), ("reject", "rejected")])
async def test_a_member_decides_and_the_outcome_says_who_when_and_why(
    bench: Bench, verdict: str, status: str
) -> None:
    approval = await bench.ask()
    await approval.click(verdict=verdict, comment="Because.")
    outcome = await approval.outcome()
    assert (outcome.status, outcome.reason) == (status, "Because.")
    assert [(one.decided_by, one.verdict, one.via) for one in outcome.decisions] == [
        (APPROVER, verdict, "slack")
    ]
    assert outcome.decided_at
    assert outcome.decisions[0].decided_at == outcome.decided_at


async def test_the_end_closes_the_card_and_tells_requester_and_channel_once(bench: Bench) -> None:
    approval = await bench.ask()
    await approval.click()
    await approval.outcome()
    assert [message.key for message in bench.slack.messages] == [
        "card",
        "asked",
        "reply",
        "outcome-COUTCOMES",
    ]
    assert [state.status for state in bench.slack.cards[0].states] == ["pending", "approved"]
    assert bench.slack.told == []


@each_verdict
@each_case
async def test_whoever_may_not_decide_is_told_so_privately_once(
    bench: Bench, case: Case, verdict: str
) -> None:
    approval = await ask(bench)
    await approval.click(case.person, verdict, **case.changes)
    await bench.told()
    outcome = await override(approval)
    assert [(one.person, one.sentence) for one in bench.slack.whispers] == [(case.person, case.refusal.value)]
    assert [one.via for one in outcome.decisions] == ["operator"]


@each_case
async def test_whoever_may_not_decide_is_not_whispered_to_through_an_api(bench: Bench, case: Case) -> None:
    approval = await ask(bench)
    await approval.click(case.person, via="api", **case.changes)
    assert (await refused(approval, case.person, **case.changes)).type == case.refusal.name
    outcome = await override(approval, approved=False)
    assert bench.slack.told == []
    assert [one.via for one in outcome.decisions] == ["operator"]


@pytest.mark.parametrize("via", ["slack", "api", "operator"])
async def test_a_decision_without_a_person_does_not_count_whatever_it_calls_itself(
    bench: Bench, via: str
) -> None:
    approval = await bench.ask()
    await approval.click(None, via=via)
    assert (await refused(approval, None, via=via)).type == "NOBODY"
    assert (await override(approval, approved=False)).status == "rejected"
    assert bench.slack.told == []


async def test_an_operator_s_door_gives_a_person_no_more_rights(bench: Bench) -> None:
    approval = await bench.ask()
    assert (await refused(approval, REQUESTER, via="operator")).type == "REQUESTER"
    assert (await refused(approval, OUTSIDER, via="operator")).type == "OUTSIDER"


async def test_a_repeated_refused_click_is_answered_once(bench: Bench) -> None:
    approval = await bench.ask()
    click = await approval.click(OUTSIDER)
    await approval.handle.signal(ApprovalWorkflow.decide, click)
    await bench.told()
    await approval.handle.signal(ApprovalWorkflow.decide, click)
    await override(approval)
    assert bench.slack.told == [OUTSIDER.user_id]
    assert len(bench.slack.queries) == 1


async def test_a_repeated_counted_click_is_no_second_decision(live: Bench) -> None:
    live.policy.plan = live.policy.quorum(2)
    approval = await live.ask()
    click = await approval.click()
    await approval.handle.signal(ApprovalWorkflow.decide, click)
    assert len((await approval.call(**click.model_dump(include={"event_id"}))).decisions) == 1
    await approval.click(SECOND)
    assert len((await approval.outcome()).decisions) == 2
    assert live.slack.told == []


async def test_of_two_decisions_at_once_the_first_stands_and_the_second_is_told(live: Bench) -> None:
    approval = await live.ask()
    live.slack.checks.clear()
    await approval.click(APPROVER)
    await approval.click(SECOND, "reject")
    live.slack.checks.set()
    outcome = await approval.outcome()
    (counted,) = outcome.decisions
    (told,) = live.slack.whispers
    assert [counted.decided_by, told.person] in ([APPROVER, SECOND], [SECOND, APPROVER])
    assert told.sentence == (Refusal.APPROVED if counted.decided_by == APPROVER else Refusal.REJECTED)


async def test_a_click_that_comes_while_the_outcome_is_published_is_told(live: Bench) -> None:
    approval = await live.ask()
    live.slack.posts.clear()
    await approval.click()
    await live.published(2)
    await approval.click(SECOND)
    await live.told()
    live.slack.posts.set()
    assert (await approval.outcome()).approved
    assert [one.sentence for one in live.slack.whispers] == [Refusal.APPROVED]


async def test_a_click_that_comes_before_the_policy_is_known_counts(live: Bench) -> None:
    live.policy.resolved.clear()
    approval = await live.start()
    await approval.click()
    live.policy.resolved.set()
    assert (await approval.outcome()).approved


async def test_a_click_that_comes_before_any_worker_counts(live: Bench) -> None:
    approval = await live.start()
    await approval.click(OUTSIDER)
    await approval.click()
    assert (await approval.outcome()).approved
    assert [message.state.status for message in live.slack.cards] in ([], ["approved"])


async def test_a_decision_is_taken_while_the_card_is_being_posted_and_that_card_is_closed(
    live: Bench,
) -> None:
    live.slack.posts.clear()
    approval = await live.start()
    await live.published()
    await approval.click()
    await live.checked()
    live.slack.posts.set()
    assert (await approval.outcome()).approved
    assert [[state.status for state in card.states][-1] for card in live.slack.cards] == ["approved"]


async def test_a_card_whose_answer_was_lost_is_closed_and_not_posted_twice(live: Bench) -> None:
    live.slack.loses = 1
    approval = await live.ask()
    await approval.click()
    await live.checked()
    assert (await approval.outcome()).approved
    assert [card.state.status for card in live.slack.cards] == ["approved"]


@pytest.mark.parametrize(("approved", "status"), [(True, "approved"), (False, "rejected")])
async def test_an_operator_overrides_without_a_person(bench: Bench, approved: bool, status: str) -> None:  # noqa: FBT001 - the signal's own argument
    approval = await bench.ask()
    outcome = await override(approval, approved=approved)
    assert outcome.status == status
    assert [(one.decided_by, one.via, one.event_id != "") for one in outcome.decisions] == [
        (None, "operator", True)
    ]
    assert bench.slack.cards[0].state.status == status


async def test_an_override_stands_against_a_later_one(live: Bench) -> None:
    approval = await live.ask()
    live.slack.posts.clear()
    await approval.handle.signal(ApprovalWorkflow.approve, False)  # noqa: FBT003 - the signal's own argument
    await approval.handle.signal(ApprovalWorkflow.approve, True)  # noqa: FBT003 - the signal's own argument
    live.slack.posts.set()
    outcome = await approval.outcome()
    assert outcome.status == "rejected"
    assert len(outcome.decisions) == 1


async def test_a_call_answers_with_the_state_it_led_to(live: Bench) -> None:
    live.policy.plan = live.policy.quorum(2)
    approval = await live.ask()
    state = await approval.call()
    assert (state.status, [one.decided_by for one in state.decisions]) == ("pending", [APPROVER])
    assert (await approval.call(SECOND)).status == "approved"


async def test_the_same_call_again_has_the_same_answer(live: Bench) -> None:
    live.policy.plan = live.policy.quorum(2)
    approval = await live.ask()
    first = await approval.call(event_id="one")
    assert (await approval.call(event_id="one")).decisions == first.decisions
    assert (await refused(approval, OUTSIDER, event_id="two")).type == "OUTSIDER"
    assert (await refused(approval, OUTSIDER, event_id="two")).type == "OUTSIDER"
    assert len(live.slack.queries) == 2


async def test_a_call_and_a_click_of_one_event_are_one_decision(live: Bench) -> None:
    live.policy.plan = live.policy.quorum(2)
    approval = await live.ask()
    live.slack.checks.clear()
    call = asyncio.create_task(approval.call(event_id="one"))
    await live.checked()
    await approval.click(event_id="one")
    live.slack.checks.set()
    assert len((await call).decisions) == 1
    await override(approval)
    assert live.slack.told == []


async def test_what_the_validator_refuses_leaves_no_event(live: Bench) -> None:
    approval = await live.ask()
    await approval.until(lambda state: state.cards)
    before = len((await approval.handle.fetch_history()).events)
    assert (await refused(approval, REQUESTER)).message == Refusal.REQUESTER.value
    assert (await refused(approval, APPROVER, digest="0" * 64)).type == "STALE"
    assert len((await approval.handle.fetch_history()).events) == before


async def test_what_only_slack_can_say_is_refused_after_it_was_accepted(bench: Bench) -> None:
    approval = await bench.ask()
    error = await refused(approval, OUTSIDER)
    assert (error.type, error.message) == ("OUTSIDER", Refusal.OUTSIDER.value)
    accepted = EventType.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED
    assert await happened(approval.handle, accepted) == 1
